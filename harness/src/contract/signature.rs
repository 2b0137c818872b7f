//! A function's signature as a person reads it, in each engine's spelling: `SUM(x INT) → INT`.

use streamfn_model::{Field, SqlType};

use super::{Function, Shape};

impl Function {
    /// How many arguments, and how wide each number among them is: of overloads that take wider numbers than a call has,
    /// engines take the first by this order.
    pub fn width(&self) -> (usize, Vec<u8>) {
        let width = |sql_type: &SqlType| match sql_type {
            SqlType::TinyInt => 1,
            SqlType::SmallInt => 2,
            SqlType::Int => 3,
            SqlType::BigInt => 4,
            SqlType::Decimal(..) => 5,
            SqlType::Float => 6,
            SqlType::Double => 7,
            _ => 0,
        };
        (self.params.len(), self.params.iter().map(|param| width(&param.sql_type)).collect())
    }

    /// As Flink SQL spells it.
    pub fn signature_flink(&self) -> String {
        let spelled: Result<_, std::convert::Infallible> = self.spelled(&|sql_type| Ok(sql_type.to_string()));
        match spelled {
            Ok(signature) => signature,
        }
    }

    /// As ksqlDB spells it, or why ksqlDB cannot have the function. The prefix that a packed name carries is not in it.
    pub fn signature_ksqldb(&self) -> Result<String, String> {
        if matches!(self.shape, Shape::Generator { .. }) {
            return Err("ksqlDB has no sources of its own: a generator writes to topics instead".to_owned());
        }
        self.spelled(&SqlType::ksqldb)
    }

    fn spelled<E>(&self, spell: &dyn Fn(&SqlType) -> Result<String, E>) -> Result<String, E> {
        let spell = |sql_type: &SqlType| Ok::<_, E>(open_scale(spell(sql_type)?));
        let columns = |fields: &[Field]| {
            let column = |f: &Field| Ok::<_, E>(format!("{} {}", f.name, spell(&f.sql_type)?));
            Ok::<_, E>(fields.iter().map(column).collect::<Result<Vec<_>, _>>()?.join(", "))
        };
        let result = match (&self.shape, &self.result) {
            (Shape::Generator { tables }, _) => {
                let table = |t: &Field| match &t.sql_type {
                    SqlType::Row(fields) => Ok::<_, E>(format!("TABLE {}({})", t.name, columns(fields)?)),
                    other => Ok(format!("TABLE {}({})", t.name, spell(other)?)),
                };
                return Ok(tables.iter().map(table).collect::<Result<Vec<_>, _>>()?.join(", "))
                    .map(|tables| format!("{} → {tables}", self.sql_name));
            }
            (Shape::Table, SqlType::Row(fields)) => format!("TABLE({})", columns(fields)?),
            (Shape::Table, column) => format!("TABLE({})", spell(column)?),
            (_, result) => spell(result)?,
        };
        Ok(format!("{}({}) → {result}", self.sql_name, columns(&self.params)?))
    }
}

/// The scale of a DECIMAL is that of the first decimal argument, so no signature can name it.
fn open_scale(spelled: String) -> String {
    spelled.replace("DECIMAL(38, 18)", "DECIMAL(38, s)")
}
