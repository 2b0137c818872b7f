//! Rounds amounts to a step. The logic first, as a plain function; below it the glue, which only translates.

/// The multiple of `step` that is nearest to `amount`.
pub fn round_to_step(amount: i64, step: i64) -> Result<i64, String> {
    if step <= 0 {
        return Err(format!("the step must be positive; it is {step}"));
    }
    // In 128 bits nothing below overflows: the result is at most a step away from the amount.
    let (amount, step) = (i128::from(amount), i128::from(step));
    let rounded = (2 * amount.abs() + step) / (2 * step) * step * amount.signum();
    i64::try_from(rounded).map_err(|_| format!("{rounded} is no 64-bit number"))
}

mod component {
    wit_bindgen::generate!({ path: "wit", world: "plugin" });

    struct Plugin;
    export!(Plugin);

    impl exports::{{snake}}::functions::{{snake}}::Guest for Plugin {
        fn eval(amount: i64, step: i64) -> Result<i64, String> {
            super::round_to_step(amount, step)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::round_to_step;

    #[test]
    fn the_nearest_multiple_wins_and_a_tie_goes_away_from_zero() {
        assert_eq!(round_to_step(1012, 5), Ok(1010));
        assert_eq!(round_to_step(1013, 5), Ok(1015));
        assert_eq!(round_to_step(150, 100), Ok(200));
        assert_eq!(round_to_step(-150, 100), Ok(-200));
        assert_eq!(round_to_step(0, 100), Ok(0));
    }

    #[test]
    fn what_cannot_be_rounded_is_refused() {
        assert!(round_to_step(1, 0).is_err());
        assert!(round_to_step(i64::MAX, 10).is_err());
    }
}
