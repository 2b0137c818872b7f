//! The statements around the queries: CREATE, INSERT and SET of both dialects, on sqlparser's tokenizer.
//!
//! Reads; decides nothing about what can be run. Queries inside are sqlparser's own.

use sqlparser::ast::{Expr, Ident, Query};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError, Whitespace};
use streamfn_model::window::Windows;
use streamfn_model::{Dialect, SqlType};

use super::clauses::{self, Clauses};
use super::dialect;
use super::error::{Position, SqlError};
use super::words::{self, Words, is_code};

mod statement_set;

use statement_set::StatementSets;

/// One statement and where it starts.
#[derive(Debug, Clone)]
pub struct Statement {
    pub at: Option<Position>,
    pub words: Words,
    pub kind: StatementKind,
}

#[derive(Debug, Clone)]
pub enum StatementKind {
    /// `CREATE STREAM|TABLE name (columns) WITH (…)`: a topic, or in Flink any table with a connector.
    Create(Box<Create>),
    /// `CREATE STREAM|TABLE name WITH (…) AS SELECT …`
    CreateAs { name: Ident, collection: Collection, properties: Vec<Property>, query: Box<Query>, clauses: Clauses },
    /// `CREATE VIEW name [(columns)] AS SELECT …`
    CreateView { name: Ident, columns: Vec<Ident>, query: Box<Query> },
    /// `INSERT INTO name [(columns)] SELECT … [ON CONFLICT DO …]`
    Insert { name: Ident, columns: Vec<Ident>, query: Box<Query>, clauses: Clauses, on_conflict: Option<OnConflict> },
    /// `SET 'name' = 'value'`: a setting of the engine's runtime, which changes no answer here.
    Set { name: String, value: String },
    /// `CREATE FUNCTION name AS 'class' …`
    CreateFunction { name: Ident, class: String },
}

/// `ON CONFLICT DO DEDUPLICATE`: what becomes of rows of a query that are one row to the table's primary key.
#[derive(Debug, Clone, Copy)]
pub struct OnConflict {
    pub at: Option<Position>,
}

/// What ksqlDB makes of a topic. Flink's tables are append-only streams unless they have a primary key and upserts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    Stream,
    Table,
}

#[derive(Debug, Clone)]
pub struct Create {
    pub name: Ident,
    pub collection: Collection,
    pub columns: Vec<ColumnDef>,
    /// `PRIMARY KEY (…) NOT ENFORCED` of Flink, beside the columns.
    pub primary_key: Vec<Ident>,
    /// `WATERMARK FOR column AS expression` of Flink.
    pub watermark: Option<(Ident, Expr)>,
    pub properties: Vec<Property>,
}

#[derive(Debug, Clone)]
pub struct ColumnDef {
    pub name: Ident,
    pub role: ColumnRole,
    pub nullable: bool,
}

#[derive(Debug, Clone)]
pub enum ColumnRole {
    Value(SqlType),
    /// `KEY` of a ksqlDB stream.
    Key(SqlType),
    PrimaryKey(SqlType),
    /// `HEADERS` or `HEADER('name')` of ksqlDB.
    Header(SqlType),
    /// `METADATA [FROM 'name'] [VIRTUAL]` of Flink, by the name that the connector has for it.
    Metadata {
        sql_type: SqlType,
        from: String,
        is_virtual: bool,
    },
    /// `name AS expression` of Flink.
    Computed(Box<Expr>),
}

/// An entry of `WITH (…)`. ksqlDB's names come upper-cased, Flink's as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    pub name: String,
    pub value: String,
    pub at: Option<Position>,
}

