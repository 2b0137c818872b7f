//! The JVM's bridge as a host: one process for all functions, that gets blocks and gives digests. State stays there.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use streamfn::contract::{Shape, WitType};
use streamfn::host::Limits;
use streamfn::host::portable::{Role, quoted};
use tempfile::TempDir;

use crate::jvm;
use crate::results::Results;
use crate::run::{Host, Queue, Told, next};
use crate::subject::{Plugin, Subject};
use crate::wire::type_text;

/// What is wanted of a block.
const DIGEST: u8 = 0;
const RESULTS: u8 = 1;

pub struct Endive {
    pipes: Mutex<Pipes>,
    process: Child,
    /// With the plugins, for as long as the process reads them.
    _directory: TempDir,
}

struct Pipes {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Endive {
    pub fn start(plugins: &[Arc<Plugin>], subjects: &[Subject]) -> Endive {
        let directory = tempfile::tempdir().unwrap();
        for (number, plugin) in plugins.iter().enumerate() {
            let portable = plugin.program.portable(&plugin.bytes).unwrap();
            fs::write(directory.path().join(format!("{number}.wasm")), portable.main).unwrap();
            fs::write(directory.path().join(format!("{number}.plan")), plan(plugin)).unwrap();
        }
        fs::write(directory.path().join("functions"), functions(plugins, subjects)).unwrap();
        let mut command = jvm::command(&["-XX:+UseSerialGC", "-Xmx512m"], "streamfn.pack.Hosts");
        command.arg(directory.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("java, which this test needs: {error}"));
        let to = process.stdin.take().unwrap();
        let from = BufReader::new(process.stdout.take().unwrap());
        Endive { pipes: Mutex::new(Pipes { to, from }), process, _directory: directory }
    }
}

impl Drop for Endive {
    fn drop(&mut self) {
        // It is this value's own process, and waits for blocks that nobody sends.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Host for Endive {
    fn name(&self) -> &str {
        "the JVM's bridge"
    }

    fn workers(&self) -> usize {
        1
    }

    /// Writes blocks and reads digests at the same time, so that the JVM never waits for either.
    fn serve(&self, index: usize, blocks: Queue, tell: Sender<Told>) {
        let mut pipes = self.pipes.lock().unwrap();
        let Pipes { to, from } = &mut *pipes;
        let (sent, awaited) = channel::<(usize, usize)>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while let Some(block) = next(&blocks) {
                    let written = ask(to, DIGEST, block.subject, &block.bytes);
                    if written.is_err() || sent.send((block.subject, block.number)).is_err() {
                        return;
                    }
                }
            });
            for (subject, number) in awaited {
                let mut answer = [0; 17];
                // Who misses this block's digest says that a host has ended; the JVM itself has said why.
                if from.read_exact(&mut answer).is_err() {
                    return;
                }
                let number_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| answer[at + byte]));
                let (digest, took) = (number_at(0), Duration::from_nanos(number_at(8)));
                let told = Told { host: index, subject, number, digest, wrong: answer[16] != 0, took };
                if tell.send(told).is_err() {
                    return;
                }
            }
        });
    }

    fn results(&self, subject: usize, block: &[u8]) -> Results {
        let mut pipes = self.pipes.lock().unwrap();
        ask(&mut pipes.to, RESULTS, subject, block).unwrap();
        let mut count = [0; 4];
        pipes.from.read_exact(&mut count).unwrap();
        let mut bytes = vec![0; u32::from_le_bytes(count) as usize];
        pipes.from.read_exact(&mut bytes).unwrap();
        Results::of(bytes)
    }
}

fn ask(to: &mut ChildStdin, wanted: u8, subject: usize, block: &[u8]) -> std::io::Result<()> {
    let mut head = vec![wanted];
    head.extend_from_slice(&(subject as u32).to_le_bytes());
    head.extend_from_slice(&(block.len() as u32).to_le_bytes());
    to.write_all(&head)?;
    to.write_all(block)?;
    to.flush()
}

/// Every call of a plugin, in plain values: states and columns are all alike here.
fn plan(plugin: &Plugin) -> String {
    let portable = plugin.program.portable(&plugin.bytes).unwrap();
    let mut text = "(plan (start".to_owned();
    portable.starts.iter().for_each(|start| write!(text, " {}", quoted(start)).unwrap());
    text.push(')');
    for (interface, members) in &plugin.component.interfaces {
        for name in members.keys() {
            let call = portable.call(plugin.program.function(interface, name).unwrap(), &[], Role::Plain);
            write!(text, "\n(function {} {name} {call})", quoted(interface)).unwrap();
        }
    }
    text + ")"
}

/// The functions by their number: where each is, its shape, and its types.
fn functions(plugins: &[Arc<Plugin>], subjects: &[Subject]) -> String {
    let Limits { time, memory, result, .. } = Limits::default();
    let mut text = format!("(functions (limits {} {memory} {result})", time.as_millis());
    for Subject { plugin, function, types, .. } in subjects {
        let place = plugins.iter().position(|other| Arc::ptr_eq(other, plugin)).unwrap();
        let shape = match function.shape {
            Shape::Aggregate { .. } => "aggregate",
            Shape::Keyed { .. } => "keyed",
            Shape::Scalar => "eval",
            Shape::Table => "rows",
            Shape::Generator { .. } => "generator",
        };
        let columns = type_text(&WitType::Tuple(types.columns.clone()));
        let members = &plugin.component.interfaces[&function.interface];
        let members = members.keys().map(String::as_str).collect::<Vec<_>>().join(" ");
        let value = types.value.as_ref().map_or("none".to_owned(), type_text);
        let (name, state, key) = (quoted(&function.interface), type_text(&types.state), type_text(&types.key));
        write!(text, "\n(function {place} {name} {shape} {columns} {state} {key} {value} ({members}))").unwrap();
    }
    text + ")"
}
