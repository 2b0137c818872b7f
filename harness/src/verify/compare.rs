//! Compares what came out: with the expectation, and one implementation with the other.

use streamfn_model::{Field, Origin, Value};

use super::VerifyError;
use super::case::{Case, Order};
use super::expectation::{Expectation, ExpectedRow};
use super::net::{Net, net};
use crate::replay::{Outcome, Table, ToldChange};
use crate::sql::{Collection, hint};

/// A found table beside its expectation.
#[derive(Debug, Clone)]
pub struct TableReport {
    pub name: String,
    /// `table` or `changes`.
    pub what: &'static str,
    pub header: Vec<String>,
    /// Which columns stand to the right.
    pub right: Vec<bool>,
    /// The found rows, in the expectation's way of writing.
    pub rows: Vec<Vec<String>>,
    pub differences: Vec<Difference>,
}

/// A cell, or a whole row, that is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The row's key, or its number in a table without one.
    pub row: String,
    /// `None`: the whole row.
    pub column: Option<String>,
    pub expected: Option<String>,
    pub found: Option<String>,
    /// The first input record after which the found row stayed as it is.
    pub since: Option<Origin>,
}

/// The first place where the component's changes are not the native ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    pub table: String,
    pub column: Option<String>,
    pub key: String,
    pub component: String,
    pub native: String,
    /// The input record after which they differ.
    pub since: Origin,
}

/// Each expectation of the case with what was found.
pub fn tables(case: &Case, outcome: &Outcome) -> Result<Vec<TableReport>, VerifyError> {
    let table = |name: &str, expectation: &Expectation| {
        let found = outcome.tables.iter().find(|t| t.relation.name == name).or_else(|| {
            let mut alike = outcome.tables.iter().filter(|t| t.relation.name.eq_ignore_ascii_case(name));
            alike.next().filter(|_| alike.next().is_none())
        });
        found.ok_or_else(|| VerifyError::Expectation {
            file: expectation.file.display().to_string(),
            message: format!(
                "no query of {} fills {name}{}",
                case.sql_file.display(),
                hint(name, outcome.tables.iter().map(|t| t.relation.name.as_str()))
            ),
        })
    };
    let mut reports = vec![];
    for (name, expectation) in &case.tables {
        let table = table(name, expectation)?;
        let rows = table.rows().map(|r| Found { values: r.values.clone(), since: r.origin.clone() }).collect();
        let key = match table.relation.collection {
            Collection::Table => table.relation.key.as_slice(),
            Collection::Stream => &[],
        };
        let like = if key.is_empty() { Like::Place } else { Like::Key(key) };
        reports.push(Comparison::new(table, table.fields().to_vec(), expectation)?.report("table", rows, like));
    }
    for (name, expectation) in &case.changes {
        let table = table(name, expectation)?;
        let mut head = table.head(expectation.header.iter().any(|name| name == "phase"));
        let told = match case.order {
            Order::Net => net_changes(table),
            Order::Sequence | Order::Bags => table.told(),
        };
        // What is left of a phase is no single record's.
        head.retain(|column| case.order != Order::Net || column.name != "rowtime");
        let rows = told.into_iter().map(|change| {
            let head = change.head(&head);
            Found { values: head.into_iter().chain(change.values).collect(), since: change.origin }
        });
        let fields = head.iter().chain(table.fields()).cloned().collect();
        let like = match case.order {
            Order::Sequence => Like::Place,
            Order::Bags | Order::Net => Like::Whole,
        };
        reports.push(Comparison::new(table, fields, expectation)?.report("changes", rows.collect(), like));
    }
    Ok(reports)
}

/// What each phase makes of a table's rows, as insertions and deletions.
fn net_changes(table: &Table) -> Vec<ToldChange> {
    #[derive(Clone)]
    struct Row(ToldChange);
    impl PartialEq for Row {
        fn eq(&self, other: &Row) -> bool {
            self.0.values == other.0.values
        }
    }
    let key = &table.relation.key;
    let same = |a: &Row, b: &Row| key.iter().all(|column| a.0.values[*column] == b.0.values[*column]);
    let changes = table
        .told()
        .into_iter()
        .map(|told| (told.phase.to_string(), matches!(told.op, "-U" | "-D" | "delete"), Row(told)));
    let changes = net(changes, if key.is_empty() { None } else { Some(&same) });
    let told = changes.into_iter().map(|Net { phase, came, row: Row(told) }| ToldChange {
        op: if came { "+I" } else { "-D" },
        phase: phase.as_str().into(),
        ..told
    });
    told.collect()
}

