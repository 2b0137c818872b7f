//! A value of a WIT type as JSON, and back: what comes back is the same, bit for bit.
//!
//! Numbers are numbers, but for NaN and the infinities, which JSON has none for; bytes are base64, a decimal is text, a
//! record an object, a tuple an array. A case of a variant is `"name"`, or `{"name": payload}`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};
use streamfn_model::Value;

use crate::contract::WitType;
use crate::report::plain;

/// The value as JSON. What is not of the type, which no host gives, is shown as text.
pub fn to_json(of: &WitType, value: &Value) -> Json {
    match (of, value) {
        (WitType::Option(inner), Value::Some(value)) => json!({"some": to_json(inner, value)}),
        (WitType::Option(_), Value::Null) => Json::Null,
        (WitType::Option(inner), value) => to_json(inner, value),
        (_, Value::Bool(v)) => json!(v),
        (_, Value::S8(v)) => json!(v),
        (_, Value::S16(v)) => json!(v),
        (_, Value::S32(v)) => json!(v),
        (_, Value::S64(v)) => json!(v),
        (_, Value::U8(v)) => json!(v),
        (_, Value::U16(v)) => json!(v),
        (_, Value::U32(v)) => json!(v),
        (_, Value::U64(v)) => json!(v),
        // A float is a double of the same size, and comes back from it.
        (_, Value::F32(v)) if v.is_finite() => json!(f64::from(*v)),
        (_, Value::F64(v)) if v.is_finite() => json!(v),
        (_, Value::String(v)) => json!(v),
        (_, Value::Bytes(v)) => json!(STANDARD.encode(v)),
        (WitType::List(of), Value::List(values)) => values.iter().map(|value| to_json(of, value)).collect(),
        (WitType::Tuple(types), Value::Record(values)) => {
            types.iter().zip(values).map(|(of, value)| to_json(of, value)).collect()
        }
        (WitType::Record(fields), Value::Record(values)) => {
            let fields = fields.iter().zip(values).map(|((name, of), value)| (name.clone(), to_json(of, value)));
            Json::Object(fields.collect())
        }
        (_, Value::Variant(case, payload)) => {
            let Some((name, of)) = cases(of).into_iter().nth(*case as usize) else { return json!(plain(value)) };
            match (of, payload) {
                (Some(of), Some(payload)) => Json::Object(Map::from_iter([(name, to_json(of, payload))])),
                _ => json!(name),
            }
        }
        (WitType::Flags(names), Value::Flags(set)) => {
            names.iter().zip(set).filter(|(_, is_set)| **is_set).map(|(name, _)| json!(name)).collect()
        }
        // Text: NaN and infinities, a char, a decimal with its scale.
        (_, other) => json!(plain(other)),
    }
}

