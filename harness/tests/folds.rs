//! The law of batches: rows that go through a component's loop give, bit by bit, what they give one call at a time, also where
//! a row is refused, traps or exceeds a limit, and no other group's state is lost with the instance.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/command.rs"]
mod command;
#[path = "support/component.rs"]
mod component;

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, Int64Array, StructArray};
use arrow::buffer::NullBuffer;
use streamfn::contract::{self, Component, Function, Shape};
use streamfn::host::{CallError, FoldId, FunctionId, Instance, Limits, Program, Room, Rows, row};
use streamfn::laws::rows::seeded;
use streamfn_model::{Field, SqlType, Value, columns};

/// A function that has a loop, and its calls in a program of their own.
struct Subject {
    singles: Program,
    program: Program,
    function: Function,
    fold: FoldId,
    /// Rows without a state: a scalar function's, or a keyed aggregate's for their keys.
    is_scalar: bool,
    create: Option<FunctionId>,
    /// `accumulate`, or `eval`, or `key`.
    row: FunctionId,
    retract: Option<FunctionId>,
    /// Not of a keyed aggregate: there the state, which is an entry, is the value.
    value: Option<FunctionId>,
}

/// A row with what it does and to which group.
#[derive(Debug, Clone)]
struct Step {
    kind: u8,
    group: u32,
    arguments: Vec<Value>,
}

impl Subject {
    fn new([singles, program]: &[Program; 2], function: &Function) -> Option<Subject> {
        let member = |name| singles.function(&function.interface, name).ok();
        let is_keyed = matches!(function.shape, Shape::Keyed { .. });
        Some(Subject {
            fold: program.fold(&function.interface)?,
            is_scalar: function.shape == Shape::Scalar,
            create: member("create"),
            row: member("accumulate").or(member("eval"))?,
            retract: member("retract"),
            value: member("value").filter(|_| !is_keyed),
            singles: singles.clone(),
            program: program.clone(),
            function: function.clone(),
        })
    }

    /// The keys of a keyed aggregate.
    fn of_keys(programs: &[Program; 2], function: &Function) -> Option<Subject> {
        let (fold, row) =
            (programs[1].fold_of_keys(&function.interface)?, programs[0].function(&function.interface, "key"));
        let of_entries = Subject::new(programs, function)?;
        Some(Subject { fold, row: row.unwrap(), is_scalar: true, retract: None, ..of_entries })
    }

    fn new_state(&self, instance: &mut Instance) -> Value {
        let none = if self.is_scalar { Value::Record(vec![]) } else { Value::Null };
        self.create.map_or(none, |create| instance.call(create, &[]).unwrap())
    }

    /// One row by single calls: the state changes if all succeed, and the group's value comes out.
    fn single(&self, instance: &mut Instance, state: &mut Value, step: &Step) -> Result<Value, CallError> {
        if self.is_scalar {
            return if step.kind == row::ACCUMULATE {
                instance.call(self.row, &step.arguments)
            } else {
                Ok(Value::Null)
            };
        }
        let before = if step.kind & row::ANEW != 0 { self.new_state(instance) } else { state.clone() };
        let with_state = || [std::slice::from_ref(&before), &step.arguments].concat();
        let after = match step.kind & !row::ANEW {
            row::ACCUMULATE => instance.call(self.row, &with_state())?,
            row::RETRACT => instance.call(self.retract.unwrap(), &with_state())?,
            _ => before,
        };
        let value = match self.value {
            Some(value) => instance.call(value, std::slice::from_ref(&after))?,
            None => after.clone(),
        };
        *state = after;
        Ok(value)
    }

    fn columns(&self, steps: &[Step]) -> Vec<ArrayRef> {
        let field = |at: usize, field: &Field| {
            let scale = steps.iter().find_map(|step| match &step.arguments[at] {
                Value::Decimal { scale, .. } => Some(*scale),
                _ => None,
            });
            let sql_type = match (&field.sql_type, scale) {
                (SqlType::Decimal(precision, _), Some(scale)) => SqlType::Decimal(*precision, scale),
                (other, _) => other.clone(),
            };
            Field::new(&field.name, sql_type)
        };
        let fields: Vec<Field> = self.function.params.iter().enumerate().map(|(at, f)| field(at, f)).collect();
        let rows: Vec<Vec<Value>> = steps.iter().map(|step| step.arguments.clone()).collect();
        columns::batch(&fields, &rows).unwrap().columns().to_vec()
    }

    /// Compares the two ways, and says how many rows were no row of a batch.
    fn compare(&self, steps: &[Step], groups: usize) -> usize {
        // A batch goes on with the states of the one before.
        self.compare_by(3, steps, groups);
        self.compare_by(usize::MAX, steps, groups)
    }