/// Which found row an expected one is compared with.
#[derive(Clone, Copy)]
enum Like<'a> {
    /// The one in the same place.
    Place,
    /// One with the same values in these columns.
    Key(&'a [usize]),
    /// One that is as expected.
    Whole,
}

struct Found {
    values: Vec<Value>,
    since: Origin,
}

struct Comparison<'a> {
    name: &'a str,
    fields: Vec<Field>,
    expectation: &'a Expectation,
    /// For each column of the expectation its place among the fields.
    columns: Vec<usize>,
}

impl<'a> Comparison<'a> {
    fn new(table: &'a Table, fields: Vec<Field>, expectation: &'a Expectation) -> Result<Self, VerifyError> {
        let fail = |message| VerifyError::Expectation { file: expectation.file.display().to_string(), message };
        let place = |name: &String| {
            let exact = fields.iter().position(|f| f.name == *name);
            exact.or_else(|| fields.iter().position(|f| f.name.eq_ignore_ascii_case(name)))
        };
        let mut columns: Vec<Option<usize>> = expectation.header.iter().map(place).collect();
        // A key in Kafka's own format has no name in its topic: documentation may call it as it likes.
        let offset = fields.len() - table.fields().len();
        let mut nameless = table.relation.key.iter().map(|k| k + offset).filter(|k| !columns.contains(&Some(*k)));
        if let (Some(key), None) = (nameless.next(), nameless.next())
            && let [unknown] =
                columns.iter().enumerate().filter(|(_, c)| c.is_none()).map(|(i, _)| i).collect::<Vec<_>>()[..]
        {
            columns[unknown] = Some(key);
        }
        if let Some(twice) = (0..columns.len()).find(|i| columns[*i].is_some() && columns[..*i].contains(&columns[*i]))
        {
            return Err(fail(format!("the expectation's header has column {} twice", expectation.header[twice])));
        }
        let names = || fields.iter().map(|f| f.name.as_str());
        for (name, column) in expectation.header.iter().zip(&columns) {
            if column.is_none() {
                return Err(fail(format!("{} has no column {name}{}", table.relation.name, hint(name, names()))));
            }
        }
        let columns: Vec<usize> = columns.into_iter().flatten().collect();
        if let Some(left) = (0..fields.len()).find(|column| !columns.contains(column)) {
            return Err(fail(format!("column {} is not in the expectation's header", fields[left].name)));
        }
        Ok(Comparison { name: &table.relation.name, fields, expectation, columns })
    }

    fn report(&self, what: &'static str, found: Vec<Found>, like: Like<'_>) -> TableReport {
        let key = if let Like::Key(key) = like { key } else { &[] };
        let expected = &self.expectation.rows;
        let mut differences = vec![];
        let mut taken = vec![false; found.len()];
        let mut likes: Vec<Option<&ExpectedRow>> = vec![None; found.len()];
        for (number, row) in expected.iter().enumerate() {
            let free = |like: &dyn Fn(&Found) -> bool| (0..found.len()).find(|i| !taken[*i] && like(&found[*i]));
            let place = match like {
                Like::Place => (number < found.len()).then_some(number),
                Like::Key(key) => free(&|found| self.same_key(row, found, key)),
                Like::Whole => free(&|found| (0..self.columns.len()).all(|place| self.matches(row, place, found))),
            };
            match place {
                Some(place) => {
                    taken[place] = true;
                    likes[place] = Some(row);
                    self.compare(row, number, &found[place], key, &mut differences);
                }
                None => differences.push(Difference {
                    row: self.row_name(key, number, |c| row.cells[c].clone()),
                    column: None,
                    expected: Some(row.cells.join(" | ")),
                    found: None,
                    since: None,
                }),
            }
        }
        for (number, row) in found.iter().enumerate().filter(|(i, _)| !taken[*i]) {
            let cells = self.cells(row, None);
            differences.push(Difference {
                row: self.row_name(key, number, |c| cells[c].clone()),
                column: None,
                expected: None,
                found: Some(cells.join(" | ")),
                since: Some(row.since.clone()),
            });
        }
        TableReport {
            name: self.name.to_owned(),
            what,
            header: self.expectation.header.clone(),
            right: self.columns.iter().map(|c| crate::report::is_number(&self.fields[*c].sql_type)).collect(),
            rows: found.iter().zip(likes).map(|(row, like)| self.cells(row, like)).collect(),
            differences,
        }
    }