/// The value that [`to_json`] showed; else what was wanted and what was found.
pub fn from_json(of: &WitType, json: &Json) -> Result<Value, String> {
    let wrong = || format!("wanted {of}, found {}", crate::report::quoted(&json.to_string()));
    let found = match of {
        WitType::Bool => json.as_bool().map(Value::Bool),
        WitType::S8 => signed(json).map(Value::S8),
        WitType::S16 => signed(json).map(Value::S16),
        WitType::S32 => signed(json).map(Value::S32),
        WitType::S64 => signed(json).map(Value::S64),
        WitType::U8 => unsigned(json).map(Value::U8),
        WitType::U16 => unsigned(json).map(Value::U16),
        WitType::U32 => unsigned(json).map(Value::U32),
        WitType::U64 => unsigned(json).map(Value::U64),
        WitType::F32 => float(json).map(|v| Value::F32(v as f32).canonical()),
        WitType::F64 => float(json).map(|v| Value::F64(v).canonical()),
        WitType::Char => json.as_str().and_then(|text| text.parse().ok()).map(Value::Char),
        WitType::String => json.as_str().map(Value::from),
        WitType::Decimal => json.as_str().and_then(decimal),
        WitType::List(element) if **element == WitType::U8 => {
            json.as_str().and_then(|text| STANDARD.decode(text).ok()).map(Value::Bytes)
        }
        WitType::List(element) => {
            let values = json.as_array().ok_or_else(wrong)?.iter().map(|value| from_json(element, value));
            Some(Value::List(values.collect::<Result<_, _>>()?))
        }
        WitType::Tuple(types) => {
            let values = json.as_array().filter(|values| values.len() == types.len()).ok_or_else(wrong)?;
            let values = types.iter().zip(values).map(|(of, value)| from_json(of, value));
            Some(Value::Record(values.collect::<Result<_, _>>()?))
        }
        WitType::Record(fields) => {
            let object = json.as_object().filter(|object| object.len() == fields.len()).ok_or_else(wrong)?;
            let field = |(name, of): &(String, WitType)| from_json(of, object.get(name).ok_or_else(wrong)?);
            Some(Value::Record(fields.iter().map(field).collect::<Result<_, _>>()?))
        }
        WitType::Option(_) if json.is_null() => Some(Value::Null),
        WitType::Option(inner) if matches!(**inner, WitType::Option(_)) => {
            let some = json.get("some").ok_or_else(wrong)?;
            Some(Value::Some(Box::new(from_json(inner, some)?)))
        }
        WitType::Option(inner) => return from_json(inner, json),
        WitType::Variant(_) | WitType::Enum(_) | WitType::Result { .. } => {
            let (name, payload) = match json {
                Json::String(name) => (name, None),
                Json::Object(case) if case.len() == 1 => {
                    let (name, payload) = case.iter().next().ok_or_else(wrong)?;
                    (name, Some(payload))
                }
                _ => return Err(wrong()),
            };
            let cases = cases(of);
            let case = cases.iter().position(|(case, _)| case == name).ok_or_else(wrong)?;
            let payload = match (cases[case].1, payload) {
                (Some(of), Some(payload)) => Some(Box::new(from_json(of, payload)?)),
                (None, None) => None,
                _ => return Err(wrong()),
            };
            Some(Value::Variant(case as u32, payload))
        }
        WitType::Flags(names) => {
            let set = json.as_array().ok_or_else(wrong)?;
            let is_known = |name: &Json| names.iter().any(|known| name == known.as_str());
            set.iter()
                .all(is_known)
                .then(|| Value::Flags(names.iter().map(|name| set.iter().any(|set| set == name.as_str())).collect()))
        }
    };
    found.ok_or_else(wrong)
}

/// The cases of a variant, an enum or a result, by name.
fn cases(of: &WitType) -> Vec<(String, Option<&WitType>)> {
    match of {
        WitType::Variant(cases) => cases.iter().map(|(name, of)| (name.clone(), of.as_ref())).collect(),
        WitType::Enum(names) => names.iter().map(|name| (name.clone(), None)).collect(),
        WitType::Result { ok, err } => vec![("ok".to_owned(), ok.as_deref()), ("err".to_owned(), err.as_deref())],
        _ => vec![],
    }
}

fn signed<T: TryFrom<i64>>(json: &Json) -> Option<T> {
    json.as_i64().and_then(|number| number.try_into().ok())
}

fn unsigned<T: TryFrom<u64>>(json: &Json) -> Option<T> {
    json.as_u64().and_then(|number| number.try_into().ok())
}

fn float(json: &Json) -> Option<f64> {
    match json {
        Json::String(text) => text.parse().ok(),
        number => number.as_f64(),
    }
}

