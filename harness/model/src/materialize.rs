//! Flink's SinkUpsertMaterializer: several rows of a query are one to its table's primary key, and the table shows the one that
//! came last
//! (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/concepts/dynamic_tables/>, `SinkUpsertMaterializer`).

use crate::Kind;

/// All rows of one primary key, the last to come at the end.
#[derive(Debug, Clone)]
pub struct Rows<R>(Vec<R>);

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Rows(vec![])
    }
}

impl<R: Clone> Rows<R> {
    /// The rows, the one that came first before the others.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A row that comes: the table shows it. `same` tells whether a row here is an earlier state of it.
    pub fn add(&mut self, row: R, same: Option<impl Fn(&R) -> bool>) -> (Kind, R) {
        let kind = if self.0.is_empty() { Kind::Insert } else { Kind::UpdateAfter };
        match same.and_then(|same| self.0.iter().position(same)) {
            Some(place) => self.0[place] = row.clone(),
            None => self.0.push(row.clone()),
        }
        (kind, row)
    }

    /// A row that goes, of equal ones the first: of the last one the table hears, be it that the one before shows again or that
    /// none is left. A row that is not there is passed over, as in Flink.
    pub fn remove(&mut self, same: impl Fn(&R) -> bool) -> Option<(Kind, R)> {
        let place = self.0.iter().position(same)?;
        let was_last = place + 1 == self.0.len();
        let gone = self.0.remove(place);
        match self.0.last() {
            _ if !was_last => None,
            Some(last) => Some((Kind::UpdateAfter, last.clone())),
            None => Some((Kind::Delete, gone)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(row: &'static str) -> impl Fn(&&'static str) -> bool {
        move |other| *other == row
    }

    /// Seen in Flink 2.3.0: the group that changed last wins its key, and the key's only row goes before it comes again.
    #[test]
    fn the_row_that_came_last_shows() {
        let mut rows = Rows::default();
        let whole = None::<fn(&&'static str) -> bool>;
        assert_eq!(rows.add("chairs", whole), (Kind::Insert, "chairs"));
        assert_eq!(rows.add("desk", whole), (Kind::UpdateAfter, "desk"));
        assert_eq!(rows.remove(same("chairs")), None);
        assert_eq!(rows.add("2 chairs", whole), (Kind::UpdateAfter, "2 chairs"));
        assert_eq!(rows.remove(same("2 chairs")), Some((Kind::UpdateAfter, "desk")));
        assert_eq!(rows.remove(same("desk")), Some((Kind::Delete, "desk")));
        assert_eq!(rows.remove(same("desk")), None);
        assert!(rows.is_empty());
    }

    /// Seen in Flink 2.3.0: the later of two equal rows stays.
    #[test]
    fn of_equal_rows_the_first_goes() {
        let mut rows = Rows::default();
        let whole = None::<fn(&&'static str) -> bool>;
        rows.add("2", whole);
        rows.add("2", whole);
        assert_eq!(rows.remove(same("2")), None);
        assert_eq!(rows.remove(same("2")), Some((Kind::Delete, "2")));
    }

    #[test]
    fn a_row_of_a_known_key_replaces_its_earlier_state_where_that_stands() {
        let mut rows = Rows::default();
        let of = |key: char| Some(move |row: &&'static str| row.starts_with(key));
        rows.add("a1", of('a'));
        rows.add("b1", of('b'));
        assert_eq!(rows.add("a2", of('a')), (Kind::UpdateAfter, "a2"));
        assert_eq!(rows.remove(|row| row.starts_with('b')), Some((Kind::UpdateAfter, "a2")));
    }
}
