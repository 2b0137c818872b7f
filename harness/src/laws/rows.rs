//! Rows to try a function with: made by the SQL types of its parameters, the same ones for the same seed.
//!
//! A sequence has small values for the most part, so that keys and rows meet again; beside them nulls, the ends of each
//! type, sequences of nothing but nulls, and in every third one floats that are not finite or too large to be added. The first of each choice is the
//! simplest, for that is where proptest goes when it looks for the smallest counter-example. Knows no component: whoever
//! wants to compare hosts takes the same sequences from [`seeded`].

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sha2::{Digest, Sha256};
use streamfn_model::{Field, SqlType, Value};

use crate::contract::{Component, Function, Shape, WitType};

/// The arguments of one call, as SQL has them.
pub type Row = Vec<Value>;

/// A row with a number that the laws cut, order and choose by.
#[derive(Debug, Clone, PartialEq)]
pub struct Marked {
    pub row: Row,
    pub mark: u8,
}

/// Rows in the order in which they come.
pub type Sequence = Vec<Marked>;

/// The scale that a DECIMAL column has in SQL that has to name one.
pub const SCALE: u8 = 2;

/// A scale for each sequence, as no column of SQL has two.
const SCALES: [u8; 4] = [SCALE, 0, 18, 38];

/// Most rows of a sequence.
const ROWS: usize = 16;

/// What a function's rows look like.
#[derive(Debug, Clone)]
pub struct Columns(Vec<(Field, WitType)>);

impl Columns {
    /// The SQL parameters of a function, with what WIT says of them.
    pub fn of(component: &Component, function: &Function) -> Columns {
        let (member, before) = match function.shape {
            Shape::Scalar => ("eval", 0),
            Shape::Table => ("rows", 0),
            Shape::Aggregate { .. } | Shape::Keyed { .. } => ("accumulate", 1),
            Shape::Generator { .. } => return Columns(Vec::new()),
        };
        let found = component.interfaces.get(&function.interface).and_then(|functions| functions.get(member));
        let types = found.into_iter().flat_map(|f| f.params.iter().skip(before)).map(|(_, ty)| ty.clone());
        Columns(function.params.iter().cloned().zip(types).collect())
    }

    /// Sequences of rows, with the same scale for all decimals of one sequence.
    pub fn sequences(&self) -> BoxedStrategy<Sequence> {
        match self.0.iter().any(|(field, _)| has_decimal(&field.sql_type)) {
            true => select(&SCALES[..])
                .prop_flat_map({
                    let columns = self.clone();
                    move |scale| columns.sequences_of_scale(scale)
                })
                .boxed(),
            false => self.sequences_of_scale(SCALE),
        }
    }

    /// Sequences of rows whose decimals have this scale.
    pub fn sequences_of_scale(&self, scale: u8) -> BoxedStrategy<Sequence> {
        let of = |row: Vec<BoxedStrategy<Value>>| {
            let marked = (row, any::<u8>()).prop_map(|(row, mark)| Marked { row, mark });
            proptest::collection::vec(marked, 0..=ROWS)
        };
        let [tame, wild] = [false, true].map(|wild| of(self.row(Domain { scale, wild })));
        let nulls = of(self.0.iter().map(|_| Just(Value::Null).boxed()).collect());
        prop_oneof![8 => tame, 4 => wild, 1 => nulls].boxed()
    }

    fn row(&self, domain: Domain) -> Vec<BoxedStrategy<Value>> {
        let column = |(field, wit): &(Field, WitType)| {
            let value = value(&field.sql_type, wit, domain);
            // What is NOT NULL to the function may still be null in SQL: the host leaves the row out.
            match field.nullable {
                true => prop_oneof![5 => value, 1 => Just(Value::Null)].boxed(),
                false => prop_oneof![19 => value, 1 => Just(Value::Null)].boxed(),
            }
        };
        self.0.iter().map(column).collect()
    }

    /// The row with this number: each has another one, as far as the types have so many values.
    pub fn numbered(&self, number: usize) -> Row {
        self.0.iter().map(|(field, wit)| numbered(&field.sql_type, wit, number)).collect()
    }
}

/// The first `count` sequences of a function for a seed.
pub fn seeded(component: &Component, function: &Function, seed: u64, count: usize) -> Vec<Sequence> {
    let strategy = Columns::of(component, function).sequences();
    let mut runner = TestRunner::new_with_rng(
        Config { failure_persistence: None, ..Config::default() },
        rng(seed, &[&function.interface]),
    );
    let sequence = |_| strategy.new_tree(&mut runner).expect("no value of these strategies is filtered out").current();
    (0..count).map(sequence).collect()
}

