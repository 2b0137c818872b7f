//! What came out of a run, whoever ran it, and where two runs differ.

use std::collections::BTreeMap;

use serde_json::Value;
use streamfn::replay::Table;
use streamfn::report;
use streamfn::topic::Phase;

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

/// The first difference between what was wanted and what was found; keys are those of `found`.
pub fn difference(wanted: &[Sink], found: &[Sink], compared: Compared, phases: &[Phase]) -> Option<String> {
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
        let states = || states(&wanted.changes, &found.changes, &found.key, phases);
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

/// The rows there are after each phase.
fn states(wanted: &[Change], found: &[Change], key: &[String], phases: &[Phase]) -> Option<String> {
    let (mut here, mut there) = (State::new(), State::new());
    phases.iter().find_map(|phase| {
        let of_phase = |change: &&Change| change.phase == phase.name;
        wanted.iter().filter(of_phase).for_each(|change| apply(change, key, &mut here));
        found.iter().filter(of_phase).for_each(|change| apply(change, key, &mut there));
        let differ = here != there;
        differ.then(|| format!("after {}: wanted {:?}, found {:?}", phase.name, here.values(), there.values()))
    })
}

/// By row or, where there is a key, by it: how often it is there, and the row.
type State = BTreeMap<String, (i64, String)>;

fn apply(change: &Change, key: &[String], state: &mut State) {
    let row = change.row.to_string();
    let by = if key.is_empty() { row.clone() } else { key.iter().map(|name| change.row[name].to_string()).collect() };
    let count = match (key.is_empty(), change.retracts()) {
        (true, retracts) => state.get(&by).map_or(0, |(count, _)| *count) + if retracts { -1 } else { 1 },
        (false, retracts) => i64::from(!retracts),
    };
    match count {
        0 => drop(state.remove(&by)),
        count => drop(state.insert(by, (count, row))),
    }
}
