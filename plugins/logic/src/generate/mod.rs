//! Generators: events made up, from settings and a seed alone. No clock, no randomness but [`random`]'s.
//!
//! Read [`smartshop`] first; [`ecommerce`] has the same shape. [`settings`] is what a generator is created with.

pub mod ecommerce;
pub mod random;
pub mod settings;
pub mod smartshop;
mod zipf;

/// Most rows of one call, whatever is asked for: what a call gives has to fit into its host's limits.
pub const MOST_ROWS: u32 = 4096;

/// The latest start: 2100-01-01T00:00:00Z.
const LATEST: i64 = 4_102_444_800_000;

/// Whether this is one of so many splits.
fn check_split(split: u32, splits: u32) -> Result<(), String> {
    match split < splits {
        true => Ok(()),
        false => Err(format!("wanted a split from 0 to below the number of splits, found {split} of {splits}")),
    }
}
