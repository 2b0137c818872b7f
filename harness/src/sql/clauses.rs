//! ksqlDB's clauses that no SQL parser knows: WINDOW and PARTITION BY. They are taken out of a query before it is parsed.

use sqlparser::ast::Expr;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use streamfn_model::window::{Window, Windows};

use super::error::{Position, SqlError};
use super::words;

/// What a query has beside what the parser reads.
#[derive(Debug, Clone, Default)]
pub struct Clauses {
    /// `WINDOW TUMBLING|HOPPING|SESSION (…)`
    pub window: Option<Windows>,
    /// `PARTITION BY …`; empty without one.
    pub partition_by: Vec<Expr>,
}

/// Takes the WINDOW clause out of a statement's tokens.
pub fn take_window(tokens: Vec<TokenWithSpan>) -> Result<(Vec<TokenWithSpan>, Option<Windows>), SqlError> {
    let code = words::code(&tokens);
    let shape = |place: &usize| match (word(&tokens[code[*place]]).as_str(), code.get(place + 1)) {
        ("WINDOW", Some(next)) => {
            ["TUMBLING", "HOPPING", "SESSION"].into_iter().find(|shape| word(&tokens[*next]) == *shape)
        }
        _ => None,
    };
    let Some(place) = (0..code.len()).find(|place| shape(place).is_some()) else {
        let unknown = code.windows(3).find(|of| {
            let is_word = matches!(tokens[of[1]].token, Token::Word(_));
            word(&tokens[of[0]]) == "WINDOW" && is_word && tokens[of[2]].token == Token::LParen
        });
        return match unknown {
            Some(of) => {
                let message =
                    format!("wanted TUMBLING, HOPPING or SESSION after WINDOW, found {}", tokens[of[1]].token);
                Err(SqlError::syntax(message, Position::of(tokens[of[1]].span)))
            }
            None => Ok((tokens, None)),
        };
    };
    let mut reader = Reader { tokens: code[place + 1..].iter().map(|i| &tokens[*i]).collect(), next: 0 };
    let window = reader.window()?;
    let behind = code.get(place + 1 + reader.next).copied().unwrap_or(tokens.len());
    let rest = tokens[..code[place]].iter().chain(&tokens[behind..]).cloned().collect();
    Ok((rest, Some(window)))
}

fn word(token: &TokenWithSpan) -> String {
    words::plain(&token.token).unwrap_or_default()
}

/// Reads the words behind WINDOW.
struct Reader<'a> {
    tokens: Vec<&'a TokenWithSpan>,
    next: usize,
}

impl Reader<'_> {
    fn window(&mut self) -> Result<Windows, SqlError> {
        let at = self.position();
        let shape = self.word();
        self.expect(Token::LParen)?;
        let first = match shape.as_str() {
            "SESSION" => self.duration()?,
            _ => {
                self.keyword("SIZE")?;
                self.duration()?
            }
        };
        let (mut advance, mut retention, mut grace) = (None, None, None);
        while self.consume(&Token::Comma) {
            let at = self.position();
            match self.word().as_str() {
                "ADVANCE" if shape == "HOPPING" && advance.is_none() => {
                    self.keyword("BY")?;
                    advance = Some(self.duration()?);
                }
                "RETENTION" if retention.is_none() => retention = Some(self.duration()?),
                "GRACE" if grace.is_none() => {
                    self.keyword("PERIOD")?;
                    grace = Some(self.duration()?);
                }
                _ => {
                    let clauses = if shape == "HOPPING" { "ADVANCE BY, RETENTION" } else { "RETENTION" };
                    return Err(SqlError::syntax(format!("wanted {clauses} or GRACE PERIOD, each once"), at));
                }
            }
        }
        self.expect(Token::RParen)?;
        let window = match (shape.as_str(), advance) {
            ("SESSION", _) => Window::Session { gap: first },
            ("TUMBLING", _) => Window::Time { size: first, advance: first },
            (_, Some(advance)) => Window::Time { size: first, advance },
            (_, None) => return Err(SqlError::syntax("WINDOW HOPPING wants ADVANCE BY", at)),
        };
        let windows = Windows { window, grace: grace.unwrap_or_else(|| window.default_grace()) };
        if let Window::Time { size, advance } = window
            && !(1..=size).contains(&advance)
        {
            return Err(SqlError::invalid("a window advances by more than nothing and at most its size", at));
        }
        if retention.is_some_and(|retention| retention < window.length().saturating_add(windows.grace)) {
            return Err(SqlError::invalid("RETENTION is at least the size of the window and its GRACE PERIOD", at));
        }
        Ok(windows)
    }

    /// A number and its unit, in milliseconds.
    fn duration(&mut self) -> Result<i64, SqlError> {
        let at = self.position();
        let number = match self.take() {
            Some(Token::Number(number, _)) => number.parse::<i64>().ok(),
            _ => None,
        };
        let Some(number) = number else { return Err(SqlError::syntax("wanted a whole number and a unit of time", at)) };
        let at = self.position();
        let unit = self.word();
        let milliseconds = match unit.strip_suffix('S').unwrap_or(&unit) {
            "DAY" => 86_400_000,
            "HOUR" => 3_600_000,
            "MINUTE" => 60_000,
            "SECOND" => 1_000,
            "MILLISECOND" => 1,
            _ => {
                return Err(SqlError::syntax("wanted DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS", at));
            }
        };
        number.checked_mul(milliseconds).ok_or_else(|| SqlError::invalid("a time too long to count", at))
    }

    fn take(&mut self) -> Option<Token> {
        self.next += 1;
        self.tokens.get(self.next - 1).map(|token| token.token.clone())
    }

    fn word(&mut self) -> String {
        self.next += 1;
        self.tokens.get(self.next - 1).map(|token| word(token)).unwrap_or_default()
    }

    fn consume(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.get(self.next).is_some_and(|token| token.token == *wanted);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: Token) -> Result<(), SqlError> {
        let at = self.position();
        match self.consume(&wanted) {
            true => Ok(()),
            false => Err(SqlError::syntax(format!("wanted {wanted} in the WINDOW clause"), at)),
        }
    }

    fn keyword(&mut self, wanted: &str) -> Result<(), SqlError> {
        let at = self.position();
        match self.word() == wanted {
            true => Ok(()),
            false => Err(SqlError::syntax(format!("wanted {wanted} in the WINDOW clause"), at)),
        }
    }

    /// Of the next token, or behind the last.
    fn position(&self) -> Option<Position> {
        match self.tokens.get(self.next) {
            Some(token) => Position::of(token.span),
            None => self.tokens.last().and_then(|token| Position::at(token.span.end)),
        }
    }
}
