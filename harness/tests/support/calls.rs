//! Calls that `plugins/jvm/pack`'s Mirror makes in a JVM, with the answers that are wanted.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use streamfn::contract::WitType;
use streamfn::host::portable::{Role, quoted};
use streamfn::host::{CallError, Limits, Program};
use streamfn_model::Value;

use crate::component::describe;
use crate::jvm;

const INTERFACE: &str = "t:t/i";

/// What a call on the JVM has to give.
#[derive(Clone)]
pub enum Wanted {
    /// This value, as [`text`] writes it.
    Answer(String),
    /// A fault of this kind, whose message has these words.
    Fault(String, Vec<String>),
}

impl Wanted {
    /// What the bridge here gave: the value, or the kind of fault with its message but for what only one host knows.
    pub fn same(ty: &WitType, outcome: &Result<Value, CallError>) -> Wanted {
        let fault = |kind: &str, words: &[String]| Wanted::Fault(kind.to_owned(), words.to_vec());
        match outcome {
            Ok(value) => Wanted::Answer(text(ty, value)),
            Err(CallError::Trap { kind, .. }) => fault("trap", &[format!("trap: {kind}")]),
            Err(CallError::TimeLimit { limit }) => {
                fault("time-limit", &[format!("time limit: still running after {} ms", limit.as_millis())])
            }
            Err(CallError::StackLimit { .. }) => fault("stack-limit", &["stack limit: calls went deeper".to_owned()]),
            Err(error @ CallError::MemoryLimit { .. }) => fault("memory-limit", &[error.to_string()]),
            Err(error @ CallError::ResultLimit { .. }) => fault("result-limit", &[error.to_string()]),
            Err(CallError::Contract(_)) => fault("contract", &["contract: wanted ".to_owned()]),
            Err(CallError::Argument(_)) => fault("argument", &["argument: wanted ".to_owned()]),
            Err(CallError::Refused(reason)) => fault("refused", std::slice::from_ref(reason)),
        }
    }

    /// With further words in the message.
    pub fn and(mut self, more: &str) -> Wanted {
        if let Wanted::Fault(_, words) = &mut self {
            words.push(more.to_owned());
        }
        self
    }

    fn check(&self, found: &str) -> bool {
        match self {
            Wanted::Answer(text) => found == text,
            Wanted::Fault(kind, words) => {
                found.starts_with(&format!("({kind} ")) && words.iter().all(|word| found.contains(&quoted_inside(word)))
            }
        }
    }
}

fn quoted_inside(word: &str) -> String {
    let quoted = quoted(word);
    quoted[1..quoted.len() - 1].to_owned()
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Wanted::Answer(text) => f.write_str(text),
            Wanted::Fault(kind, words) => write!(f, "({kind} …) with {words:?}"),
        }
    }
}

/// What one call on the JVM gave.
#[derive(Debug)]
pub struct Made {
    pub result: String,
    pub took: Duration,
    /// Whether the thread's interrupt flag was set afterwards.
    pub interrupted: bool,
}

/// Programs, each with the calls that one instance of it gets.
pub struct Calls {
    pub directory: tempfile::TempDir,
    programs: usize,
    wanted: Vec<(String, Wanted)>,
    /// Options of the JVM.
    pub options: Vec<&'static str>,
}

impl Calls {
    pub fn new() -> Calls {
        let directory = tempfile::tempdir().expect("a directory for the test");
        Calls { directory, programs: 0, wanted: Vec::new(), options: Vec::new() }
    }

    /// Writes a program with its calls: function, arguments and the answer wanted. `options` are the Mirror's: `(stack
    /// BYTES)` for the thread, `(interrupt)` before each call.
    pub fn add(
        &mut self,
        bytes: &[u8],
        program: &Program,
        limits: &Limits,
        options: &str,
        calls: Vec<(&str, Vec<String>, Wanted)>,
    ) {
        let limits = format!("(limits {} {} {})", limits.time.as_millis(), limits.memory, limits.result);
        let mut text = format!("(calls {limits} {options}");
        for (function, args, wanted) in calls {
            let call = format!("({INTERFACE} {function} {})", args.join(" "));
            write!(text, "\n{call}").expect("a String takes any text");
            self.wanted.push((format!("program {}: {call}", self.programs), wanted));
        }
        let portable = program.portable(bytes).expect("it was compiled from these bytes");
        for (ending, content) in
            [("wasm", portable.main), ("plan", plan(program, bytes).as_bytes()), ("calls", (text + ")").as_bytes())]
        {
            fs::write(self.file(self.programs, ending), content).expect("a file");
        }
        self.programs += 1;
    }

    fn file(&self, number: usize, ending: &str) -> PathBuf {
        self.directory.path().join(format!("{number}.{ending}"))
    }

