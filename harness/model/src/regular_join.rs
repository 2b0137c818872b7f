//! Flink's regular join, a row of one side at a time: which joined rows are told, and of what kind.
//!
//! The rules are those of `StreamingJoinOperator`
//! (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/sql/queries/joins/#regular-joins>).

use crate::Kind;

/// A joined row of the row that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// With the partner at that place.
    With(usize),
    /// Without a partner, filled up with nulls.
    Alone,
    /// The partner at that place, filled up with nulls: it had no other, or has none now.
    PartnerAlone(usize),
}

/// What a row of one side makes of its partners on the other. `partners` has for each how many partners it had on this side
/// before, which counts only where the other side keeps rows without one (`other_is_outer`).
pub fn joined(kind: Kind, is_outer: bool, other_is_outer: bool, partners: &[usize]) -> Vec<(Kind, Joined)> {
    let lonely = |count: usize, kind: Kind| {
        let alone = partners.iter().enumerate().filter(move |(_, had)| other_is_outer && **had == count);
        alone.map(move |(place, _)| (kind, Joined::PartnerAlone(place)))
    };
    let pairs = |kind: Kind| (0..partners.len()).map(move |place| (kind, Joined::With(place)));
    let retracts = kind.retracts();
    if partners.is_empty() {
        let kind = if retracts { Kind::Delete } else { Kind::Insert };
        return is_outer.then_some((kind, Joined::Alone)).into_iter().collect();
    }
    match retracts {
        // A row filled up with nulls is nobody's update, so where one may be told all are insertions and deletions.
        false if is_outer || other_is_outer => lonely(0, Kind::Delete).chain(pairs(Kind::Insert)).collect(),
        true => {
            let kind = if is_outer { Kind::Delete } else { kind };
            pairs(kind).chain(lonely(1, Kind::Insert)).collect()
        }
        false => pairs(kind).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Joined::*;
    use Kind::*;

    #[test]
    fn an_inner_join_keeps_the_kind_of_the_row() {
        for kind in [Insert, UpdateBefore, UpdateAfter, Delete] {
            assert_eq!(joined(kind, false, false, &[0, 0]), [(kind, With(0)), (kind, With(1))]);
            assert_eq!(joined(kind, false, false, &[]), []);
        }
    }

    #[test]
    fn a_left_row_is_told_alone_until_its_first_partner_comes_and_when_its_last_one_goes() {
        // The left side is outer: its own row,
        assert_eq!(joined(UpdateAfter, true, false, &[]), [(Insert, Alone)]);
        assert_eq!(joined(UpdateAfter, true, false, &[0]), [(Insert, With(0))]);
        assert_eq!(joined(UpdateBefore, true, false, &[]), [(Delete, Alone)]);
        assert_eq!(joined(UpdateBefore, true, false, &[0]), [(Delete, With(0))]);
        // and a row of the right side, with what the left rows had before it.
        assert_eq!(
            joined(UpdateAfter, false, true, &[0, 2]),
            [(Delete, PartnerAlone(0)), (Insert, With(0)), (Insert, With(1))]
        );
        assert_eq!(
            joined(UpdateBefore, false, true, &[1, 2]),
            [(UpdateBefore, With(0)), (UpdateBefore, With(1)), (Insert, PartnerAlone(0))]
        );
    }
}
