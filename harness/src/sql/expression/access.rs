//! What is inside of rows, arrays and maps, and how these are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::compute::{is_null, nullif};
use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use streamfn_model::builtins::spelled;
use streamfn_model::{Dialect, Field, SqlType, Value};

use super::term::{Outcome, Term};
use super::{Scope, Typed, constant};
use crate::sql::error::{SqlError, hint};

impl Scope<'_> {
    /// `row->field` of ksqlDB, `row.field` of Flink. A null row has null fields.
    pub(super) fn field(&mut self, of: &Expr, field: &str) -> Result<Term, SqlError> {
        let of = self.term(of)?;
        let SqlType::Row(fields) = &of.sql_type else {
            let (sign, row) = match self.dialect() {
                Dialect::Ksqldb => ("->", "STRUCT"),
                Dialect::Flink => (".", "ROW"),
            };
            let found = spelled(self.dialect(), &of.sql_type);
            return Err(SqlError::wrong_type(format!("{sign} wants a {row} on its left, found {found}"), None));
        };
        let Some(index) = fields.iter().position(|f| f.name == *field) else {
            let hint = hint(field, fields.iter().map(|f| f.name.as_str()));
            return Err(SqlError::unknown(format!("unknown field {field}{hint}"), None));
        };
        let result = fields[index].sql_type.clone();
        let kernel = Arc::new(move |columns: &[Arc<dyn Array>], _: Option<&_>| {
            let row = &columns[0];
            Ok(Outcome::of(nullif(row.as_struct().column(index), &is_null(row)?)?))
        });
        Ok(self.strict(format!("->{field}"), vec![of], kernel, result, false))
    }

    /// `array[1]`, the first element, and `map['key']`; null where nothing is there.
    ///
    /// ksqlDB counts from the end where the index is negative (`ArrayAccess`), and throws where it is null.
    pub(super) fn element(&mut self, of: &Expr, index: &Expr) -> Result<Term, SqlError> {
        let dialect = self.dialect();
        let (of, index) = (self.term(of)?, self.term(index)?);
        let wrong = |wanted: &SqlType| {
            let [wanted, found] = [wanted, &index.sql_type].map(|of| spelled(dialect, of));
            SqlError::wrong_type(
                format!("[] wants an index of type {wanted}, found {found}; write CAST(x AS {wanted})"),
                None,
            )
        };
        match of.sql_type.clone() {
            SqlType::Array(element) => {
                if index.sql_type != SqlType::Int {
                    return Err(wrong(&SqlType::Int));
                }
                let typed = Typed { expr: index.expr.clone(), sql_type: SqlType::Int, fails: false };
                if dialect == Dialect::Flink && matches!(constant(&typed), Some(Value::S32(..=0))) {
                    return Err(SqlError::invalid("[] wants an index from 1 on", None));
                }
                Ok(self.by_row("[]", vec![of, index], *element, move |values| match values {
                    [Value::List(elements), Value::S32(index)] => Ok(element_at(dialect, elements, *index)),
                    [Value::List(_), _] if dialect == Dialect::Ksqldb => Err("an index that is null".to_owned()),
                    _ => Ok(Value::Null),
                }))
            }
            SqlType::Map(key, value) => {
                let found = wrong(&key);
                let index = self.taken_to(index, &key, false).ok_or(found)?;
                Ok(self.by_row("[]", vec![of, index], *value, |values| match values {
                    [Value::List(entries), key] => Ok(value_of(entries, key)),
                    _ => Ok(Value::Null),
                }))
            }
            other => {
                let found = spelled(dialect, &other);
                Err(SqlError::wrong_type(format!("[] wants an ARRAY or a MAP on its left, found {found}"), None))
            }
        }
    }

    /// An element of an ARRAY, MAP or STRUCT that is made: in ksqlDB what throws in it is null there.
    fn elements(&mut self, elements: &[Expr], clause: &str) -> Result<Vec<Term>, SqlError> {
        let known = elements.iter().map(|element| match self.known(element)? {
            Some(term) => self.caught(term).map(Some),
            None => Ok(None),
        });
        let known = known.collect::<Result<_, _>>()?;
        self.of_known_type(known, clause)
    }

    pub(super) fn array(&mut self, elements: &[Expr]) -> Result<Term, SqlError> {
        let elements = self.elements(elements, "ARRAY")?;
        let Some(first) = elements.first() else { return Err(SqlError::not_supported("ARRAY of nothing", None)) };
        let result = SqlType::Array(Box::new(first.sql_type.clone()));
        Ok(self.by_row("ARRAY", elements, result, |values| Ok(Value::List(values.to_vec()))))
    }

    /// Keys and values in turn. Of equal keys the last one counts.
    pub(super) fn map(&mut self, entries: &[Expr]) -> Result<Term, SqlError> {
        let (entries, []) = entries.as_chunks::<2>() else {
            return Err(SqlError::invalid("MAP wants a value for each key", None));
        };
        let (keys, values): (Vec<_>, Vec<_>) = entries.iter().cloned().map(|[key, value]| (key, value)).unzip();
        let (keys, values) = (self.elements(&keys, "MAP")?, self.elements(&values, "MAP")?);
        let (Some(key), Some(value)) = (keys.first(), values.first()) else {
            return Err(SqlError::not_supported("MAP of nothing", None));
        };
        let result = SqlType::Map(Box::new(key.sql_type.clone()), Box::new(value.sql_type.clone()));
        let count = keys.len();
        Ok(self.by_row("MAP", keys.into_iter().chain(values).collect(), result, move |all| {
            let (keys, values) = all.split_at(count);
            if keys.iter().any(Value::is_null) {
                return Err("a key of MAP is null".to_owned());
            }
            let entries: BTreeMap<&Value, &Value> = keys.iter().zip(values).collect();
            let pair = |(key, value): (&&Value, &&Value)| Value::Record(vec![(*key).clone(), (*value).clone()]);
            Ok(Value::List(entries.iter().map(pair).collect()))
        }))
    }

    /// `STRUCT(name := value, …)` of ksqlDB, each name before its value; `ROW(value, …)` of Flink.
    pub(super) fn row(&mut self, symbol: &str, parts: &[Expr]) -> Result<Term, SqlError> {
        let named: Vec<(String, &Expr)> = match symbol {
            "ROW" => parts.iter().enumerate().map(|(i, value)| (format!("EXPR${i}"), value)).collect(),
            _ => {
                let (pairs, rest) = parts.as_chunks::<2>();
                let named = pairs.iter().filter_map(|[name, value]| match name {
                    Expr::Literal(ScalarValue::Utf8(Some(name)), _) => Some((name.clone(), value)),
                    _ => None,
                });
                let named: Vec<_> = named.collect();
                if named.len() != pairs.len() || !rest.is_empty() {
                    return Err(SqlError::invalid("STRUCT wants name := value", None));
                }
                named
            }
        };
        let mut fields = vec![];
        let mut terms = vec![];
        for (name, value) in named {
            let value = self.term(value)?;
            let value = self.caught(value)?;
            fields.push(Field::new(name, value.sql_type.clone()));
            terms.push(value);
        }
        if fields.is_empty() {
            return Err(SqlError::not_supported(format!("{symbol} of nothing"), None));
        }
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let name = format!("{symbol} {}", names.join(" "));
        Ok(self.by_row(name, terms, SqlType::Row(fields), |values| Ok(Value::Record(values.to_vec()))))
    }
}

fn element_at(dialect: Dialect, elements: &[Value], index: i32) -> Value {
    let place = match index {
        1.. => usize::try_from(index - 1).ok(),
        ..=-1 if dialect == Dialect::Ksqldb => elements.len().checked_sub(index.unsigned_abs() as usize),
        _ => None,
    };
    place.and_then(|place| elements.get(place)).cloned().unwrap_or(Value::Null)
}

fn value_of(entries: &[Value], key: &Value) -> Value {
    let value = entries.iter().find_map(|entry| match entry {
        Value::Record(pair) if pair.first() == Some(key) => pair.get(1),
        _ => None,
    });
    value.cloned().unwrap_or(Value::Null)
}
