//! The component `aggregate`: hands each WIT function to `streamfn-logic` and gives its answer back.
//!
//! Nothing is decided here. Each macro is the shape that siblings share; adding an overload is one line below it.

use streamfn_logic as logic;
use streamfn_logic::order::{Greatest, Least};
use streamfn_logic::types::Decimal;

wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/aggregate"],
    world: "streamfn:aggregate/aggregate",
    with: { "streamfn:types/types@0.1.1": streamfn_logic::types },
});

use exports::streamfn::aggregate as functions;

struct Aggregate;

/// What an answer looks like in the WIT of a function that refuses nothing.
mod sure {
    pub type Answer<T> = T;

    pub fn answer<T>(Ok(answer): Result<T, std::convert::Infallible>) -> T {
        answer
    }
}

/// The same where a row can be refused.
mod refusing {
    pub type Answer<T> = Result<T, String>;

    pub fn answer<T>(answer: Result<T, String>) -> Result<T, String> {
        answer
    }
}

/// What a state has as a trace, if its sum keeps one.
macro_rules! kept {
    () => {
        ()
    };
    ($trace:ident) => {
        $trace
    };
}

/// SUM: $answer says whether its overloads can refuse, $trace names the field that sums with a trace have.
macro_rules! sum {
    ($answer:ident $(, $trace:ident)?: $($overload:ident($t:ty)),* $(,)?) => {
        sum! { @ $answer, [$($trace)?]: $($overload($t)),* }
    };
    (@ $answer:ident, $trace:tt: $($overload:ident($t:ty)),*) => {
        $(sum! { @one $answer, $trace, $overload, $t })*
    };
    (@one $answer:ident, [$($trace:ident)?], $overload:ident, $t:ty) => {
        const _: () = {
            use $answer::{Answer, answer};
            use functions::$overload::{Guest, State};

            fn read(State { sum, rows $(, $trace)? }: State) -> logic::sum::State<$t> {
                logic::sum::State { sum, rows, trace: kept!($($trace)?) }
            }

            fn write(logic::sum::State { sum, rows, trace: kept!($($trace)?) }: logic::sum::State<$t>) -> State {
                State { sum, rows $(, $trace)? }
            }

            impl Guest for Aggregate {
                fn create() -> State {
                    write(logic::sum::create())
                }
                fn accumulate(state: State, x: $t) -> Answer<State> {
                    answer(logic::sum::accumulate(read(state), x).map(write))
                }
                fn retract(state: State, x: $t) -> Answer<State> {
                    answer(logic::sum::retract(read(state), x).map(write))
                }
                fn merge(a: State, b: State) -> Answer<State> {
                    answer(logic::sum::merge(read(a), read(b)).map(write))
                }
                fn value(state: State) -> Option<$t> {
                    logic::sum::value(read(state))
                }
            }
        };
    };
}

sum! { sure: sum_of_int(i32), sum_of_tinyint(i8), sum_of_smallint(i16), sum_of_bigint(i64) }
sum! { sure, trace: sum_of_float(f32), sum_of_double(f64) }
sum! { refusing: sum_of_decimal(Decimal) }

/// What the sum of an AVG is in a state that has a type for it.
mod plain {
    pub fn read<T>(sum: T) -> T {
        sum
    }

    pub fn write<T>(sum: T) -> T {
        sum
    }
}

/// The same in halves: WIT has no integer of 128 bits.
mod halves {
    use crate::functions::avg_of_bigint::Wide;

    pub fn read(Wide { high, low }: Wide) -> i128 {
        (i128::from(high) << 64) | i128::from(low)
    }

    pub fn write(sum: i128) -> Wide {
        Wide { high: (sum >> 64) as i64, low: sum as u64 }
    }
}

/// AVG: $answer and $trace as in SUM, $form how the state holds the sum.
macro_rules! avg {
    ($answer:ident, $form:ident $(, $trace:ident)?: $($overload:ident($t:ty) -> $mean:ty),* $(,)?) => {
        avg! { @ $answer, $form, [$($trace)?]: $($overload($t) -> $mean),* }
    };
    (@ $answer:ident, $form:ident, $trace:tt: $($overload:ident($t:ty) -> $mean:ty),*) => {
        $(avg! { @one $answer, $form, $trace, $overload, $t, $mean })*
    };
    (@one $answer:ident, $form:ident, [$($trace:ident)?], $overload:ident, $t:ty, $mean:ty) => {
        const _: () = {
            use $answer::{Answer, answer};
            use functions::$overload::{Guest, State};

            type Held = logic::sum::State<<$t as logic::avg::Averaged>::Sum>;

            fn read(State { sum, rows $(, $trace)? }: State) -> Held {
                logic::sum::State { sum: $form::read(sum), rows, trace: kept!($($trace)?) }
            }

            fn write(logic::sum::State { sum, rows, trace: kept!($($trace)?) }: Held) -> State {
                State { sum: $form::write(sum), rows $(, $trace)? }
            }

            impl Guest for Aggregate {
                fn create() -> State {
                    write(logic::avg::create::<$t>())
                }
                fn accumulate(state: State, x: $t) -> Answer<State> {
                    answer(logic::avg::accumulate(read(state), x).map(write))
                }
                fn retract(state: State, x: $t) -> Answer<State> {
                    answer(logic::avg::retract(read(state), x).map(write))
                }
                fn merge(a: State, b: State) -> Answer<State> {
                    answer(logic::avg::merge::<$t>(read(a), read(b)).map(write))
                }
                fn value(state: State) -> Option<$mean> {
                    logic::avg::value::<$t>(read(state))
                }
            }
        };
    };
}

