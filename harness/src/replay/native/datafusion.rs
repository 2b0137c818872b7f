//! The aggregates that DataFusion has as the engines have them.

use std::any::Any;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion_common::Result as DfResult;
use datafusion_expr::Accumulator;
use datafusion_expr::function::AccumulatorArgs;
use datafusion_functions_aggregate::{average, count, min_max, sum};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::{Column, lit};
use streamfn_model::builtins::Algebra;
use streamfn_model::{SqlType, Value, columns};

use super::{Accumulated, OTHER_KIND};

pub struct Aggregate {
    accumulator: Box<dyn Accumulator>,
    /// The type DataFusion takes the argument in; BIGINT for rows.
    input: SqlType,
    /// The type of a sum of integers, which DataFusion adds as BIGINT: cut to it, it has wrapped around as the engines' has.
    narrow: Option<SqlType>,
}

impl Aggregate {
    pub fn new(algebra: Algebra, of: Option<&SqlType>) -> Result<Self, String> {
        let narrow = of
            .filter(|of| algebra == Algebra::Sum && matches!(of, SqlType::TinyInt | SqlType::SmallInt | SqlType::Int));
        let input = match (narrow, of) {
            (None, Some(of)) => of.clone(),
            _ => SqlType::BigInt,
        };
        let accumulator = accumulator(algebra, &columns::data_type(&input), of.is_some());
        let accumulator = accumulator.map_err(|error| error.strip_backtrace())?;
        Ok(Aggregate { accumulator, input, narrow: narrow.cloned() })
    }
}

fn accumulator(algebra: Algebra, of: &DataType, has_argument: bool) -> DfResult<Box<dyn Accumulator>> {
    let udf = match algebra {
        Algebra::Sum => sum::sum_udaf(),
        Algebra::Avg => average::avg_udaf(),
        Algebra::Min => min_max::min_udaf(),
        Algebra::Max => min_max::max_udaf(),
        _ => count::count_udaf(),
    };
    let field = Arc::new(Field::new("x", of.clone(), true));
    let schema = Schema::new(vec![field.clone()]);
    let expr: Arc<dyn PhysicalExpr> = if has_argument { Arc::new(Column::new("x", 0)) } else { lit(1_i64) };
    let arguments = AccumulatorArgs {
        return_field: udf.return_field(std::slice::from_ref(&field))?,
        schema: &schema,
        ignore_nulls: false,
        order_bys: &[],
        is_reversed: false,
        name: udf.name(),
        is_distinct: false,
        exprs: &[expr],
        expr_fields: &[field],
    };
    match algebra {
        // DataFusion's moving MIN and MAX only take back the oldest row.
        Algebra::Min | Algebra::Max => udf.accumulator(arguments),
        _ => udf.create_sliding_accumulator(arguments),
    }
}

impl Accumulated for Aggregate {
    fn change(&mut self, value: &Value, retract: bool) -> Result<(), String> {
        let wide = match (&self.narrow, value) {
            (Some(_), Value::S8(x)) => Value::S64(i64::from(*x)),
            (Some(_), Value::S16(x)) => Value::S64(i64::from(*x)),
            (Some(_), Value::S32(x)) => Value::S64(i64::from(*x)),
            (_, value) => value.clone(),
        };
        let column = columns::build(&self.input, [&wide]).map_err(|error| error.to_string())?;
        let done = match retract {
            true => self.accumulator.retract_batch(&[column]),
            false => self.accumulator.update_batch(&[column]),
        };
        done.map_err(|error| error.strip_backtrace())
    }

    fn merge(&mut self, other: &mut dyn Any) -> Result<(), String> {
        let Some(other) = other.downcast_mut::<Aggregate>() else { return Err(OTHER_KIND.to_owned()) };
        let state = other.accumulator.state();
        let columns = state.and_then(|state| state.iter().map(|value| value.to_array()).collect::<DfResult<Vec<_>>>());
        let merged = columns.and_then(|columns| self.accumulator.merge_batch(&columns));
        merged.map_err(|error| error.strip_backtrace())
    }

    fn value(&mut self) -> Result<Value, String> {
        let value = self.accumulator.evaluate().and_then(|value| value.to_array());
        let value = columns::read(&value.map_err(|error| error.strip_backtrace())?, 0);
        Ok(match (&self.narrow, value) {
            (Some(SqlType::TinyInt), Value::S64(wide)) => Value::S8(wide as i8),
            (Some(SqlType::SmallInt), Value::S64(wide)) => Value::S16(wide as i16),
            (Some(SqlType::Int), Value::S64(wide)) => Value::S32(wide as i32),
            (_, value) => value,
        })
    }
}