    fn compare_by(&self, most: usize, steps: &[Step], groups: usize) -> usize {
        let (mut one, mut batched) = (self.singles.instance(), self.program.instance());
        let new = self.new_state(&mut one);
        let mut expected = vec![new.clone(); groups];
        let sizes = self.program.sizes(self.fold);
        let (mut bytes, mut states, mut texts) = (vec![], vec![], vec![]);
        self.program.write_state(self.fold, &new, &mut bytes, &mut texts).unwrap();
        (0..groups).for_each(|_| states.extend_from_slice(&bytes));
        let (mut next, mut refused) = (0, 0);
        while next < steps.len() {
            let steps = &steps[next..steps.len().min(next.saturating_add(most))];
            let kinds: Vec<u8> = steps.iter().map(|step| step.kind).collect();
            let of: Vec<u32> = steps.iter().map(|step| step.group).collect();
            let rows = Rows { kinds: &kinds, groups: &of, arguments: &self.columns(steps) };
            let mut values = vec![0; steps.len() * sizes.value];
            let room = Room { new: &bytes, states: &mut states, values: &mut values, texts: &mut texts };
            let done = batched.fold(self.fold, &rows, room).unwrap();
            let name = &self.function.interface;
            for (place, step) in steps.iter().take(done).enumerate() {
                let value = self.single(&mut one, &mut expected[step.group as usize], step).unwrap();
                if !self.is_scalar || step.kind == row::ACCUMULATE {
                    let found = self.program.read_value(self.fold, &values[place * sizes.value..], &texts).unwrap();
                    assert_eq!(found, value, "{name}: {:?}", &steps[..=place]);
                }
            }
            if let Some(step) = steps.get(done) {
                let outcome = self.single(&mut one, &mut expected[step.group as usize], step);
                assert!(outcome.is_err(), "{name} took {step:?} by itself: {outcome:?}");
                refused += 1;
            }
            for (group, expected) in expected.iter().enumerate() {
                let found = self.program.read_state(self.fold, &states[group * sizes.state..], &texts).unwrap();
                assert_eq!(found, *expected, "{name}, group {group}: {:?}", &steps[..(done + 1).min(steps.len())]);
            }
            next += (done + 1).min(steps.len());
        }
        refused
    }
}

/// For single calls, and for batches.
fn programs(bytes: &[u8], component: &Component, limits: Limits) -> [Program; 2] {
    let singles = Program::compile(bytes, component, limits).unwrap();
    assert!(component.functions.iter().all(|function| singles.fold(&function.interface).is_none()));
    [singles, Program::with_batches(bytes, component, limits, None).unwrap()]
}

#[test]
fn every_standard_function_with_a_loop_gives_what_its_calls_give() {
    let (mut functions, mut refused) = (0, 0);
    for name in ["aggregate", "collect", "enrich"] {
        let bytes = std::fs::read(command::plugin(name)).unwrap();
        let component = contract::read(&bytes).unwrap();
        let programs = programs(&bytes, &component, Limits::default());
        let subjects = |of| [Subject::new(&programs, of), Subject::of_keys(&programs, of)].into_iter().flatten();
        for subject in component.functions.iter().flat_map(subjects) {
            functions += 1;
            let function = &subject.function;
            for sequence in seeded(&component, function, 5, 120) {
                let steps: Vec<Step> = sequence
                    .iter()
                    .map(|marked| {
                        let anew = if marked.mark % 16 == 15 { row::ANEW } else { 0 };
                        let kind = match marked.mark % 4 {
                            _ if function.skips(&marked.row) => row::NOTHING,
                            0 if subject.retract.is_some() => row::RETRACT,
                            _ => row::ACCUMULATE,
                        };
                        let (group, arguments) = (u32::from(marked.mark >> 4) % 3, marked.row.clone());
                        match subject.is_scalar {
                            true => Step { kind, group: 0, arguments },
                            false => Step { kind: kind | anew, group, arguments },
                        }
                    })
                    .collect();
                refused += subject.compare(&steps, 3);
            }
        }
    }
    // SUM, AVG, COUNT, MIN, MAX, the two with retraction, EARLIEST and LATEST over 12 to 14 types, COLLECT and its kin, and the
    // scalar functions; not those with a list.
    assert!(functions > 190, "{functions} functions have a loop");
    assert!(refused > 20, "only {refused} rows were refused");
}

/// Adds, but: 13 traps, 14 never ends, 15 takes all memory; a state of 70 has a value that is none, one of 71 a value at an odd
/// place, one of 72 a value outside of the memory.
const FAULTY_WIT: &str = "package t:t;
interface faulty {
  type state = s64;
  create: func() -> state;
  accumulate: func(state: state, x: s64) -> state;
  value: func(state: state) -> option<s64>;
}
world test { export faulty; }";
const FAULTY: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "t:t/faulty#create") (result i64) i64.const 0)
  (func (export "t:t/faulty#accumulate") (param i64 i64) (result i64)
    (if (i64.eq (local.get 1) (i64.const 13)) (then unreachable))
    (if (i64.eq (local.get 1) (i64.const 14)) (then (loop br 0)))
    (if (i64.eq (local.get 1) (i64.const 15))
      (then (loop (br_if 0 (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))) unreachable))
    (i64.add (local.get 0) (local.get 1)))
  (func (export "t:t/faulty#value") (param i64) (result i32)
    (i32.store8 (i32.const 64) (i32.const 1))
    (i64.store (i32.const 72) (local.get 0))
    (if (i64.eq (local.get 0) (i64.const 70)) (then (i32.store8 (i32.const 64) (i32.const 7))))
    (if (i64.eq (local.get 0) (i64.const 71)) (then (return (i32.const 65))))
    (if (i64.eq (local.get 0) (i64.const 72)) (then (return (i32.const 0x7fff0000))))
    i32.const 64))"#;