/// Reads a whole file.
pub fn parse(dialect: Dialect, text: &str) -> Result<Vec<Statement>, SqlError> {
    let tokens = Tokenizer::new(dialect::grammar(dialect), text)
        .tokenize_with_location()
        .map_err(|TokenizerError { message, location }| SqlError::syntax(message, Position::at(location)))?;
    let statements = tokens.split(|token| token.token == Token::SemiColon);
    let mut sets = StatementSets::new(dialect);
    let mut read = |tokens: &[TokenWithSpan]| {
        if let Some(hint) = tokens.iter().find(|token| dialect == Dialect::Flink && is_hint(&token.token)) {
            return Err(SqlError::not_supported("a hint, /*+ … */", Position::of(hint.span)));
        }
        let words = tokens.iter().filter(|token| is_code(token)).count();
        if words > MAX_WORDS {
            let at = tokens.iter().find(|token| is_code(token)).and_then(|token| Position::of(token.span));
            return Err(SqlError::not_supported(format!("a statement of {words} words; at most {MAX_WORDS}"), at));
        }
        let Some(tokens) = sets.without_marks(tokens)? else { return Ok(None) };
        let statement = Grammar::new(dialect, tokens)?.statement()?;
        sets.check(&statement)?;
        Ok(Some(statement))
    };
    let statements: Result<Vec<Option<Statement>>, SqlError> =
        statements.filter(|tokens| tokens.iter().any(is_code)).map(&mut read).collect();
    let statements = statements?;
    sets.end()?;
    Ok(statements.into_iter().flatten().collect())
}

/// A type on its own, as CAST has it.
pub fn sql_type(dialect: Dialect, text: &str) -> Result<SqlType, SqlError> {
    let tokens = Tokenizer::new(dialect::grammar(dialect), text)
        .tokenize_with_location()
        .map_err(|TokenizerError { message, .. }| SqlError::syntax(message, None))?;
    let mut grammar = Grammar::new(dialect, &tokens)?;
    // The places are those in the type's own text.
    let sql_type = grammar.sql_type().map_err(|error| SqlError { at: None, ..error })?;
    match grammar.peek() {
        Token::EOF => Ok(sql_type),
        found => Err(SqlError::syntax(format!("wanted a type, found {text} with {}", name_of(&found)), None)),
    }
}

/// `SELECT 1 FROM name`, whose list is to be replaced.
pub fn select_from(name: &Ident) -> Result<Query, SqlError> {
    let text = format!("INSERT INTO t SELECT 1 FROM {name}");
    match parse(Dialect::Flink, &text)?.pop().map(|statement| statement.kind) {
        Some(StatementKind::Insert { query, .. }) => Ok(*query),
        _ => Err(SqlError::invalid(format!("{name} cannot be read"), None)),
    }
}

/// The longest statement. An expression is as deep as it is long, and everything that walks it needs stack for that: the
/// command plans on a thread whose stack is made for this.
pub const MAX_WORDS: usize = 10_000;

/// Flink obeys a comment that begins with a plus sign.
fn is_hint(token: &Token) -> bool {
    matches!(token, Token::Whitespace(Whitespace::MultiLineComment(text)) if text.starts_with('+'))
}

/// What both engines take as a statement beside those read here. They change no answer of a query, or run one at once.
const OTHER_STATEMENTS: [&str; 33] = [
    "ADD",
    "ALTER",
    "ANALYZE",
    "ASSERT",
    "BEGIN",
    "CALL",
    "COMPILE",
    "DEFINE",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DROP",
    "EXECUTE",
    "EXPLAIN",
    "INSERT",
    "LIST",
    "LOAD",
    "PAUSE",
    "PRINT",
    "REMOVE",
    "RESET",
    "RESUME",
    "RUN",
    "SELECT",
    "SHOW",
    "STOP",
    "TERMINATE",
    "TRUNCATE",
    "UNDEFINE",
    "UNLOAD",
    "UNSET",
    "UPDATE",
    "USE",
];

struct Grammar<'a> {
    dialect: Dialect,
    parser: Parser<'a>,
    start: Option<Position>,
    /// Behind the last token.
    end: Option<Position>,
    words: Words,
    /// ksqlDB's WINDOW clause, which the parser doesn't see.
    window: Option<Windows>,
    /// One `>` of a `>>` is used up.
    half_shift: bool,
}

