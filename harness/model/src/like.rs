//! LIKE. Both engines make a regular expression of the pattern, whose dot stands for no end of a line.

use crate::Dialect;

/// Whether the text matches the pattern: `%` any characters, `_` one, and what follows the escape character itself.
///
/// - ksqlDB (`LikeEvaluator`): neither `%` nor `_` stands for an end of a line; any character may be escaped.
/// - Flink (`SqlLikeUtils`): `%` does; only `%`, `_` and the escape character itself may be escaped.
///
/// # Errors
/// A pattern whose escape character escapes nothing.
pub fn matches(dialect: Dialect, text: &str, pattern: &str, escape: Option<char>) -> Result<bool, String> {
    let pattern = parts(dialect, pattern, escape)?;
    let text: Vec<char> = text.chars().collect();
    // Which prefixes of the text the pattern so far matches.
    let mut matched = vec![false; text.len() + 1];
    matched[0] = true;
    for part in pattern {
        let mut next = vec![false; text.len() + 1];
        match part {
            Part::Any => {
                let mut open = false;
                for place in 0..=text.len() {
                    open = matched[place] || (open && stands_for(dialect, text[place - 1]));
                    next[place] = open;
                }
            }
            Part::One => (0..text.len()).for_each(|i| next[i + 1] = matched[i] && !ends_line(text[i])),
            Part::Char(c) => (0..text.len()).for_each(|i| next[i + 1] = matched[i] && text[i] == c),
        }
        matched = next;
    }
    Ok(matched[text.len()])
}

enum Part {
    Any,
    One,
    Char(char),
}

fn parts(dialect: Dialect, pattern: &str, escape: Option<char>) -> Result<Vec<Part>, String> {
    let mut parts = vec![];
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        parts.push(match c {
            _ if Some(c) == escape => match characters.next() {
                Some(next) if dialect == Dialect::Ksqldb || next == '%' || next == '_' || next == c => Part::Char(next),
                _ => {
                    return Err(format!(
                        "the pattern '{pattern}' of LIKE has an escape character that escapes nothing"
                    ));
                }
            },
            '%' => Part::Any,
            '_' => Part::One,
            c => Part::Char(c),
        });
    }
    Ok(parts)
}

/// Whether `%` stands for this character.
fn stands_for(dialect: Dialect, c: char) -> bool {
    dialect == Dialect::Flink || !ends_line(c)
}

/// The line terminators of `java.util.regex.Pattern`.
fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::*;

    #[test]
    fn percent_is_any_text_and_underscore_one_character() {
        let like = |text, pattern| matches(Flink, text, pattern, None);
        let yes = [("", "%"), ("abc", "a%"), ("abc", "%b%"), ("abc", "a_c"), ("a%c", "a%c"), ("\u{1f9fa}", "_")];
        yes.iter().for_each(|(text, pattern)| assert_eq!(like(text, pattern), Ok(true), "{text} {pattern}"));
        let no = [("", "_"), ("abc", "ab"), ("abc", "%b"), ("ABC", "abc"), ("a.c", "a\\.c")];
        no.iter().for_each(|(text, pattern)| assert_eq!(like(text, pattern), Ok(false), "{text} {pattern}"));
    }

    #[test]
    fn an_escaped_character_stands_for_itself() {
        assert_eq!(matches(Flink, "50%", "50!%", Some('!')), Ok(true));
        assert_eq!(matches(Flink, "501", "50!%", Some('!')), Ok(false));
        assert_eq!(matches(Ksqldb, "ab", "!ab", Some('!')), Ok(true));
        assert!(matches(Flink, "ab", "!ab", Some('!')).is_err());
        assert!(matches(Ksqldb, "a", "a!", Some('!')).is_err());
    }

    #[test]
    fn percent_crosses_lines_in_flink_alone() {
        assert_eq!(matches(Flink, "a\nb", "a%", None), Ok(true));
        assert_eq!(matches(Ksqldb, "a\nb", "a%", None), Ok(false));
        assert_eq!(matches(Flink, "a\nb", "a_b", None), Ok(false));
    }
}
