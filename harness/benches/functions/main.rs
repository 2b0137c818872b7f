//! spike
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Array, ArrayRef, Float64Array, Int32Array, Int64Array, TimestampMillisecondArray};
use streamfn::contract;
use streamfn::host::{Limits, Program, Rows, row};
use streamfn_logic::{basket_totals, sum};
use streamfn_model::Value;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn time(name: &str, rows: usize, mut f: impl FnMut()) {
    f();
    let mut best = f64::MAX;
    for _ in 0..7 {
        let began = Instant::now();
        let mut n = 0;
        while began.elapsed().as_millis() < 40 {
            f();
            n += 1;
        }
        best = best.min(began.elapsed().as_nanos() as f64 / (n * rows) as f64);
    }
    println!("{name:40} {rows:6} rows {best:8.2} ns/row");
}

fn main() {
    let bytes = std::fs::read("/work/main/target/plugins/aggregate.wasm").unwrap();
    let component = contract::read(&bytes).unwrap();
    let began = Instant::now();
    let program = Program::compile(&bytes, &component, Limits::default()).unwrap();
    println!("compiled in {:?}", began.elapsed());
    let all: Vec<_> = component.functions.iter().map(|f| f.interface.clone()).collect();
    let no: Vec<_> = all.iter().filter(|f| program.fold(f).is_none()).collect();
    println!("{} functions, without a loop {no:?}", all.len());
    if std::env::args().any(|a| a == "compile") { return; }
    for n in [1usize, 64, 1024, 8192] {
        let groups: Vec<u32> = vec![0; n];
        let kinds = vec![row::ACCUMULATE; n];
        for (name, count) in [("sum-of-bigint", 1), ("basket-totals", 3)] {
            let interface = all.iter().find(|i| i.contains(&format!("/{name}@"))).unwrap();
            let id = program.fold(interface).unwrap();
            let sizes = program.sizes(id);
            let mut instance = program.instance();
            let create = program.function(interface, "create").unwrap();
            let new = instance.call(create, &[]).unwrap();
            let mut state = vec![];
            program.write_state(id, &new, &mut state).unwrap();
            let new_bytes = state.clone();
            let opt = |i: usize| i % 17 != 3;
            let ints: ArrayRef = if count == 1 { Arc::new(Int64Array::from_iter((0..n).map(|i| Some(i as i64)))) } else { Arc::new(TimestampMillisecondArray::from_iter((0..n).map(|i| opt(i).then_some(i as i64)))) };
            let qty: ArrayRef = Arc::new(Int32Array::from_iter((0..n).map(|i| opt(i + 1).then_some(i as i32))));
            let price: ArrayRef = Arc::new(Float64Array::from_iter((0..n).map(|i| opt(i + 2).then_some(i as f64 * 0.5))));
            let arguments = if count == 1 { vec![ints.clone()] } else { vec![ints.clone(), qty.clone(), price.clone()] };
            let mut values = vec![];
            time(&format!("{name} batch"), n, || {
                let done = instance.fold(id, &Rows { kinds: &kinds, groups: &groups, arguments: &arguments }, &new_bytes, &mut state, &mut values).unwrap();
                assert_eq!(done, n);
            });
            let mut values = vec![0; n * sizes.value];
            time(&format!("{name} batch with values"), n, || {
                let done = instance.fold(id, &Rows { kinds: &kinds, groups: &groups, arguments: &arguments }, &new_bytes, &mut state, &mut values).unwrap();
                assert_eq!(done, n);
            });
            let accumulate = program.function(interface, "accumulate").unwrap();
            let rows: Vec<Vec<Value>> = (0..n).map(|i| arguments.iter().map(|a| streamfn_model::columns::read(a, i)).collect()).collect();
            let mut held = new.clone();
            time(&format!("{name} bridge"), n, || {
                for r in &rows {
                    let mut args = vec![held.clone()];
                    args.extend(r.iter().cloned());
                    instance.call_into(accumulate, &args, &mut held).unwrap();
                }
            });
            if count == 1 {
                let ints = ints.as_any().downcast_ref::<Int64Array>().unwrap();
                let mut states = vec![sum::create::<i64>()];
                time(&format!("{name} native"), n, || {
                    for i in 0..n {
                        let s = &mut states[groups[i] as usize];
                        *s = sum::accumulate(black_box(*s), ints.value(i)).unwrap();
                    }
                    black_box(&states);
                });
            } else {
                let ts = ints.as_any().downcast_ref::<TimestampMillisecondArray>().unwrap();
                let qty = qty.as_any().downcast_ref::<Int32Array>().unwrap();
                let price = price.as_any().downcast_ref::<Float64Array>().unwrap();
                let mut states = vec![basket_totals::create()];
                time(&format!("{name} native"), n, || {
                    for i in 0..n {
                        let s = &mut states[groups[i] as usize];
                        let item = basket_totals::Item { ts: ts.is_valid(i).then(|| ts.value(i)), qty: qty.is_valid(i).then(|| qty.value(i)), unit_price: price.is_valid(i).then(|| price.value(i)) };
                        *s = basket_totals::accumulate(*s, item);
                    }
                    black_box(&states);
                });
            }
        }
    }
}
