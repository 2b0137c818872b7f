//! Input in phases: what a later one has comes after everything before is through.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::TopicError;

/// What is fed together.
#[derive(Debug, Clone, Default)]
pub struct Phase {
    /// Empty where the input has no phases.
    pub name: String,
    /// A file for each topic.
    pub files: BTreeMap<String, PathBuf>,
}

/// Input without phases is one.
impl From<BTreeMap<String, PathBuf>> for Phase {
    fn from(files: BTreeMap<String, PathBuf>) -> Phase {
        Phase { name: String::new(), files }
    }
}

impl Phase {
    /// The folders of a directory, each a phase: `1-setup`, `2-corrections`, … in the order of their numbers.
    pub fn read(directory: &Path) -> Result<Vec<Phase>, TopicError> {
        let mut phases = BTreeMap::new();
        for folder in entries(directory)? {
            let wrong =
                |wanted: &str| TopicError { file: folder.clone(), place: None, message: format!("wanted {wanted}") };
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let number = name.split('-').next().and_then(|number| number.parse::<u32>().ok());
            let Some(number) = number.filter(|_| folder.is_dir()) else {
                return Err(wrong("a folder for each phase, named by its number first: 1-setup, 2-corrections"));
            };
            let files = files(&folder)?;
            if files.is_empty() {
                return Err(wrong("the phase's topics (TOPIC.jsonl or TOPIC.avro), found none"));
            }
            if phases.insert(number, Phase { name, files }).is_some() {
                return Err(wrong(&format!("one phase {number}, found two")));
            }
        }
        match phases.is_empty() {
            true => Err(TopicError {
                file: directory.to_owned(),
                place: None,
                message: "wanted a folder for each phase, such as 1-setup, found none".to_owned(),
            }),
            false => Ok(phases.into_values().collect()),
        }
    }
}

/// The topics in a folder: files by their name without `.jsonl` or `.avro`.
pub fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, TopicError> {
    let files =
        entries(folder)?.into_iter().filter(|file| file.extension().is_some_and(|e| e == "jsonl" || e == "avro"));
    Ok(files.map(|file| (file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), file)).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, TopicError> {
    let unreadable = |error| TopicError {
        file: folder.to_owned(),
        place: None,
        message: format!("wanted a folder, could not read it: {error}"),
    };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut entries =
        entries.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort();
    Ok(entries)
}
