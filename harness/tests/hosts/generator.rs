//! Sequences made up at some hundred nanoseconds each: rows, and the steps that are made with them.
//!
//! `streamfn::laws::rows` makes rows that proptest can shrink, which costs microseconds; here a failure is one short
//! sequence anyway.

use streamfn::contract::{Component, Function, Shape, WitType};

use crate::function::step;
use crate::values::{Domain, Floats, Random};

/// What a function's sequences are made of.
#[derive(Debug, Clone)]
pub struct Sequences {
    columns: Vec<WitType>,
    steps: Steps,
}

/// What an aggregate has.
#[derive(Debug, Clone, Copy)]
struct Able {
    retract: bool,
    merge: bool,
    /// Entries, which are new if there are none.
    keyed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Steps {
    Stateless,
    Stateful(Able),
}

/// How many rows a sequence has: mostly two to four.
const ROWS: [usize; 16] = [0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 6];

/// As no column of SQL has two scales, all decimals of a sequence have one.
const SCALES: [u8; 4] = [2, 0, 18, 38];

impl Sequences {
    pub fn of(component: &Component, function: &Function) -> Sequences {
        let (member, before, steps) = match &function.shape {
            Shape::Scalar => ("eval", 0, Steps::Stateless),
            Shape::Table => ("rows", 0, Steps::Stateless),
            Shape::Aggregate { retract, merge, .. } => {
                ("accumulate", 1, Steps::Stateful(Able { retract: *retract, merge: *merge, keyed: false }))
            }
            Shape::Keyed { retract, merge, .. } => {
                ("accumulate", 1, Steps::Stateful(Able { retract: *retract, merge: *merge, keyed: true }))
            }
            Shape::Generator { .. } => panic!("{}: a generator takes no rows", function.interface),
        };
        let params = &component.interfaces[&function.interface][member].params;
        Sequences { columns: params[before..].iter().map(|(_, ty)| ty.clone()).collect(), steps }
    }

    /// So many sequences, one after another.
    pub fn block(&self, random: &mut Random, count: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(count * 128);
        let mut rows = Rows::default();
        for number in 0..count {
            // Calls are what the time goes to. A new state is the same every time, and what the law `merge` asks is not
            // asked of all.
            let (create, whole) = (number % 8 == 0, number % 8 == 1);
            let floats =
                if whole { Floats::Whole } else { random.pick(&[Floats::Finite, Floats::Finite, Floats::Wild]) };
            rows.make(&self.columns, floats, random);
            match self.steps {
                Steps::Stateless => (0..rows.count()).for_each(|row| {
                    out.push(step::CALL);
                    out.extend_from_slice(rows.row(row));
                }),
                Steps::Stateful(able) => {
                    out.push(if create { step::CREATE } else { step::NEW });
                    match whole && able.merge {
                        true => cut(&rows, random, &mut out),
                        false => changed(&rows, able, random, &mut out),
                    }
                }
            }
            out.push(step::END);
        }
        out
    }
}

/// All rows in two parts that are merged, and in one, which has to be the same.
fn cut(rows: &Rows, random: &mut Random, out: &mut Vec<u8>) {
    let cut = random.below(rows.count() as u64 + 1) as usize;
    for row in 0..rows.count() {
        rows.change(step::ACCUMULATE, u8::from(row >= cut), row, out);
        rows.change(step::ACCUMULATE, 2, row, out);
    }
    out.extend_from_slice(&[step::MERGE, step::IS_WHOLE, step::VALUE, 0]);
}

/// All rows are accumulated, those before a cut in one part and the others in another; some are retracted there, in
/// whichever part; the parts are merged, and what is left is retracted. Values are taken on the way and at the end.
fn changed(rows: &Rows, Able { retract, merge, keyed }: Able, random: &mut Random, out: &mut Vec<u8>) {
    let count = rows.count();
    let choices = random.next();
    let cut = if merge { random.below(count as u64 + 1) as usize } else { count };
    for row in 0..count {
        rows.change(step::ACCUMULATE, u8::from(row >= cut), row, out);
    }
    let early = |row: usize| retract && choices >> row & 3 == 0;
    for row in (0..count).filter(|row| early(*row)) {
        // Often in the newer part, which never had what the older one added; never the other way round.
        let part = u8::from(row >= cut || merge && choices >> 16 >> row & 1 == 1);
        rows.change(step::RETRACT, part, row, out);
    }
    if choices >> 34 & 1 == 0 {
        out.extend_from_slice(&[step::VALUE, (choices >> 32 & 1) as u8]);
    }
    if merge {
        out.push(step::MERGE);
        if !keyed && choices >> 35 & 1 == 0 {
            out.extend_from_slice(&[step::MERGE_NEW, (choices >> 33 & 1) as u8]);
        }
    }
    out.extend_from_slice(&[step::VALUE, 0]);
    if retract {
        let turn = if count == 0 { 0 } else { random.below(count as u64) as usize };
        for row in (0..count).rev().map(|row| (row + turn) % count).filter(|row| !early(*row)) {
            rows.change(step::RETRACT, 0, row, out);
        }
        out.push(step::IS_NEW);
    }
}

/// The rows of a sequence, as bytes.
#[derive(Debug, Default)]
struct Rows {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Rows {
    fn count(&self) -> usize {
        self.ends.len()
    }

    fn row(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    /// Writes a step with a row in a part.
    fn change(&self, step: u8, part: u8, row: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&[step, part]);
        out.extend_from_slice(self.row(row));
    }

    fn make(&mut self, columns: &[WitType], floats: Floats, random: &mut Random) {
        self.bytes.clear();
        self.ends.clear();
        let domain = Domain { scale: random.pick(&SCALES), floats };
        // In half of the sequences what follows the first column is the same in all rows: a limit is, an offset may be.
        let steady = random.once_in(2);
        let mut tail = 0..0;
        for row in 0..random.pick(&ROWS) {
            for (index, ty) in columns.iter().enumerate() {
                if steady && index == 1 && row > 0 {
                    self.bytes.extend_from_within(tail.clone());
                    break;
                }
                domain.value(ty, random, &mut self.bytes);
                if index == 0 && row == 0 {
                    tail.start = self.bytes.len();
                }
            }
            if row == 0 {
                tail.end = self.bytes.len();
            }
            self.ends.push(self.bytes.len());
        }
    }
}
