//! All blocks of sequences on all hosts at once, each host in a thread of its own: only digests are compared, and only a
//! block whose digests differ is run again to be looked at.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::difference;
use crate::function::Runs;
use crate::results::Results;
use crate::subject::Subject;
use crate::values::Random;

/// Sequences that are compared by one digest.
pub const BLOCK: usize = 1_000;

/// Sequences of one function, as bytes.
#[derive(Debug)]
pub struct Block {
    /// Index of the function.
    pub subject: usize,
    pub number: usize,
    pub bytes: Vec<u8>,
}

/// What a host says of a block.
#[derive(Debug)]
pub struct Told {
    pub host: usize,
    pub subject: usize,
    pub number: usize,
    pub digest: u64,
    /// A law is broken, or a call failed.
    pub wrong: bool,
    pub took: Duration,
}

/// Blocks that wait for a host. Closed when all who take from it are gone, so that nobody waits for them.
pub type Queue = Arc<Mutex<Receiver<Arc<Block>>>>;

pub trait Host: Sync {
    fn name(&self) -> &str;
    /// Threads that take blocks.
    fn workers(&self) -> usize;
    /// Tells of blocks until there are no more.
    fn serve(&self, index: usize, blocks: Queue, tell: Sender<Told>);
    /// The results of one block, to be looked at.
    fn results(&self, subject: usize, block: &[u8]) -> Results;
}

/// The next block, or none.
pub fn next(blocks: &Queue) -> Option<Arc<Block>> {
    blocks.lock().ok()?.recv().ok()
}

/// A host in this process: how a function is made ready there.
pub struct Here<'a> {
    pub name: &'static str,
    pub workers: usize,
    pub make: Box<dyn Fn(usize) -> Box<dyn Runs> + Sync + 'a>,
}

impl Host for Here<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn workers(&self) -> usize {
        self.workers
    }

    fn serve(&self, index: usize, blocks: Queue, tell: Sender<Told>) {
        let mut ready: Option<(usize, Box<dyn Runs>)> = None;
        let mut results = Results::default();
        while let Some(block) = next(&blocks) {
            let start = Instant::now();
            let function = match &mut ready {
                Some((subject, function)) if *subject == block.subject => function,
                other => &mut other.insert((block.subject, (self.make)(block.subject))).1,
            };
            results.clear();
            function.run(&block.bytes, &mut results);
            let (subject, number, wrong) = (block.subject, block.number, results.wrong.is_some());
            let told = Told { host: index, subject, number, digest: results.digest(), wrong, took: start.elapsed() };
            if tell.send(told).is_err() {
                return;
            }
        }
    }

    fn results(&self, subject: usize, block: &[u8]) -> Results {
        let mut results = Results::marked();
        (self.make)(subject).run(block, &mut results);
        results
    }
}

/// How many sequences of each function, and from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    pub sequences: usize,
    pub seed: u64,
}

impl Amount {
    pub fn block(&self, subject: &Subject, number: usize) -> Vec<u8> {
        let count = BLOCK.min(self.sequences - number * BLOCK);
        subject.sequences.block(&mut Random::of(self.seed, &subject.function.interface, number as u64), count)
    }
}

/// What each host took, by its own clock, or what is wrong first. The first host is the one that knows each call's place.
pub fn compare(subjects: &[Subject], hosts: &[&dyn Host], amount: Amount) -> Result<Vec<Duration>, String> {
    let enough = AtomicBool::new(false);
    let (tell, told) = channel();
    let wrong = thread::scope(|scope| {
        let mut queues = Vec::new();
        for (index, host) in hosts.iter().enumerate() {
            let (give, take) = sync_channel(2 * host.workers());
            queues.push(give);
            let take = Arc::new(Mutex::new(take));
            for _ in 0..host.workers() {
                let (take, tell) = (take.clone(), tell.clone());
                scope.spawn(move || host.serve(index, take, tell));
            }
        }
        drop(tell);
        scope.spawn(|| make_blocks(subjects, amount, queues, &enough));
        let blocks = subjects.len() * amount.sequences.div_ceil(BLOCK);
        collect((hosts.len(), blocks), told, &enough)
    });
    match wrong {
        Ok(took) => Ok(took),
        Err(Wrong::Block(subject, number)) => {
            Err(difference::explain(&subjects[subject], subject, number, hosts, amount))
        }
        Err(Wrong::Ended(host)) => Err(format!("{} ended before its last block", hosts[host].name())),
    }
}

fn make_blocks(subjects: &[Subject], amount: Amount, queues: Vec<SyncSender<Arc<Block>>>, enough: &AtomicBool) {
    for (index, subject) in subjects.iter().enumerate() {
        for number in 0..amount.sequences.div_ceil(BLOCK) {
            let block = Arc::new(Block { subject: index, number, bytes: amount.block(subject, number) });
            let given = queues.iter().all(|queue| queue.send(block.clone()).is_ok());
            if !given || enough.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// What keeps hosts from being compared to the end.
enum Wrong {
    /// Index of the function, and number of its first block that is wrong.
    Block(usize, usize),
    Ended(usize),
}

fn collect((hosts, blocks): (usize, usize), told: Receiver<Told>, enough: &AtomicBool) -> Result<Vec<Duration>, Wrong> {
    let mut took = vec![(Duration::ZERO, 0); hosts];
    let mut digests: BTreeMap<(usize, usize), (u64, usize)> = BTreeMap::new();
    let mut wrong: Option<(usize, usize)> = None;
    for told in told {
        let (time, count) = &mut took[told.host];
        *time += told.took;
        *count += 1;
        let block = (told.subject, told.number);
        let (digest, count) = digests.entry(block).or_insert((told.digest, 0));
        *count += 1;
        if *digest != told.digest || told.wrong {
            wrong = Some(wrong.map_or(block, |first| first.min(block)));
            enough.store(true, Ordering::Relaxed);
        }
        if *count == hosts {
            digests.remove(&block);
        }
    }
    if let Some((subject, number)) = wrong {
        return Err(Wrong::Block(subject, number));
    }
    match took.iter().enumerate().min_by_key(|(_, (_, count))| *count) {
        Some((host, (_, count))) if *count != blocks => Err(Wrong::Ended(host)),
        _ => Ok(took.into_iter().map(|(time, _)| time).collect()),
    }
}