fn faulty(limits: Limits) -> Subject {
    let [subject] = subjects(FAULTY_WIT, FAULTY, limits);
    subject
}

fn subjects<const N: usize>(wit: &str, wat: &str, limits: Limits) -> [Subject; N] {
    let bytes = component::encode(wit, wat);
    let component = contract::read(&bytes).unwrap();
    let programs = programs(&bytes, &component, limits);
    let subjects = component.functions.iter().map(|function| Subject::new(&programs, function).unwrap());
    subjects.collect::<Vec<_>>().try_into().ok().unwrap()
}

/// The argument's bits become the state, and the state's the value.
const BITS_WIT: &str = "package t:t;
interface byte {
  type state = s8;
  create: func() -> state;
  accumulate: func(state: state, x: s64) -> state;
  value: func(state: state) -> s64;
}
interface double {
  type state = f64;
  create: func() -> state;
  accumulate: func(state: state, x: s64) -> state;
  value: func(state: state) -> s64;
}
interface float {
  type state = f32;
  create: func() -> state;
  accumulate: func(state: state, x: s64) -> state;
  value: func(state: state) -> s64;
}
world test { export byte; export double; export float; }";
const BITS: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "t:t/byte#create") (result i32) i32.const 0)
  (func (export "t:t/byte#accumulate") (param i32 i64) (result i32) (i32.wrap_i64 (local.get 1)))
  (func (export "t:t/byte#value") (param i32) (result i64) (i64.extend_i32_s (local.get 0)))
  (func (export "t:t/double#create") (result f64) f64.const 0)
  (func (export "t:t/double#accumulate") (param f64 i64) (result f64) (f64.reinterpret_i64 (local.get 1)))
  (func (export "t:t/double#value") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  (func (export "t:t/float#create") (result f32) f32.const 0)
  (func (export "t:t/float#accumulate") (param f32 i64) (result f32)
    (f32.reinterpret_i32 (i32.wrap_i64 (local.get 1))))
  (func (export "t:t/float#value") (param f32) (result i64) (i64.extend_i32_u (i32.reinterpret_f32 (local.get 0)))))"#;

#[test]
fn what_is_odd_but_allowed_as_a_state_is_in_a_batch_what_it_is_in_calls() {
    let subjects: [Subject; 3] = subjects(BITS_WIT, BITS, Limits::default());
    let odd = [
        0x105,
        0x80,
        -1,
        0x7f80_0000,
        0x7f80_0001,
        0xff80_0000,
        0xffc0_0000,
        0x7ff0_0000_0000_0000,
        0x7ff0_0000_0000_0001,
        -1 << 52,
        (-1 << 52) + 1,
    ];
    let rows: Vec<(u32, i64)> = odd.iter().flat_map(|bits| [(0, *bits), (1, 0)]).collect();
    for subject in subjects {
        assert_eq!(subject.compare(&steps(&rows), 2), 0, "{}", subject.function.interface);
    }
}

fn steps(rows: &[(u32, i64)]) -> Vec<Step> {
    let step = |(group, x): &(u32, i64)| Step { kind: row::ACCUMULATE, group: *group, arguments: vec![Value::S64(*x)] };
    rows.iter().map(step).collect()
}

#[test]
fn a_row_that_traps_or_exceeds_a_limit_takes_no_other_groups_state_with_it() {
    let subject = faulty(Limits { time: Duration::from_millis(100), ..Limits::default() });
    for bad in [13, 14, 15] {
        let rows = steps(&[(0, 1), (1, 2), (0, 4), (1, bad), (1, 8), (0, bad), (0, 16), (1, 32)]);
        assert_eq!(subject.compare(&rows, 2), 2, "{bad}");
        // The state of a group is in the guest as long as its rows follow each other.
        let rows = steps(&[(0, 1), (0, 2), (1, 4), (1, 8), (1, bad), (1, 16), (1, bad), (1, bad), (0, 32), (0, 64)]);
        assert_eq!(subject.compare(&rows, 2), 3, "{bad}");
    }
    for state in [70, 71, 72] {
        assert_eq!(subject.compare(&steps(&[(0, 1), (1, 3), (1, state - 3), (1, 6), (0, 5)]), 2), 1, "{state}");
    }
}

