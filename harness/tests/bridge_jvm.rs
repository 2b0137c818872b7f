//! The JVM's bridge answers as the bridge here and as wasmtime's component API: any values of any types, and any lies.
//!
//! The calls are written into a directory, `plugins/jvm/pack`'s Mirror makes them through Endive, and its answers are
//! compared as text. Needs a Java 17 and what `make` builds in `target/jvm`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/component.rs"]
mod component;
#[path = "support/jvm.rs"]
mod jvm;
#[path = "support/mirror.rs"]
mod mirror;
#[path = "support/wit_types.rs"]
mod wit_types;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use mirror::{Mirror, PAD, draw, lie, pad, pad_type, runner};
use proptest::prelude::*;
use streamfn::contract::WitType;
use streamfn::host::portable::{Role, quoted};
use streamfn::host::{CallError, Program};
use streamfn_model::Value;
use wasmtime::component::Val;
use wit_types::{any_type, any_value, to_val};

const INTERFACE: &str = "t:t/i";

/// Calls to make on the JVM, with the answers that are wanted.
struct Calls {
    directory: tempfile::TempDir,
    programs: usize,
    wanted: Vec<Vec<(String, String)>>,
}

impl Calls {
    fn new() -> Calls {
        Calls { directory: tempfile::tempdir().unwrap(), programs: 0, wanted: Vec::new() }
    }

    /// Writes a program with its calls: function, arguments and the answer wanted.
    fn add(&mut self, mirror: &Mirror, calls: Vec<(&str, Vec<String>, String)>) {
        let number = self.programs;
        self.programs += 1;
        let portable = mirror.program.portable(&mirror.bytes).unwrap();
        let mut text = "(calls".to_owned();
        for (function, args, _) in &calls {
            write!(text, "\n({INTERFACE} {function} {})", args.join(" ")).unwrap();
        }
        let file = |ending: &str| self.directory.path().join(format!("{number}.{ending}"));
        fs::write(file("wasm"), portable.main).unwrap();
        fs::write(file("plan"), plan(&mirror.program, &mirror.bytes)).unwrap();
        fs::write(file("calls"), text + ")").unwrap();
        let calls = calls.into_iter();
        self.wanted.push(calls.map(|(name, args, wanted)| (format!("{name} {}", args.join(" ")), wanted)).collect());
    }

    /// Has the JVM make the calls, and compares.
    fn check(self) -> usize {
        jvm::run("streamfn.pack.Mirror", &[self.directory.path()]);
        let mut calls = 0;
        for (number, wanted) in self.wanted.iter().enumerate() {
            let file = self.directory.path().join(format!("{number}.results"));
            let results = fs::read_to_string(Path::new(&file)).unwrap();
            let found: Vec<&str> = results.lines().collect();
            assert_eq!(found.len(), wanted.len(), "program {number}");
            for (found, (call, wanted)) in found.iter().zip(wanted) {
                assert_eq!(found, wanted, "program {number}: {call}");
                calls += 1;
            }
        }
        calls
    }
}

fn plan(program: &Program, bytes: &[u8]) -> String {
    let portable = program.portable(bytes).unwrap();
    let mut text = "(plan (start)".to_owned();
    for name in ["spill", "echo", "pack", "claim", "same"] {
        let function = component::function(program, name);
        let call = portable.call(function, &[], Role::Plain);
        write!(text, "\n(function {INTERFACE} {name} {call})").unwrap();
    }
    text + ")"
}

