//! JSON Lines: `{"key":…,"value":…,"timestamp":…,"partition":…}`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::{Generated, Outgoing, RecordingError, Sink};
use crate::report;

/// A file for each topic.
pub struct Files {
    files: Vec<(Outgoing, PathBuf, BufWriter<File>)>,
}

impl Files {
    pub fn new(topics: &[Outgoing], files: Vec<(PathBuf, BufWriter<File>)>) -> Files {
        Files { files: topics.iter().zip(files).map(|(topic, (path, file))| (topic.clone(), path, file)).collect() }
    }
}

impl Sink for Files {
    fn write(&mut self, record: Generated) -> Result<(), RecordingError> {
        let (topic, path, file) = &mut self.files[record.topic];
        writeln!(file, "{}", line(topic, record)).map_err(|error| RecordingError::File { file: path.clone(), error })
    }

    fn flush(&mut self) -> Result<(), RecordingError> {
        let mut files = self.files.iter_mut();
        files.try_for_each(|(_, path, file)| {
            file.flush().map_err(|error| RecordingError::File { file: path.clone(), error })
        })
    }

    fn finish(mut self: Box<Self>) -> Result<(), RecordingError> {
        self.flush()
    }
}

fn line(topic: &Outgoing, record: Generated) -> Json {
    let key = report::json(&topic.key, record.key);
    let key = match &topic.key_field {
        Some(field) => json!({ field: key }),
        None => key,
    };
    let value = match record.value {
        streamfn_model::Value::Record(row) => Json::Object(report::json_row(&topic.columns, row)),
        _ => Json::Null,
    };
    json!({ "key": key, "value": value, "timestamp": record.timestamp, "partition": record.partition })
}