    /// A found row in the order and manner of the expectation.
    fn cells(&self, row: &Found, like: Option<&ExpectedRow>) -> Vec<String> {
        let like = like.or(self.expectation.rows.first());
        let cell = |(place, column): (usize, &usize)| {
            let like = like.map(|row| row.cells[place].as_str());
            self.expectation.show(like, &self.fields[*column].sql_type, &row.values[*column])
        };
        self.columns.iter().enumerate().map(cell).collect()
    }

    fn matches(&self, row: &ExpectedRow, place: usize, found: &Found) -> bool {
        let column = self.columns[place];
        self.expectation.matches(&row.cells[place], &self.fields[column].sql_type, &found.values[column])
    }

    fn same_key(&self, row: &ExpectedRow, found: &Found, key: &[usize]) -> bool {
        (0..self.columns.len()).filter(|p| key.contains(&self.columns[*p])).all(|p| self.matches(row, p, found))
    }

    fn compare(&self, row: &ExpectedRow, number: usize, found: &Found, key: &[usize], into: &mut Vec<Difference>) {
        let exact = self.cells(found, None);
        for place in (0..self.columns.len()).filter(|place| !self.matches(row, *place, found)) {
            let column = &self.fields[self.columns[place]];
            into.push(Difference {
                row: self.row_name(key, number, |c| row.cells[c].clone()),
                column: Some(self.expectation.header[place].clone()),
                expected: Some(row.cells[place].clone()),
                found: Some(match self.expectation.matches(&exact[place], &column.sql_type, &Value::Null) {
                    true => exact[place].clone(),
                    false => crate::report::cell(&column.sql_type, &found.values[self.columns[place]]),
                }),
                since: Some(found.since.clone()),
            });
        }
    }

    fn row_name(&self, key: &[usize], number: usize, cell: impl Fn(usize) -> String) -> String {
        let parts: Vec<String> =
            (0..self.columns.len()).filter(|p| key.contains(&self.columns[*p])).map(cell).collect();
        if parts.is_empty() { format!("row {}", number + 1) } else { parts.join(", ") }
    }
}

/// The first change that the two runs do not share.
pub fn disagreement(component: &Outcome, native: &Outcome) -> Option<Disagreement> {
    for (ours, theirs) in component.tables.iter().zip(&native.tables) {
        let (changes, other) = (ours.told(), theirs.told());
        let place = (0..changes.len().max(other.len())).find(|i| changes.get(*i) != other.get(*i));
        let Some(place) = place else { continue };
        let (a, b) = (changes.get(place), other.get(place));
        let fields = ours.fields();
        let column = a.zip(b).and_then(|(a, b)| (0..fields.len()).find(|c| a.values[*c] != b.values[*c]));
        let show = |change: Option<&crate::replay::ToldChange>| match (change, column) {
            (None, _) => "no change".to_owned(),
            (Some(change), Some(column)) => crate::report::cell(&fields[column].sql_type, &change.values[column]),
            (Some(change), None) => format!("{} at {}", change.op, change.time),
        };
        let some = a.or(b)?;
        let key = ours.relation.key.iter().map(|c| crate::report::cell(&fields[*c].sql_type, &some.values[*c]));
        return Some(Disagreement {
            table: ours.relation.name.clone(),
            column: column.map(|c| fields[c].name.clone()),
            key: key.collect::<Vec<_>>().join(", "),
            component: show(a),
            native: show(b),
            since: some.origin.clone(),
        });
    }
    None
}
