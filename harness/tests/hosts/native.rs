//! The host without WebAssembly: `plugins/logic` called as Rust, its states as the structs that they are.
//!
//! One line of [`functions`] is a function with all its overloads; what is not here is missed by name.

use std::collections::BTreeMap;
use std::convert::Infallible;

use streamfn_logic::avg::Averaged;
use streamfn_logic::number::Addend;
use streamfn_logic::order::{Greatest, Least, Ordered};
use streamfn_logic::packed::Packed;
use streamfn_logic::types::Decimal;
use streamfn_logic::*;

use crate::function::Runs;
use crate::shapes::{Entries, Functions, stateless};
use crate::wired::Wire;

/// By the name of their interface, without package and version.
pub fn functions() -> BTreeMap<String, Box<dyn Runs>> {
    let mut all: BTreeMap<String, Box<dyn Runs>> = BTreeMap::new();
    macro_rules! overloads {
        ($name:literal $make:ident $suffix:literal: $($word:literal $t:ty),*) => {
            $(all.insert(concat!($name, "-of-", $word, $suffix).to_owned(), $make::<$t>());)*
        };
    }
    macro_rules! of_numbers {
        ($name:literal $make:ident $suffix:literal) => {
            overloads! { $name $make $suffix:
                "int" i32, "tinyint" i8, "smallint" i16, "bigint" i64, "float" f32, "double" f64, "decimal" Decimal
            }
        };
    }
    macro_rules! of_all {
        ($name:literal $make:ident $suffix:literal) => {
            of_numbers! { $name $make $suffix }
            overloads! { $name $make $suffix:
                "string" String, "date" i32, "time" i32, "timestamp" i64, "timestamp-ltz" i64
            }
        };
    }
    macro_rules! of_all_and_boolean {
        ($name:literal $make:ident) => {
            of_all! { $name $make "" }
            overloads! { $name $make "": "boolean" bool }
        };
    }
    of_numbers! { "sum" sum "" }
    of_numbers! { "avg" avg "" }
    of_all_and_boolean! { "count" count_of }
    of_all! { "min" min "" }
    of_all! { "max" max "" }
    of_all! { "min-with-retract" min_with_retract "" }
    of_all! { "max-with-retract" max_with_retract "" }
    of_all_and_boolean! { "earliest" earliest }
    of_all_and_boolean! { "latest" latest }
    of_all! { "collect" collect "" }
    of_all! { "histogram" histogram "" }
    of_all! { "collect-set" collect_set "" }
    of_all! { "collect-list" collect_list "" }
    of_all! { "collect-list" collect_list_limited "-int" }
    all.insert("count".to_owned(), count());
    all.insert("basket-totals".to_owned(), basket_totals());
    all.insert("with-user".to_owned(), stateless(|(event, user)| Ok(with_user::eval(event, user))));
    all.insert("with-product".to_owned(), stateless(|(row, product)| Ok(with_product::eval(row, product))));
    all.insert("unnest-entries-of-multiset".to_owned(), stateless(|(entries,)| unnest_entries::of_multiset(entries)));
    let of_map = |(entries,): (Vec<(String, i64)>,)| Ok(unnest_entries::of_map(entries));
    all.insert("unnest-entries-of-map".to_owned(), stateless(of_map));
    all
}

/// The sentence of a refusal, of which there may be none.
trait Sentence {
    fn sentence(self) -> String;
}

impl Sentence for String {
    fn sentence(self) -> String {
        self
    }
}

impl Sentence for Infallible {
    fn sentence(self) -> String {
        match self {}
    }
}

fn sum<T: Addend<Trace: Wire, Refusal: Sentence> + Wire + 'static>() -> Box<dyn Runs> {
    let functions = Functions {
        create: sum::create::<T>,
        accumulate: |state, (x,)| sum::accumulate(state, x).map_err(Sentence::sentence),
        retract: Some(|state, (x,)| sum::retract(state, x).map_err(Sentence::sentence)),
        merge: |a, b| sum::merge(a, b).map_err(Sentence::sentence),
        value: |state| Ok(sum::value(state)),
    };
    functions.boxed()
}

fn avg<T>() -> Box<dyn Runs>
where
    T: Averaged<Sum: Wire + Addend<Trace: Wire, Refusal: Sentence>, Mean: Wire> + Wire + 'static,
{
    let functions = Functions {
        create: avg::create::<T>,
        accumulate: |state, (x,)| avg::accumulate::<T>(state, x).map_err(Sentence::sentence),
        retract: Some(|state, (x,)| avg::retract::<T>(state, x).map_err(Sentence::sentence)),
        merge: |a, b| avg::merge::<T>(a, b).map_err(Sentence::sentence),
        value: |state| Ok(avg::value::<T>(state)),
    };
    functions.boxed()
}