#[test]
fn a_row_that_was_not_taken_leaves_the_states_of_those_before_it() {
    let subject = faulty(Limits { time: Duration::from_millis(100), ..Limits::default() });
    let mut instance = subject.program.instance();
    let mut states: Vec<u8> = [100_i64, 200].iter().flat_map(|state| state.to_le_bytes()).collect();
    let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 13, 4]));
    let rows = Rows { kinds: &[row::ACCUMULATE; 4], groups: &[0, 1, 0, 1], arguments: &[column] };
    let mut values = [0; 4 * 16];
    let room = Room { new: &[0; 8], states: &mut states, values: &mut values, texts: &mut vec![] };
    assert_eq!(instance.fold(subject.fold, &rows, room), Ok(2));
    let left: Vec<i64> = states.chunks_exact(8).map(|state| i64::from_le_bytes(state.try_into().unwrap())).collect();
    assert_eq!(left, [101, 202]);
    assert_eq!(subject.program.read_value(subject.fold, &values[16..], &[]), Ok(Value::S64(202)));
}

/// Scalar functions. Of `faulty`: 12 is refused, 13 traps, 14 never ends, 15 takes all memory, 16 has a value that is none; of the
/// others the value is 10 x, with nulls for nulls, the bits of x, and what is longer.
const SCALAR_WIT: &str = "package t:t;
interface faulty { eval: func(x: s64) -> result<option<s64>, string>; }
interface nullable { eval: func(x: option<s64>, y: s64) -> option<s64>; }
interface bits { eval: func(x: s64) -> f64; }
interface longer { eval: func(x: string, y: bool) -> bool; }
interface both { record pair { first: s64, second: option<bool> } eval: func(x: s64) -> pair; }
world test { export faulty; export nullable; export bits; export longer; export both; }";
const SCALAR: &str = r#"(module
  (memory (export "memory") 1)
  (data (i32.const 32) "too odd")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "t:t/faulty#eval") (param i64) (result i32)
    (if (i64.eq (local.get 0) (i64.const 12)) (then
      (i32.store8 (i32.const 64) (i32.const 1))
      (i32.store (i32.const 72) (i32.const 32))
      (i32.store (i32.const 76) (i32.const 7))
      (return (i32.const 64))))
    (if (i64.eq (local.get 0) (i64.const 13)) (then unreachable))
    (if (i64.eq (local.get 0) (i64.const 14)) (then (loop br 0)))
    (if (i64.eq (local.get 0) (i64.const 15))
      (then (loop (br_if 0 (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))) unreachable))
    (i32.store8 (i32.const 64) (i32.const 0))
    (i32.store8 (i32.const 72) (select (i32.const 9) (i32.const 1) (i64.eq (local.get 0) (i64.const 16))))
    (i64.store (i32.const 80) (i64.mul (local.get 0) (i64.const 10)))
    i32.const 64)
  (func (export "t:t/nullable#eval") (param i32 i64 i64) (result i32)
    (i32.store8 (i32.const 64) (local.get 0))
    (i64.store (i32.const 72) (i64.mul (local.get 1) (local.get 2)))
    i32.const 64)
  (func (export "t:t/bits#eval") (param i64) (result f64) (f64.reinterpret_i64 (local.get 0)))
  (func (export "t:t/longer#eval") (param i32 i32 i32) (result i32)
    (i32.xor (i32.gt_u (local.get 1) (i32.const 3)) (local.get 2)))
  (func (export "t:t/both#eval") (param i64) (result i32)
    (i64.store (i32.const 64) (local.get 0))
    (i32.store8 (i32.const 72) (i64.ne (local.get 0) (i64.const 0)))
    (i32.store8 (i32.const 73) (i32.wrap_i64 (local.get 0)))
    i32.const 64))"#;

#[test]
fn a_scalar_function_gives_each_row_what_its_call_gives() {
    let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
    let subjects: [Subject; 5] = subjects(SCALAR_WIT, SCALAR, limits);
    let subject = |name: &str| subjects.iter().find(|subject| subject.function.interface.ends_with(name)).unwrap();
    let plain = |xs: &[i64]| steps(&xs.iter().map(|x| (0, *x)).collect::<Vec<_>>());
    assert_eq!(subject("faulty").compare(&plain(&[1, 2, 12, 3, 13, 14, 4, 15, 16, 5, 6, 12]), 1), 6);
    assert_eq!(subject("bits").compare(&plain(&[0, 0x7ff0_0000_0000_0001, -1, i64::MIN, 0x3ff0_0000_0000_0000]), 1), 0);
    assert_eq!(subject("both").compare(&plain(&[0, 1, 256, -7]), 1), 0);
    let step = |(kind, arguments): (u8, [Value; 2])| Step { kind, group: 0, arguments: arguments.to_vec() };
    let rows = [
        (row::ACCUMULATE, [Value::S64(6), Value::S64(7)]),
        (row::ACCUMULATE, [Value::Null, Value::S64(7)]),
        (row::NOTHING, [Value::S64(6), Value::Null]),
        (row::ACCUMULATE, [Value::S64(-1), Value::S64(1)]),
    ];
    assert_eq!(subject("nullable").compare(&rows.map(step), 1), 0);
    let rows = ["", "four", "äö", "abc"].map(|text| [Value::from(text), Value::Bool(text.len() % 2 == 1)]);
    assert_eq!(subject("longer").compare(&rows.map(|row| step((row::ACCUMULATE, row))), 1), 0);
}

