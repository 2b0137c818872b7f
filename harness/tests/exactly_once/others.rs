//! What else may happen to a run: a zombie, a polite end, another SQL under its name, a broker that stumbles.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::command::{Answer, Desk};
use crate::input::{Values, assert_every_result_once, committed, desk, fill, finish, run, start};
use crate::stack::{self, Stack};

const SEED: u64 = 11;
/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(600);
/// Few at a time are slow: a test has to come in between.
const SLOW: [&str; 2] = ["--transaction-results", "5"];

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

/// Waits until some results are there: the next transactions are on their way.
fn is_under_way(stack: &Stack, name: &str) {
    let began = Instant::now();
    while committed(stack, &format!("odd-{name}")).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "no result of {name} is there");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_zombie_is_fenced() {
    let stack = stack::shared();
    let desk = desk(stack, "t-zombie", "zombie");
    let values = fill(stack, "t-zombie", 2_000, SEED);
    let mut zombie = start(run(stack, &desk, &SLOW));
    is_under_way(stack, "zombie");
    signal("-STOP", zombie.id());
    finish(stack, &desk, &[]);
    assert_every_result_once(stack, "zombie", &values);
    signal("-CONT", zombie.id());
    let mut told = String::new();
    zombie.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(zombie.wait().unwrap().code(), Some(2), "{told}");
    assert!(told.contains("another run with the transactional id streamfn-"), "{told}");
    assert_every_result_once(stack, "zombie", &values);
}

/// Its transaction is undone by then, as that of a zombie would be: a broker says no more of it.
#[test]
fn a_run_that_stood_still_longer_than_a_transaction_may_is_told_so_and_the_next_goes_on() {
    let stack = stack::shared();
    let desk = desk(stack, "t-still", "still");
    let values = fill(stack, "t-still", 2_000, SEED);
    let child = start(run(stack, &desk, &[&SLOW[..], &["-X", "transaction.timeout.ms=1000"]].concat()));
    is_under_way(stack, "still");
    signal("-STOP", child.id());
    std::thread::sleep(Duration::from_secs(3));
    signal("-CONT", child.id());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    // Between two transactions it may stand still as long as it likes.
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("or a transaction of this one took longer than transaction.timeout.ms"), "{told}");
        let answer = finish(stack, &desk, &[]);
        assert!(answer.err.contains("by an earlier run"), "{}", answer.err);
    }
    assert_every_result_once(stack, "still", &values);
}

/// As librdkafka's may, if a broker goes while it is asked: the third commit's note is never answered.
#[test]
fn a_client_that_never_answers_is_replaced_by_a_new_one() {
    let stack = stack::shared();
    let desk = desk(stack, "t-silent", "silent");
    let values = fill(stack, "t-silent", 1_000, SEED);
    let mut command = run(stack, &desk, &["--transaction-results", "200", "--timeout-s", "5"]);
    command.env("STREAMFN_HANG_AT", "offsets:3");
    let answer = Answer::of(command);
    answer.done();
    answer.says(&["and the client itself gave no answer in time", "a new client goes on from the last commit"]);
    assert_every_result_once(stack, "silent", &values);
}

#[test]
fn a_run_that_is_asked_to_end_commits_what_it_has_and_the_next_goes_on() {
    let stack = stack::shared();
    let desk = desk(stack, "t-asked", "asked");
    let values = fill(stack, "t-asked", 2_000, SEED);
    let mut child = start(run(stack, &desk, &SLOW));
    is_under_way(stack, "asked");
    signal("-TERM", child.id());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{told}");
    assert!(told.contains("stopped by a signal;") && told.contains("the same command goes on with the next"), "{told}");
    let answer = finish(stack, &desk, &[]);
    assert!(answer.err.contains("by an earlier run"), "{}", answer.err);
    assert_every_result_once(stack, "asked", &values);
    // And a run after the end writes nothing.
    finish(stack, &desk, &[]);
    assert_every_result_once(stack, "asked", &values);
}

#[test]
fn an_id_belongs_to_one_replay() {
    let stack = stack::shared();
    let desk = desk(stack, "t-one", "one");
    fill(stack, "t-one", 100, SEED);
    let id = ["--transactional-id", "mine"];
    finish(stack, &desk, &id);
    let sql = desk.read("s.sql").replace("n % 2 = 1", "n % 2 = 0");
    desk.file("s.sql", sql);
    let answer = Answer::of(run(stack, &desk, &id));
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("transactional id mine belongs to another replay"), "{}", answer.err);
}

