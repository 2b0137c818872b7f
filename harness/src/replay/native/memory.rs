//! The aggregates that DataFusion has not as the engines have them: each as its definition says, over values it keeps.

use std::any::Any;
use std::collections::BTreeMap;

use streamfn_model::Value;
use streamfn_model::builtins::Algebra;

use super::{Accumulated, OTHER_KIND};

/// Flink adds FLOATs as FLOATs; DataFusion would as DOUBLEs.
#[derive(Default)]
pub struct FloatSum {
    sum: f32,
    rows: i64,
}

impl Accumulated for FloatSum {
    fn change(&mut self, value: &Value, retract: bool) -> Result<(), String> {
        let Value::F32(x) = value else { return Err(format!("a sum of FLOATs was given {value:?}")) };
        match retract {
            true => (self.sum, self.rows) = (self.sum - x, self.rows - 1),
            false => (self.sum, self.rows) = (self.sum + x, self.rows + 1),
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value, String> {
        Ok(if self.rows == 0 { Value::Null } else { Value::F32(self.sum) })
    }
}

/// Exact: DataFusion's sum of decimals wraps around.
#[derive(Default)]
pub struct DecimalSum {
    sum: i128,
    scale: u8,
    rows: i64,
}

impl Accumulated for DecimalSum {
    fn change(&mut self, value: &Value, retract: bool) -> Result<(), String> {
        let Value::Decimal { unscaled, scale } = value else {
            return Err(format!("a sum of DECIMALs was given {value:?}"));
        };
        let sum = if retract { self.sum.checked_sub(*unscaled) } else { self.sum.checked_add(*unscaled) };
        let sum = sum.filter(|sum| sum.unsigned_abs() < 10_u128.pow(38));
        self.sum = sum.ok_or_else(|| "wanted a sum of at most 38 digits, found more".to_owned())?;
        self.scale = *scale;
        self.rows += if retract { -1 } else { 1 };
        Ok(())
    }

    fn merge(&mut self, other: &mut dyn Any) -> Result<(), String> {
        let Some(other) = other.downcast_ref::<DecimalSum>() else { return Err(OTHER_KIND.to_owned()) };
        if other.rows > 0 {
            self.change(&Value::Decimal { unscaled: other.sum, scale: other.scale }, false)?;
            self.rows += other.rows - 1;
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value, String> {
        let sum = Value::Decimal { unscaled: self.sum, scale: self.scale };
        Ok(if self.rows == 0 { Value::Null } else { sum })
    }
}

/// The first value that arrived.
#[derive(Default)]
pub struct Earliest(Option<Value>);

impl Accumulated for Earliest {
    fn change(&mut self, value: &Value, _: bool) -> Result<(), String> {
        self.0.get_or_insert_with(|| value.canonical());
        Ok(())
    }

    fn value(&mut self) -> Result<Value, String> {
        Ok(self.0.clone().unwrap_or(Value::Null))
    }
}

/// The last value that arrived.
#[derive(Default)]
pub struct Latest(Option<Value>);

impl Accumulated for Latest {
    fn change(&mut self, value: &Value, _: bool) -> Result<(), String> {
        self.0 = Some(value.canonical());
        Ok(())
    }

    fn value(&mut self) -> Result<Value, String> {
        Ok(self.0.clone().unwrap_or(Value::Null))
    }
}

/// The values in the order in which they came; the last equal one goes first.
#[derive(Default)]
pub struct List(Vec<Value>);

impl Accumulated for List {
    fn change(&mut self, value: &Value, retract: bool) -> Result<(), String> {
        let value = value.canonical();
        match (retract, self.0.iter().rposition(|there| *there == value)) {
            (true, Some(place)) => drop(self.0.remove(place)),
            (true, None) => return Err("the value to be taken back was never added".to_owned()),
            (false, _) => self.0.push(value),
        }
        Ok(())
    }

    fn merge(&mut self, other: &mut dyn Any) -> Result<(), String> {
        let Some(other) = other.downcast_ref::<List>() else { return Err(OTHER_KIND.to_owned()) };
        self.0.extend_from_slice(&other.0);
        Ok(())
    }

    fn value(&mut self) -> Result<Value, String> {
        Ok(Value::List(self.0.clone()))
    }
}

/// Each value with the number of times it occurs.
pub struct Bag {
    counts: BTreeMap<Value, i64>,
    shown: Algebra,
}

impl Bag {
    /// `shown` is what its value is: the least, the greatest, or all with their counts.
    pub fn new(shown: Algebra) -> Self {
        Bag { counts: BTreeMap::new(), shown }
    }
}

impl Accumulated for Bag {
    fn change(&mut self, value: &Value, retract: bool) -> Result<(), String> {
        let value = value.canonical();
        let count = self.counts.get(&value).copied().unwrap_or_default() + if retract { -1 } else { 1 };
        match count {
            0 => drop(self.counts.remove(&value)),
            count if count < 0 => return Err("the value to be taken back was never added".to_owned()),
            count => drop(self.counts.insert(value, count)),
        }
        Ok(())
    }

    fn merge(&mut self, other: &mut dyn Any) -> Result<(), String> {
        let Some(other) = other.downcast_ref::<Bag>() else { return Err(OTHER_KIND.to_owned()) };
        for (value, count) in &other.counts {
            *self.counts.entry(value.clone()).or_default() += count;
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value, String> {
        let entries = |count: fn(i64) -> Value| {
            let pair = |(value, n): (&Value, &i64)| Value::Record(vec![value.clone(), count(*n)]);
            Value::List(self.counts.iter().map(pair).collect())
        };
        Ok(match self.shown {
            Algebra::Least => self.counts.first_key_value().map_or(Value::Null, |(value, _)| value.clone()),
            Algebra::Greatest => self.counts.last_key_value().map_or(Value::Null, |(value, _)| value.clone()),
            Algebra::Multiset => entries(|n| Value::S32(n as i32)),
            _ => entries(Value::S64),
        })
    }
}
