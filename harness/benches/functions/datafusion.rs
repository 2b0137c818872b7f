//! SUM over BIGINT in DataFusion's own accumulator, a batch at a time, beside ours.

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use arrow::datatypes::{DataType, Field};
use criterion::{BenchmarkId, Criterion, Throughput};
use datafusion_expr::function::AccumulatorArgs;
use datafusion_functions_aggregate::sum::sum_udaf;
use streamfn::bench::{Candidate, Contestant, Host, ROWS, contestants};
use streamfn_model::SqlType;

pub fn sums(criterion: &mut Criterion, aggregate: &Candidate) {
    let mut group = criterion.benchmark_group("SUM beside DataFusion's");
    let functions = aggregate.functions(&["SUM".to_owned()]).expect("it is there");
    let of_bigint = functions.iter().find(|function| function.params[0].sql_type == SqlType::BigInt);
    let all = contestants(aggregate, of_bigint.expect("it is there")).expect("it can be run");
    for Contestant { host, mut run } in all.into_iter().filter(|one| one.host != Host::Component) {
        for rows in ROWS {
            group.throughput(Throughput::Elements(rows as u64));
            group.bench_function(BenchmarkId::new(host.to_string(), rows), |bencher| bencher.iter(|| run(rows)));
        }
    }
    let schema = arrow::datatypes::Schema::new(vec![Field::new("x", DataType::Int64, true)]);
    let x = datafusion_physical_expr::expressions::col("x", &schema).expect("the column");
    let field: Arc<Field> = Arc::new(Field::new("sum", DataType::Int64, true));
    let exprs = [x];
    let fields = [Arc::new(schema.field(0).clone())];
    for rows in ROWS {
        let column: ArrayRef = Arc::new(Int64Array::from_iter((0..rows as i64).map(Some)));
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(BenchmarkId::new("DataFusion", rows), |bencher| {
            bencher.iter(|| {
                let arguments = AccumulatorArgs {
                    return_field: field.clone(),
                    schema: &schema,
                    ignore_nulls: false,
                    order_bys: &[],
                    is_reversed: false,
                    name: "sum",
                    is_distinct: false,
                    exprs: &exprs,
                    expr_fields: &fields,
                };
                let mut accumulator = sum_udaf().accumulator(arguments).expect("an accumulator");
                accumulator.update_batch(std::slice::from_ref(black_box(&column))).expect("summed");
                black_box(accumulator.evaluate().expect("a sum"));
            });
        });
    }
    group.finish();
}
