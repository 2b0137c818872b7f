//! The engines' own function names: which component functions and which wrapper give each engine's answer.
//!
//! A component function has one meaning; the engines differ among themselves. A rule here closes the gap, with the page
//! that states it. [`aggregate`] has the aggregates, [`scalar`] the scalar functions, [`wrapper`] what is made of the values
//! that the component functions give.

mod aggregate;
mod distinct;
mod scalar;
mod wrapper;

pub use aggregate::{
    AggregateRule, Algebra, Part, Rows, Updates, aggregate, aggregate_names, aggregate_overloads, aggregate_signatures,
};
pub use scalar::{Compute, ScalarRule, scalar, scalar_names, scalar_signatures};
pub use wrapper::Wrapper;

use crate::{Dialect, SqlType};

/// A type as the dialect writes it; Flink's spelling where ksqlDB has none.
pub fn spelled(dialect: Dialect, of: &SqlType) -> String {
    match dialect {
        Dialect::Ksqldb => of.ksqldb().unwrap_or_else(|_| of.to_string()),
        Dialect::Flink => of.to_string(),
    }
}
