//! The built-in aggregates natively: DataFusion's own where they fit, under the engine's rule. Never `plugins/logic`, so
//! that the two ways of `verify` have nothing in common.

mod datafusion;
mod memory;

use std::any::Any;

use streamfn_model::builtins::{Algebra, Part};
use streamfn_model::{SqlType, Value};

/// The state of a native aggregate in one group.
pub trait Accumulated: Any {
    /// Adds a value, or takes one back that was added.
    fn change(&mut self, value: &Value, retract: bool) -> Result<(), String>;
    fn value(&mut self) -> Result<Value, String>;
    /// Takes in what another of the same kind has, as later.
    fn merge(&mut self, _: &mut dyn Any) -> Result<(), String> {
        Err("two states of it have no rule to become one".to_owned())
    }
}

/// The planner merges only states of one aggregate; this is told all the same.
const OTHER_KIND: &str = "wanted a state of the same aggregate";

/// A part of a built-in's rule, natively.
#[derive(Debug, Clone)]
pub struct Native {
    algebra: Algebra,
    /// The type of its argument; `None` for rows.
    of: Option<SqlType>,
}

impl Native {
    pub fn new(part: &Part) -> Self {
        Native { algebra: part.algebra, of: part.arguments.first().cloned() }
    }

    pub fn create(&self) -> Result<Box<dyn Accumulated>, String> {
        match (self.algebra, &self.of) {
            (Algebra::Sum, Some(SqlType::Float)) => Ok(Box::new(memory::FloatSum::default())),
            (Algebra::Sum, Some(SqlType::Decimal(..))) => Ok(Box::new(memory::DecimalSum::default())),
            (Algebra::Earliest, _) => Ok(Box::new(memory::Earliest::default())),
            (Algebra::Latest, _) => Ok(Box::new(memory::Latest::default())),
            (Algebra::List, _) => Ok(Box::new(memory::List::default())),
            (shown @ (Algebra::Multiset | Algebra::Histogram | Algebra::Least | Algebra::Greatest), _) => {
                Ok(Box::new(memory::Bag::new(shown)))
            }
            (algebra, of) => Ok(Box::new(datafusion::Aggregate::new(algebra, of.as_ref())?)),
        }
    }

    /// Null is no value, but for a list; where rows are counted there is none to look at.
    pub fn skips(&self, arguments: &[Value]) -> bool {
        self.algebra != Algebra::List && arguments.first().is_some_and(Value::is_null)
    }
}