/// Text as state and value, `none` before the first. What a row of so many bytes makes of it: 13 traps, 14 says that it is outside of the
/// memory, 15 that it begins within a character, 16 that it ends within one, 17 that it is no UTF-8 in between, 18 that there is none, 19
/// that it is of 40 bytes, 20 that it is of 90,000; all else is the text itself.
const TEXT_WIT: &str = "package t:t;
interface last {
  record state { count: s32, text: option<string> }
  create: func() -> state;
  accumulate: func(state: state, x: string) -> state;
  retract: func(state: state, x: string) -> result<state, string>;
  value: func(state: state) -> option<string>;
}
interface echo { eval: func(x: option<string>) -> option<string>; }
interface twice { record both { first: string, second: option<string> } eval: func(x: string) -> result<both, string>; }
world test { export last; export echo; export twice; }";
const TEXT: &str = r#"(module
  (memory (export "memory") 4)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (i32.gt_u (i32.add (global.get $next) (local.get 3)) (i32.const 0x8000))
      (then (global.set $next (i32.const 1024))))
    global.get $next
    (global.set $next (i32.add (global.get $next) (local.get 3))))
  (func $put (param $at i32) (param $is i32) (param $text i32) (param $len i32)
    (i32.store8 (local.get $at) (local.get $is))
    (i32.store offset=4 (local.get $at) (local.get $text))
    (i32.store offset=8 (local.get $at) (local.get $len))
    (if (i32.eq (local.get $len) (i32.const 13)) (then unreachable))
    (if (i32.eq (local.get $len) (i32.const 14)) (then (i32.store offset=4 (local.get $at) (i32.const 0x3fff8))))
    (if (i32.eq (local.get $len) (i32.const 15)) (then
      (i32.store offset=4 (local.get $at) (i32.add (local.get $text) (i32.const 1)))
      (i32.store offset=8 (local.get $at) (i32.const 13))))
    (if (i32.eq (local.get $len) (i32.const 16)) (then (i32.store offset=8 (local.get $at) (i32.const 15))))
    (if (i32.eq (local.get $len) (i32.const 17)) (then (i32.store8 offset=9 (local.get $text) (i32.const 0xff))))
    (if (i32.eq (local.get $len) (i32.const 18)) (then (i32.store8 (local.get $at) (i32.const 0))
      (i32.store offset=4 (local.get $at) (i32.const -1))))
    (if (i32.eq (local.get $len) (i32.const 19)) (then (i32.store offset=8 (local.get $at) (i32.const 40))))
    (if (i32.eq (local.get $len) (i32.const 20)) (then (i32.store offset=8 (local.get $at) (i32.const 90000)))))
  (func (export "t:t/last#create") (result i32)
    (i64.store (i32.const 64) (i64.const 0))
    (i32.const 64))
  (func (export "t:t/last#accumulate") (param i32 i32 i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 64) (i32.add (local.get 0) (i32.const 1)))
    (call $put (i32.const 68) (i32.const 1) (local.get 4) (local.get 5))
    (i32.const 64))
  (func (export "t:t/last#retract") (param i32 i32 i32 i32 i32 i32) (result i32)
    (i32.store8 (i32.const 64) (i32.eq (local.get 5) (i32.const 3)))
    (i32.store (i32.const 68) (i32.sub (local.get 0) (i32.const 1)))
    (if (i32.load8_u (i32.const 64)) (then
      (i32.store (i32.const 68) (local.get 4))
      (i32.store (i32.const 72) (local.get 5))))
    (if (i32.eqz (i32.load8_u (i32.const 64))) (then
      (i32.store8 (i32.const 72) (local.get 1))
      (i32.store (i32.const 76) (local.get 2))
      (i32.store (i32.const 80) (local.get 3))))
    (i32.const 64))
  (func (export "t:t/last#value") (param i32 i32 i32 i32) (result i32)
    (i32.store8 (i32.const 128) (local.get 1))
    (i32.store (i32.const 132) (local.get 2))
    (i32.store (i32.const 136) (local.get 3))
    (i32.const 128))
  (func (export "t:t/echo#eval") (param i32 i32 i32) (result i32)
    (call $put (i32.const 64) (local.get 0) (local.get 1) (local.get 2))
    (i32.const 64))
  (func (export "t:t/twice#eval") (param i32 i32) (result i32)
    (i32.store8 (i32.const 64) (i32.eq (local.get 1) (i32.const 3)))
    (i32.store (i32.const 68) (local.get 0))
    (i32.store (i32.const 72) (local.get 1))
    (if (i32.eqz (i32.load8_u (i32.const 64))) (then
      (call $put (i32.const 76) (i32.const 1) (local.get 0) (local.get 1))))
    (i32.const 64)))"#;

