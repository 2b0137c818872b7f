//! The law of the operators around a function: rows that come together give what they give one by one.
//!
//! SQL is written for the function, with its types as columns, and replayed over the rows of a sequence. Flink's has the
//! most types and no updates in its sources; so a function with `retract` is also tried over ksqlDB's tables, where
//! ksqlDB has its types.

use std::sync::Arc;

use std::collections::BTreeMap;

use streamfn_model::{Dialect, Field, SqlType, Value};

use super::law::{Broken, CounterExample, Found, Law, Trial, Tried, Verdict};
use super::literal::row;
use super::rows::{Columns, Marked, SCALE};
use crate::contract::{Component, Function, Shape};
use crate::host::Program;
use crate::replay::{OnError, Options, Plugins, ToldChange, replay_records};
use crate::sql::{Builtins, Functions, Pipeline, Plugin};
use crate::topic::Record;

pub(super) const BATCHES: Law =
    Law { name: "batches", says: "rows that go through SQL in batches of 2, 7 or 1024 tell what single rows tell" };
const SIZES: [usize; 3] = [2, 7, 1024];

/// One sequence is up to ten replays: as much as some of another law's.
const FEWER: u32 = 4;

/// Before the function's name, so that no engine's built-in is meant and no word of SQL.
const PREFIX: &str = "LAWS_";

/// SQL that calls the function, ready to run.
struct Replay {
    pipeline: Pipeline,
    /// For people.
    how: &'static str,
    /// The source is a table: a record replaces the row of its key.
    updates: bool,
}

/// `programs` are without and with loops over batches.
pub(super) fn check(component: &Component, programs: [&Program; 2], function: &Function, trial: &Trial) -> Found {
    let plugin = Plugin { file: "the component".to_owned(), component: Arc::new(component.clone()), standard: true };
    let mut replays = Vec::new();
    let mut refused = Vec::new();
    for (dialect, updates, how) in ways(function) {
        let sql = statements(function, dialect, updates);
        match sql.and_then(|sql| plan(&plugin, dialect, &sql)) {
            Ok(pipeline) => replays.push(Replay { pipeline, how, updates }),
            Err(reason) => refused.push(format!("not {how}: {reason}")),
        }
    }
    if replays.is_empty() {
        return Found::said(BATCHES, Verdict::NotChecked(refused.join("; ")));
    }
    let plugins = Plugins::compiled(&plugin, programs.map(Program::clone));
    let is_looped = programs[1].fold(&function.interface).is_some();
    let sequences = Columns::of(component, function).sequences_of_scale(SCALE);
    let trial = Trial { sequences: trial.sequences.div_ceil(FEWER), ..*trial };
    let show = |sequence: &Vec<Marked>| lines(function, sequence);
    let outcome = trial.run(BATCHES, &sequences, show, |sequence| {
        let mut told = false;
        for replay in &replays {
            told |= replay.check(&plugins, function, is_looped, sequence)?;
        }
        Ok(if told && !sequence.is_empty() { Tried::Yes } else { Tried::No })
    });
    let mut notes = vec![replays.iter().map(|replay| replay.how).collect::<Vec<_>>().join(", ")];
    notes.extend(is_looped.then(|| "by calls, and by the loop that longer batches go through".to_owned()));
    notes.extend(refused);
    Found::of(BATCHES, outcome, notes)
}

/// Which SQL to write: dialect, whether the source has updates, and what to call it.
fn ways(function: &Function) -> Vec<(Dialect, bool, &'static str)> {
    let stream = (Dialect::Flink, false, "in Flink's SQL over a stream");
    match function.shape {
        // Only ksqlDB's SQL has table functions here.
        Shape::Table => vec![(Dialect::Ksqldb, false, "in ksqlDB's SQL over a stream")],
        Shape::Aggregate { retract: true, .. } | Shape::Keyed { retract: true, .. } => {
            vec![stream, (Dialect::Ksqldb, true, "in ksqlDB's SQL over a table")]
        }
        _ => vec![stream],
    }
}

fn plan(plugin: &Plugin, dialect: Dialect, sql: &str) -> Result<Pipeline, String> {
    let functions = Functions {
        builtins: Builtins::Component,
        plugins: vec![plugin.clone()],
        prefix: PREFIX.to_owned(),
        ..Functions::native(dialect)
    };
    Pipeline::plan(functions, sql).map_err(|error| error.to_string())
}

/// The source has an id, a group and the arguments: `s (id, k, c0, …)`.
fn statements(function: &Function, dialect: Dialect, updates: bool) -> Result<String, String> {
    let spell = |of: &SqlType| match dialect {
        Dialect::Flink => Ok(flink(of)),
        Dialect::Ksqldb => of.ksqldb(),
    };
    let columns = function.params.iter().enumerate();
    let columns = columns.map(|(i, param)| Ok(format!(", c{i} {}", spell(&of_scale(&param.sql_type, SCALE))?)));
    let columns = columns.collect::<Result<String, String>>()?;
    let arguments: Vec<String> = (0..function.params.len()).map(|i| format!("c{i}")).collect();
    let call = format!("{PREFIX}{}({})", function.sql_name, arguments.join(", "));
    let grouped = matches!(function.shape, Shape::Aggregate { .. } | Shape::Keyed { .. });
    let group = if grouped { " GROUP BY k" } else { "" };
    Ok(match dialect {
        Dialect::Flink => {
            let takes_decimal = function.params.iter().any(|p| matches!(p.sql_type, SqlType::Decimal(..)));
            let result = flink(&of_scale(&function.result, if takes_decimal { SCALE } else { 18 }));
            format!(
                "CREATE TABLE s (id BIGINT, k BIGINT{columns}) WITH ('connector' = 'kafka', 'format' = 'json');\n\
                 CREATE TABLE t (k BIGINT, r {result}) WITH ('connector' = 'print');\n\
                 INSERT INTO t SELECT k, {call} FROM s{group};\n"
            )
        }
        Dialect::Ksqldb => {
            let (collection, key) = if updates { ("TABLE", "PRIMARY KEY") } else { ("STREAM", "KEY") };
            let (made, selected) = if grouped { ("TABLE", "k") } else { (collection, "id, k") };
            format!(
                "CREATE {collection} s (id BIGINT {key}, k BIGINT{columns}) \
                 WITH (KAFKA_TOPIC = 's', VALUE_FORMAT = 'JSON');\n\
                 CREATE {made} t AS SELECT {selected}, {call} AS r FROM s{group} EMIT CHANGES;\n"
            )
        }
    })
}