/// Random numbers that follow from the seed and what they are for, so that nothing moves when something else is added.
pub(super) fn rng(seed: u64, purpose: &[&str]) -> TestRng {
    let text = format!("{seed} {}", purpose.join(" "));
    TestRng::from_seed(RngAlgorithm::ChaCha, &Sha256::digest(text.as_bytes()))
}

/// Where values come from.
#[derive(Debug, Clone, Copy)]
struct Domain {
    scale: u8,
    /// With floats that are not finite, or so large that their sum is not.
    wild: bool,
}

pub(super) fn has_decimal(of: &SqlType) -> bool {
    match of {
        SqlType::Decimal(..) => true,
        SqlType::Array(of) | SqlType::Multiset(of) => has_decimal(of),
        SqlType::Map(key, value) => has_decimal(key) || has_decimal(value),
        SqlType::Row(fields) => fields.iter().any(|f| has_decimal(&f.sql_type)),
        _ => false,
    }
}

fn value(of: &SqlType, wit: &WitType, domain: Domain) -> BoxedStrategy<Value> {
    // An option is the column's affair; inside a value it is `nested`'s.
    let wit = match wit {
        WitType::Option(some) => some,
        wit => wit,
    };
    match of {
        SqlType::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        SqlType::TinyInt => {
            let ends = select(vec![i8::MAX, i8::MIN, i8::MAX - 1, -1]);
            prop_oneof![6 => -2_i8..6, 1 => any::<i8>(), 1 => ends].prop_map(Value::S8).boxed()
        }
        SqlType::SmallInt => {
            let ends = select(vec![i16::MAX, i16::MIN, i16::MAX - 1, -1]);
            prop_oneof![6 => -2_i16..6, 1 => any::<i16>(), 1 => ends].prop_map(Value::S16).boxed()
        }
        SqlType::Int => {
            let ends = select(vec![i32::MAX, i32::MIN, i32::MAX - 1, -1]);
            prop_oneof![6 => -2_i32..6, 1 => any::<i32>(), 1 => ends].prop_map(Value::S32).boxed()
        }
        SqlType::BigInt => {
            let ends = select(vec![i64::MAX, i64::MIN, i64::MAX - 1, -1]);
            prop_oneof![6 => -2_i64..6, 1 => any::<i64>(), 1 => ends].prop_map(Value::S64).boxed()
        }
        SqlType::Float => float(domain).prop_map(|x| Value::F32(x as f32)).boxed(),
        SqlType::Double => float(domain).prop_map(Value::F64).boxed(),
        SqlType::Decimal(..) => decimal(domain.scale),
        SqlType::String => text(),
        SqlType::Bytes => {
            let short = proptest::collection::vec(prop_oneof![4 => 0_u8..3, 1 => any::<u8>()], 0..4);
            let long = Just(vec![0xff; 300]);
            prop_oneof![9 => short, 1 => long].prop_map(Value::Bytes).boxed()
        }
        // From the year 1 to the year 9999, which is what SQL can write.
        SqlType::Date => {
            let ends = select(vec![-719_162, 2_932_896, -1]);
            prop_oneof![6 => 0_i32..4, 1 => -719_162_i32..=2_932_896, 1 => ends].prop_map(Value::S32).boxed()
        }
        SqlType::Time => {
            prop_oneof![6 => 0_i32..4, 1 => 0_i32..86_400_000, 1 => Just(86_399_999)].prop_map(Value::S32).boxed()
        }
        SqlType::Timestamp | SqlType::TimestampLtz => {
            let ends = select(vec![-62_135_596_800_000, 253_402_300_799_999, -1]);
            prop_oneof![6 => 0_i64..4, 1 => -62_135_596_800_000_i64..=253_402_300_799_999, 1 => ends]
                .prop_map(Value::S64)
                .boxed()
        }
        SqlType::Array(element) => {
            let element = nested(element, list_element(wit), domain);
            proptest::collection::vec(element, 0..4).prop_map(Value::List).boxed()
        }
        SqlType::Map(key, value) => {
            let (key_wit, value_wit) = pair(list_element(wit));
            entries(nested(key, key_wit, domain), nested(value, value_wit, domain))
        }
        SqlType::Multiset(element) => {
            let (element_wit, _) = pair(list_element(wit));
            let count = prop_oneof![9 => 1_i32..4, 1 => Just(i32::MAX)].prop_map(Value::S32);
            entries(nested(element, element_wit, domain), count.boxed())
        }
        SqlType::Row(fields) => {
            let types: &[(String, WitType)] = match wit {
                WitType::Record(types) => types,
                _ => &[],
            };
            let fields: Vec<_> =
                fields.iter().zip(types).map(|(field, (_, wit))| nested(&field.sql_type, wit, domain)).collect();
            fields.prop_map(Value::Record).boxed()
        }
    }
}

