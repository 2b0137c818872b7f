//! What the functions compute: values in, values out. No wasm, no engine, no clock, no IO.
//!
//! One file is one function for all the types it takes; the overloads of the WIT are instances of its generics. Read
//! [`sum`] first, its siblings have the same shape. [`number`] says what adding means and [`order`] what comes before,
//! once for all of them; [`decimal`] is the one number that Rust does not have.
//!
//! A new function is a file here, an interface in `wit/` and a line in the glue of `plugins/`.

pub mod basket_totals;
pub mod collect;
pub mod count;
pub mod decimal;
pub mod max;
pub mod min;
pub mod number;
pub mod order;
pub mod sum;
pub mod types;