/// `-1.50` has the scale 2.
fn decimal(text: &str) -> Option<Value> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let unscaled = format!("{whole}{fraction}").parse().ok()?;
    Some(Value::Decimal { unscaled, scale: fraction.len().try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(of: WitType) -> WitType {
        WitType::Option(Box::new(of))
    }

    fn comes_back(of: &WitType, value: Value, shown: Json) {
        let json = to_json(of, &value);
        assert_eq!(json, shown);
        // As it is in a file.
        let read = serde_json::from_str(&json.to_string()).expect("JSON");
        assert_eq!(from_json(of, &read), Ok(value));
    }

    #[test]
    fn numbers_come_back_to_the_last_bit() {
        comes_back(&WitType::S64, Value::S64(i64::MIN), json!(i64::MIN));
        comes_back(&WitType::U64, Value::U64(u64::MAX), json!(u64::MAX));
        comes_back(&WitType::F64, Value::F64(0.1 + 0.2), json!(0.300_000_000_000_000_04));
        comes_back(&WitType::F64, Value::F64(-0.0), json!(-0.0));
        comes_back(&WitType::F64, Value::F64(f64::from_bits(1)), json!(5e-324));
        comes_back(&WitType::F64, Value::F64(f64::NAN).canonical(), json!("NaN"));
        comes_back(&WitType::F32, Value::F32(f32::NEG_INFINITY), json!("-Infinity"));
        comes_back(&WitType::F32, Value::F32(0.1), json!(f64::from(0.1_f32)));
        comes_back(&WitType::Decimal, Value::Decimal { unscaled: -150, scale: 2 }, json!("-1.50"));
        comes_back(&WitType::Decimal, Value::Decimal { unscaled: -5, scale: 2 }, json!("-0.05"));
        comes_back(&WitType::Decimal, Value::Decimal { unscaled: i128::MAX, scale: 0 }, json!(i128::MAX.to_string()));
    }

    #[test]
    fn what_is_made_of_others_comes_back() {
        let record = WitType::Record(vec![
            ("bytes".to_owned(), WitType::List(Box::new(WitType::U8))),
            ("pairs".to_owned(), WitType::List(Box::new(WitType::Tuple(vec![WitType::String, option(WitType::S32)])))),
        ]);
        let pair = |text: &str, value| Value::Record(vec![Value::from(text), value]);
        let value = Value::Record(vec![
            Value::Bytes(vec![0, 255]),
            Value::List(vec![pair("a\u{1b}", Value::Null), pair("", Value::S32(7))]),
        ]);
        comes_back(&record, value, json!({"bytes": "AP8=", "pairs": [["a\u{1b}", null], ["", 7]]}));
        let twice = option(option(WitType::Bool));
        comes_back(&twice, Value::Null, json!(null));
        comes_back(&twice, Value::Some(Box::new(Value::Null)), json!({"some": null}));
        comes_back(&twice, Value::Some(Box::new(Value::Bool(true))), json!({"some": true}));
    }

    #[test]
    fn cases_come_back_by_their_names() {
        let variant =
            WitType::Variant(vec![("none".to_owned(), None), ("some".to_owned(), Some(option(WitType::Char)))]);
        comes_back(&variant, Value::Variant(0, None), json!("none"));
        comes_back(&variant, Value::Variant(1, Some(Box::new(Value::Null))), json!({"some": null}));
        comes_back(&variant, Value::Variant(1, Some(Box::new(Value::Char('ü')))), json!({"some": "ü"}));
        let result = WitType::Result { ok: None, err: Some(Box::new(WitType::String)) };
        comes_back(&result, Value::Variant(0, None), json!("ok"));
        comes_back(&result, Value::Variant(1, Some(Box::new(Value::from("no")))), json!({"err": "no"}));
        let flags = WitType::Flags(vec!["a".to_owned(), "b".to_owned()]);
        comes_back(&flags, Value::Flags(vec![false, true]), json!(["b"]));
        comes_back(&WitType::Enum(vec!["x".to_owned(), "y".to_owned()]), Value::Variant(1, None), json!("y"));
    }

    #[test]
    fn what_is_of_another_type_is_told() {
        let state = WitType::Record(vec![("sum".to_owned(), WitType::S8)]);
        let wrong = |json: Json| from_json(&state, &json).expect_err("no such state");
        assert_eq!(wrong(json!({"sum": 300})), "wanted s8, found 300");
        assert_eq!(wrong(json!({"total": 3})), "wanted record { sum: s8 }, found {\"total\":3}");
        assert_eq!(wrong(json!({"sum": 3, "n": 1})), "wanted record { sum: s8 }, found {\"sum\":3,\"n\":1}");
    }
}
