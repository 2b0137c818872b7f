//! Avro's decimals as numbers: their digits are in the datum, how many of them are behind the point is in the schema alone.

use apache_avro::schema::{Name, ResolvedSchema};
use apache_avro::types::Value;
use apache_avro::{Decimal, Schema};

/// The value with its decimals as numbers. The last schema is its own; it may name those before it.
pub fn placed(schemas: &[Schema], value: Value) -> Value {
    match schemas.last() {
        Some(schema) if has_decimal(&value) => place(schemas, schema, value),
        _ => value,
    }
}

fn has_decimal(value: &Value) -> bool {
    match value {
        Value::Decimal(_) => true,
        Value::Union(_, value) => has_decimal(value),
        Value::Record(fields) => fields.iter().any(|(_, value)| has_decimal(value)),
        Value::Array(values) => values.iter().any(has_decimal),
        Value::Map(entries) => entries.values().any(has_decimal),
        _ => false,
    }
}

fn place(schemas: &[Schema], schema: &Schema, value: Value) -> Value {
    match (schema, value) {
        (Schema::Ref { name }, value) => match named(schemas, name) {
            Some(schema) => place(schemas, schema, value),
            None => value,
        },
        (Schema::Decimal(of), Value::Decimal(digits)) => number(&digits, of.scale).unwrap_or(Value::Decimal(digits)),
        (Schema::Union(of), Value::Union(case, value)) => match of.variants().get(case as usize) {
            Some(schema) => Value::Union(case, Box::new(place(schemas, schema, *value))),
            None => Value::Union(case, value),
        },
        (Schema::Record(of), Value::Record(fields)) => {
            let fields = of.fields.iter().zip(fields);
            Value::Record(fields.map(|(of, (name, value))| (name, place(schemas, &of.schema, value))).collect())
        }
        (Schema::Array(of), Value::Array(values)) => {
            Value::Array(values.into_iter().map(|value| place(schemas, &of.items, value)).collect())
        }
        (Schema::Map(of), Value::Map(entries)) => {
            Value::Map(entries.into_iter().map(|(key, value)| (key, place(schemas, &of.types, value))).collect())
        }
        (_, value) => value,
    }
}

fn named<'a>(schemas: &'a [Schema], name: &Name) -> Option<&'a Schema> {
    ResolvedSchema::new_with_schemata(schemas.iter().collect()).ok()?.get_names().get(name).copied()
}

/// `None` for more digits than any DECIMAL has.
fn number(digits: &Decimal, scale: usize) -> Option<Value> {
    let bytes = Vec::try_from(digits).ok()?;
    let is_negative = bytes.first().is_some_and(|byte| *byte > 0x7f);
    let (sign, repeated) = if is_negative { (-1, 0xff) } else { (0, 0) };
    // Of a fixed size it has the sign's bytes in front.
    let digits = bytes.iter().skip_while(|byte| **byte == repeated);
    let mut unscaled: i128 = sign;
    for byte in digits {
        unscaled = unscaled.checked_mul(256)? | i128::from(*byte);
    }
    format!("{unscaled}e-{scale}").parse().ok().map(Value::BigDecimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(schema: &str, bytes: &[u8]) -> Vec<String> {
        let schema = Schema::parse_str(schema).expect("a schema");
        let reader = apache_avro::reader::datum::GenericDatumReader::builder(&schema).build().expect("a reader");
        let value = reader.read_value(&mut &*bytes).expect("a datum");
        let mut found = vec![];
        numbers(placed(&[schema], value), &mut found);
        found
    }

    fn numbers(value: Value, found: &mut Vec<String>) {
        match value {
            Value::BigDecimal(number) => found.push(number.to_plain_string()),
            Value::Union(_, value) => numbers(*value, found),
            Value::Record(fields) => fields.into_iter().for_each(|(_, value)| numbers(value, found)),
            Value::Array(values) => values.into_iter().for_each(|value| numbers(value, found)),
            Value::Map(entries) => entries.into_values().for_each(|value| numbers(value, found)),
            other => found.push(format!("{other:?}")),
        }
    }

    /// By hand, from Avro's specification: two's complement, the highest byte first.
    #[test]
    fn a_decimal_has_the_places_of_its_schema_wherever_it_stands() {
        let of = r#"{"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}"#;
        assert_eq!(read(of, &[4, 0xd8, 0xf0]), ["-100.00"]);
        assert_eq!(read(of, &[2, 0x05]), ["0.05"]);
        assert_eq!(read(&format!(r#"["null", {of}]"#), &[2, 4, 0x00, 0x80]), ["1.28"]);
        assert_eq!(read(&format!(r#"{{"type": "array", "items": {of}}}"#), &[2, 2, 0xff, 0]), ["-0.01"]);
        assert_eq!(read(&format!(r#"{{"type": "map", "values": {of}}}"#), &[2, 2, b'k', 2, 0x00, 0]), ["0.00"]);
    }

    #[test]
    fn a_decimal_of_fixed_size_is_led_by_its_sign() {
        let fixed =
            r#"{"type": "fixed", "name": "F", "size": 20, "logicalType": "decimal", "precision": 38, "scale": 0}"#;
        let record = format!(
            r#"{{"type": "record", "name": "R", "fields": [{{"name": "a", "type": {fixed}}}, {{"name": "b", "type": "F"}}]}}"#
        );
        let negative = [[0xff; 19].as_slice(), &[0x80]].concat();
        let positive = [[0; 18].as_slice(), &[0x01, 0x00]].concat();
        assert_eq!(read(&record, &[negative, positive].concat()), ["-128", "256"]);
        let long = [[1; 20].as_slice(), &[0; 20]].concat();
        assert!(read(&record, &long)[0].starts_with("Decimal("), "no DECIMAL has so many digits");
    }
}
