//! The pattern of ksqlDB's `timestamp_format` property: a part of Java's `DateTimeFormatter`, in UTC.

use std::fmt;

use arrow::array::types::TimestampMillisecondType;
use arrow::compute::kernels::cast_utils::Parser;

/// How text tells a time. What the pattern leaves out is that of 1970-01-01T00:00 (`StringToTimestampParser` in ksqlDB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampFormat {
    pattern: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// That many digits.
    Digits(Field, usize),
    /// One digit or more, as many as there are.
    Number(Field),
    /// `Z`, or hours and minutes with this between them.
    Offset(&'static str),
}

/// In the order of [`Fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Nanosecond,
}

type Fields = [u64; 7];

impl TimestampFormat {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The letters of the pattern that have no rule here.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let mut parts = vec![];
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            let (part, length) = match first {
                '\'' => quoted(rest)?,
                _ if first.is_ascii_alphabetic() => {
                    let count = rest.chars().take_while(|c| *c == first).count();
                    (letters(&rest[..count])?, count)
                }
                '[' | ']' | '{' | '}' | '#' => return Err(first.to_string()),
                _ => (Part::Literal(first.to_string()), first.len_utf8()),
            };
            let is_number = |part: &Part| matches!(part, Part::Digits(..) | Part::Number(_));
            if let Some(Part::Number(_)) = parts.last()
                && is_number(&part)
            {
                // Java would share the digits out between the two.
                return Err(format!("{} behind a number of any length", &rest[..length]));
            }
            parts.push(part);
            rest = &rest[length..];
        }
        Ok(TimestampFormat { pattern: pattern.to_owned(), parts })
    }

    /// Milliseconds since the epoch; `None` where the text does not follow the pattern.
    pub fn parse(&self, text: &str) -> Option<i64> {
        let mut fields: Fields = [1970, 1, 1, 0, 0, 0, 0];
        let mut offset = "Z".to_owned();
        let mut rest = text;
        for part in &self.parts {
            rest = match part {
                Part::Literal(literal) => {
                    let (found, left) = rest.split_at_checked(literal.len())?;
                    (found.to_lowercase() == literal.to_lowercase()).then_some(left)?
                }
                Part::Digits(field, count) => digits(rest, *count, *field, &mut fields)?,
                Part::Number(field) => {
                    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
                    digits(rest, count, *field, &mut fields)?
                }
                Part::Offset(between) => {
                    let (found, left) = time_zone(rest, between)?;
                    offset = found;
                    left
                }
            };
        }
        let [year, month, day, hour, minute, second, nanosecond] = fields;
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanosecond:09}{offset}");
        rest.is_empty().then(|| TimestampMillisecondType::parse(&text)).flatten()
    }
}

impl fmt::Display for TimestampFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

/// The letters of one field.
fn letters(run: &str) -> Result<Part, String> {
    Ok(match run {
        "yyyy" | "uuuu" => Part::Digits(Field::Year, 4),
        "MM" => Part::Digits(Field::Month, 2),
        "M" => Part::Number(Field::Month),
        "dd" => Part::Digits(Field::Day, 2),
        "d" => Part::Number(Field::Day),
        "HH" => Part::Digits(Field::Hour, 2),
        "H" => Part::Number(Field::Hour),
        "mm" => Part::Digits(Field::Minute, 2),
        "m" => Part::Number(Field::Minute),
        "ss" => Part::Digits(Field::Second, 2),
        "s" => Part::Number(Field::Second),
        "XX" => Part::Offset(""),
        "XXX" => Part::Offset(":"),
        fraction if fraction.starts_with('S') && fraction.len() <= 9 => Part::Digits(Field::Nanosecond, fraction.len()),
        other => return Err(other.to_owned()),
    })
}

