//! Where a statement's words stand: sqlparser keeps no place for most keywords.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::error::{Position, SqlError, SqlErrorKind};

/// Whether a token is more than white space or the end.
pub fn is_code(token: &TokenWithSpan) -> bool {
    !matches!(token.token, Token::Whitespace(_) | Token::EOF)
}

/// The places of the tokens that are.
pub fn code(tokens: &[TokenWithSpan]) -> Vec<usize> {
    (0..tokens.len()).filter(|place| is_code(&tokens[*place])).collect()
}

/// A word without quotes, in upper case.
pub fn plain(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_uppercase()),
        _ => None,
    }
}

/// The tokens of a statement that are no white space, each with its place. What is no plain word has no text.
#[derive(Debug, Clone, Default)]
pub struct Words(Vec<(Option<String>, Position)>);

impl Words {
    pub fn of(tokens: &[TokenWithSpan]) -> Words {
        let code = tokens.iter().filter(|token| is_code(token));
        Words(code.filter_map(|token| Some((plain(&token.token), Position::of(token.span)?))).collect())
    }

    /// A refused clause at its own first word, where the error knew only a place near it: `ORDER BY` at ORDER and not at the
    /// column behind it. A clause is named by its words, so the statement has them, or the first few of them.
    pub fn at_the_clause(&self, error: SqlError) -> SqlError {
        if error.kind != SqlErrorKind::NotSupported {
            return error;
        }
        let clause: Vec<&str> = error
            .message
            .split([';', ','])
            .next()
            .unwrap_or_default()
            .split(' ')
            .take_while(|word| is_keyword(word))
            .collect();
        let found = (1..=clause.len()).rev().find_map(|words| self.nearest(&clause[..words], error.at));
        SqlError { at: found.or(error.at), ..error }
    }

    /// Where these words follow each other: the last such place up to `near`, or else the first one after it.
    fn nearest(&self, words: &[&str], near: Option<Position>) -> Option<Position> {
        let same = |(found, wanted): (&(Option<String>, Position), &&str)| found.0.as_deref() == Some(*wanted);
        let places = || {
            let matching = self.0.windows(words.len()).filter(|window| window.iter().zip(words).all(same));
            matching.map(|window| window[0].1)
        };
        let before = near.and_then(|near| places().take_while(|place| *place <= near).last());
        before.or_else(|| places().next())
    }
}

fn is_keyword(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}