/// Brokers that stumble, for one test after another.
fn three() -> MutexGuard<'static, Stack> {
    static THREE: OnceLock<Mutex<Stack>> = OnceLock::new();
    let three = THREE.get_or_init(|| Mutex::new(Stack::start_with(&["--brokers", "3"])));
    three.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn brokers_that_stumble_one_after_another_change_nothing() {
    let stack = three();
    let desk = desk(&stack, "t-stumble", "stumble");
    let values = fill(&stack, "t-stumble", 1_200, SEED);
    let child = start(run(&stack, &desk, &SLOW));
    for broker in [1, 2, 3] {
        std::thread::sleep(Duration::from_millis(700));
        stack.kill_brokers(&[broker]);
        stack.start_brokers(&[broker]);
    }
    stack.pause_brokers(&[1]);
    std::thread::sleep(Duration::from_secs(3));
    stack.resume_brokers(&[1]);
    let (status, told) = ended(child);
    assert!(status.success(), "{told}");
    assert_every_result_once(&stack, "stumble", &values);
}

/// Waits for the end of a run, and gives what it said; one that never ends is a failure that is told, too.
fn ended(mut child: Child) -> (ExitStatus, String) {
    let mut stderr = child.stderr.take().unwrap();
    let told = std::thread::spawn(move || {
        let mut told = String::new();
        stderr.read_to_string(&mut told).map(|_| told)
    });
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > LONG {
            child.kill().unwrap();
            panic!("not ended after {LONG:?}: {}", told.join().unwrap().unwrap());
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    (status, told.join().unwrap().unwrap())
}

/// A run that follows topic `t-follow`: what it shows, and what it says of itself.
struct Follower {
    child: Child,
    /// Read on a thread, so that a line that never comes is told.
    lines: Receiver<String>,
    metrics: String,
}

impl Follower {
    fn start(stack: &Stack, desk: &Desk) -> Follower {
        let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let typed = ["replay", "--sql", "s.sql", "--follow", "--table", "odd", "--metrics", &metrics];
        // A member of a group that is silent for so long would have its partitions taken away.
        let patience =
            ["-X", "session.timeout.ms=1000", "-X", "max.poll.interval.ms=1000", "-X", "auto.commit.interval.ms=100"];
        let cluster = ["--bootstrap-server", &stack.bootstrap_servers];
        let registry = ["--schema-registry", stack.schema_registry.as_deref().unwrap()];
        let mut command = desk.command(&[&typed[..], &patience, &cluster, &registry].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Follower { child, lines, metrics }
    }

    /// Shows every odd value of these, each key's in its order.
    fn shows(&mut self, values: &Values) {
        let odd = |values: &Vec<i64>| values.iter().copied().filter(|value| value % 2 == 1).collect::<Vec<_>>();
        let wanted: Values = values.iter().map(|(key, values)| (key.clone(), odd(values))).collect();
        let mut found: Values = wanted.keys().map(|key| (key.clone(), vec![])).collect();
        for _ in 0..wanted.values().map(Vec::len).sum() {
            let line = self.lines.recv_timeout(LONG);
            let line = line.unwrap_or_else(|error| panic!("{error}: after {found:?}\nwanted {wanted:?}"));
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            let row = &line["row"];
            found.entry(row["K"].as_str().unwrap().to_owned()).or_default().push(row["N"].as_i64().unwrap());
        }
        assert_eq!(found, wanted);
    }

    /// Records that are there and not read, as it says; `None` before it has said so.
    fn lag(&self) -> Option<f64> {
        let text =
            ureq::get(format!("http://{}/metrics", self.metrics)).call().ok()?.body_mut().read_to_string().ok()?;
        let lines = text.lines().filter(|line| line.starts_with("streamfn_lag_records{"));
        let lags: Vec<f64> = lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        (!lags.is_empty()).then(|| lags.iter().sum())
    }

    fn is_level(&self) {
        let began = Instant::now();
        while self.lag() != Some(0.0) {
            assert!(began.elapsed() < Duration::from_secs(30), "still behind by {:?}", self.lag());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It has ended, but where the test failed.
        let _ = self.child.kill();
    }
}

#[test]
fn what_follows_a_topic_outlasts_brokers_and_its_own_sleep_and_catches_up() {
    let stack = three();
    let desk = desk(&stack, "t-follow", "follow");
    let first = fill(&stack, "t-follow", 500, SEED);
    let mut follower = Follower::start(&stack, &desk);
    follower.shows(&first);
    follower.is_level();
    // Longer than any poll interval, while records come in.
    signal("-STOP", follower.child.id());
    let second = fill(&stack, "t-follow", 500, SEED + 1);
    std::thread::sleep(Duration::from_secs(2));
    signal("-CONT", follower.child.id());
    follower.shows(&second);
    follower.is_level();
    for broker in [1, 2, 3] {
        stack.kill_brokers(&[broker]);
        stack.start_brokers(&[broker]);
    }
    follower.shows(&fill(&stack, "t-follow", 500, SEED + 2));
    follower.is_level();
    signal("-TERM", follower.child.id());
    assert!(follower.child.wait().unwrap().success());
}
