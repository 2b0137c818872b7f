//! Compares what came out: with the expectation, and one implementation with the other.

use streamfn_model::{Field, Origin, Value};

use super::VerifyError;
use super::case::{Case, Order};
use super::difference::{Around, Cell, Difference, History, PastChange};
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
    /// How many more there are.
    pub more: usize,
    /// Whether rows are compared place by place, so that behind the first difference everything may differ.
    pub in_order: bool,
}

/// The first place where the component's changes are not the native ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    pub table: String,
    pub column: Option<String>,
    pub key: String,
    pub component: String,
    pub native: String,
    /// The changes that differ; `None` where one side has no more.
    pub component_change: Option<PastChange>,
    pub native_change: Option<PastChange>,
    /// The input record after which they differ.
    pub since: Origin,
    /// What the key went through before, on both sides.
    pub history: Option<History>,
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
    table: &'a Table,
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
        Ok(Comparison { table, fields, expectation, columns })
    }

    fn report(&self, what: &'static str, found: Vec<Found>, like: Like<'_>) -> TableReport {
        /// What is left of very many is counted.
        const MOST: usize = 10;
        let key = if let Like::Key(key) = like { key } else { &[] };
        let expected = &self.expectation.rows;
        let mut pairs: Vec<(usize, Option<&ExpectedRow>, Option<&Found>)> = vec![];
        let mut taken = vec![false; found.len()];
        let mut likes: Vec<Option<&ExpectedRow>> = vec![None; found.len()];
        for (number, row) in expected.iter().enumerate() {
            let free = |like: &dyn Fn(&Found) -> bool| (0..found.len()).find(|i| !taken[*i] && like(&found[*i]));
            let place = match like {
                Like::Place => (number < found.len()).then_some(number),
                Like::Key(key) => free(&|found| self.same_key(row, found, key)),
                Like::Whole => free(&|found| self.differing(row, found).next().is_none()),
            };
            if let Some(place) = place {
                taken[place] = true;
                likes[place] = Some(row);
            }
            pairs.push((number, Some(row), place.map(|place| &found[place])));
        }
        let too_many = found.iter().enumerate().filter(|(place, _)| !taken[*place]);
        pairs.extend(too_many.map(|(place, row)| (place, None, Some(row))));
        pairs.retain(|(_, row, found)| match (row, found) {
            (Some(row), Some(found)) => self.differing(row, found).next().is_some(),
            _ => true,
        });
        // Behind the first place where two sequences part, everything may differ.
        let most = if matches!(like, Like::Place) { 1 } else { MOST };
        let told = if pairs.is_empty() { vec![] } else { self.table.told() };
        let difference = |(number, row, of): &(usize, Option<&ExpectedRow>, Option<&Found>)| {
            let is_place = matches!(like, Like::Place);
            let until = if is_place && what == "changes" { told.len().min(number + 1) } else { told.len() };
            let around = if is_place { self.around(*number, &found) } else { Around::default() };
            Difference { around, ..self.difference(key, *number, *row, *of, &told[..until]) }
        };
        TableReport {
            name: self.table.relation.name.clone(),
            what,
            header: self.expectation.header.clone(),
            right: self.columns.iter().map(|c| crate::report::is_number(&self.fields[*c].sql_type)).collect(),
            rows: found.iter().zip(likes).map(|(row, like)| self.cells(row, like)).collect(),
            differences: pairs.iter().take(most).map(difference).collect(),
            more: pairs.len().saturating_sub(most),
            in_order: matches!(like, Like::Place),
        }
    }

    /// A row that is not as expected: `row` and `found` are the two sides.
    fn difference(
        &self,
        key: &[usize],
        number: usize,
        row: Option<&ExpectedRow>,
        found: Option<&Found>,
        told: &[ToldChange],
    ) -> Difference {
        let cells: Vec<Cell> =
            row.zip(found).map(|(row, found)| self.differing(row, found).collect()).unwrap_or_default();
        let found_cells = found.map(|found| {
            let mut shown = self.cells(found, row);
            cells.iter().for_each(|cell| shown[cell.place].clone_from(&cell.found));
            shown
        });
        let expected = row.map(|row| row.cells.clone());
        let shown = expected.as_ref().or(found_cells.as_ref());
        let name = |key: &[usize]| {
            let places = (0..self.columns.len()).filter(|place| key.contains(&self.columns[*place]));
            places.filter_map(|place| shown?.get(place).cloned()).collect::<Vec<_>>().join(", ")
        };
        let offset = self.fields.len() - self.table.fields().len();
        let key_fields: Vec<usize> = self.table.relation.key.iter().map(|column| column + offset).collect();
        let is_key = |change: &ToldChange| {
            self.columns.iter().enumerate().filter(|(_, field)| key_fields.contains(field)).all(|(place, field)| {
                let value = &change.values[field - offset];
                match (found, row) {
                    (Some(found), _) => found.values[*field] == *value,
                    (None, Some(row)) => {
                        self.expectation.matches(&row.cells[place], &self.fields[*field].sql_type, value)
                    }
                    (None, None) => false,
                }
            })
        };
        let history = History::of(self.table, told, name(&key_fields), is_key);
        Difference {
            row: if key.is_empty() { format!("row {}", number + 1) } else { name(key) },
            cells,
            expected,
            found: found_cells,
            since: found.map(|found| found.since.clone()),
            around: Around::default(),
            history,
        }
    }

    /// The rows beside a place of a sequence.
    fn around(&self, place: usize, found: &[Found]) -> Around {
        const MOST: usize = 2;
        let expected = &self.expectation.rows;
        let rows = |rows: &[Found]| rows.iter().map(|row| self.cells(row, None)).collect();
        let after = place + 1;
        Around {
            before: rows(&found[place.saturating_sub(MOST).min(found.len())..place.min(found.len())]),
            expected: expected.iter().skip(after).take(MOST).map(|row| row.cells.clone()).collect(),
            found: rows(&found[after.min(found.len())..(after + MOST).min(found.len())]),
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

    /// The cells of a row that are not as expected.
    fn differing<'s>(&'s self, row: &'s ExpectedRow, found: &'s Found) -> impl Iterator<Item = Cell> + 's {
        (0..self.columns.len()).filter(|place| !self.matches(row, *place, found)).map(move |place| Cell {
            place,
            column: self.expectation.header[place].clone(),
            expected: row.cells[place].clone(),
            found: crate::report::cell(&self.fields[self.columns[place]].sql_type, &found.values[self.columns[place]]),
        })
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
        let show = |change: Option<&ToldChange>| match (change, column) {
            (None, _) => "no change".to_owned(),
            (Some(change), Some(column)) => crate::report::cell(&fields[column].sql_type, &change.values[column]),
            (Some(change), None) => format!("{} at {}", change.op, change.time),
        };
        let some = a.or(b)?;
        let key = ours.key_text(&some.values);
        let is_key = |change: &ToldChange| ours.relation.key.iter().all(|c| change.values[*c] == some.values[*c]);
        let past = |change: Option<&ToldChange>| change.map(|change| PastChange::new(ours, change));
        return Some(Disagreement {
            table: ours.relation.name.clone(),
            column: column.map(|c| fields[c].name.clone()),
            component: show(a),
            native: show(b),
            component_change: past(a),
            native_change: past(b),
            since: some.origin.clone(),
            history: History::of(ours, &changes[..place.min(changes.len())], key.clone(), is_key),
            key,
        });
    }
    None
}
