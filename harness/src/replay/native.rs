//! The built-in aggregates natively: DataFusion's own, under the engine's rule. Never `plugins/logic`, so that the two
//! ways of `verify` have nothing in common.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion_common::Result as DfResult;
use datafusion_expr::function::AccumulatorArgs;
use datafusion_expr::{Accumulator, AggregateUDF};
use datafusion_functions_aggregate::{count, min_max, sum};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::{Column, lit};
use streamfn_model::builtins::{AggregateRule, Algebra};
use streamfn_model::{SqlType, Value, columns};

/// A built-in aggregate by DataFusion.
pub struct Native {
    udf: Arc<AggregateUDF>,
    algebra: Algebra,
    /// The type DataFusion takes the argument in; `None` for rows.
    input: Option<DataType>,
    result: SqlType,
}

impl Native {
    pub fn new(rule: &AggregateRule, argument: Option<&SqlType>) -> Self {
        let udf = match rule.algebra {
            Algebra::Sum => sum::sum_udaf(),
            Algebra::Count => count::count_udaf(),
            Algebra::Min => min_max::min_udaf(),
            Algebra::Max => min_max::max_udaf(),
        };
        // DataFusion adds INT as BIGINT; taken back to INT it has wrapped around as the engines' sum does.
        let input = argument.map(|of| match (rule.algebra, of) {
            (Algebra::Sum, SqlType::Int) => DataType::Int64,
            (_, of) => columns::data_type(of),
        });
        Native { udf, algebra: rule.algebra, input, result: rule.result.clone() }
    }

    pub fn create(&self) -> DfResult<Box<dyn Accumulator>> {
        let of = self.input.clone().unwrap_or(DataType::Int64);
        let field = Arc::new(Field::new("x", of, true));
        let schema = Schema::new(vec![field.clone()]);
        let result = self.udf.return_field(std::slice::from_ref(&field))?;
        let expr: Arc<dyn PhysicalExpr> = match self.input {
            Some(_) => Arc::new(Column::new("x", 0)),
            None => lit(1_i64),
        };
        let arguments = AccumulatorArgs {
            return_field: result,
            schema: &schema,
            ignore_nulls: false,
            order_bys: &[],
            is_reversed: false,
            name: self.udf.name(),
            is_distinct: false,
            exprs: &[expr],
            expr_fields: &[field],
        };
        match self.algebra {
            // These can take rows back; DataFusion's moving MIN and MAX only take back the oldest.
            Algebra::Sum | Algebra::Count => self.udf.create_sliding_accumulator(arguments),
            Algebra::Min | Algebra::Max => self.udf.accumulator(arguments),
        }
    }

    /// Adds or takes back one row of the argument's column.
    pub fn apply(
        &self,
        state: &mut dyn Accumulator,
        arguments: &[ArrayRef],
        row: usize,
        retract: bool,
    ) -> DfResult<()> {
        let column = match (&self.input, arguments.first()) {
            (Some(of), Some(column)) => cast(&column.slice(row, 1), of)?,
            _ => Arc::new(arrow::array::Int64Array::from(vec![1])),
        };
        match retract {
            true => state.retract_batch(&[column]),
            false => state.update_batch(&[column]),
        }
    }

    pub fn value(&self, state: &mut dyn Accumulator) -> DfResult<Value> {
        let value = columns::read(&state.evaluate()?.to_array()?, 0);
        Ok(match (&self.result, value) {
            (SqlType::Int, Value::S64(wide)) => Value::S32(wide as i32),
            (_, value) => value,
        })
    }
}
