//! Topics out of files, read as a merge asks for what comes next.
//!
//! A file all of whose records are of one partition is never in memory as a whole. Where there may be several, the heads of all are
//! needed before anything is known to come next: such a file is read to its end at once.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Scope, available_parallelism};

use streamfn_model::Dialect;

use super::columnar_avro::ColumnarAvro;
use super::columnar_json::ColumnarJson;
use super::container::{Container, Next};
use super::exact::Exact;
use super::growing::{Growing, MOST, Stamp};
use super::lines::Lines;
use super::reference::Reference;
use super::source::{Content, open, unreadable};
use super::{Arrival, Columns, Failure, Partitions, Record, TopicError, failed, jsonl};
use crate::sql::Topic;

/// The most bytes that are read together, but for the last line.
const MOST_BYTES: usize = 16 << 20;

/// A topic's files, of which each continues the one before: Avro object containers, or JSON Lines.
pub struct Reading<'a> {
    files: Vec<Option<(PathBuf, Content)>>,
    rows: Rows<'a>,
}

impl<'a> Reading<'a> {
    /// With `keeps_raw` every record keeps what it was.
    pub fn new(
        dialect: Dialect,
        topic: &'a Topic,
        files: &[Option<&Path>],
        keeps_raw: bool,
    ) -> Result<Self, TopicError> {
        let file = |file: &Option<&Path>| {
            let open = |file: &Path| Ok((file.to_owned(), open(dialect, topic, file, keeps_raw)?));
            file.map(open).transpose()
        };
        let files = files.iter().map(file).collect::<Result<_, _>>()?;
        Ok(Reading { files, rows: Rows::new(dialect, topic, keeps_raw) })
    }

    /// What a user should know of all that has been read.
    pub fn notes(&self) -> Vec<String> {
        let names: Vec<_> = self.files.iter().map(|file| file.as_ref().map(|(name, _)| name.as_path())).collect();
        self.rows.reference.notes(&names)
    }

    /// Whether the records of a phase are known to be of partition 0 alone.
    fn is_of_one_partition(&mut self, phase: usize) -> Result<bool, TopicError> {
        let Some(Some((name, content))) = self.files.get_mut(phase) else { return Ok(false) };
        let is_one = match content {
            Content::Lines(lines) => lines.are_of_one_partition().map_err(|error| unreadable(self.rows.topic, &error)),
            Content::Container(container, columnar) => container.is_of_one_partition(columnar.as_ref()),
        };
        is_one.map_err(|failure| failed(name, failure))
    }

    /// What comes next in the file of a phase; nothing at its end.
    fn next(&mut self, phase: usize) -> Result<Vec<Arrival>, TopicError> {
        let Some(Some((name, content))) = self.files.get_mut(phase) else { return Ok(vec![]) };
        let arrivals = match content {
            Content::Lines(lines) => self.rows.of_lines(name, lines),
            Content::Container(container, columnar) => self.rows.of_container(name, container, columnar.as_ref()),
        };
        arrivals.map_err(|failure| failed(name, failure))
    }
}

/// What makes records of what a file has: rows of columns, where that can be.
struct Rows<'a> {
    topic: &'a Topic,
    reference: Reference<'a>,
    json: Option<ColumnarJson<'a>>,
    growing: Growing<'a>,
    exact: Exact,
}

impl<'a> Rows<'a> {
    fn new(dialect: Dialect, topic: &'a Topic, keeps_raw: bool) -> Self {
        let json = if keeps_raw { None } else { ColumnarJson::new(dialect, topic) };
        let reference = Reference::new(dialect, topic, keeps_raw);
        Rows { topic, reference, json, growing: Growing::new(topic), exact: Exact::line(topic) }
    }

    fn of_lines(&mut self, file: &Path, lines: &mut Lines) -> Result<Vec<Arrival>, Failure> {
        let (mut arrivals, mut bytes) = (vec![], 0);
        while arrivals.len() < MOST && bytes < MOST_BYTES {
            let Some((line, text)) = lines.next().map_err(|error| unreadable(self.topic, &error))? else { break };
            bytes += text.len();
            let text = jsonl::text(line, text)?;
            if jsonl::is_blank(text) {
                continue;
            }
            arrivals.push(match self.of_line(text) {
                Some((record, row)) => (Arrival::Record(record), Some(row)),
                None => (self.reference.arrival(file, &jsonl::record(&self.exact, line, text)?), None),
            });
        }
        self.with_columns(arrivals)
    }

    /// A record and which row its columns are.
    fn of_line(&mut self, text: &str) -> Option<(Record, usize)> {
        let stamp = self.json.as_ref()?.read(text, &mut self.growing);
        let record = stamp.and_then(|stamp| self.reference.record(&mut self.growing, &stamp));
        let row = self.growing.end();
        Some((record?, row))
    }

    fn of_container(
        &mut self,
        file: &Path,
        container: &mut Container,
        columnar: Option<&ColumnarAvro>,
    ) -> Result<Vec<Arrival>, Failure> {
        let (mut arrivals, mut bytes) = (vec![], 0);
        while arrivals.len() < MOST && bytes < MOST_BYTES {
            let row = match container.next()? {
                Next::Datum(datum, is_last) => columnar.and_then(|columnar| self.of_datum(columnar, datum, is_last)),
                Next::Other => None,
                Next::End => break,
            };
            if let Some((record, row, length)) = row {
                container.pass(length);
                bytes += length;
                arrivals.push((Arrival::Record(record), Some(row)));
            } else if let Some(written) = container.written()? {
                arrivals.push((self.reference.arrival(file, &written), None));
            }
        }
        self.with_columns(arrivals)
    }

