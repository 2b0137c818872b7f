//! The component `collect`: hands each WIT function to `streamfn-logic` and gives its answer back.
//!
//! Nothing is decided here. Each macro is the shape that siblings share; adding an overload is one line below it.

use streamfn_logic as logic;
use streamfn_logic::types::Decimal;

wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/collect"],
    world: "streamfn:collect/collect",
    with: { "streamfn:types/types@0.1.1": streamfn_logic::types },
});

use exports::streamfn::collect as functions;

struct Collect;

macro_rules! collect {
    ($($overload:ident($t:ty)),* $(,)?) => {$(
        impl functions::$overload::Guest for Collect {
            fn key(x: $t) -> Option<$t> {
                Some(logic::collect::key(x))
            }
            fn accumulate(entry: Option<i32>, _x: $t) -> Result<Option<i32>, String> {
                logic::collect::accumulate(entry)
            }
            fn retract(entry: Option<i32>, _x: $t) -> Result<Option<i32>, String> {
                logic::collect::retract(entry)
            }
            fn merge(a: i32, b: i32) -> Result<Option<i32>, String> {
                logic::collect::merge(a, b)
            }
        }
    )*};
}

collect! {
    collect_of_string(String),
    collect_of_tinyint(i8),
    collect_of_smallint(i16),
    collect_of_int(i32),
    collect_of_bigint(i64),
    collect_of_float(f32),
    collect_of_double(f64),
    collect_of_decimal(Decimal),
    collect_of_date(i32),
    collect_of_time(i32),
    collect_of_timestamp(i64),
    collect_of_timestamp_ltz(i64),
}

export!(Collect);
