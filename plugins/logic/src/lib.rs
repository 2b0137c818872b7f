//! What the functions compute: values in, values out. No wasm, no engine, no clock, no IO.
//!
//! One file is one function for all the types it takes, or two that look for either end of an order; the overloads of the
//! WIT are instances of its generics. Read
//! [`sum`] first, its siblings have the same shape. [`number`] says what adding means and [`order`] what comes before,
//! once for all of them; [`decimal`] is the one number that Rust does not have.
//!
//! A new function is a file here, an interface in `wit/` and a line in the glue of `plugins/`.

pub mod avg;
pub mod basket_totals;
pub mod by_offset;
pub mod collect;
pub mod collect_list;
pub mod collect_list_limited;
pub mod collect_set;
pub mod count;
pub mod decimal;
pub mod extreme;
pub mod extreme_with_retract;
pub mod generate;
pub mod histogram;
pub mod number;
pub mod order;
pub mod packed;
pub mod sum;
pub mod tally;
pub mod types;
pub mod unnest_entries;
pub mod with_product;
pub mod with_user;