/// Text in quotes, and its length with them; two quotes are one.
fn quoted(rest: &str) -> Result<(Part, usize), String> {
    if rest.starts_with("''") {
        return Ok((Part::Literal("'".to_owned()), 2));
    }
    let mut literal = String::new();
    let mut from = 1;
    while let Some(end) = rest[from..].find('\'') {
        literal.push_str(&rest[from..from + end]);
        from += end + 1;
        if !rest[from..].starts_with('\'') {
            return Ok((Part::Literal(literal), from));
        }
        literal.push('\'');
        from += 1;
    }
    Err("a quote that is not closed".to_owned())
}

/// Reads a field's digits, and gives what is left.
fn digits<'a>(rest: &'a str, count: usize, field: Field, fields: &mut Fields) -> Option<&'a str> {
    let (found, left) = rest.split_at_checked(count)?;
    let number = found.bytes().all(|b| b.is_ascii_digit()).then(|| found.parse::<u64>().ok()).flatten()?;
    fields[field as usize] = match field {
        Field::Nanosecond => number * 10_u64.pow(u32::try_from(9 - count).ok()?),
        _ => number,
    };
    Some(left)
}

/// `Z`, `+0130` or `+01:30`, as ISO 8601 has it, and what is left.
fn time_zone<'a>(rest: &'a str, between: &str) -> Option<(String, &'a str)> {
    if let Some(left) = rest.strip_prefix(['Z', 'z']) {
        return Some(("Z".to_owned(), left));
    }
    let (found, left) = rest.split_at_checked(5 + between.len())?;
    let (sign, digits) = found.split_at_checked(1)?;
    let (hours, minutes) = (digits.get(..2)?, digits.get(2..)?.strip_prefix(between)?);
    let is_number = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    (["+", "-"].contains(&sign) && is_number(hours) && is_number(minutes))
        .then(|| (format!("{sign}{hours}:{minutes}"), left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pattern: &str, text: &str) -> Option<i64> {
        TimestampFormat::new(pattern).expect("a pattern with a rule").parse(text)
    }

    /// 2023-12-16T21:52:58Z is second 1,702,763,578 of the epoch (`date -u -d @1702763578`).
    #[test]
    fn a_time_is_read_as_its_pattern_says() {
        assert_eq!(parse("yyyy-MM-dd HH:mm:ss", "2023-12-16 21:52:58"), Some(1_702_763_578_000));
        assert_eq!(parse("yyyy-MM-dd'T'HH:mm:ss.SSS", "2023-12-16t21:52:58.406"), Some(1_702_763_578_406));
        assert_eq!(parse("yyyyMMddHHmmssSSSSSS", "20231216215258406999"), Some(1_702_763_578_406));
        assert_eq!(parse("yyyy-MM-dd'T'HH:mm:ssXXX", "2023-12-16T23:22:58+01:30"), Some(1_702_763_578_000));
        assert_eq!(parse("yyyy-MM-dd HH:mm:ssXX", "2023-12-16 21:52:58Z"), Some(1_702_763_578_000));
        assert_eq!(parse("d/M/yyyy H 'o''clock'", "16/12/2023 21 o'clock"), Some(1_702_760_400_000));
    }

    #[test]
    fn what_the_pattern_leaves_out_is_that_of_the_epoch() {
        assert_eq!(parse("HH:mm", "00:01"), Some(60_000));
        assert_eq!(parse("yyyy", "1971"), Some(365 * 86_400_000));
    }

    #[test]
    fn text_that_does_not_follow_the_pattern_is_no_time() {
        for text in ["2023-12-16", "2023-12-16 9", "2023-13-16 09", "2023-12-16 09 ", "2023-02-30 09", "+023-12-16 09"]
        {
            assert_eq!(parse("yyyy-MM-dd HH", text), None, "{text}");
        }
    }

    #[test]
    fn a_pattern_without_a_rule_names_its_letters() {
        for (pattern, letters) in [
            ("yyyy-MMM-dd", "MMM"),
            ("hh:mm a", "hh"),
            ("yyyy[-MM]", "["),
            ("yyyy-MM-dd VV", "VV"),
            ("'open", "a quote that is not closed"),
            ("HHmS", "S behind a number of any length"),
        ] {
            assert_eq!(TimestampFormat::new(pattern), Err(letters.to_owned()), "{pattern}");
        }
    }
}
