//! What a generator is created with: the text of a JSON object of numbers, such as `{"max_skus": 100}`.
//!
//! A generator asks for each of its settings by name, with the default and the range, and then whether that was all. Knows
//! no other JSON: what is no number is no setting.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The settings that were given.
pub struct Settings<'a> {
    given: Vec<(&'a str, &'a str)>,
    /// The names that were asked for.
    known: Vec<&'static str>,
}

impl<'a> Settings<'a> {
    /// An empty text is an empty object.
    pub fn read(config: &'a str) -> Result<Settings<'a>, String> {
        let given = match config.trim() {
            "" => Vec::new(),
            text => members(text)?,
        };
        Ok(Settings { given, known: Vec::new() })
    }

    /// A whole number.
    pub fn whole(&mut self, name: &'static str, default: i64, range: RangeInclusive<i64>) -> Result<i64, String> {
        self.number(name, default, range, "a whole number")
    }

    pub fn decimal(&mut self, name: &'static str, default: f64, range: RangeInclusive<f64>) -> Result<f64, String> {
        self.number(name, default, range, "a number")
    }

    fn number<T: FromStr + PartialOrd + Display>(
        &mut self,
        name: &'static str,
        default: T,
        range: RangeInclusive<T>,
        kind: &str,
    ) -> Result<T, String> {
        self.known.push(name);
        let Some((_, text)) = self.given.iter().find(|(given, _)| *given == name) else { return Ok(default) };
        match text.parse() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(format!("{name}: wanted {kind} from {} to {}, found {text}", range.start(), range.end())),
        }
    }

    /// Two settings of which the first is not above the second.
    pub fn range(
        &mut self,
        names: [&'static str; 2],
        defaults: (i64, i64),
        range: RangeInclusive<i64>,
    ) -> Result<(i64, i64), String> {
        let least = self.whole(names[0], defaults.0, range.clone())?;
        let most = self.whole(names[1], defaults.1, range)?;
        match least <= most {
            true => Ok((least, most)),
            false => Err(format!("{}: wanted at most {}, which is {most}, found {least}", names[0], names[1])),
        }
    }

    /// Refuses what nobody asked for.
    pub fn end(self) -> Result<(), String> {
        let Some((name, _)) = self.given.iter().find(|(name, _)| !self.known.contains(name)) else { return Ok(()) };
        let nearest = self.known.iter().map(|known| (distance(name, known), known)).min();
        Err(match nearest {
            Some((distance, known)) if distance <= name.len() / 3 => {
                format!("there is no setting {name}; did you mean {known}?")
            }
            _ => format!("there is no setting {name}; there is {}", self.known.join(", ")),
        })
    }
}

/// Names and the text of their values.
fn members(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let object = || format!("wanted the settings as a JSON object of numbers, found {text}");
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(object)?.trim();
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let mut members: Vec<(&str, &str)> = Vec::new();
    for member in inner.split(',') {
        let (name, value) = member.split_once(':').ok_or_else(object)?;
        let name = name.trim().strip_prefix('"').and_then(|name| name.strip_suffix('"')).ok_or_else(object)?;
        let value = value.trim();
        if !value.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(format!("{name}: wanted a number, found {value}"));
        }
        if members.iter().any(|(other, _)| *other == name) {
            return Err(format!("{name} is given twice"));
        }
        members.push((name, value));
    }
    Ok(members)
}

/// How many letters have to be put in, left out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(config: &str) -> Result<(i64, f64), String> {
        let mut settings = Settings::read(config)?;
        let both = (settings.whole("max_skus", 100, 1..=1000)?, settings.decimal("price", 0.5, 0.0..=1.0)?);
        settings.end()?;
        Ok(both)
    }

    #[test]
    fn what_is_not_given_has_the_default() {
        assert_eq!(both(""), Ok((100, 0.5)));
        assert_eq!(both(" { } "), Ok((100, 0.5)));
        assert_eq!(both(r#"{"price": 0.25,"max_skus":7}"#), Ok((7, 0.25)));
    }

    #[test]
    fn what_is_out_of_its_range_is_refused_with_the_range() {
        let refused = |config| both(config).expect_err("it is refused");
        assert_eq!(refused(r#"{"max_skus": 0}"#), "max_skus: wanted a whole number from 1 to 1000, found 0");
        assert_eq!(refused(r#"{"max_skus": 1.5}"#), "max_skus: wanted a whole number from 1 to 1000, found 1.5");
        assert_eq!(refused(r#"{"price": -1}"#), "price: wanted a number from 0 to 1, found -1");
        assert_eq!(refused(r#"{"price": "1"}"#), "price: wanted a number, found \"1\"");
        assert_eq!(refused(r#"{"price": 1, "price": 1}"#), "price is given twice");
        for text in ["[]", "7", r#"{"price"}"#, r#"{price: 1}"#, r#"{"price": 1,}"#] {
            let wanted = format!("wanted the settings as a JSON object of numbers, found {text}");
            assert_eq!(refused(text), wanted);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        let refused = |config| both(config).expect_err("it is refused");
        assert_eq!(refused(r#"{"max_sku": 1}"#), "there is no setting max_sku; did you mean max_skus?");
        assert_eq!(refused(r#"{"colour": 1}"#), "there is no setting colour; there is max_skus, price");
    }

    #[test]
    fn the_distance_is_levenshteins() {
        // His textbook example: two letters changed, one put in.
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "abc"), distance("abc", ""), distance("abc", "abc")), (3, 3, 0));
    }

    #[test]
    fn of_two_settings_the_first_is_not_above_the_second() {
        let range = |config| Settings::read(config)?.range(["least", "most"], (1, 3), 0..=9);
        assert_eq!(range(r#"{"least": 3}"#), Ok((3, 3)));
        assert_eq!(range(r#"{"least": 4}"#), Err("least: wanted at most most, which is 3, found 4".to_owned()));
    }
}
