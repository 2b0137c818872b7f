//! Many groups, many keys, many rows.

use indexmap::IndexMap;
use streamfn_model::Value;

use crate::laws::law::{Broken, CounterExample, Finding, Found, Law, Verdict};
use crate::laws::rows::Row;
use crate::laws::subject::{Direction, State, Subject};

const GROUPS: usize = 10_000;
/// Rows of one group, so that most meet a state that is not new.
const EACH: usize = 3;
/// So many groups have an instance of their own, in the run that is compared with.
const TOGETHER: usize = 100;

pub const MANY: Law =
    Law { name: "many", says: "10,000 groups mixed in one instance, or keys in one group, are each what it is alone" };
pub const GROWTH: Law = Law { name: "growth", says: "how large the state is, and what a row adds" };

pub fn many(subject: &Subject) -> Found {
    let checked = many_groups(subject).and_then(|()| many_keys(subject));
    match checked {
        Ok(()) => Found {
            finding: Finding { law: MANY, verdict: Verdict::Holds, sequences: 1, notes: Vec::new() },
            failed_call: None,
        },
        Err(Broken::Law(example)) => Found::said(MANY, Verdict::Fails(Box::new(example))),
        Err(Broken::Call(fault)) => {
            Found::call(MANY, fault.example(vec![format!("rows of {GROUPS} groups, one after another")]))
        }
    }
}

fn many_groups(subject: &Subject) -> Result<(), Broken> {
    let row = |group: usize, turn: usize| subject.columns.numbered(group + 7 * turn);
    let mut mixed = subject.session();
    let mut states = Vec::with_capacity(GROUPS);
    for _ in 0..GROUPS {
        states.push(mixed.new_state()?);
    }
    for turn in 0..EACH {
        for (group, state) in states.iter_mut().enumerate() {
            mixed.step(state, &row(group, turn), Direction::Accumulate)?;
        }
    }
    for (block, states) in states.chunks(TOGETHER).enumerate() {
        let mut alone = subject.session();
        for (place, found) in states.iter().enumerate() {
            let rows: Vec<Row> = (0..EACH).map(|turn| row(block * TOGETHER + place, turn)).collect();
            let (wanted, _) = alone.accumulated(&rows)?;
            if wanted != *found {
                let mut given: Vec<String> =
                    rows.iter().map(|row| format!("accumulate {}", subject.show_row(row))).collect();
                given.push(format!("the same among the rows of {} other groups", GROUPS - 1));
                return Err(different(subject, given, &wanted, found));
            }
        }
    }
    Ok(())
}

/// All in one group.
fn many_keys(subject: &Subject) -> Result<(), Broken> {
    if !subject.is_keyed() {
        return Ok(());
    }
    let rows: Vec<Row> = (0..GROUPS).map(|number| subject.columns.numbered(number)).collect();
    let mut session = subject.session();
    let (all, _) = session.accumulated(&rows)?;
    drop(session.shown(&all)?);
    let State::Entries(found) = &all else { return Ok(()) };
    let mut wanted: IndexMap<Value, State> = IndexMap::new();
    for block in rows.chunks(TOGETHER) {
        let mut session = subject.session();
        for row in block {
            let (alone, _) = session.accumulated([row])?;
            let State::Entries(entries) = &alone else { continue };
            let Some(key) = entries.keys().next() else { continue };
            match wanted.get_mut(key) {
                Some(state) => drop(session.step(state, row, Direction::Accumulate)?),
                None => drop(wanted.insert(key.clone(), alone)),
            }
        }
    }
    for (key, wanted) in &wanted {
        let entry = found.get(key).map(|entry| (key.clone(), entry.clone()));
        let found = State::Entries(entry.into_iter().collect());
        if *wanted != found {
            let given = vec![format!("one group with {GROUPS} rows, from {} on", subject.show_row(&rows[0]))];
            return Err(different(subject, given, wanted, &found));
        }
    }
    Ok(())
}

fn different(subject: &Subject, given: Vec<String>, wanted: &State, found: &State) -> Broken {
    Broken::Law(CounterExample { given, wanted: subject.show(wanted), found: subject.show(found) })
}

/// Few rows and many, all distinct or all equal.
const FEW: usize = 100;
const LOTS: usize = 1_000;

/// How the state grows with the rows of its group.
pub fn growth(subject: &Subject) -> Found {
    let verdict = match growths(subject) {
        Ok(Some(text)) => Verdict::Observed(text),
        Ok(None) => Verdict::NotChecked("no row of those that are numbered was taken".to_owned()),
        Err(Broken::Law(example)) => Verdict::Fails(Box::new(example)),
        Err(Broken::Call(fault)) => {
            return Found::call(GROWTH, fault.example(vec![format!("{LOTS} rows in one group")]));
        }
    };
    Found::said(GROWTH, verdict)
}

fn growths(subject: &Subject) -> Result<Option<String>, Broken> {
    let grown = |row: &dyn Fn(usize) -> Row| {
        let mut session = subject.session();
        let (mut state, mut sizes, mut taken) = (session.new_state()?, Vec::new(), 0);
        for number in 0..LOTS {
            let step = session.step(&mut state, &row(number), Direction::Accumulate)?;
            taken += usize::from(step == crate::laws::subject::Step::Done);
            if [FEW, LOTS].contains(&(number + 1)) {
                sizes.push(bytes_of_state(&state));
            }
        }
        Ok::<_, Broken>((taken > 0).then(|| (sizes[0], sizes[1])))
    };
    let distinct = grown(&|number| subject.columns.numbered(number))?;
    let equal = grown(&|_| subject.columns.numbered(1))?;
    let (Some(distinct), Some(equal)) = (distinct, equal) else { return Ok(None) };
    if distinct.0 == distinct.1 && equal.0 == equal.1 && distinct == equal {
        return Ok(Some(format!("the state is {}, however many rows", bytes(distinct.0))));
    }
    let each = |(few, lots): (usize, usize)| (lots as f64 - few as f64) / (LOTS - FEW) as f64;
    let rate = |rate: f64| if rate.fract() == 0.0 { format!("{rate}") } else { format!("{rate:.1}") };
    Ok(Some(format!(
        "the state is {} for {FEW} distinct rows and grows by {} for each more, by {} for each row that is there already",
        bytes(distinct.0),
        rate(each(distinct)),
        rate(each(equal))
    )))
}

fn bytes(count: usize) -> String {
    format!("{count} byte{}", if count == 1 { "" } else { "s" })
}

fn bytes_of_state(state: &State) -> usize {
    match state {
        State::Value(value) => size(value),
        State::Entries(entries) => entries.iter().map(|(key, entry)| size(key) + size(entry)).sum(),
    }
}

/// What a value takes where nothing is wasted: a length is 4 bytes, a case 1.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::S8(_) | Value::U8(_) => 1,
        Value::S16(_) | Value::U16(_) => 2,
        Value::S32(_) | Value::U32(_) | Value::F32(_) | Value::Char(_) => 4,
        Value::S64(_) | Value::U64(_) | Value::F64(_) => 8,
        Value::Decimal { .. } => 17,
        Value::String(text) => 4 + text.len(),
        Value::Bytes(bytes) => 4 + bytes.len(),
        Value::List(values) => 4 + values.iter().map(size).sum::<usize>(),
        Value::Record(values) => values.iter().map(size).sum(),
        Value::Variant(_, payload) => 1 + payload.as_deref().map_or(0, size),
        Value::Flags(flags) => flags.len().div_ceil(8),
        Value::Some(value) => 1 + size(value),
    }
}
