//! Numbers as Java writes and reads them.

/// `Double.toString`: the fewest digits that tell the number from its neighbours, with a point; in powers of ten below
/// 10^-3 and from 10^7 on (<https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double)>).
pub fn double_to_string(number: f64) -> String {
    written(&format!("{number:e}"), number == 0.0)
}

/// `Float.toString`
pub fn float_to_string(number: f32) -> String {
    written(&format!("{number:e}"), number == 0.0)
}

/// Of a number as Rust writes it, with the fewest digits: `-1.25e-7`, `inf`, `NaN`.
fn written(scientific: &str, is_zero: bool) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific.replace("inf", "Infinity");
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    if is_zero {
        return format!("{sign}0.0");
    }
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or_default();
    match exponent {
        0..7 => {
            let before = exponent.unsigned_abs() as usize + 1;
            let padded = format!("{digits:0<width$}", width = before + 1);
            let (whole, fraction) = padded.split_at(before);
            format!("{sign}{whole}.{fraction}")
        }
        -3..0 => format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
        _ => {
            let (first, rest) = digits.split_at(1);
            format!("{sign}{first}.{}E{exponent}", if rest.is_empty() { "0" } else { rest })
        }
    }
}

/// `BigDecimal.toString` of `unscaled × 10^-scale`: with an exponent where it has places before the point that are not given,
/// or more than five zeros behind it
/// (<https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/math/BigDecimal.html#toString()>).
pub fn decimal_to_string(unscaled: i128, scale: i32) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = unscaled.unsigned_abs().to_string();
    let behind_first = i32::try_from(digits.len()).unwrap_or(i32::MAX) - 1;
    let exponent = behind_first - scale;
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    if scale > 0 && exponent >= -6 {
        let places = scale.unsigned_abs() as usize;
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        return format!("{sign}{whole}.{fraction}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent = if exponent == 0 { String::new() } else { format!("E{exponent:+}") };
    format!("{sign}{first}{point}{rest}{exponent}")
}

/// `Double.parseDouble`, but for hexadecimal numbers, which have no rule here.
pub fn parse_double(text: &str) -> Option<f64> {
    let text = trim(text);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "NaN" || unsigned == "Infinity" {
        return text.parse().ok();
    }
    let number = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let is_number = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
    let has_digit = number.chars().any(|c| c.is_ascii_digit());
    (has_digit && number.chars().all(is_number)).then(|| number.parse().ok())?
}

/// `String.trim`: everything up to U+0020 goes.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The characters of text as Java counts them.
pub fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// `String.length`
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By Java's documentation of `Double.toString`; 1.0E21, -2.7 and 100.0 were observed on ksqlDB 8.3.1.
    #[test]
    fn doubles_are_written_as_in_java() {
        let numbers = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (100.0, "100.0"),
            (-2.7, "-2.7"),
            (1e21, "1.0E21"),
            (0.001, "0.001"),
            (0.00012, "1.2E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (123_456.75, "123456.75"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        numbers.iter().for_each(|(number, text)| assert_eq!(double_to_string(*number), *text));
        assert_eq!(float_to_string(0.1), "0.1");
        assert_eq!(float_to_string(16_777_216.0), "1.6777216E7");
    }

    /// The examples in Java's documentation of `BigDecimal.toString`.
    #[test]
    fn decimals_are_written_as_in_java() {
        let numbers = [
            (123, 0, "123"),
            (-123, 0, "-123"),
            (123, -1, "1.23E+3"),
            (123, -3, "1.23E+5"),
            (123, 1, "12.3"),
            (123, 5, "0.00123"),
            (123, 10, "1.23E-8"),
            (-123, 12, "-1.23E-10"),
        ];
        numbers.iter().for_each(|(unscaled, scale, text)| assert_eq!(decimal_to_string(*unscaled, *scale), *text));
    }

    #[test]
    fn doubles_are_read_as_in_java() {
        let read = [(" 1.5 ", 1.5), ("1e3", 1000.0), ("-.5", -0.5), ("2d", 2.0), ("Infinity", f64::INFINITY)];
        read.iter().for_each(|(text, number)| assert_eq!(parse_double(text), Some(*number), "{text}"));
        ["", "x", "inf", "nan", "1_0", "1e", "--1"]
            .iter()
            .for_each(|text| assert_eq!(parse_double(text), None, "{text}"));
    }

    #[test]
    fn text_is_counted_and_trimmed_as_in_java() {
        assert_eq!(length("\u{1f9fa}ä"), 3);
        assert_eq!(trim("\t a b\u{a0}\n"), "a b\u{a0}");
    }
}