fn count_of<T: Wire + 'static>() -> Box<dyn Runs> {
    let functions = Functions::<_, (T,), _> {
        create: count::create,
        accumulate: |state, _| Ok(count::accumulate(state)),
        retract: Some(|state, _| Ok(count::retract(state))),
        merge: |a, b| Ok(count::merge(a, b)),
        value: |state| Ok(count::value(state)),
    };
    functions.boxed()
}

fn count() -> Box<dyn Runs> {
    let functions = Functions::<_, (), _> {
        create: count::create,
        accumulate: |state, ()| Ok(count::accumulate(state)),
        retract: Some(|state, ()| Ok(count::retract(state))),
        merge: |a, b| Ok(count::merge(a, b)),
        value: |state| Ok(count::value(state)),
    };
    functions.boxed()
}

macro_rules! extreme {
    ($($function:ident: $end:ident),*) => {$(
        fn $function<T: Ordered + Wire + 'static>() -> Box<dyn Runs> {
            let functions = Functions {
                create: extreme::create::<T>,
                accumulate: |state, (x,)| Ok(extreme::accumulate::<$end, T>(state, x)),
                retract: None,
                merge: |a, b| Ok(extreme::merge::<$end, T>(a, b)),
                value: |state| Ok(extreme::value(state)),
            };
            functions.boxed()
        }
    )*};
}

extreme! { min: Least, max: Greatest }

macro_rules! by_offset {
    ($($function:ident: $end:ident),*) => {$(
        fn $function<T: Ordered + Wire + 'static>() -> Box<dyn Runs> {
            let functions = Functions {
                create: by_offset::create::<T>,
                accumulate: |state, (x, offset)| Ok(by_offset::accumulate::<$end, T>(state, x, offset)),
                retract: None,
                merge: |a, b| Ok(by_offset::merge::<$end, T>(a, b)),
                value: |state| Ok(by_offset::value(state)),
            };
            functions.boxed()
        }
    )*};
}

by_offset! { earliest: Least, latest: Greatest }

fn basket_totals() -> Box<dyn Runs> {
    let functions = Functions {
        create: basket_totals::create,
        accumulate: |state, item| Ok(basket_totals::accumulate(state, item)),
        retract: None::<fn(_, basket_totals::Item) -> _>,
        merge: |a, b| Ok(basket_totals::merge(a, b)),
        value: |state| Ok(basket_totals::value(state)),
    };
    functions.boxed()
}

fn collect_list<T: Packed + Wire + 'static>() -> Box<dyn Runs> {
    let functions = Functions {
        create: collect_list::create,
        accumulate: |state, (x,)| Ok(collect_list::accumulate::<T>(state, x)),
        retract: Some(|state, (x,)| collect_list::retract::<T>(state, x)),
        merge: collect_list::merge,
        value: collect_list::value::<T>,
    };
    functions.boxed()
}

fn collect_list_limited<T: Packed + Wire + 'static>() -> Box<dyn Runs> {
    let functions = Functions {
        create: collect_list_limited::create,
        accumulate: |state, (x, limit)| collect_list_limited::accumulate::<T>(state, x, limit),
        retract: Some(|state, (x, limit)| collect_list_limited::retract::<T>(state, x, limit)),
        merge: collect_list_limited::merge,
        value: collect_list_limited::value::<T>,
    };
    functions.boxed()
}

fn collect<T: Ordered + Wire + 'static>() -> Box<dyn Runs> {
    let entries = Entries {
        key: collect::key::<T>,
        accumulate: collect::accumulate,
        retract: collect::retract,
        merge: collect::merge,
        value: None::<fn(_) -> Result<(), String>>,
    };
    entries.boxed()
}

macro_rules! tallied {
    ($($function:ident = $module:ident[$($end:ident)?] -> $value:ty),*) => {$(
        fn $function<T: Ordered + Wire + 'static>() -> Box<dyn Runs> {
            let entries = Entries::<T, i64, $value> {
                key: $module::key::<T>,
                accumulate: |entry| Ok($module::accumulate(entry)),
                retract: |entry| Ok($module::retract(entry)),
                merge: |a, b| Ok($module::merge(a, b)),
                value: Some($module::value::<$($end,)? T>),
            };
    entries.boxed()
        }
    )*};
}

tallied! {
    histogram = histogram[] -> Vec<(T, i64)>,
    collect_set = collect_set[] -> Vec<T>,
    min_with_retract = extreme_with_retract[Least] -> Option<T>,
    max_with_retract = extreme_with_retract[Greatest] -> Option<T>
}
