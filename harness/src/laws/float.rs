//! How far two states may be apart that come from the same rows in another grouping: nowhere, but for rounding.
//!
//! The contract lets a sum of floats depend on how its rows are grouped, within a bound: for n rows n × 2^-51 times the
//! sum of what each row alone leaves in that place of the state, for 32-bit floats 2^-22. Everything else is compared by
//! its bits, and so is every float when nothing is regrouped.

use streamfn_model::Value;

use super::subject::State;

/// How the second state is to the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Closeness {
    /// Bit for bit.
    Same,
    /// Apart by this share of the bound, at most 1.
    Within(f64),
    /// There is no bound for some float, since one is not finite or no row alone leaves anything there; the rest is within it.
    NoBound,
    /// Apart by this share of the bound; `None`: in something that is no float.
    Apart(Option<f64>),
}

impl Closeness {
    /// That of two parts together.
    fn and(self, other: Closeness) -> Closeness {
        use Closeness::*;
        match (self, other) {
            (Apart(None), _) | (_, Apart(None)) => Apart(None),
            (Apart(Some(a)), Apart(Some(b))) => Apart(Some(a.max(b))),
            (Apart(share), _) | (_, Apart(share)) => Apart(share),
            (NoBound, _) | (_, NoBound) => NoBound,
            (Within(a), Within(b)) => Within(a.max(b)),
            (Within(share), _) | (_, Within(share)) => Within(share),
            (Same, Same) => Same,
        }
    }
}

/// Compares two states of the same rows. `alone` has the state of each row alone.
pub fn compare(wanted: &State, found: &State, alone: &[State]) -> Closeness {
    match (wanted, found) {
        (State::Value(wanted), State::Value(found)) => {
            let alone: Vec<&Value> = alone.iter().filter_map(value).collect();
            leaves(wanted, found, &alone, alone.len())
        }
        (State::Entries(wanted), State::Entries(found)) if wanted.len() == found.len() => {
            let entry = |(key, wanted): (&Value, &Value)| {
                let alone: Vec<&Value> = alone.iter().filter_map(|state| entry(state, key)).collect();
                found.get(key).map_or(Closeness::Apart(None), |found| leaves(wanted, found, &alone, alone.len()))
            };
            all(wanted.iter().map(entry))
        }
        _ => Closeness::Apart(None),
    }
}

fn value(state: &State) -> Option<&Value> {
    match state {
        State::Value(value) => Some(value),
        State::Entries(_) => None,
    }
}

fn entry<'a>(state: &'a State, key: &Value) -> Option<&'a Value> {
    match state {
        State::Entries(entries) => entries.get(key),
        State::Value(_) => None,
    }
}

fn all(parts: impl Iterator<Item = Closeness>) -> Closeness {
    parts.fold(Closeness::Same, Closeness::and)
}

/// `alone` has what each row alone leaves in this place.
fn leaves(wanted: &Value, found: &Value, alone: &[&Value], rows: usize) -> Closeness {
    if wanted == found {
        return Closeness::Same;
    }
    match (wanted, found) {
        (Value::F64(w), Value::F64(f)) => {
            let alone = alone.iter().map(|v| if let Value::F64(v) = v { v.abs() } else { 0.0 });
            share(*w, *f, alone.sum(), rows as f64 * 2_f64.powi(-51))
        }
        (Value::F32(w), Value::F32(f)) => {
            let alone = alone.iter().map(|v| if let Value::F32(v) = v { f64::from(v.abs()) } else { 0.0 });
            share((*w).into(), (*f).into(), alone.sum(), rows as f64 * 2_f64.powi(-22))
        }
        (Value::Record(w), Value::Record(f)) if w.len() == f.len() => {
            let part = |i| alone.iter().filter_map(|value| field(value, i)).collect::<Vec<_>>();
            all(w.iter().zip(f).enumerate().map(|(i, (w, f))| leaves(w, f, &part(i), rows)))
        }
        // A list's elements have no place of their own: what is in any of them counts.
        (Value::List(w), Value::List(f)) if w.len() == f.len() => {
            let alone: Vec<&Value> = alone.iter().flat_map(|value| elements(value)).collect();
            all(w.iter().zip(f).map(|(w, f)| leaves(w, f, &alone, rows)))
        }
        (Value::Variant(w, Some(wanted)), Value::Variant(f, Some(found))) if w == f => {
            let alone: Vec<&Value> = alone.iter().filter_map(|value| payload(value, *w)).collect();
            leaves(wanted, found, &alone, rows)
        }
        (Value::Some(wanted), Value::Some(found)) => {
            let alone: Vec<&Value> = alone.iter().filter_map(|value| some(value)).collect();
            leaves(wanted, found, &alone, rows)
        }
        _ => Closeness::Apart(None),
    }
}

fn field(value: &Value, index: usize) -> Option<&Value> {
    match value {
        Value::Record(fields) => fields.get(index),
        _ => None,
    }
}

fn elements(value: &Value) -> &[Value] {
    match value {
        Value::List(elements) => elements,
        _ => &[],
    }
}

fn payload(value: &Value, of: u32) -> Option<&Value> {
    match value {
        Value::Variant(case, payload) if *case == of => payload.as_deref(),
        _ => None,
    }
}

fn some(value: &Value) -> Option<&Value> {
    match value {
        Value::Some(payload) => Some(payload),
        _ => None,
    }
}

fn share(wanted: f64, found: f64, alone: f64, factor: f64) -> Closeness {
    if !(wanted.is_finite() && found.is_finite() && alone.is_finite()) {
        return Closeness::NoBound;
    }
    let (error, bound) = ((wanted - found).abs(), factor * alone);
    if bound == 0.0 && error > 0.0 {
        // What no row alone has, such as a spread, is no sum of what they have: nothing says how far it may be off.
        return Closeness::NoBound;
    }
    match error <= bound {
        // The zeros differ in their sign alone.
        true if error == 0.0 => Closeness::Within(0.0),
        true => Closeness::Within(error / bound),
        false => Closeness::Apart(Some(error / bound)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(of: &[f64]) -> Vec<State> {
        of.iter().map(|x| state(*x)).collect()
    }

    fn state(sum: f64) -> State {
        State::Value(Value::Record(vec![Value::F64(sum), Value::S64(1)]))
    }

    #[test]
    fn rounding_is_within_the_bound_and_a_lost_row_is_not() {
        let alone = sums(&[0.1, 0.2, 0.3]);
        assert_eq!(compare(&state(0.6), &state(0.6), &alone), Closeness::Same);
        assert!(
            matches!(compare(&state(0.6), &state(0.1 + 0.2 + 0.3), &alone), Closeness::Within(share) if share < 0.5)
        );
        assert!(matches!(compare(&state(0.6), &state(0.5), &alone), Closeness::Apart(Some(_))));
        assert_eq!(compare(&state(f64::NAN), &state(f64::INFINITY), &alone), Closeness::NoBound);
        // A spread, say, of which each row alone has none.
        assert_eq!(compare(&state(0.5), &state(0.6), &sums(&[0.0, 0.0])), Closeness::NoBound);
        let other_rows = State::Value(Value::Record(vec![Value::F64(0.6), Value::S64(2)]));
        assert_eq!(compare(&state(0.6), &other_rows, &alone), Closeness::Apart(None));
    }
}
