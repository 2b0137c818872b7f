//! A straight line through what calls took: so much a row, so much a call.

use super::Measured;

/// What a row costs, and what a call costs beside its rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    pub ns_per_row: f64,
    pub ns_per_call: f64,
}

impl Fit {
    /// Of what one function costs on one host, over at least two numbers of rows. Each point counts alike by its relative
    /// error, as noise is relative: least squares of `ns a row = row + call / rows`, each divided by what was measured.
    pub fn of<'m>(measured: impl IntoIterator<Item = &'m Measured>) -> Option<Fit> {
        let points: Vec<(f64, f64)> =
            measured.into_iter().map(|m| (1.0 / m.rows_per_call as f64, m.ns_per_row)).collect();
        let sum = |of: fn(f64, f64) -> f64| points.iter().map(|(x, y)| of(*x, *y) / (y * y)).sum::<f64>();
        let (one, x, y, xx, xy) = (sum(|_, _| 1.0), sum(|x, _| x), sum(|_, y| y), sum(|x, _| x * x), sum(|x, y| x * y));
        let determinant = one * xx - x * x;
        if points.len() < 2 || determinant <= f64::EPSILON * one * xx {
            return None;
        }
        let ns_per_call = (one * xy - x * y) / determinant;
        Some(Fit { ns_per_row: (y - ns_per_call * x) / one, ns_per_call })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Host;
    use super::*;

    fn measured(rows_per_call: usize, ns_per_row: f64) -> Measured {
        Measured { function: "F()".to_owned(), host: Host::Batch, rows_per_call, ns_per_row, spread: 0.0 }
    }

    /// 200 ns a call and 5 a row, by hand: 1 row costs 205, 8 cost 30 each, 1,000 cost 5.2 each.
    #[test]
    fn a_line_is_found_again() {
        let points = [measured(1, 205.0), measured(8, 30.0), measured(1000, 5.2)];
        let fit = Fit::of(&points).expect("three points");
        assert!((fit.ns_per_row - 5.0).abs() < 1e-9 && (fit.ns_per_call - 200.0).abs() < 1e-6, "{fit:?}");
    }

    #[test]
    fn one_number_of_rows_is_no_line() {
        assert_eq!(Fit::of(&[measured(64, 5.0)]), None);
        assert_eq!(Fit::of(&[measured(64, 5.0), measured(64, 6.0)]), None);
    }
}
