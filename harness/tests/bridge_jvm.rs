//! The JVM's bridge answers as the bridge here and as wasmtime's component API: any values of any types, and any lies.
//!
//! The calls are written into a directory, `plugins/jvm/pack`'s Mirror makes them through Endive, and its answers are
//! compared as text. Needs a Java 17 and what `make` builds in `target/jvm`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/calls.rs"]
mod calls;
#[path = "support/component.rs"]
mod component;
#[path = "support/jvm.rs"]
mod jvm;
#[path = "support/mirror.rs"]
mod mirror;
#[path = "support/wit_types.rs"]
mod wit_types;

use calls::{Calls, Wanted, text};
use mirror::{Mirror, draw, lying_image, pad, pad_type, runner};
use proptest::prelude::*;
use streamfn::contract::WitType;
use streamfn::host::{CallError, Limits};
use streamfn_model::Value;
use wasmtime::component::Val;
use wit_types::{any_type, any_value, to_val};

/// A call in a fresh instance, as the calls here are; it is made by the code of a packed jar too.
fn add(calls: &mut Calls, mirror: &Mirror, call: (&str, Vec<String>, Wanted)) {
    calls.add(&mirror.bytes, &mirror.program, &Limits::default(), "(generated)", vec![call]);
}

fn bytes_type() -> WitType {
    WitType::List(Box::new(WitType::U8))
}

#[test]
fn any_values_of_any_types_go_in_and_come_out_as_on_the_other_hosts() {
    let mut runner = runner();
    let mut calls = Calls::new();
    for _ in 0..150 {
        let types = draw(&mut runner, prop::collection::vec(any_type(), 1..8));
        let mirror = Mirror::new(types.clone());
        let mut made = Vec::new();
        for _ in 0..4 {
            let args: Vec<_> = types.iter().map(|ty| draw(&mut runner, any_value(ty))).collect();
            mirror.same("spill", &args, &types, &bytes_type());
            let spilled = mirror.bridge("spill", &args).unwrap();
            let texts = types.iter().zip(&args).map(|(ty, arg)| text(ty, arg)).collect();
            made.push(("spill", texts, Wanted::Answer(text(&bytes_type(), &spilled))));

            let (first, pair) = (&types[0], WitType::Tuple(vec![types[0].clone(), pad_type()]));
            let echoed = vec![args[0].clone(), pad()];
            mirror.same("echo", &echoed, &[first.clone(), pad_type()], &pair);
            let texts = vec![text(first, &echoed[0]), text(&pad_type(), &echoed[1])];
            made.push(("echo", texts, Wanted::Answer(text(&pair, &Value::Record(echoed)))));
        }
        // One instance there, a fresh one for each call here: what is spilled holds addresses.
        for call in made {
            add(&mut calls, &mirror, call);
        }
    }
    assert_eq!(calls.check().len(), 150 * 8);
}

#[test]
fn a_result_of_one_flat_value_comes_back_as_on_the_other_hosts() {
    let mut runner = runner();
    let mut calls = Calls::new();
    for _ in 0..300 {
        let ty = draw(&mut runner, any_type());
        let refusable = matches!(&ty, WitType::Result { err: Some(err), .. } if **err == WitType::String);
        if refusable || mirror::wat(&mirror::wit(std::slice::from_ref(&ty))).contains("unreachable)") {
            continue;
        }
        let mirror = Mirror::new(vec![ty.clone()]);
        let arg = draw(&mut runner, any_value(&ty));
        let wanted = Wanted::same(&ty, &mirror.bridge("same", std::slice::from_ref(&arg)));
        add(&mut calls, &mirror, ("same", vec![text(&ty, &arg)], wanted));
    }
    assert!(calls.check().len() > 50);
}

#[test]
fn a_lie_in_a_result_is_seen_as_on_the_other_hosts() {
    let mut runner = runner();
    let mut calls = Calls::new();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..150 {
        let ty = draw(&mut runner, any_type());
        let mirror = Mirror::new(vec![ty.clone()]);
        let pair = WitType::Tuple(vec![ty.clone(), pad_type()]);
        for _ in 0..3 {
            let image = lying_image(&mut runner, &mirror, &ty);
            let val = Val::List(image.iter().map(|byte| Val::U8(*byte)).collect());
            let image = Value::Bytes(image);
            let found = mirror.bridge("claim", std::slice::from_ref(&image));
            match (&found, mirror.reference("claim", &[val])) {
                (Ok(found), Ok(wanted)) => {
                    assert_eq!(to_val(&pair, found), wanted);
                    read += 1;
                }
                (Err(CallError::Contract(_)), Err(_)) => refused += 1,
                (found, wanted) => panic!("{ty:?}: the bridge says {found:?}, the component API {wanted:?}"),
            };
            add(&mut calls, &mirror, ("claim", vec![text(&bytes_type(), &image)], Wanted::same(&pair, &found)));
        }
    }
    assert!(read > 30 && refused > 30, "both outcomes: {read} read, {refused} refused");
    assert_eq!(calls.check().len(), 150 * 3);
}
