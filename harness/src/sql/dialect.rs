//! How each dialect is read: quotes, and what becomes of an identifier without them.

use sqlparser::ast::{Expr, Ident};
use sqlparser::dialect::{Dialect as Grammar, Precedence};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;
use streamfn_model::Dialect;

use super::operation;

/// ksqlDB: identifiers in backticks or double quotes are taken as they stand; others are upper-cased
/// (<https://docs.confluent.io/platform/current/ksqldb/reference/sql/syntax/lexical-structure.html>).
#[derive(Debug)]
struct KsqldbGrammar;

/// Flink: backticks quote; identifiers are case-sensitive
/// (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/sql/overview/>).
#[derive(Debug)]
struct FlinkGrammar;

impl Grammar for KsqldbGrammar {
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`' || ch == '"'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_' || ch == '@'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_' || ch == '@'
    }

    /// ksqlDB has none: it is read only to be refused by its name.
    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    /// `a->b IS NULL` asks of the field, not of `a`: in ksqlDB `->` binds like the dot, elsewhere it is a JSON operator.
    /// `:=` binds least of all: what follows it is the value in MAP and STRUCT.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match parser.peek_token_ref().token {
            Token::Arrow => Some(Ok(self.prec_value(Precedence::Period))),
            Token::Assignment => Some(Ok(1)),
            _ => None,
        }
    }
}

impl Grammar for FlinkGrammar {
    /// `MAP['key', value, …]`, as the call of a function.
    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let is_map = matches!(&parser.peek_token_ref().token, Token::Word(word)
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("MAP"));
        if !is_map || parser.peek_nth_token(1).token != Token::LBracket {
            return None;
        }
        let name = parser.next_token();
        parser.advance_token();
        let entries = parser.parse_comma_separated(Parser::parse_expr);
        let closed = entries.and_then(|entries| parser.expect_token(&Token::RBracket).map(|_| entries));
        Some(closed.map(|entries| operation::function(Ident::with_span(name.span, "MAP"), entries)))
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_' || ch == '$'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_' || ch == '$'
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }
}

/// The parser's view of a dialect.
pub fn grammar(dialect: Dialect) -> &'static dyn Grammar {
    match dialect {
        Dialect::Ksqldb => &KsqldbGrammar,
        Dialect::Flink => &FlinkGrammar,
    }
}

/// The name an identifier stands for.
pub fn name(dialect: Dialect, ident: &Ident) -> String {
    match (dialect, ident.quote_style) {
        (Dialect::Ksqldb, None) => ident.value.to_uppercase(),
        _ => ident.value.clone(),
    }
}
