//! Columns by the names that a SQL file has for them: `user-id` is `user_id` in one and `userid` in another.

use streamfn_model::{Dialect, Field};

use super::{GenerateError, Table};
use crate::sql::{Format, Pipeline, Topic};
use crate::topic::recording::Outgoing;

/// Gives columns and keys the names that the pipeline's topics have for them. A column has the SQL's name if the two are the
/// same but for case and underscores.
pub fn name_by(tables: &mut [Table], pipeline: &Pipeline) -> Result<(), GenerateError> {
    let sources = pipeline.topics.iter().filter(|topic| topic.is_source);
    let mut found = false;
    for topic in sources.clone() {
        for table in tables.iter_mut().filter(|table| table.outgoing.topic == topic.topic) {
            rename(&mut table.outgoing, topic, pipeline.dialect)?;
            found = true;
        }
    }
    let topics = |names: &mut dyn Iterator<Item = &String>| names.cloned().collect::<Vec<_>>().join(", ");
    match found {
        true => Ok(()),
        false => Err(GenerateError::NoTopic {
            generated: topics(&mut tables.iter().map(|table| &table.outgoing.topic)),
            declared: topics(&mut sources.map(|topic| &topic.topic)),
        }),
    }
}

fn rename(outgoing: &mut Outgoing, topic: &Topic, dialect: Dialect) -> Result<(), GenerateError> {
    let relation = &topic.relation;
    for (index, field) in relation.fields.iter().enumerate() {
        let is_elsewhere = relation.key.contains(&index) || topic.metadata.iter().any(|(column, _)| *column == index);
        match outgoing.columns.iter_mut().find(|column| is_same(&column.name, &field.name)) {
            Some(column) => name(column, field, dialect),
            None if is_elsewhere => {}
            None => {
                return Err(GenerateError::NoColumn {
                    topic: topic.topic.clone(),
                    column: field.name.clone(),
                    columns: outgoing.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", "),
                });
            }
        }
    }
    // ksqlDB has a key of one column without its name.
    if let (Dialect::Flink, Format::Json | Format::Avro | Format::PlainAvro, [key]) =
        (dialect, topic.key_format, relation.key.as_slice())
    {
        outgoing.key_field = Some(relation.fields[*key].name.clone());
    }
    Ok(())
}

fn is_same(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.replace('_', "").to_lowercase();
    letters(a) == letters(b)
}

/// ksqlDB finds a name in any case, and its own are in upper case.
fn name(column: &mut Field, field: &Field, dialect: Dialect) {
    if dialect == Dialect::Flink || !column.name.eq_ignore_ascii_case(&field.name) {
        column.name.clone_from(&field.name);
    }
}
