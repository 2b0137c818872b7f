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

/// HISTOGRAM and COLLECT_SET count alike; $value is what they make of the entries.
macro_rules! tallied {
    ($function:ident: $($overload:ident($t:ty) -> $value:ty),* $(,)?) => {$(
        impl functions::$overload::Guest for Collect {
            fn key(x: $t) -> Option<$t> {
                Some(logic::$function::key(x))
            }
            fn accumulate(entry: Option<i64>, _x: $t) -> Option<i64> {
                logic::$function::accumulate(entry)
            }
            fn retract(entry: Option<i64>, _x: $t) -> Option<i64> {
                logic::$function::retract(entry)
            }
            fn merge(a: i64, b: i64) -> Option<i64> {
                logic::$function::merge(a, b)
            }
            fn value(entries: Vec<($t, i64)>) -> Result<$value, String> {
                logic::$function::value(entries)
            }
        }
    )*};
}

tallied! { histogram:
    histogram_of_string(String) -> Vec<(String, i64)>,
    histogram_of_tinyint(i8) -> Vec<(i8, i64)>,
    histogram_of_smallint(i16) -> Vec<(i16, i64)>,
    histogram_of_int(i32) -> Vec<(i32, i64)>,
    histogram_of_bigint(i64) -> Vec<(i64, i64)>,
    histogram_of_float(f32) -> Vec<(f32, i64)>,
    histogram_of_double(f64) -> Vec<(f64, i64)>,
    histogram_of_decimal(Decimal) -> Vec<(Decimal, i64)>,
    histogram_of_date(i32) -> Vec<(i32, i64)>,
    histogram_of_time(i32) -> Vec<(i32, i64)>,
    histogram_of_timestamp(i64) -> Vec<(i64, i64)>,
    histogram_of_timestamp_ltz(i64) -> Vec<(i64, i64)>,
}
tallied! { collect_set:
    collect_set_of_string(String) -> Vec<String>,
    collect_set_of_tinyint(i8) -> Vec<i8>,
    collect_set_of_smallint(i16) -> Vec<i16>,
    collect_set_of_int(i32) -> Vec<i32>,
    collect_set_of_bigint(i64) -> Vec<i64>,
    collect_set_of_float(f32) -> Vec<f32>,
    collect_set_of_double(f64) -> Vec<f64>,
    collect_set_of_decimal(Decimal) -> Vec<Decimal>,
    collect_set_of_date(i32) -> Vec<i32>,
    collect_set_of_time(i32) -> Vec<i32>,
    collect_set_of_timestamp(i64) -> Vec<i64>,
    collect_set_of_timestamp_ltz(i64) -> Vec<i64>,
}

macro_rules! collect_list {
    ($($overload:ident($t:ty)),* $(,)?) => {$(
        const _: () = {
            use functions::$overload::{Guest, State};

            fn read(State { values, owed }: State) -> logic::collect_list::State {
                logic::collect_list::State { values, owed }
            }

            fn write(logic::collect_list::State { values, owed }: logic::collect_list::State) -> State {
                State { values, owed }
            }

            impl Guest for Collect {
                fn create() -> State {
                    write(logic::collect_list::create())
                }
                fn accumulate(state: State, x: Option<$t>) -> State {
                    write(logic::collect_list::accumulate(read(state), x))
                }
                fn retract(state: State, x: Option<$t>) -> Result<State, String> {
                    logic::collect_list::retract(read(state), x).map(write)
                }
                fn merge(a: State, b: State) -> Result<State, String> {
                    logic::collect_list::merge(read(a), read(b)).map(write)
                }
                fn value(state: State) -> Result<Vec<Option<$t>>, String> {
                    logic::collect_list::value(read(state))
                }
            }
        };
    )*};
}

collect_list! {
    collect_list_of_string(String),
    collect_list_of_tinyint(i8),
    collect_list_of_smallint(i16),
    collect_list_of_int(i32),
    collect_list_of_bigint(i64),
    collect_list_of_float(f32),
    collect_list_of_double(f64),
    collect_list_of_decimal(Decimal),
    collect_list_of_date(i32),
    collect_list_of_time(i32),
    collect_list_of_timestamp(i64),
    collect_list_of_timestamp_ltz(i64),
}

/// COLLECT_LIST with a limit: its state is the one without and the limit beside it.
macro_rules! collect_list_limited {
    ($($overload:ident($t:ty)),* $(,)?) => {$(
        const _: () = {
            use functions::$overload::{Guest, State};
            use logic::{collect_list, collect_list_limited};

            fn read(State { values, owed, limit }: State) -> collect_list_limited::State {
                collect_list_limited::State { list: collect_list::State { values, owed }, limit }
            }

            fn write(collect_list_limited::State { list, limit }: collect_list_limited::State) -> State {
                State { values: list.values, owed: list.owed, limit }
            }

            impl Guest for Collect {
                fn create() -> State {
                    write(collect_list_limited::create())
                }
                fn accumulate(state: State, x: Option<$t>, limit: i32) -> Result<State, String> {
                    collect_list_limited::accumulate(read(state), x, limit).map(write)
                }
                fn retract(state: State, x: Option<$t>, limit: i32) -> Result<State, String> {
                    collect_list_limited::retract(read(state), x, limit).map(write)
                }
                fn merge(a: State, b: State) -> Result<State, String> {
                    collect_list_limited::merge(read(a), read(b)).map(write)
                }
                fn value(state: State) -> Result<Vec<Option<$t>>, String> {
                    collect_list_limited::value(read(state))
                }
            }
        };
    )*};
}

collect_list_limited! {
    collect_list_of_string_int(String),
    collect_list_of_tinyint_int(i8),
    collect_list_of_smallint_int(i16),
    collect_list_of_int_int(i32),
    collect_list_of_bigint_int(i64),
    collect_list_of_float_int(f32),
    collect_list_of_double_int(f64),
    collect_list_of_decimal_int(Decimal),
    collect_list_of_date_int(i32),
    collect_list_of_time_int(i32),
    collect_list_of_timestamp_int(i64),
    collect_list_of_timestamp_ltz_int(i64),
}

export!(Collect);