/// Text of so many bytes, in characters of two.
fn text(bytes: usize) -> Value {
    Value::String("é".repeat(bytes / 2) + &"x".repeat(bytes % 2))
}

#[test]
fn text_is_in_a_batch_what_it_is_in_calls_also_where_it_is_none() {
    let subjects: [Subject; 3] = subjects(TEXT_WIT, TEXT, Limits { result: 80_000, ..Limits::default() });
    let subject = |name: &str| subjects.iter().find(|subject| subject.function.interface.ends_with(name)).unwrap();
    let step = |kind: u8, group: u32, bytes: usize| Step { kind, group, arguments: vec![text(bytes)] };
    let plain = |lengths: &[usize]| lengths.iter().map(|bytes| step(row::ACCUMULATE, 0, *bytes)).collect::<Vec<_>>();
    let (good, bad) = ([0, 1, 2, 3, 18, 12, 21, 0, 4, 300], [13, 14, 15, 16, 17, 20]);

    // One bad row among good ones of two groups, which follow each other or take turns.
    for turns in [0, 1, 2] {
        for lengths in bad.map(|bad| [&good[..], &[bad], &good].concat()) {
            let group = |place: usize| [0, place / 5, place][turns] as u32 % 2;
            let steps: Vec<Step> =
                lengths.iter().enumerate().map(|(place, bytes)| step(row::ACCUMULATE, group(place), *bytes)).collect();
            assert_eq!(subject("last").compare(&steps, 2), 1, "{lengths:?} in {turns}");
        }
    }
    // A longer text than was given, new states, and rows taken back, of which those of three bytes are refused.
    let mut steps = plain(&[6, 19, 19, 5]);
    steps.extend([
        step(row::RETRACT, 0, 6),
        step(row::ACCUMULATE | row::ANEW, 1, 7),
        step(row::NOTHING, 1, 7),
        step(row::RETRACT, 0, 3),
        step(row::NOTHING | row::ANEW, 0, 1),
        step(row::RETRACT | row::ANEW, 1, 8),
    ]);
    assert_eq!(subject("last").compare(&steps, 3), 1);

    for bad in bad {
        assert_eq!(subject("echo").compare(&plain(&[&good[..], &[bad, 5, bad], &good].concat()), 1), 2, "{bad}");
        assert_eq!(subject("twice").compare(&plain(&[1, 2, bad, 18, 0, 3, 12, 1]), 1), 2, "{bad}");
    }
    // What the first one ends within the second one begins within.
    assert_eq!(subject("echo").compare(&plain(&[1, 16, 15, 2]), 1), 2);
    let nothing = [Value::Null, text(5), Value::Null, text(0)];
    let steps: Vec<Step> = nothing.map(|x| Step { kind: row::ACCUMULATE, group: 0, arguments: vec![x] }).into();
    assert_eq!(subject("echo").compare(&steps, 1), 0);
}

#[test]
fn a_batch_that_has_no_room_for_more_text_ends_and_is_gone_on_with() {
    let subjects: [Subject; 3] = subjects(TEXT_WIT, TEXT, Limits::default());
    let mut instance = subjects[0].program.instance();
    for subject in subjects.iter().filter(|subject| subject.is_scalar) {
        let (steps, sizes) = (vec![text(30_000); 1_000], subject.program.sizes(subject.fold));
        let steps = steps.into_iter().map(|x| Step { kind: row::ACCUMULATE, group: 0, arguments: vec![x] });
        let columns = subject.columns(&steps.collect::<Vec<_>>());
        let rows = Rows { kinds: &[row::ACCUMULATE; 1_000], groups: &[0; 1_000], arguments: &columns };
        let mut values = vec![0; 1_000 * sizes.value];
        let room = Room { new: &[], states: &mut [], values: &mut values, texts: &mut vec![] };
        let taken = instance.fold(subject.fold, &rows, room).unwrap();
        // The arguments take 30 MB: the values of one function too, of the other twice as much.
        let is_twice = subject.function.interface.ends_with("twice");
        assert!(if is_twice { (500..700).contains(&taken) } else { taken == 1_000 }, "{taken}");
    }
}

/// Records, one of them in another one and not always there, and more flat values than a core function takes: the sum of all numbers
/// that are there and of the lengths of the texts.
const RECORDS_WIT: &str = "package t:t;
interface wide {
  record inner { n: s64, text: string, f: option<f64> }
  record outer { a: s32, inner: option<inner>, b: option<s64>, c: option<string>, d: s8, e: option<s64> }
  eval: func(x: outer, y: option<outer>) -> s64;
}
interface narrow {
  record pair { n: s64, text: option<string> }
  eval: func(x: option<pair>) -> s64;
}
world test { export wide; export narrow; }";