    /// A record, which row its columns are, and how many bytes it has.
    fn of_datum(&mut self, columnar: &ColumnarAvro, datum: &[u8], is_last: bool) -> Option<(Record, usize, usize)> {
        // What takes no bytes may be counted without end, and what is left of a block is none of its records.
        let is_sound = |(_, length): &(Stamp, usize)| *length > 0 && (!is_last || *length == datum.len());
        let read = columnar.read(datum, &mut self.growing).filter(is_sound);
        let record = read.and_then(|(stamp, length)| Some((self.reference.record(&mut self.growing, &stamp)?, length)));
        let row = self.growing.end();
        record.map(|(record, length)| (record, row, length))
    }

    /// Gives those their columns that are rows.
    fn with_columns(&mut self, arrivals: Vec<(Arrival, Option<usize>)>) -> Result<Vec<Arrival>, Failure> {
        let batch = Arc::new(self.growing.take().map_err(|error| (None, error.to_string()))?);
        let arrival = |arrival| match arrival {
            (Arrival::Record(record), Some(row)) => {
                Arrival::Record(Record { row: Columns::Of(batch.clone(), row), ..record })
            }
            (arrival, _) => arrival,
        };
        Ok(arrivals.into_iter().map(arrival).collect())
    }
}

/// What topics have in one phase. A file that is read as it is asked for is decoded by a thread of its own, a little ahead, where
/// there is more than one core.
pub struct Feed<'t, 'a> {
    phase: usize,
    partitions: Vec<Partition<'t, 'a>>,
}

/// How many batches of a file are decoded and wait.
const AHEAD: usize = 2;

type Decoded = Result<Vec<Arrival>, TopicError>;

struct Partition<'t, 'a> {
    place: (usize, i32),
    /// What has been read of it.
    waiting: VecDeque<Arrival>,
    more: More<'t, 'a>,
}

/// Where more of a partition comes from. At its end there is a batch with nothing in it.
enum More<'t, 'a> {
    Nowhere,
    Here(&'t mut Reading<'a>),
    Ahead(Receiver<Decoded>),
}

impl<'t, 'a> Feed<'t, 'a> {
    pub fn new<'scope>(
        scope: &'scope Scope<'scope, 't>,
        topics: &'t mut [Reading<'a>],
        phase: usize,
    ) -> Result<Self, TopicError> {
        let is_alone = available_parallelism().is_ok_and(|cores| cores.get() == 1);
        // Looked through side by side.
        let looks: Vec<_> = topics
            .iter_mut()
            .map(|topic| scope.spawn(move || topic.is_of_one_partition(phase).map(|is_one| (topic, is_one))))
            .collect();
        let mut partitions = vec![];
        for (position, look) in looks.into_iter().enumerate() {
            let (topic, is_one) = look.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            if !is_one {
                let of =
                    |(partition, waiting)| Partition { place: (position, partition), waiting, more: More::Nowhere };
                partitions.extend(all(topic, phase)?.into_iter().map(of));
                continue;
            }
            let more = if is_alone { More::Here(topic) } else { More::Ahead(ahead(scope, topic, phase)) };
            partitions.push(Partition { place: (position, 0), waiting: VecDeque::new(), more });
        }
        Ok(Feed { phase, partitions })
    }
}

/// Has a thread decode what a topic has in a phase.
fn ahead<'scope, 'a>(
    scope: &'scope Scope<'scope, '_>,
    topic: &'scope mut Reading<'a>,
    phase: usize,
) -> Receiver<Decoded> {
    let (sender, receiver) = sync_channel(AHEAD);
    scope.spawn(move || {
        loop {
            let next = topic.next(phase);
            let is_last = next.as_ref().map_or(true, Vec::is_empty);
            // Nobody takes it any more where the replay has ended.
            if sender.send(next).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

/// Everything that a topic has in a phase, by partition.
fn all(topic: &mut Reading<'_>, phase: usize) -> Result<BTreeMap<i32, VecDeque<Arrival>>, TopicError> {
    let mut partitions = BTreeMap::<i32, VecDeque<Arrival>>::new();
    loop {
        let arrivals = topic.next(phase)?;
        if arrivals.is_empty() {
            return Ok(partitions);
        }
        for arrival in arrivals {
            partitions.entry(arrival.partition()).or_default().push_back(arrival);
        }
    }
}

impl Partitions for Feed<'_, '_> {
    type Error = TopicError;

    fn places(&self) -> Vec<(usize, i32)> {
        self.partitions.iter().map(|partition| partition.place).collect()
    }

    fn next(&mut self, partition: usize) -> Option<Result<Arrival, TopicError>> {
        let Partition { waiting, more, .. } = &mut self.partitions[partition];
        if waiting.is_empty() {
            let next = match more {
                More::Nowhere => Ok(vec![]),
                More::Here(topic) => topic.next(self.phase),
                // A thread that panicked takes the replay with it.
                More::Ahead(decoded) => decoded.recv().unwrap_or_else(|_| Ok(vec![])),
            };
            match next {
                Ok(arrivals) => *waiting = arrivals.into(),
                Err(error) => return Some(Err(error)),
            }
            if waiting.is_empty() {
                *more = More::Nowhere;
            }
        }
        waiting.pop_front().map(Ok)
    }
}