/// A value as the JVM's side writes it: by the class it has there.
fn text(ty: &WitType, value: &Value) -> String {
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

fn bytes_type() -> WitType {
    WitType::List(Box::new(WitType::U8))
}

#[test]
fn any_values_of_any_types_go_in_and_come_out_as_on_the_other_hosts() {
    let mut runner = runner();
    let mut calls = Calls::new();
    for _ in 0..150 {
        let types = draw(&mut runner, prop::collection::vec(any_type(), 1..8));
        let mirror = Mirror::new(types.clone());
        let mut made = Vec::new();
        for _ in 0..4 {
            let args: Vec<_> = types.iter().map(|ty| draw(&mut runner, any_value(ty))).collect();
            mirror.same("spill", &args, &types, &bytes_type());
            let spilled = mirror.bridge("spill", &args).unwrap();
            let texts = types.iter().zip(&args).map(|(ty, arg)| text(ty, arg)).collect();
            made.push(("spill", texts, text(&bytes_type(), &spilled)));

            let (first, pair) = (&types[0], WitType::Tuple(vec![types[0].clone(), pad_type()]));
            let echoed = vec![args[0].clone(), pad()];
            mirror.same("echo", &echoed, &[first.clone(), pad_type()], &pair);
            let texts = vec![text(first, &echoed[0]), text(&pad_type(), &echoed[1])];
            made.push(("echo", texts, text(&pair, &Value::Record(echoed))));
        }
        // One instance there, a fresh one for each call here: what is spilled holds addresses.
        for call in made {
            calls.add(&mirror, vec![call]);
        }
    }
    assert_eq!(calls.check(), 150 * 8);
}

#[test]
fn a_result_of_one_flat_value_comes_back_as_on_the_other_hosts() {
    let mut runner = runner();
    let mut calls = Calls::new();
    for _ in 0..300 {
        let ty = draw(&mut runner, any_type());
        let refusable = matches!(&ty, WitType::Result { err: Some(err), .. } if **err == WitType::String);
        if refusable || mirror::wat(&mirror::wit(std::slice::from_ref(&ty))).contains("unreachable)") {
            continue;
        }
        let mirror = Mirror::new(vec![ty.clone()]);
        let arg = draw(&mut runner, any_value(&ty));
        let wanted = text(&ty, &mirror.bridge("same", std::slice::from_ref(&arg)).unwrap());
        calls.add(&mirror, vec![("same", vec![text(&ty, &arg)], wanted)]);
    }
    assert!(calls.check() > 50);
}

#[test]
fn a_lie_in_a_result_is_seen_as_on_the_other_hosts() {
    let mut runner = runner();
    let mut calls = Calls::new();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..150 {
        let ty = draw(&mut runner, any_type());
        let mirror = Mirror::new(vec![ty.clone()]);
        let pair = WitType::Tuple(vec![ty.clone(), pad_type()]);
        for _ in 0..3 {
            let arg = draw(&mut runner, any_value(&ty));
            let Ok(Value::Bytes(mut image)) = mirror.bridge("pack", &[arg, pad()]) else { panic!("no image") };
            let changes = draw(&mut runner, prop::collection::vec((any::<prop::sample::Index>(), lie()), 0..4));
            let pad = image.windows(16).position(|at| at == [[0; 8], [1, 0, 0, 0, 0, 0, 0, 0]].concat()).unwrap();
            for (index, byte) in changes {
                let at = index.index(image.len() - PAD * 8);
                let at = if at < pad { at } else { at + PAD * 8 };
                image[at] = byte;
            }
            let val = Val::List(image.iter().map(|byte| Val::U8(*byte)).collect());
            let image = Value::Bytes(image);
            let wanted = match (mirror.bridge("claim", std::slice::from_ref(&image)), mirror.reference("claim", &[val]))
            {
                (Ok(found), Ok(wanted)) => {
                    assert_eq!(to_val(&pair, &found), wanted);
                    read += 1;
                    text(&pair, &found)
                }
                (Err(CallError::Contract(_)), Err(_)) => {
                    refused += 1;
                    "(contract)".to_owned()
                }
                (found, wanted) => panic!("{ty:?}: the bridge says {found:?}, the component API {wanted:?}"),
            };
            calls.add(&mirror, vec![("claim", vec![text(&bytes_type(), &image)], wanted)]);
        }
    }
    assert!(read > 30 && refused > 30, "both outcomes: {read} read, {refused} refused");
    assert_eq!(calls.check(), 150 * 3);
}