/// A value inside another: null where WIT has an option for it.
fn nested(of: &SqlType, wit: &WitType, domain: Domain) -> BoxedStrategy<Value> {
    let value = value(of, wit, domain);
    match wit {
        WitType::Option(_) => prop_oneof![4 => value, 1 => Just(Value::Null)].boxed(),
        _ => value,
    }
}

fn list_element(wit: &WitType) -> &WitType {
    match wit {
        WitType::List(element) => element,
        other => other,
    }
}

fn pair(wit: &WitType) -> (&WitType, &WitType) {
    match wit {
        WitType::Tuple(types) if types.len() == 2 => (&types[0], &types[1]),
        other => (other, other),
    }
}

/// Entries with distinct keys.
fn entries(key: BoxedStrategy<Value>, value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    proptest::collection::vec((key, value), 0..4)
        .prop_map(|pairs| {
            let pairs: indexmap::IndexMap<Value, Value> = pairs.into_iter().collect();
            Value::List(pairs.into_iter().map(|(key, value)| Value::Record(vec![key, value])).collect())
        })
        .boxed()
}

fn float(domain: Domain) -> BoxedStrategy<f64> {
    let small = select(vec![0.0, 1.0, -1.0, 0.5, 3.0, 0.1, 0.2, -0.7, 1e15, 1e-9]);
    let moderate = -1e6..1e6;
    if !domain.wild {
        return prop_oneof![3 => small, 1 => moderate, 1 => Just(-0.0)].boxed();
    }
    let nans = [0x7ff8_0000_0000_0000_u64, 0xfff8_0000_0000_0000, 0x7ff8_0000_0000_0123, 0x7ff0_0000_0000_0001];
    let mut ends = vec![-0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e300];
    ends.extend(nans.map(f64::from_bits));
    ends.push(9_007_199_254_740_993.0);
    prop_oneof![3 => small, 1 => moderate, 2 => select(ends), 1 => any::<u64>().prop_map(f64::from_bits)].boxed()
}

/// Of at most 38 digits, two in three of them small.
fn decimal(scale: u8) -> BoxedStrategy<Value> {
    const MOST: i128 = 10_i128.pow(38) - 1;
    let ends = select(vec![MOST, -MOST, MOST - 1, MOST / 2 + 1]);
    prop_oneof![4 => -200_i128..500, 1 => -MOST..=MOST, 1 => ends]
        .prop_map(move |unscaled| Value::Decimal { unscaled, scale })
        .boxed()
}

fn text() -> BoxedStrategy<Value> {
    let small = select(vec!["a", "b", "", "ab"]).prop_map(str::to_owned);
    let odd = select(vec!["A", " a", "é", "e\u{301}", "😀", "\u{0}", "\u{10ffff}", "'"]).prop_map(str::to_owned);
    let any = proptest::collection::vec(any::<char>(), 0..8).prop_map(|chars| chars.into_iter().collect());
    let long = Just("0123456789".repeat(100));
    prop_oneof![8 => small, 2 => odd, 1 => any, 1 => long].prop_map(Value::String).boxed()
}

fn numbered(of: &SqlType, wit: &WitType, number: usize) -> Value {
    let wit = match wit {
        WitType::Option(some) => some,
        wit => wit,
    };
    let large = number as i64;
    match of {
        SqlType::Boolean => Value::Bool(number % 2 == 1),
        SqlType::TinyInt => Value::S8(number as i8),
        SqlType::SmallInt => Value::S16(number as i16),
        SqlType::Int | SqlType::Date | SqlType::Time => Value::S32(number as i32),
        SqlType::BigInt | SqlType::Timestamp | SqlType::TimestampLtz => Value::S64(large),
        SqlType::Float => Value::F32(number as f32),
        SqlType::Double => Value::F64(number as f64),
        SqlType::Decimal(..) => Value::Decimal { unscaled: large.into(), scale: SCALE },
        SqlType::String => Value::String(format!("{number:06}")),
        SqlType::Bytes => Value::Bytes(number.to_be_bytes()[4..].to_vec()),
        SqlType::Array(element) => Value::List(vec![numbered(element, list_element(wit), number)]),
        SqlType::Map(key, value) => {
            let (key_wit, value_wit) = pair(list_element(wit));
            let entry = vec![numbered(key, key_wit, number), numbered(value, value_wit, number)];
            Value::List(vec![Value::Record(entry)])
        }
        SqlType::Multiset(element) => {
            let (element_wit, _) = pair(list_element(wit));
            Value::List(vec![Value::Record(vec![numbered(element, element_wit, number), Value::S32(1)])])
        }
        SqlType::Row(fields) => {
            let types: &[(String, WitType)] = match wit {
                WitType::Record(types) => types,
                _ => &[],
            };
            Value::Record(fields.iter().zip(types).map(|(f, (_, wit))| numbered(&f.sql_type, wit, number)).collect())
        }
    }
}
