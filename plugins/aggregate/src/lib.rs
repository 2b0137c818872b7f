//! The component `aggregate`: hands each WIT function to `streamfn-logic` and gives its answer back.
//!
//! Nothing is decided here. Each macro is the shape that siblings share; adding an overload is one line below it.

use streamfn_logic as logic;

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
#[expect(dead_code, reason = "no overload here refuses yet")]
mod refusing {
    pub type Answer<T> = Result<T, String>;

    pub fn answer<T>(answer: Result<T, String>) -> Result<T, String> {
        answer
    }
}

/// SUM: $answer says whether its overloads can refuse.
macro_rules! sum {
    ($answer:ident: $($overload:ident($t:ty)),* $(,)?) => {$(
        const _: () = {
            use $answer::{Answer, answer};
            use functions::$overload::{Guest, State};

            fn read(State { sum, rows }: State) -> logic::sum::State<$t> {
                logic::sum::State { sum, rows }
            }

            fn write(logic::sum::State { sum, rows }: logic::sum::State<$t>) -> State {
                State { sum, rows }
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
    )*};
}

sum! { sure: sum_of_int(i32), sum_of_bigint(i64), sum_of_double(f64) }

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

count! { count(), count_of_int(_x: i32), count_of_bigint(_x: i64), count_of_double(_x: f64) }

/// MIN and MAX differ in the name of the one field of their state.
macro_rules! extreme {
    ($function:ident.$field:ident: $($overload:ident($t:ty)),* $(,)?) => {$(
        const _: () = {
            use functions::$overload::{Guest, State};

            fn read(State { $field }: State) -> logic::$function::State<$t> {
                logic::$function::State { $field }
            }

            fn write(logic::$function::State { $field }: logic::$function::State<$t>) -> State {
                State { $field }
            }

            impl Guest for Aggregate {
                fn create() -> State {
                    write(logic::$function::create())
                }
                fn accumulate(state: State, x: $t) -> State {
                    write(logic::$function::accumulate(read(state), x))
                }
                fn merge(a: State, b: State) -> State {
                    write(logic::$function::merge(read(a), read(b)))
                }
                fn value(state: State) -> Option<$t> {
                    logic::$function::value(read(state))
                }
            }
        };
    )*};
}

extreme! { min.least: min_of_int(i32), min_of_bigint(i64), min_of_double(f64), min_of_timestamp_ltz(i64) }
extreme! { max.greatest: max_of_int(i32), max_of_bigint(i64), max_of_double(f64), max_of_timestamp_ltz(i64) }

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
