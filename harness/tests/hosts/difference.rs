//! Says what two hosts do not agree on, or which law is broken: the one sequence, call by call.

use std::fmt::Write;

use streamfn::contract::{Shape, WitType};

use crate::function::step;
use crate::results::{Mark, Results, outcome};
use crate::run::{Amount, BLOCK, Host};
use crate::subject::Subject;
use crate::wire::{Reader, read_value};

/// Runs the block again, on each host. Its sequence is a sentence and a line a call, up to the one that is wrong.
pub fn explain(subject: &Subject, index: usize, number: usize, hosts: &[&dyn Host], amount: Amount) -> String {
    let block = amount.block(subject, number);
    let first = hosts[0].results(index, &block);
    for host in &hosts[1..] {
        let other = host.results(index, &block);
        if let Some(place) = first_difference(&first.bytes, &other.bytes) {
            let said = format!("{} and {} differ", hosts[0].name(), host.name());
            return told(subject, (number, &block), (&said, place), (&first, hosts[0]), Some((&other, *host)), amount);
        }
    }
    match first.wrong {
        Some(place) => told(
            subject,
            (number, &block),
            ("all hosts agree, and it is wrong", place),
            (&first, hosts[0]),
            None,
            amount,
        ),
        None => format!("{}: block {number} differed, and does not when it is run again", subject.function.interface),
    }
}

fn first_difference(one: &[u8], other: &[u8]) -> Option<usize> {
    let common = one.iter().zip(other).position(|(a, b)| a != b);
    common.or_else(|| (one.len() != other.len()).then(|| one.len().min(other.len())))
}

fn told(
    subject: &Subject,
    (number, block): (usize, &[u8]),
    (said, place): (&str, usize),
    (first, host): (&Results, &dyn Host),
    other: Option<(&Results, &dyn Host)>,
    amount: Amount,
) -> String {
    let marks = first.marks.as_deref().unwrap_or_default();
    let Some(wrong) = marks.iter().rev().find(|mark| mark.result <= place) else {
        return format!("{}: {said} before the first call of block {number}", subject.function.interface);
    };
    let sequence = number * BLOCK + wrong.sequence;
    let mut text = format!(
        "{} ({}): {said} in sequence {sequence} of seed {} at {}\n",
        subject.function.interface, subject.function.sql_name, amount.seed, wrong.call
    );
    for mark in marks.iter().filter(|mark| mark.sequence == wrong.sequence && mark.result < wrong.result) {
        let _ = writeln!(text, "  {} = {}", called(subject, mark, block), given(subject, mark, &first.bytes).0);
    }
    let _ = writeln!(text, "  {}", called(subject, wrong, block));
    for (results, host) in [(first, host)].into_iter().chain(other) {
        let (given, bytes) = given(subject, wrong, &results.bytes);
        let bytes: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        // Not every difference is seen in a value: a NaN is NaN.
        let _ = writeln!(text, "    {} gives {given} (bytes {bytes})", host.name());
    }
    let _ = write!(
        text,
        "again: STREAMFN_SEED={} STREAMFN_SEQUENCES={} cargo test --release --test hosts",
        amount.seed,
        sequence + 1
    );
    text
}

/// A call with its part and its row.
fn called(subject: &Subject, mark: &Mark, block: &[u8]) -> String {
    let mut from = Reader(&block[mark.step..]);
    let step = from.byte();
    let part = matches!(step, step::ACCUMULATE | step::RETRACT | step::VALUE | step::MERGE_NEW).then(|| from.byte());
    let place = match (step, part) {
        (step::MERGE_NEW, Some(1)) => " of a new state and part 0".to_owned(),
        (step::MERGE_NEW, _) => " of part 0 and a new state".to_owned(),
        (step::MERGE, _) => " of parts 0 and 1".to_owned(),
        (_, Some(part)) => format!(" in part {part}"),
        (_, None) => String::new(),
    };
    if !matches!(step, step::ACCUMULATE | step::RETRACT | step::CALL) {
        return mark.call.to_owned() + &place;
    }
    let row: Vec<_> = subject.types.columns.iter().map(|ty| read_value(ty, &mut from)).collect();
    format!("{}{place} of {row:?}", mark.call)
}

/// What stands at a call's place among a host's results, and its bytes.
fn given<'a>(subject: &Subject, mark: &Mark, results: &'a [u8]) -> (String, &'a [u8]) {
    let Some(bytes) = results.get(mark.result..).filter(|bytes| !bytes.is_empty()) else {
        return ("nothing".to_owned(), &[]);
    };
    let mut from = Reader(bytes);
    let text = match from.byte() {
        outcome::ANSWER => answer_type(subject, mark.call)
            .map_or("an answer".to_owned(), |ty| format!("{:?}", read_value(&ty, &mut from))),
        outcome::REFUSED => format!("the refusal {:?}", from.text()),
        outcome::FAILED => format!("a failure: {}", from.text()),
        outcome::HOLDS => "the law holds".to_owned(),
        outcome::BROKEN => "the law is broken".to_owned(),
        _ => "a row was refused".to_owned(),
    };
    (text, &bytes[..bytes.len() - from.0.len()])
}

fn answer_type(subject: &Subject, call: &str) -> Option<WitType> {
    let types = &subject.types;
    let keyed = matches!(subject.function.shape, Shape::Keyed { .. });
    let entries = || WitType::List(Box::new(WitType::Tuple(vec![types.key.clone(), types.state.clone()])));
    match call {
        "key" => Some(WitType::Option(Box::new(types.key.clone()))),
        "value" => Some(types.value.clone().unwrap_or_else(entries)),
        "call" => types.value.clone(),
        _ if keyed => Some(WitType::Option(Box::new(types.state.clone()))),
        _ => Some(types.state.clone()),
    }
}
