//! Letters on their way out, each as it comes: to a file of lines, a file of its own, or a topic.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Call, Letter, Record, Schema, VERSION};
use crate::host::Limits;
use crate::replay::{DeadLetter, DeadLetters};
use crate::report::{json_line, quoted};
use crate::sql::{Format, Pipeline};
use crate::topic::broker::{BrokerError, Cluster, Sender};
use crate::topic::registry::Registry;
use crate::topic::{self, Original};

/// Where letters go.
pub enum Destination<'a> {
    /// Lines of standard error.
    StandardError,
    /// A directory that is there or whose path ends in `/`, where each letter is a file; else a file with a letter a line.
    Path(&'a Path),
    /// A topic of this cluster, whose records are as they were, with headers that say what was wrong.
    Topic(&'a Cluster, &'a str),
}

#[derive(Debug, thiserror::Error)]
pub enum LettersError {
    #[error("{}: wanted to write dead letters there: {error}", .path.display())]
    Unwritable { path: PathBuf, error: io::Error },
    #[error(
        "{}: wanted a file that only its owner may read (0600), since dead letters hold people's data, found {mode:04o}; \
         `chmod 600` it or name another", .path.display()
    )]
    Readable { path: PathBuf, mode: u32 },
    #[error("standard error: wanted to write dead letters there: {0}")]
    StandardError(io::Error),
    #[error(transparent)]
    Broker(#[from] Box<BrokerError>),
}

/// What letters tell of the replay they come from.
pub struct Source<'a> {
    pub pipeline: &'a Pipeline,
    /// The text of the statements.
    pub sql: &'a str,
    pub limits: Limits,
    pub most_entries: Option<u32>,
    pub registry: Option<&'a Registry>,
}

/// The letters of one replay. Behind cells, since every operator may have some.
pub struct Letters<'a> {
    source: Source<'a>,
    out: RefCell<Out<'a>>,
    count: Cell<usize>,
}

enum Out<'a> {
    StandardError,
    Lines {
        path: PathBuf,
        file: File,
    },
    /// With the names that are given.
    Files {
        directory: PathBuf,
        names: HashSet<String>,
    },
    Topic(Box<Sender<'a>>),
}

impl<'a> Letters<'a> {
    /// Opens the destination, once for the whole run.
    pub fn open(source: Source<'a>, destination: &Destination<'a>) -> Result<Self, LettersError> {
        let out = match destination {
            Destination::StandardError => Out::StandardError,
            Destination::Path(path) if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
                made.map_err(|error| LettersError::Unwritable { path: path.to_path_buf(), error })?;
                Out::Files { directory: path.to_path_buf(), names: HashSet::new() }
            }
            Destination::Path(path) => Out::Lines { path: path.to_path_buf(), file: lines(path)? },
            Destination::Topic(cluster, topic) => Out::Topic(Box::new(Sender::open(cluster, topic).map_err(Box::new)?)),
        };
        Ok(Letters { source, out: RefCell::new(out), count: Cell::new(0) })
    }

    /// How many there were, once all of them are where they belong.
    pub fn finish(&self) -> Result<usize, LettersError> {
        if let Out::Topic(sender) = &mut *self.out.borrow_mut() {
            sender.finish().map_err(Box::new)?;
        }
        Ok(self.count.get())
    }

    fn letter(&self, letter: &DeadLetter) -> Letter {
        let (origin, original, reason, call) = match letter {
            DeadLetter::Call { failure, call, record } => {
                let plugin = &self.source.pipeline.functions.plugins[call.plugin];
                let limits = (self.source.limits, self.source.most_entries);
                let told = Call::new(plugin, failure, call, limits);
                let origin = (failure.origin.topic.to_string(), failure.origin.partition, failure.origin.offset);
                (origin, record.as_deref(), failure.error.to_string(), Some(told))
            }
            DeadLetter::Broken { topic, broken } => {
                let origin = (topic.clone(), broken.partition, broken.offset);
                (origin, broken.raw.as_deref(), broken.reason.clone(), None)
            }
        };
        let (topic, partition, offset) = origin;
        Letter {
            version: VERSION,
            partition,
            offset,
            timestamp: original.and_then(Original::timestamp),
            reason: quoted(&reason),
            record: original.map(|original| Record::new(original, |is_key, bytes| self.schema(&topic, is_key, bytes))),
            call,
            sql_sha256: digest(self.source.sql),
            topic,
        }
    }

    /// The schema that stands in front of a key or value of this topic.
    fn schema(&self, topic: &str, is_key: bool, bytes: &[u8]) -> Option<Schema> {
        let topic = self.source.pipeline.topics.iter().find(|found| found.is_source && found.topic == topic)?;
        let format = if is_key { topic.key_format } else { topic.value_format };
        let (id, _) = (format == Format::Avro).then(|| topic::framed(bytes).ok()).flatten()?;
        let texts = self.source.registry.and_then(|registry| registry.known(id)).unwrap_or_default();
        Some(Schema { id, texts })
    }
}

