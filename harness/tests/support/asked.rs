//! Amounts that whoever runs a test or a bench may ask for.

use std::str::FromStr;

/// A number that the environment has, or another.
pub fn asked<T: FromStr>(name: &str, otherwise: T) -> T {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}: wanted a number, found {text:?}")),
        Err(_) => otherwise,
    }
}
