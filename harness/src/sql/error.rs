//! What can be wrong with a SQL file, and where.

use std::fmt;

use sqlparser::tokenizer::{Location, Span};

/// A statement that cannot be run: what was wanted, what was found, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SqlError {
    pub kind: SqlErrorKind,
    /// A sentence for a person. For [`SqlErrorKind::NotSupported`] it is the clause.
    pub message: String,
    /// Line and column, from 1; `None` where the trouble has no place in the file.
    pub at: Option<Position>,
}

/// What a caller can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlErrorKind {
    /// The text is no statement of the dialect.
    Syntax,
    /// The dialect has it, the harness does not: refused, never approximated.
    NotSupported,
    /// A name that nothing has: table, column, function, property.
    Unknown,
    /// A name or statement that the dialect itself refuses here.
    Invalid,
    /// Types that do not go together.
    WrongType,
    /// A function's component is not there.
    MissingPlugin,
}

/// A place in the SQL text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u64,
    pub column: u64,
}

impl Position {
    /// The start of a span; `None` for the parser's "no place".
    pub fn of(span: Span) -> Option<Position> {
        Position::at(span.start)
    }

    pub fn at(location: Location) -> Option<Position> {
        (location.line > 0).then_some(Position { line: location.line, column: location.column })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == SqlErrorKind::NotSupported {
            f.write_str("not supported: ")?;
        }
        f.write_str(&self.message)?;
        match self.at {
            Some(at) => write!(f, " at {at}"),
            None => Ok(()),
        }
    }
}

impl SqlError {
    pub fn new(kind: SqlErrorKind, message: impl Into<String>, at: Option<Position>) -> Self {
        SqlError { kind, message: message.into(), at }
    }

    pub fn not_supported(clause: impl Into<String>, at: Option<Position>) -> Self {
        Self::new(SqlErrorKind::NotSupported, clause, at)
    }

    pub fn syntax(message: impl Into<String>, at: Option<Position>) -> Self {
        Self::new(SqlErrorKind::Syntax, message, at)
    }

    pub fn unknown(message: impl Into<String>, at: Option<Position>) -> Self {
        Self::new(SqlErrorKind::Unknown, message, at)
    }

    pub fn invalid(message: impl Into<String>, at: Option<Position>) -> Self {
        Self::new(SqlErrorKind::Invalid, message, at)
    }

    pub fn wrong_type(message: impl Into<String>, at: Option<Position>) -> Self {
        Self::new(SqlErrorKind::WrongType, message, at)
    }

    /// The same error, with a place if it had none.
    pub fn or_at(mut self, at: Option<Position>) -> Self {
        self.at = self.at.or(at);
        self
    }
}

/// The candidate nearest to a name somebody mistyped, if one is near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// "; did you mean X?" or what there is to choose from.
pub fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(name, candidates.clone()) {
        return format!("; did you mean {near}?");
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    match all.is_empty() {
        true => String::new(),
        false => format!("; there is {}", all.join(", ")),
    }
}