impl DeadLetters for Letters<'_> {
    fn begin(&self) -> Result<(), LettersError> {
        self.count.set(0);
        match &mut *self.out.borrow_mut() {
            Out::Lines { path, file } => emptied(file).map_err(|error| unwritable(path, error)),
            Out::Files { names, .. } => {
                names.clear();
                Ok(())
            }
            // What is sent stays: a letter may be there twice, and says which record it is of.
            Out::StandardError | Out::Topic(_) => Ok(()),
        }
    }

    fn put(&self, letter: DeadLetter) -> Result<(), LettersError> {
        let told = self.letter(&letter);
        let text = text(&told);
        match &mut *self.out.borrow_mut() {
            Out::StandardError => writeln!(anstream::stderr(), "{text}").map_err(LettersError::StandardError)?,
            // In one piece: a run that is killed leaves whole lines.
            Out::Lines { path, file } => {
                file.write_all(format!("{text}\n").as_bytes()).map_err(|error| unwritable(path, error))?;
            }
            Out::Files { directory, names } => {
                let record = format!("{}-{}-{}", as_file_name(&told.topic), told.partition, told.offset);
                let mut name = format!("{record}.json");
                // A record may have several; and a topic's name may end as another's record does.
                for more in 2.. {
                    if names.insert(name.clone()) {
                        break;
                    }
                    name = format!("{record}-{more}.json");
                }
                let path = directory.join(name);
                whole_file(&path, &text).map_err(|error| unwritable(&path, error))?;
            }
            Out::Topic(sender) => {
                let original = match &letter {
                    DeadLetter::Call { record, .. } => record.as_deref(),
                    DeadLetter::Broken { broken, .. } => broken.raw.as_deref(),
                };
                sender.send(original, &headers(&told, text)).map_err(Box::new)?;
            }
        }
        self.count.set(self.count.get() + 1);
        Ok(())
    }
}

/// A letter on one line.
fn text(letter: &Letter) -> String {
    json_line(&serde_json::to_value(letter).unwrap_or_default())
}

/// What Connect says of a record in its dead letter queue in `__connect.errors.…`
/// (`org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter`), under our own names: all of it as text.
fn headers(letter: &Letter, text: String) -> Vec<(String, String)> {
    let mut headers = vec![
        ("topic", letter.topic.clone()),
        ("partition", letter.partition.to_string()),
        ("offset", letter.offset.to_string()),
        ("reason", letter.reason.clone()),
    ];
    if let Some(call) = &letter.call {
        headers.extend([
            ("function", call.function.clone()),
            ("file", call.file.clone()),
            ("sha256", call.sha256.clone()),
            ("key", call.key.clone()),
        ]);
    }
    headers.push(("letter", text));
    headers.into_iter().map(|(name, value)| (format!("streamfn.{name}"), value)).collect()
}

pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unwritable(path: &Path, error: io::Error) -> LettersError {
    LettersError::Unwritable { path: path.to_owned(), error }
}

/// A file for its owner alone. One that is there stays as it is but for what is in it, if nobody else may read it.
fn lines(path: &Path) -> Result<File, LettersError> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = opened.map_err(|error| unwritable(path, error))?;
    let metadata = file.metadata().map_err(|error| unwritable(path, error))?;
    let mode = metadata.permissions().mode() & 0o777;
    // A pipe or a terminal keeps nothing.
    match metadata.is_file() && mode & 0o077 != 0 {
        true => Err(LettersError::Readable { path: path.to_owned(), mode }),
        false => Ok(file),
    }
}

fn emptied(file: &mut File) -> io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
        file.rewind()?;
    }
    Ok(())
}

/// A file that is there with all its text or not at all.
fn whole_file(path: &Path, text: &str) -> io::Result<()> {
    let part = path.with_extension("part");
    // One that a killed run left may have other rights.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    let written = writeln!(file, "{text}").and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// A topic's name, with nothing in it that Kafka would not have there.
fn as_file_name(topic: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let name: String =
        topic.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    // No file is hidden for its topic's name.
    if name.starts_with('.') { name.replacen('.', "%2E", 1) } else { name }
}