impl Grammar<'_> {
    fn new(dialect: Dialect, tokens: &[TokenWithSpan]) -> Result<Self, SqlError> {
        let start = tokens.iter().find(|t| is_code(t)).and_then(|t| Position::of(t.span));
        let end = tokens.iter().rfind(|t| is_code(t)).and_then(|t| Position::at(t.span.end));
        let words = Words::of(tokens);
        let tokens = without_emit_changes(dialect, tokens)?;
        let (tokens, window) = match dialect {
            Dialect::Ksqldb => clauses::take_window(tokens)?,
            Dialect::Flink => (tokens, None),
        };
        let parser = Parser::new(dialect::grammar(dialect)).with_tokens_with_locations(tokens);
        Ok(Grammar { dialect, parser, start, end, words, window, half_shift: false })
    }

    fn statement(mut self) -> Result<Statement, SqlError> {
        let kind = if self.words(&["CREATE"]) {
            self.create()?
        } else if self.words(&["INSERT", "INTO"]) {
            self.insert()?
        } else if self.words(&["SET"]) {
            let name = self.text()?;
            self.expect(Token::Eq)?;
            StatementKind::Set { name, value: self.text()? }
        } else {
            let found = self.peek();
            let upper = found.to_string().to_uppercase();
            return Err(match OTHER_STATEMENTS.contains(&upper.as_str()) {
                true => SqlError::not_supported(
                    format!("{upper} statement{}", instead(self.dialect, &upper)),
                    self.position(),
                ),
                false => SqlError::syntax(
                    format!("wanted a statement (CREATE, INSERT INTO, SET), found {}", name_of(&found)),
                    self.position(),
                ),
            });
        };
        match self.peek() {
            Token::EOF => Ok(Statement { at: self.start, words: self.words, kind }),
            found => Err(self.leftover(found)),
        }
    }

    /// A clause that nothing took: named as such, where its first word is one of the engines' clauses.
    fn leftover(&self, found: Token) -> SqlError {
        const CLAUSES: [&str; 11] = [
            "WINDOW",
            "WITHIN",
            "GRACE",
            "PARTITION",
            "EMIT",
            "PARTITIONED",
            "DISTRIBUTED",
            "LIKE",
            "ON",
            "COMMENT",
            "MATCH_RECOGNIZE",
        ];
        let word = found.to_string().to_uppercase();
        let has_by =
            matches!(self.parser.peek_nth_token(1).token, Token::Word(by) if by.value.eq_ignore_ascii_case("BY"));
        match CLAUSES.contains(&word.as_str()) {
            true if has_by => SqlError::not_supported(format!("{word} BY"), self.position()),
            true => SqlError::not_supported(word, self.position()),
            false => {
                SqlError::syntax(format!("wanted the end of the statement, found {}", name_of(&found)), self.position())
            }
        }
    }

    fn insert(&mut self) -> Result<StatementKind, SqlError> {
        let name = self.identifier()?;
        let at = self.position();
        let columns = self.column_list()?;
        if self.dialect == Dialect::Ksqldb && !columns.is_empty() {
            return Err(SqlError::not_supported("INSERT INTO with a list of columns", at));
        }
        let (query, clauses) = self.query_with_clauses()?;
        let on_conflict = match self.dialect {
            Dialect::Flink => self.on_conflict()?,
            Dialect::Ksqldb => None,
        };
        Ok(StatementKind::Insert { name, columns, query, clauses, on_conflict })
    }

    /// `(a, b)`, or nothing.
    fn column_list(&mut self) -> Result<Vec<Ident>, SqlError> {
        if !self.parser.consume_token(&Token::LParen) {
            return Ok(vec![]);
        }
        let columns = self.parser.parse_comma_separated(Parser::parse_identifier).map_err(|e| self.syntax(e))?;
        self.expect(Token::RParen)?;
        Ok(columns)
    }

    /// <https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/sql/insert/>
    fn on_conflict(&mut self) -> Result<Option<OnConflict>, SqlError> {
        let at = self.position();
        if !self.words(&["ON", "CONFLICT", "DO"]) {
            return Ok(None);
        }
        if self.words(&["DEDUPLICATE"]) {
            return Ok(Some(OnConflict { at }));
        }
        let found = self.peek().to_string().to_uppercase();
        Err(match found.as_str() {
            "ERROR" | "NOTHING" => SqlError::not_supported(
                format!("ON CONFLICT DO {found}, which goes by watermarks; ON CONFLICT DO DEDUPLICATE goes without"),
                at,
            ),
            _ => SqlError::syntax(format!("wanted ON CONFLICT DO DEDUPLICATE, found DO {found}"), at),
        })
    }

    fn create(&mut self) -> Result<StatementKind, SqlError> {
        self.words(&["OR", "REPLACE"]);
        let at = self.position();
        if self.words(&["SOURCE"]) {
            return Err(SqlError::not_supported("CREATE SOURCE", at));
        }
        self.words(&["TEMPORARY"]);
        let system = self.words(&["SYSTEM"]);
        let at = self.position();
        let found = self.parser.next_token().token;
        let word = found.to_string().to_uppercase();
        match (self.dialect, word.as_str()) {
            (_, "TABLE") => self.create_collection(Collection::Table),
            (Dialect::Ksqldb, "STREAM") => self.create_collection(Collection::Stream),
            (Dialect::Flink, "VIEW") => {
                self.if_not_exists();
                let name = self.identifier()?;
                let columns = self.column_list()?;
                if self.words(&["COMMENT"]) {
                    self.text()?;
                }
                self.keyword("AS")?;
                Ok(StatementKind::CreateView { name, columns, query: self.query()? })
            }
            (Dialect::Flink, "FUNCTION") => self.create_function(),
            (_, "STREAM" | "VIEW" | "FUNCTION" | "TYPE" | "CATALOG" | "DATABASE" | "MODEL" | "MATERIALIZED")
            | (_, "SINK" | "CONNECTOR")
                if !system =>
            {
                Err(SqlError::not_supported(format!("CREATE {word} in {}'s dialect", self.dialect), at))
            }
            _ => {
                let wanted = match self.dialect {
                    Dialect::Ksqldb => "STREAM or TABLE",
                    Dialect::Flink => "TABLE, VIEW or FUNCTION",
                };
                Err(SqlError::syntax(format!("wanted {wanted} after CREATE, found {}", name_of(&found)), at))
            }
        }
    }

    fn create_function(&mut self) -> Result<StatementKind, SqlError> {
        self.if_not_exists();
        let name = self.identifier()?;
        self.keyword("AS")?;
        let class = self.text()?;
        if self.words(&["LANGUAGE"]) {
            self.identifier()?;
        }
        if self.words(&["USING"]) {
            self.keyword("JAR")?;
            self.text()?;
        }
        Ok(StatementKind::CreateFunction { name, class })
    }

    fn create_collection(&mut self, collection: Collection) -> Result<StatementKind, SqlError> {
        self.if_not_exists();
        let name = self.identifier()?;
        let mut create =
            Create { name, collection, columns: vec![], primary_key: vec![], watermark: None, properties: vec![] };
        let has_columns = self.parser.consume_token(&Token::LParen);
        if has_columns {
            loop {
                self.table_element(&mut create)?;
                if !self.parser.consume_token(&Token::Comma) {
                    break;
                }
            }
            self.expect(Token::RParen)?;
        }
        if self.words(&["COMMENT"]) {
            self.text()?;
        }
        if self.words(&["WITH"]) {
            create.properties = self.properties()?;
        }
        if !self.words(&["AS"]) {
            return match (has_columns, self.peek()) {
                (false, Token::EOF) => Err(SqlError::syntax(
                    "wanted columns or AS SELECT, found the end of the statement",
                    self.position(),
                )),
                _ => Ok(StatementKind::Create(Box::new(create))),
            };
        }
        if has_columns {
            return Err(SqlError::not_supported("a list of columns before AS SELECT", self.start));
        }
        if self.dialect == Dialect::Flink {
            return Err(SqlError::not_supported("CREATE TABLE … AS SELECT in Flink's dialect", self.start));
        }
        let Create { name, collection, properties, .. } = create;
        let (query, clauses) = self.query_with_clauses()?;
        Ok(StatementKind::CreateAs { name, collection, properties, query, clauses })
    }

    fn table_element(&mut self, create: &mut Create) -> Result<(), SqlError> {
        if self.dialect == Dialect::Flink {
            if self.words(&["WATERMARK", "FOR"]) {
                let column = self.identifier()?;
                self.keyword("AS")?;
                create.watermark = Some((column, self.expression()?));
                return Ok(());
            }
            if self.words(&["PRIMARY", "KEY"]) || self.words(&["CONSTRAINT"]) {
                while self.peek() != Token::LParen && self.peek() != Token::EOF {
                    self.parser.next_token();
                }
                self.expect(Token::LParen)?;
                create.primary_key =
                    self.parser.parse_comma_separated(Parser::parse_identifier).map_err(|e| self.syntax(e))?;
                self.expect(Token::RParen)?;
                return self.not_enforced();
            }
        }
        let column = self.column()?;
        create.columns.push(column);
        Ok(())
    }

    fn column(&mut self) -> Result<ColumnDef, SqlError> {
        let name = self.identifier()?;
        if self.dialect == Dialect::Flink && self.words(&["AS"]) {
            let role = ColumnRole::Computed(Box::new(self.expression()?));
            return Ok(ColumnDef { name, role, nullable: true });
        }
        let sql_type = self.sql_type()?;
        let mut nullable = !self.words(&["NOT", "NULL"]);
        let role = match self.dialect {
            Dialect::Ksqldb => self.ksqldb_role(sql_type)?,
            Dialect::Flink => self.flink_role(&name, sql_type)?,
        };
        nullable &= !matches!(role, ColumnRole::PrimaryKey(_));
        if self.words(&["COMMENT"]) {
            self.text()?;
        }
        Ok(ColumnDef { name, role, nullable })
    }

    fn ksqldb_role(&mut self, sql_type: SqlType) -> Result<ColumnRole, SqlError> {
        if self.words(&["PRIMARY", "KEY"]) {
            return Ok(ColumnRole::PrimaryKey(sql_type));
        }
        if self.words(&["KEY"]) {
            return Ok(ColumnRole::Key(sql_type));
        }
        if self.words(&["HEADERS"]) {
            return Ok(ColumnRole::Header(sql_type));
        }
        if self.words(&["HEADER"]) {
            self.expect(Token::LParen)?;
            self.text()?;
            self.expect(Token::RParen)?;
            return Ok(ColumnRole::Header(sql_type));
        }
        Ok(ColumnRole::Value(sql_type))
    }

    fn flink_role(&mut self, name: &Ident, sql_type: SqlType) -> Result<ColumnRole, SqlError> {
        if self.words(&["METADATA"]) {
            let from = if self.words(&["FROM"]) { self.text()? } else { name.value.clone() };
            let is_virtual = self.words(&["VIRTUAL"]);
            return Ok(ColumnRole::Metadata { sql_type, from, is_virtual });
        }
        if self.words(&["PRIMARY", "KEY"]) {
            self.not_enforced()?;
            return Ok(ColumnRole::PrimaryKey(sql_type));
        }
        Ok(ColumnRole::Value(sql_type))
    }

    fn not_enforced(&mut self) -> Result<(), SqlError> {
        match self.words(&["NOT", "ENFORCED"]) {
            true => Ok(()),
            false => Err(SqlError::invalid("Flink takes a PRIMARY KEY only with NOT ENFORCED", self.position())),
        }
    }

    /// `ARRAY<…>`, `MAP<…, …>`, `MULTISET<…>`, `ROW<…>`, `STRUCT<…>` and the plain types of both dialects.
    fn sql_type(&mut self) -> Result<SqlType, SqlError> {
        let at = self.position();
        let found = self.parser.next_token().token;
        let word = found.to_string().to_uppercase();
        let of = match (self.dialect, word.as_str()) {
            (_, "BOOLEAN") => SqlType::Boolean,
            (_, "INT" | "INTEGER") => SqlType::Int,
            (_, "BIGINT") => SqlType::BigInt,
            (_, "DOUBLE") => {
                self.words(&["PRECISION"]);
                SqlType::Double
            }
            (_, "STRING") => SqlType::String,
            (_, "VARCHAR") => {
                // A length other than the greatest would cut or refuse values; no rule for that is written yet.
                if let Some(length) = self.number_in_parentheses()?.filter(|n| *n != i32::MAX as u64) {
                    return Err(SqlError::not_supported(format!("VARCHAR({length}); write STRING"), at));
                }
                SqlType::String
            }
            (_, "BYTES") => SqlType::Bytes,
            (_, "DATE") => SqlType::Date,
            (_, "TIME") => SqlType::Time,
            (_, "DECIMAL" | "DEC" | "NUMERIC") => self.decimal(at)?,
            (_, "ARRAY") => {
                self.open()?;
                let element = self.sql_type()?;
                self.close()?;
                SqlType::Array(Box::new(element))
            }
            (_, "MAP") => {
                self.open()?;
                let key = self.sql_type()?;
                self.expect(Token::Comma)?;
                let value = self.sql_type()?;
                self.close()?;
                SqlType::Map(Box::new(key), Box::new(value))
            }
            (Dialect::Ksqldb, "STRUCT") | (Dialect::Flink, "ROW") => self.row()?,
            (Dialect::Ksqldb, "TIMESTAMP") => SqlType::TimestampLtz,
            (Dialect::Flink, "TINYINT") => SqlType::TinyInt,
            (Dialect::Flink, "SMALLINT") => SqlType::SmallInt,
            (Dialect::Flink, "FLOAT") => SqlType::Float,
            (Dialect::Flink, "MULTISET") => {
                self.open()?;
                let element = self.sql_type()?;
                self.close()?;
                SqlType::Multiset(Box::new(element))
            }
            (Dialect::Flink, "TIMESTAMP" | "TIMESTAMP_LTZ") => {
                // Without a precision Flink means 6: microseconds, which no value here can hold.
                let precision = self.number_in_parentheses()?.unwrap_or(6);
                if precision > 3 {
                    let clause = format!("{word}({precision}); the harness keeps milliseconds, write {word}(3)");
                    return Err(SqlError::not_supported(clause, at));
                }
                let local = word == "TIMESTAMP_LTZ" || self.words(&["WITH", "LOCAL", "TIME", "ZONE"]);
                self.words(&["WITHOUT", "TIME", "ZONE"]);
                if local { SqlType::TimestampLtz } else { SqlType::Timestamp }
            }
            _ if !matches!(found, Token::Word(_)) => {
                return Err(SqlError::syntax(format!("wanted a type, found {}", name_of(&found)), at));
            }
            _ => {
                let message = format!("{} has no type {word}, or the harness does not know it", self.dialect);
                return Err(SqlError::unknown(message, at));
            }
        };
        Ok(of)
    }

    fn row(&mut self) -> Result<SqlType, SqlError> {
        self.open()?;
        let mut fields = vec![];
        loop {
            let ident = self.identifier()?;
            let sql_type = self.sql_type()?;
            let nullable = !self.words(&["NOT", "NULL"]);
            fields.push(streamfn_model::Field { name: dialect::name(self.dialect, &ident), sql_type, nullable });
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.close()?;
        Ok(SqlType::Row(fields))
    }

    fn decimal(&mut self, at: Option<Position>) -> Result<SqlType, SqlError> {
        let (mut precision, mut scale) = (10, 0);
        if self.parser.consume_token(&Token::LParen) {
            precision = self.number()?;
            if self.parser.consume_token(&Token::Comma) {
                scale = self.number()?;
            }
            self.expect(Token::RParen)?;
        }
        match (u8::try_from(precision), u8::try_from(scale)) {
            (Ok(precision @ 1..=38), Ok(scale)) if scale <= precision => Ok(SqlType::Decimal(precision, scale)),
            _ => Err(SqlError::invalid(
                format!("DECIMAL({precision}, {scale}): wanted a precision of 1 to 38 and a scale of at most that"),
                at,
            )),
        }
    }

    fn properties(&mut self) -> Result<Vec<Property>, SqlError> {
        self.expect(Token::LParen)?;
        let mut properties: Vec<Property> = vec![];
        loop {
            let at = self.position();
            let name = self.text()?;
            self.expect(Token::Eq)?;
            let value = self.text()?;
            let name = if self.dialect == Dialect::Ksqldb { name.to_uppercase() } else { name };
            if properties.iter().any(|p| p.name == name) {
                return Err(SqlError::invalid(format!("property {name} is given twice"), at));
            }
            properties.push(Property { name, value, at });
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.expect(Token::RParen)?;
        Ok(properties)
    }

    /// A query with ksqlDB's own clauses.
    fn query_with_clauses(&mut self) -> Result<(Box<Query>, Clauses), SqlError> {
        let query = self.query()?;
        let mut clauses = Clauses { window: self.window, partition_by: vec![] };
        if self.dialect == Dialect::Ksqldb && self.words(&["PARTITION", "BY"]) {
            clauses.partition_by = self.parser.parse_comma_separated(Parser::parse_expr).map_err(|e| self.syntax(e))?;
        }
        Ok((query, clauses))
    }

    fn query(&mut self) -> Result<Box<Query>, SqlError> {
        self.parser.parse_query().map_err(|e| self.syntax(e))
    }

    fn expression(&mut self) -> Result<Expr, SqlError> {
        self.parser.parse_expr().map_err(|e| self.syntax(e))
    }

    fn identifier(&mut self) -> Result<Ident, SqlError> {
        let at = self.position();
        let found = self.parser.next_token();
        match found.token {
            Token::Word(word) => Ok(word.into_ident(found.span)),
            other => Err(SqlError::syntax(format!("wanted a name, found {}", name_of(&other)), at)),
        }
    }

    /// A name or a value as ksqlDB and Flink take them in WITH and SET: in single quotes, or a word, or a number.
    fn text(&mut self) -> Result<String, SqlError> {
        let at = self.position();
        match self.parser.next_token().token {
            Token::SingleQuotedString(text) => Ok(text),
            Token::Word(word) => Ok(word.value),
            Token::Number(number, _) => Ok(number),
            other => Err(SqlError::syntax(format!("wanted text in single quotes, found {}", name_of(&other)), at)),
        }
    }

    fn number(&mut self) -> Result<u64, SqlError> {
        self.parser.parse_literal_uint().map_err(|e| self.syntax(e))
    }

    fn number_in_parentheses(&mut self) -> Result<Option<u64>, SqlError> {
        if !self.parser.consume_token(&Token::LParen) {
            return Ok(None);
        }
        let number = self.number()?;
        self.expect(Token::RParen)?;
        Ok(Some(number))
    }

    fn open(&mut self) -> Result<(), SqlError> {
        self.expect(Token::Lt)
    }

    /// The `>` of a type. The tokenizer reads the two of `ARRAY<ROW<…>>` as one.
    fn close(&mut self) -> Result<(), SqlError> {
        if self.peek() == Token::ShiftRight {
            if self.half_shift {
                self.parser.next_token();
            }
            self.half_shift = !self.half_shift;
            return Ok(());
        }
        self.expect(Token::Gt)
    }

    fn expect(&mut self, wanted: Token) -> Result<(), SqlError> {
        let at = self.position();
        match self.parser.next_token().token {
            found if found == wanted => Ok(()),
            found => Err(SqlError::syntax(format!("wanted {wanted}, found {}", name_of(&found)), at)),
        }
    }

    fn keyword(&mut self, wanted: &str) -> Result<(), SqlError> {
        match self.words(&[wanted]) {
            true => Ok(()),
            false => {
                Err(SqlError::syntax(format!("wanted {wanted}, found {}", name_of(&self.peek())), self.position()))
            }
        }
    }

    fn if_not_exists(&mut self) {
        self.words(&["IF", "NOT", "EXISTS"]);
    }

    /// Takes these words if they come next, all of them or none.
    fn words(&mut self, words: &[&str]) -> bool {
        let matches = words.iter().enumerate().all(|(i, wanted)| match self.parser.peek_nth_token(i).token {
            Token::Word(word) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted),
            _ => false,
        });
        if matches {
            words.iter().for_each(|_| self.parser.advance_token());
        }
        matches
    }

    fn peek(&self) -> Token {
        self.parser.peek_token().token
    }

    fn position(&self) -> Option<Position> {
        Position::of(self.parser.peek_token().span).or(self.end)
    }

    /// sqlparser's errors in our words. Their place is at the end of the text, and missing at the end of the statement.
    fn syntax(&self, error: ParserError) -> SqlError {
        let text = match error {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
            ParserError::RecursionLimitExceeded => "the statement is nested too deeply".to_owned(),
        };
        let (message, place) = text.rsplit_once(" at Line: ").unwrap_or((&text, ""));
        let position = place.split_once(", Column: ").and_then(|(line, column)| {
            Some(Position { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
        });
        let message = message.replace("found: EOF", &format!("found: {END}"));
        let message = match message.strip_prefix("Expected ") {
            Some(wanted) => format!("wanted {wanted}"),
            None => message,
        };
        let message = message.replacen("Expected: ", "wanted ", 1).replacen(", found: ", ", found ", 1);
        SqlError::syntax(message, position.or(self.end))
    }
}

/// What ksqlDB's joins there are rules for.
pub const JOINS: &str = "a stream can be joined with a table, and a table with a table";

/// What to write in place of a statement, if it is one that a query could stand in.
fn instead(dialect: Dialect, statement: &str) -> &'static str {
    match (statement, dialect) {
        ("SELECT", Dialect::Ksqldb) => "; write CREATE STREAM or CREATE TABLE … AS SELECT",
        ("SELECT", Dialect::Flink) => "; write INSERT INTO … SELECT",
        _ => "",
    }
}

const END: &str = "the end of the statement";

fn name_of(token: &Token) -> String {
    match token {
        Token::EOF => END.to_owned(),
        other => other.to_string(),
    }
}

/// The tokens of a statement less a trailing EMIT CHANGES, which is what every query here does.
fn without_emit_changes(dialect: Dialect, tokens: &[TokenWithSpan]) -> Result<Vec<TokenWithSpan>, SqlError> {
    let code = words::code(tokens);
    let word = |i: usize| words::plain(&tokens[i].token).unwrap_or_default();
    let refused = |clause: String, i: usize| Err(SqlError::not_supported(clause, Position::of(tokens[i].span)));
    for pair in code.windows(2) {
        let (first, second) = (word(pair[0]), word(pair[1]));
        match (first.as_str(), second.as_str()) {
            // The query grammar would take a window for an alias,
            ("WINDOW", "TUMBLING" | "HOPPING" | "SESSION") if dialect == Dialect::Flink => {
                return refused(format!("{first} {second}"), pair[0]);
            }
            // and a table function's arguments for a list of columns.
            ("FROM" | "JOIN", "TABLE") if dialect == Dialect::Flink => {
                return refused(format!("{first} TABLE(…)"), pair[0]);
            }
            ("WITHIN", _) if matches!(tokens[pair[1]].token, Token::Number(..)) && dialect == Dialect::Ksqldb => {
                return refused(format!("WITHIN; {JOINS}"), pair[0]);
            }
            ("FOR", "SYSTEM_TIME") => return refused(format!("{first} {second} AS OF"), pair[0]),
            _ => {}
        }
    }
    match code[..] {
        [.., emit, what] if word(emit) == "EMIT" => match word(what).as_str() {
            "CHANGES" => Ok(tokens[..emit].to_vec()),
            other => refused(format!("EMIT {other}"), emit),
        },
        _ => Ok(tokens.to_vec()),
    }
}

#[cfg(test)]
mod tests;
