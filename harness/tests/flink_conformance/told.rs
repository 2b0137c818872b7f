//! What came out of a run, whoever ran it, and where two runs differ.

use serde_json::Value;
use streamfn::replay::Table;
use streamfn::report;
use streamfn::verify;

/// The changes of a filled table.
#[derive(Debug, Clone)]
pub struct Sink {
    pub name: String,
    /// The columns of its primary key; Flink's answer does not say them.
    pub key: Vec<String>,
    /// The names and types of its columns.
    pub columns: Vec<(String, String)>,
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub phase: String,
    pub op: String,
    /// The row by column.
    pub row: Value,
}

impl Change {
    pub fn retracts(&self) -> bool {
        matches!(self.op.as_str(), "-U" | "-D")
    }

    fn show(&self) -> String {
        format!("{} {} {}", self.phase, self.op, self.row)
    }
}

impl From<&Table> for Sink {
    fn from(table: &Table) -> Sink {
        let fields = table.fields();
        let change = |change: streamfn::replay::ToldChange| Change {
            phase: change.phase.to_string(),
            op: change.op.to_owned(),
            row: Value::Object(report::json_row(fields, &change.values)),
        };
        Sink {
            name: table.relation.name.clone(),
            key: table.relation.key.iter().map(|column| fields[*column].name.clone()).collect(),
            columns: fields.iter().map(|field| (field.name.clone(), field.sql_type.to_string())).collect(),
            changes: table.told().into_iter().map(change).collect(),
        }
    }
}

/// What of two runs is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The changes in their order.
    Sequence,
    /// The changes of each phase in any order, and the rows after it: a join tells its rows in the order of a hash map.
    Bags,
    /// The rows after each phase: what an aggregate passes through over such a join depends on that order.
    States,
}

/// The first difference between what was wanted and what was found; keys are those of `wanted`.
pub fn difference(wanted: &[Sink], found: &[Sink], compared: Compared) -> Option<String> {
    let names = |sinks: &[Sink]| {
        let mut names: Vec<String> = sinks.iter().map(|sink| sink.name.clone()).collect();
        names.sort();
        names
    };
    if names(wanted) != names(found) {
        return Some(format!("wanted the tables {:?}, found {:?}", names(wanted), names(found)));
    }
    wanted.iter().find_map(|wanted| {
        let found = found.iter().find(|found| found.name == wanted.name)?;
        let net = |sink: &Sink| net_changes(&sink.changes, &wanted.key);
        let states = || bags(&net(wanted), &net(found));
        let said = match compared {
            Compared::Sequence => sequences(&wanted.changes, &found.changes),
            Compared::Bags => bags(&wanted.changes, &found.changes).or_else(states),
            Compared::States => states(),
        };
        said.map(|said| format!("{}: {said}", wanted.name))
    })
}

fn sequences(wanted: &[Change], found: &[Change]) -> Option<String> {
    let place = (0..wanted.len().max(found.len())).find(|place| wanted.get(*place) != found.get(*place))?;
    let show = |changes: &[Change]| changes.get(place).map_or_else(|| "no change".to_owned(), Change::show);
    Some(format!("change {}: wanted {}, found {}", place + 1, show(wanted), show(found)))
}

/// The changes of each phase, as often as they occur.
fn bags(wanted: &[Change], found: &[Change]) -> Option<String> {
    let mut left: Vec<&Change> = found.iter().collect();
    for change in wanted {
        match left.iter().position(|other| *other == change) {
            Some(place) => drop(left.remove(place)),
            None => return Some(format!("wanted {}, found no such change more", change.show())),
        }
    }
    left.first().map(|more| format!("found {}, wanted no such change more", more.show()))
}

/// What each phase makes of the rows: equal, if the rows after each are.
pub fn net_changes(changes: &[Change], key: &[String]) -> Vec<Change> {
    let same = |a: &Value, b: &Value| key.iter().all(|column| a[column] == b[column]);
    let changes = changes.iter().map(|change| (change.phase.clone(), change.retracts(), change.row.clone()));
    let net = verify::net(changes, if key.is_empty() { None } else { Some(&same) });
    let op = |came| if came { "+I" } else { "-D" }.to_owned();
    net.into_iter().map(|net| Change { phase: net.phase, op: op(net.came), row: net.row }).collect()
}

/// Says it also where the test passes, whose output is kept back otherwise.
pub fn tell(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// How many differ, in words.
pub fn different(count: usize) -> String {
    if count == 0 { "none different".to_owned() } else { format!("{count} different") }
}