    /// Has the JVM make the calls, and compares.
    pub fn check(self) -> Vec<Made> {
        jvm::run(&self.options, "streamfn.pack.Mirror", &[self.directory.path()]);
        let mut made = Vec::new();
        for number in 0..self.programs {
            let results = fs::read_to_string(self.file(number, "results")).expect("the Mirror wrote it");
            made.extend(results.lines().map(|line| {
                let [result, millis, flag] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
                let took = Duration::from_millis(millis.parse().expect("milliseconds"));
                Made { result: result.to_owned(), took, interrupted: flag == "interrupted" }
            }));
        }
        assert_eq!(made.len(), self.wanted.len());
        let other = made.iter().zip(&self.wanted).filter(|(made, (_, wanted))| !wanted.check(&made.result));
        let other: Vec<String> =
            other.map(|(made, (call, wanted))| format!("{call}\nwanted {wanted}\nfound  {}\n", made.result)).collect();
        assert!(
            other.is_empty(),
            "{} of {} calls:\n{}",
            other.len(),
            made.len(),
            other[..other.len().min(20)].concat()
        );
        made
    }
}

fn plan(program: &Program, bytes: &[u8]) -> String {
    let portable = program.portable(bytes).expect("it was compiled from these bytes");
    let mut text = "(plan (start".to_owned();
    for start in &portable.starts {
        write!(text, " {}", quoted(start)).expect("a String takes any text");
    }
    text.push(')');
    for name in describe(bytes).interfaces[INTERFACE].keys() {
        let function = crate::component::function(program, name);
        let call = portable.call(function, &[], Role::Plain);
        write!(text, "\n(function {INTERFACE} {name} {call})").expect("a String takes any text");
    }
    text + ")"
}

/// A value as the JVM's side writes it: by the class it has there.
pub fn text(ty: &WitType, value: &Value) -> String {
    let all = |what: &str, parts: Vec<String>| {
        format!("({what}{})", parts.iter().map(|p| format!(" {p}")).collect::<String>())
    };
    match (ty, value) {
        (_, Value::Null) => "none".to_owned(),
        (WitType::Option(ty), Value::Some(v)) if matches!(**ty, WitType::Option(_)) => all("record", vec![text(ty, v)]),
        (WitType::Option(ty), v) => text(ty, v),
        (_, Value::Bool(v)) => v.to_string(),
        (_, Value::S8(v)) => format!("(byte {v})"),
        (_, Value::U8(v)) => format!("(short {v})"),
        (_, Value::S16(v)) => format!("(short {v})"),
        (_, Value::U16(v)) => format!("(int {v})"),
        (_, Value::S32(v)) => format!("(int {v})"),
        (_, Value::U32(v)) => format!("(long {v})"),
        (_, Value::S64(v)) => format!("(long {v})"),
        (_, Value::U64(v)) => format!("(long {})", *v as i64),
        (_, Value::F32(v)) => format!("(float {:x})", v.to_bits()),
        (_, Value::F64(v)) => format!("(double {:x})", v.to_bits()),
        (_, Value::Char(v)) => format!("(int {})", u32::from(*v)),
        (_, Value::String(v)) => format!("(text {})", quoted(v)),
        (_, Value::Bytes(v)) => all(
            "bytes",
            Some(v.iter().map(|b| format!("{b:02x}")).collect())
                .filter(|t: &String| !t.is_empty())
                .into_iter()
                .collect(),
        ),
        (WitType::List(ty), Value::List(v)) => all("list", v.iter().map(|v| text(ty, v)).collect()),
        (WitType::Record(fields), Value::Record(v)) => {
            all("record", fields.iter().zip(v).map(|((_, ty), v)| text(ty, v)).collect())
        }
        (WitType::Tuple(types), Value::Record(v)) => {
            all("record", types.iter().zip(v).map(|(ty, v)| text(ty, v)).collect())
        }
        (WitType::Enum(_), Value::Variant(index, _)) => format!("(int {index})"),
        (WitType::Variant(cases), Value::Variant(index, v)) => {
            case(&cases.iter().map(|(_, ty)| ty.as_ref()).collect::<Vec<_>>(), *index, v)
        }
        (WitType::Result { ok, err }, Value::Variant(index, v)) => case(&[ok.as_deref(), err.as_deref()], *index, v),
        (WitType::Flags(_), Value::Flags(v)) => {
            let bits = v.iter().enumerate().fold(0u32, |bits, (index, set)| bits | u32::from(*set) << index);
            format!("(int {})", bits as i32)
        }
        (WitType::Decimal, Value::Decimal { unscaled, scale }) => format!("(decimal {unscaled} {scale})"),
        (ty, value) => panic!("{value:?} is no {ty:?}"),
    }
}

fn case(payloads: &[Option<&WitType>], index: u32, payload: &Option<Box<Value>>) -> String {
    if payloads.iter().all(Option::is_none) {
        return format!("(int {index})");
    }
    match (payloads[index as usize], payload) {
        // A payload that is null is not written: the JVM's side cannot tell it from none, and need not.
        (Some(ty), Some(value)) if text(ty, value) != "none" => format!("(case {index} {})", text(ty, value)),
        _ => format!("(case {index})"),
    }
}