avg! { sure, plain:
    avg_of_int(i32) -> f64,
    avg_of_tinyint(i8) -> f64,
    avg_of_smallint(i16) -> f64,
}
avg! { sure, plain, trace: avg_of_float(f32) -> f64, avg_of_double(f64) -> f64 }
avg! { sure, halves: avg_of_bigint(i64) -> f64 }
avg! { refusing, plain: avg_of_decimal(Decimal) -> Decimal }

/// COUNT looks at no argument: `count` has none, the overloads have one that the contract has found not to be null.
macro_rules! count {
    ($($overload:ident($($x:ident: $t:ty)?)),* $(,)?) => {$(
        const _: () = {
            use functions::$overload::{Guest, State};

            fn read(State { rows }: State) -> logic::count::State {
                logic::count::State { rows }
            }

            fn write(logic::count::State { rows }: logic::count::State) -> State {
                State { rows }
            }

            impl Guest for Aggregate {
                fn create() -> State {
                    write(logic::count::create())
                }
                fn accumulate(state: State $(, $x: $t)?) -> State {
                    write(logic::count::accumulate(read(state)))
                }
                fn retract(state: State $(, $x: $t)?) -> State {
                    write(logic::count::retract(read(state)))
                }
                fn merge(a: State, b: State) -> State {
                    write(logic::count::merge(read(a), read(b)))
                }
                fn value(state: State) -> i64 {
                    logic::count::value(read(state))
                }
            }
        };
    )*};
}

count! {
    count(),
    count_of_int(_x: i32),
    count_of_tinyint(_x: i8),
    count_of_smallint(_x: i16),
    count_of_bigint(_x: i64),
    count_of_float(_x: f32),
    count_of_double(_x: f64),
    count_of_decimal(_x: Decimal),
    count_of_string(_x: String),
    count_of_date(_x: i32),
    count_of_time(_x: i32),
    count_of_timestamp(_x: i64),
    count_of_timestamp_ltz(_x: i64),
    count_of_boolean(_x: bool),
}

/// MIN and MAX: $end of the order, and what the one field of their state is called.
macro_rules! extreme {
    ($end:ident as $field:ident: $($overload:ident($t:ty)),* $(,)?) => {$(
        const _: () = {
            use functions::$overload::{Guest, State};

            fn read(State { $field }: State) -> logic::extreme::State<$t> {
                logic::extreme::State { best: $field }
            }

            fn write(logic::extreme::State { best }: logic::extreme::State<$t>) -> State {
                State { $field: best }
            }

            impl Guest for Aggregate {
                fn create() -> State {
                    write(logic::extreme::create())
                }
                fn accumulate(state: State, x: $t) -> State {
                    write(logic::extreme::accumulate::<$end, _>(read(state), x))
                }
                fn merge(a: State, b: State) -> State {
                    write(logic::extreme::merge::<$end, _>(read(a), read(b)))
                }
                fn value(state: State) -> Option<$t> {
                    logic::extreme::value(read(state))
                }
            }
        };
    )*};
}

extreme! { Least as least:
    min_of_int(i32),
    min_of_tinyint(i8),
    min_of_smallint(i16),
    min_of_bigint(i64),
    min_of_float(f32),
    min_of_double(f64),
    min_of_decimal(Decimal),
    min_of_string(String),
    min_of_date(i32),
    min_of_time(i32),
    min_of_timestamp(i64),
    min_of_timestamp_ltz(i64),
}
extreme! { Greatest as greatest:
    max_of_int(i32),
    max_of_tinyint(i8),
    max_of_smallint(i16),
    max_of_bigint(i64),
    max_of_float(f32),
    max_of_double(f64),
    max_of_decimal(Decimal),
    max_of_string(String),
    max_of_date(i32),
    max_of_time(i32),
    max_of_timestamp(i64),
    max_of_timestamp_ltz(i64),
}

