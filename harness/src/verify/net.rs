//! What a phase makes of a table's rows, whatever it passes through on the way.

/// A row that a phase took away, or brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Net<R> {
    pub phase: String,
    pub came: bool,
    pub row: R,
}

/// Whether a row is of another one's key.
pub type Same<'a, R> = &'a dyn Fn(&R, &R) -> bool;

/// The rows that were there before a phase and are not after it, then those that are new, for each phase in turn. `changes`
/// are phases, whether a row is taken back, and rows; `same` says whether a row is of another one's key, where there is a key.
pub fn net<R: Clone + PartialEq>(
    changes: impl IntoIterator<Item = (String, bool, R)>,
    same: Option<Same<'_, R>>,
) -> Vec<Net<R>> {
    let (mut before, mut after): (Vec<R>, Vec<R>) = (vec![], vec![]);
    let (mut told, mut current) = (vec![], None);
    for (phase, retracts, row) in changes {
        if current.as_ref() != Some(&phase) {
            told.extend(current.replace(phase).into_iter().flat_map(|phase| difference(&before, &after, &phase)));
            before.clone_from(&after);
        }
        // Without a key a row that comes is in nobody's place, also where it equals another.
        let place = match same {
            Some(same) => after.iter().position(|there| same(there, &row)),
            None => after.iter().position(|there| retracts && *there == row),
        };
        match (place, retracts) {
            (Some(place), true) => drop(after.remove(place)),
            (None, true) => {}
            (Some(place), false) => after[place] = row,
            (None, false) => after.push(row),
        }
    }
    told.extend(current.into_iter().flat_map(|phase| difference(&before, &after, &phase)));
    told
}

fn difference<R: Clone + PartialEq>(before: &[R], after: &[R], phase: &str) -> Vec<Net<R>> {
    let mut came = after.to_vec();
    let mut gone = vec![];
    for row in before {
        match came.iter().position(|new| new == row) {
            Some(place) => drop(came.remove(place)),
            None => gone.push(row.clone()),
        }
    }
    let net = |came| move |row| Net { phase: phase.to_owned(), came, row };
    gone.into_iter().map(net(false)).chain(came.into_iter().map(net(true))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_tells_what_is_left_of_it() {
        let change = |phase: &str, retracts, key, value| (phase.to_owned(), retracts, (key, value));
        let changes = [
            change("1", false, "a", 1),
            change("1", false, "b", 1),
            change("2", true, "a", 1),
            change("2", false, "a", 2),
            change("2", true, "b", 1),
            change("2", false, "b", 1),
            change("3", true, "a", 2),
        ];
        let told = |net: Vec<Net<(&str, i32)>>| {
            net.into_iter().map(|n| format!("{} {} {} {}", n.phase, n.came, n.row.0, n.row.1)).collect::<Vec<_>>()
        };
        let wanted = ["1 true a 1", "1 true b 1", "2 false a 1", "2 true a 2", "3 false a 2"];
        assert_eq!(told(net(changes.clone(), Some(&|a, b| a.0 == b.0))), wanted);
        assert_eq!(told(net(changes, None)), wanted);
        let twice = [change("1", false, "a", 1), change("1", false, "a", 1), change("1", true, "a", 1)];
        assert_eq!(told(net(twice[..2].to_vec(), Some(&|a, b| a.0 == b.0))), ["1 true a 1"]);
        assert_eq!(told(net(twice, None)), ["1 true a 1"]);
    }
}