/// `realloc` gives memory from `$first` on.
fn records(first: u32) -> String {
    // Of `outer`, at $at: a 0, inner 8 (n 16, text 24, f 32 and 40), b 48 and 56, c 64 and 68, d 76, e 80 and 88.
    format!(
        r#"(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const {first}))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    global.get $next
    (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8)))))
  (func $option (param $is i32) (param $n i64) (result i64)
    (select (local.get $n) (i64.const 0) (local.get $is)))
  (func $outer (param $at i32) (result i64)
    (i64.add (i64.load32_s (local.get $at))
    (i64.add (i64.load8_s offset=76 (local.get $at))
    (i64.add (call $option (i32.load8_u offset=8 (local.get $at)) (i64.add
      (i64.add (i64.load offset=16 (local.get $at)) (i64.load32_u offset=28 (local.get $at)))
      (call $option (i32.load8_u offset=32 (local.get $at)) (i64.trunc_sat_f64_s (f64.load offset=40 (local.get $at))))))
    (i64.add (call $option (i32.load8_u offset=48 (local.get $at)) (i64.load offset=56 (local.get $at)))
    (i64.add (call $option (i32.load8_u offset=64 (local.get $at)) (i64.load32_u offset=72 (local.get $at)))
      (call $option (i32.load8_u offset=80 (local.get $at)) (i64.load offset=88 (local.get $at)))))))))
  (func (export "t:t/wide#eval") (param $at i32) (result i64)
    (global.set $next (i32.const {first}))
    (i64.add (call $outer (local.get $at))
      (call $option (i32.load8_u offset=96 (local.get $at)) (call $outer (i32.add (local.get $at) (i32.const 104))))))
  (func (export "t:t/narrow#eval") (param i32 i64 i32 i32 i32) (result i64)
    (global.set $next (i32.const {first}))
    (i64.add (local.get 1) (i64.extend_i32_u (local.get 4)))))"#
    )
}

#[test]
fn records_come_out_of_columns_as_they_go_into_calls() {
    let inner = |n: i64, text: &str, f| Value::Record(vec![Value::S64(n), Value::from(text), f]);
    let outer = |a: i32, inner, b, c, d: i8, e| Value::Record(vec![Value::S32(a), inner, b, c, Value::S8(d), e]);
    let (none, n, text) = (Value::Null, Value::S64, |text: &str| Value::from(text));
    let all = [
        outer(1, inner(20, "äö", Value::F64(300.0)), n(4_000), text("five!"), -6, n(70_000)),
        outer(-1, none.clone(), none.clone(), none.clone(), 2, none.clone()),
        outer(3, inner(-40, "", none.clone()), none.clone(), text(""), 0, n(-5)),
    ];
    let row = |x: &Value, y: &Value| Step { kind: row::ACCUMULATE, group: 0, arguments: vec![x.clone(), y.clone()] };
    let wide: Vec<Step> = all.iter().flat_map(|x| all.iter().chain([&Value::Null]).map(move |y| row(x, y))).collect();
    let pair = |pair: Option<(i64, Value)>| Step {
        kind: row::ACCUMULATE,
        group: 0,
        arguments: vec![pair.map_or(Value::Null, |(n, text)| Value::Record(vec![Value::S64(n), text]))],
    };
    let narrow = [Some((7, text("seven"))), None, Some((-1, Value::Null)), Some((0, text("")))].map(pair);

    let [one, other]: [Subject; 2] = subjects(RECORDS_WIT, &records(1024), Limits::default());
    let (wide_one, narrow_one) = if one.function.params.len() == 2 { (one, other) } else { (other, one) };
    assert_eq!(wide_one.compare(&wide, 1), 0);
    assert_eq!(narrow_one.compare(&narrow, 1), 0);

    // Memory that is not where such a record may be is no memory for it.
    let subjects: [Subject; 2] = subjects(RECORDS_WIT, &records(1025), Limits::default());
    for subject in subjects.iter().filter(|subject| subject.function.params.len() == 2) {
        assert_eq!(subject.compare(&wide, 1), wide.len());
    }
}