/// The type with this scale for its decimals, which no signature names.
fn of_scale(of: &SqlType, scale: u8) -> SqlType {
    let inner = |of: &SqlType| Box::new(of_scale(of, scale));
    match of {
        SqlType::Decimal(precision, _) => SqlType::Decimal(*precision, scale),
        SqlType::Array(element) => SqlType::Array(inner(element)),
        SqlType::Multiset(element) => SqlType::Multiset(inner(element)),
        SqlType::Map(key, value) => SqlType::Map(inner(key), inner(value)),
        SqlType::Row(fields) => {
            let field = |field: &Field| Field { sql_type: of_scale(&field.sql_type, scale), ..field.clone() };
            SqlType::Row(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// As Flink spells it, with quoted names: a field may be called like a word of SQL.
fn flink(of: &SqlType) -> String {
    match of {
        SqlType::Array(element) => format!("ARRAY<{}>", flink(element)),
        SqlType::Multiset(element) => format!("MULTISET<{}>", flink(element)),
        SqlType::Map(key, value) => format!("MAP<{}, {}>", flink(key), flink(value)),
        SqlType::Row(fields) => {
            let null = |field: &Field| if field.nullable { "" } else { " NOT NULL" };
            let fields = fields.iter().map(|f| format!("`{}` {}{}", f.name, flink(&f.sql_type), null(f)));
            format!("ROW<{}>", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// What a replay told: the changes of each table and the notes, or why it ended.
type Told = Result<(Vec<Vec<ToldChange>>, Vec<String>), String>;

impl Replay {
    /// Whether the run came to its end, and so told anything that could differ.
    fn check(
        &self,
        plugins: &Plugins,
        function: &Function,
        is_looped: bool,
        sequence: &[Marked],
    ) -> Result<bool, Broken> {
        let wanted = self.told(plugins, sequence, 1, None);
        let by_calls = SIZES.map(|size| (size, None));
        let by_loop = is_looped.then(|| (SIZES[SIZES.len() - 1], Some(0)));
        for (size, fold_after) in by_calls.into_iter().chain(by_loop) {
            let found = self.told(plugins, sequence, size, fold_after);
            if found != wanted {
                let mut given = lines(function, sequence);
                let by = if fold_after.is_some() { ", by the loop" } else { "" };
                given.push(format!("{}, in batches of {size}{by}", self.how));
                let (wanted, found) = first_difference(&wanted, &found);
                return Err(Broken::Law(CounterExample { given, wanted, found }));
            }
        }
        Ok(wanted.is_ok())
    }

    fn told(&self, plugins: &Plugins, sequence: &[Marked], batch_rows: usize, fold_after: Option<usize>) -> Told {
        let records = BTreeMap::from([(self.topic(), self.records(sequence))]);
        // A refused row is another law's.
        let options = Options { on_error: OnError::Null, batch_rows, fold_after, ..Options::default() };
        let outcome = replay_records(&self.pipeline, plugins, records, options).map_err(|error| error.to_string())?;
        Ok((outcome.tables.iter().map(|table| table.told()).collect(), outcome.notes))
    }

    fn topic(&self) -> String {
        self.pipeline.topics.first().map_or_else(String::new, |topic| topic.topic.clone())
    }

    fn records(&self, sequence: &[Marked]) -> Vec<Record> {
        let record = |(offset, marked): (usize, &Marked)| {
            let (id, group) = (i64::from(marked.mark % 4), i64::from(marked.mark / 4 % 3));
            let is_tombstone = self.updates && marked.mark / 16 % 5 == 4;
            let mut row = vec![Value::S64(id), Value::S64(group)];
            row.extend(marked.row.iter().cloned());
            if is_tombstone {
                row[1..].fill(Value::Null);
            }
            Record {
                partition: 0,
                offset: offset as i64,
                time: offset as i64,
                row: row.into(),
                is_tombstone,
                raw: None,
            }
        };
        sequence.iter().enumerate().map(record).collect()
    }
}

fn lines(function: &Function, sequence: &[Marked]) -> Vec<String> {
    sequence.iter().map(|marked| format!("row {}", row(&function.params, &marked.row))).collect()
}

fn first_difference(wanted: &Told, found: &Told) -> (String, String) {
    match (wanted, found) {
        (Ok((wanted, _)), Ok((found, _))) if wanted != found => {
            let (wanted, found) = (wanted.concat(), found.concat());
            let first = wanted.iter().zip(&found).take_while(|(a, b)| a == b).count();
            let show = |told: &[ToldChange]| match told.get(first) {
                Some(change) => {
                    format!("{} {}", change.op, crate::report::plain(&Value::Record(change.values.clone())))
                }
                None => format!("{first} changes"),
            };
            (show(&wanted), show(&found))
        }
        (wanted, found) => {
            let show = |told: &Told| told.as_ref().map_or_else(String::clone, |(_, notes)| notes.join("; "));
            (show(wanted), show(found))
        }
    }
}