/// MIN_WITH_RETRACT and MAX_WITH_RETRACT: the engine has the map.
macro_rules! extreme_with_retract {
    ($end:ident: $($overload:ident($t:ty)),* $(,)?) => {$(
        impl functions::$overload::Guest for Aggregate {
            fn key(x: $t) -> Option<$t> {
                Some(logic::extreme_with_retract::key(x))
            }
            fn accumulate(entry: Option<i64>, _x: $t) -> Option<i64> {
                logic::extreme_with_retract::accumulate(entry)
            }
            fn retract(entry: Option<i64>, _x: $t) -> Option<i64> {
                logic::extreme_with_retract::retract(entry)
            }
            fn merge(a: i64, b: i64) -> Option<i64> {
                logic::extreme_with_retract::merge(a, b)
            }
            fn value(entries: Vec<($t, i64)>) -> Result<Option<$t>, String> {
                logic::extreme_with_retract::value::<$end, _>(entries)
            }
        }
    )*};
}

extreme_with_retract! { Least:
    min_with_retract_of_int(i32),
    min_with_retract_of_tinyint(i8),
    min_with_retract_of_smallint(i16),
    min_with_retract_of_bigint(i64),
    min_with_retract_of_float(f32),
    min_with_retract_of_double(f64),
    min_with_retract_of_decimal(Decimal),
    min_with_retract_of_string(String),
    min_with_retract_of_date(i32),
    min_with_retract_of_time(i32),
    min_with_retract_of_timestamp(i64),
    min_with_retract_of_timestamp_ltz(i64),
}
extreme_with_retract! { Greatest:
    max_with_retract_of_int(i32),
    max_with_retract_of_tinyint(i8),
    max_with_retract_of_smallint(i16),
    max_with_retract_of_bigint(i64),
    max_with_retract_of_float(f32),
    max_with_retract_of_double(f64),
    max_with_retract_of_decimal(Decimal),
    max_with_retract_of_string(String),
    max_with_retract_of_date(i32),
    max_with_retract_of_time(i32),
    max_with_retract_of_timestamp(i64),
    max_with_retract_of_timestamp_ltz(i64),
}

/// EARLIEST and LATEST: $end of the offsets, and what the value is called in the state.
macro_rules! by_offset {
    ($end:ident as $field:ident: $($overload:ident($t:ty)),* $(,)?) => {$(
        const _: () = {
            use functions::$overload::{Guest, State};

            fn read(State { $field, offset }: State) -> logic::by_offset::State<$t> {
                logic::by_offset::State { best: $field, offset }
            }

            fn write(logic::by_offset::State { best, offset }: logic::by_offset::State<$t>) -> State {
                State { $field: best, offset }
            }

            impl Guest for Aggregate {
                fn create() -> State {
                    write(logic::by_offset::create())
                }
                fn accumulate(state: State, x: $t, offset: i64) -> State {
                    write(logic::by_offset::accumulate::<$end, _>(read(state), x, offset))
                }
                fn merge(a: State, b: State) -> State {
                    write(logic::by_offset::merge::<$end, _>(read(a), read(b)))
                }
                fn value(state: State) -> Option<$t> {
                    logic::by_offset::value(read(state))
                }
            }
        };
    )*};
}

by_offset! { Least as earliest:
    earliest_of_int(i32),
    earliest_of_tinyint(i8),
    earliest_of_smallint(i16),
    earliest_of_bigint(i64),
    earliest_of_float(f32),
    earliest_of_double(f64),
    earliest_of_decimal(Decimal),
    earliest_of_string(String),
    earliest_of_date(i32),
    earliest_of_time(i32),
    earliest_of_timestamp(i64),
    earliest_of_timestamp_ltz(i64),
    earliest_of_boolean(bool),
}
by_offset! { Greatest as latest:
    latest_of_int(i32),
    latest_of_tinyint(i8),
    latest_of_smallint(i16),
    latest_of_bigint(i64),
    latest_of_float(f32),
    latest_of_double(f64),
    latest_of_decimal(Decimal),
    latest_of_string(String),
    latest_of_date(i32),
    latest_of_time(i32),
    latest_of_timestamp(i64),
    latest_of_timestamp_ltz(i64),
    latest_of_boolean(bool),
}

const _: () = {
    use functions::basket_totals::{Guest, State, Totals};
    use logic::basket_totals::{self, Item};

    fn read(Totals { ts, sum_qty, total_price }: State) -> basket_totals::Totals {
        basket_totals::Totals { ts, sum_qty, total_price }
    }

    fn write(basket_totals::Totals { ts, sum_qty, total_price }: basket_totals::Totals) -> Totals {
        Totals { ts, sum_qty, total_price }
    }

    impl Guest for Aggregate {
        fn create() -> State {
            write(basket_totals::create())
        }
        fn accumulate(state: State, ts: Option<i64>, qty: Option<i32>, unit_price: Option<f64>) -> State {
            write(basket_totals::accumulate(read(state), Item { ts, qty, unit_price }))
        }
        fn merge(a: State, b: State) -> State {
            write(basket_totals::merge(read(a), read(b)))
        }
        fn value(state: State) -> Totals {
            write(basket_totals::value(read(state)))
        }
    }
};

export!(Aggregate);