#[test]
fn a_field_that_is_null_and_may_not_be_is_for_calls_to_refuse() {
    let subjects: [Subject; 2] = subjects(RECORDS_WIT, &records(1024), Limits::default());
    let narrow = subjects.iter().find(|subject| subject.function.params.len() == 1).unwrap();
    let rows = |n: Option<i64>, is_there: bool| {
        let fields = vec![
            Field { nullable: true, ..Field::new("n", SqlType::BigInt) },
            Field { nullable: true, ..Field::new("text", SqlType::String) },
        ];
        let pair = Value::Record(vec![n.map_or(Value::Null, Value::S64), Value::from("x")]);
        let pair = if is_there { pair } else { Value::Null };
        columns::batch(&[Field::new("x", SqlType::Row(fields))], &[vec![pair]]).unwrap().columns().to_vec()
    };
    let fold = |arguments: &[ArrayRef]| {
        let mut values = vec![0; narrow.program.sizes(narrow.fold).value];
        let rows = Rows { kinds: &[row::ACCUMULATE], groups: &[0], arguments };
        let room = Room { new: &[], states: &mut [], values: &mut values, texts: &mut vec![] };
        assert_eq!(narrow.program.instance().fold(narrow.fold, &rows, room)?, 1);
        narrow.program.read_value(narrow.fold, &values, &[])
    };
    assert_eq!(fold(&rows(Some(4), true)), Ok(Value::S64(5)));
    assert_eq!(fold(&rows(None, false)), Ok(Value::S64(0)));
    assert!(matches!(fold(&rows(None, true)), Err(CallError::Argument(_))));

    // What is below a null is not there, whatever it is.
    let there = rows(Some(4), true);
    let (fields, columns, _) = there[0].as_struct().clone().into_parts();
    let hidden = StructArray::new(fields, columns, Some(NullBuffer::new_null(1)));
    assert_eq!(fold(&[Arc::new(hidden)]), Ok(Value::S64(0)));
}

#[test]
fn rows_of_a_scalar_function_have_room_for_their_values_and_one_group() {
    let subjects: [Subject; 5] = subjects(SCALAR_WIT, SCALAR, Limits::default());
    let subject = subjects.iter().find(|subject| subject.function.interface.ends_with("faulty")).unwrap();
    let mut instance = subject.program.instance();
    let one: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let size = subject.program.sizes(subject.fold).value;
    let mut fold = |kinds: [u8; 2], groups: [u32; 2], states: &mut [u8], room: usize| {
        let rows = Rows { kinds: &kinds, groups: &groups, arguments: std::slice::from_ref(&one) };
        let room = Room { new: &[], states, values: &mut vec![0; room], texts: &mut vec![] };
        instance.fold(subject.fold, &rows, room)
    };
    assert_eq!(fold([row::ACCUMULATE; 2], [0; 2], &mut [], 2 * size), Ok(2));
    let refused = |outcome| assert!(matches!(outcome, Err(CallError::Argument(_))), "{outcome:?}");
    refused(fold([row::ACCUMULATE; 2], [0; 2], &mut [], 0));
    refused(fold([row::ACCUMULATE; 2], [0; 2], &mut [], size));
    refused(fold([row::ACCUMULATE; 2], [0, 1], &mut [], 2 * size));
    refused(fold([row::ACCUMULATE, row::RETRACT], [0; 2], &mut [], 2 * size));
    refused(fold([row::ACCUMULATE; 2], [0; 2], &mut [0; 8], 2 * size));
}

#[test]
fn the_guests_memory_limit_is_not_what_a_batch_takes() {
    let subject = faulty(Limits { memory: 64 << 10, ..Limits::default() });
    let rows: Vec<(u32, i64)> = (0..20_000).map(|row| (row as u32 % 500, 1_000 + row)).collect();
    assert_eq!(subject.compare(&steps(&rows), 500), 0);
}

#[test]
fn what_are_no_rows_of_the_function_is_refused() {
    let subject = faulty(Limits::default());
    let mut instance = subject.program.instance();
    let text: ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["1"]));
    let refused = |outcome| assert!(matches!(outcome, Err(CallError::Argument(_))), "{outcome:?}");
    for arguments in [vec![text], vec![]] {
        let rows = Rows { kinds: &[row::ACCUMULATE], groups: &[0], arguments: &arguments };
        let room = Room { new: &[0; 8], states: &mut [0; 8], values: &mut [], texts: &mut vec![] };
        refused(instance.fold(subject.fold, &rows, room));
    }
    // Fewer values than rows, a group that is none, a row that the function cannot take back, states or values cut off.
    let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let mut fold = |kinds: &[u8], groups: &[u32], states: &mut [u8], values: &mut [u8]| {
        let rows = Rows { kinds, groups, arguments: std::slice::from_ref(&one) };
        instance.fold(subject.fold, &rows, Room { new: &[0; 8], states, values, texts: &mut vec![] })
    };
    assert_eq!(fold(&[row::ACCUMULATE], &[0], &mut [0; 8], &mut [0; 16]), Ok(1));
    refused(fold(&[row::ACCUMULATE; 2], &[0; 2], &mut [0; 8], &mut []));
    refused(fold(&[row::ACCUMULATE], &[1], &mut [0; 8], &mut []));
    refused(fold(&[row::RETRACT], &[0], &mut [0; 8], &mut []));
    refused(fold(&[row::ACCUMULATE], &[0], &mut [0; 7], &mut []));
    refused(fold(&[row::ACCUMULATE], &[0], &mut [0; 8], &mut [0; 15]));
}
