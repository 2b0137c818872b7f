//! The SQL file as a pipeline: what topics it reads, what operators run, what topics it writes.
//!
//! `ddl` reads statements, `check` refuses clauses without a rule, `normalize` makes names explicit, `operation` makes
//! operators functions, `plan` and
//! `expression` turn what DataFusion planned, by the `catalog` it was given, into the operators of `node`. `places` and
//! `words` know where things stand. `clauses`, `star` and `system_columns` are what ksqlDB's queries have of their own. Nothing
//! here runs anything.

mod catalog;
mod check;
mod clauses;
pub mod ddl;
mod dialect;
mod error;
mod expression;
mod flink;
mod from;
mod functions;
mod node;
mod normalize;
mod operation;
mod pipeline;
mod places;
mod plan;
mod star;
pub mod system_columns;
mod words;

pub use ddl::Collection;
pub use error::{Position, SqlError, SqlErrorKind, hint, nearest};
pub use expression::Call;
pub use functions::{Builtins, FunctionRef, Functions, Plugin};
pub use node::{
    AggregateCall, AggregateFunction, JoinSide, LateralRows, Node, Operator, Reading, Relation, StreamTableKey,
};
pub use operation::without_places;
pub use pipeline::{Connector, Format, Metadata, Pipeline, Query, Topic};
