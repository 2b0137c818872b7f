//! The laws of generators: rows that follow from what was configured, and from nothing else.

use proptest::prelude::*;
use streamfn_model::Value;

use super::law::{Broken, CALLS, CounterExample, FRESH_INSTANCE, Fault, Found, Law, Trial, Tried, Verdict};
use super::literal::typed;
use crate::contract::{Component, Function, WitType};
use crate::host::{CallError, FunctionId, Instance, LoadError, Program};

pub(super) const CUTS: Law =
    Law { name: "cuts", says: "a generator's rows are the same however `max` cuts them, and never more at once" };

/// Configurations that many generators take.
const USUAL: [&str; 2] = ["", "{}"];

/// No more rows of a split than this are looked at: a generator may never end.
const ROWS: usize = 200;

struct Generator<'a> {
    program: &'a Program,
    create: FunctionId,
    next: FunctionId,
    finish: FunctionId,
    row: WitType,
    config: String,
}

/// Which split of which seed, and the `max` of each call; the last one is that of all further calls.
#[derive(Debug, Clone)]
struct Plan {
    seed: u64,
    split: u32,
    splits: u32,
    max: Vec<u32>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let max = proptest::collection::vec(prop_oneof![4 => 1_u32..5, 1 => 5_u32..300], 1..8);
    let seed = prop_oneof![3 => 0_u64..4, 1 => any::<u64>()];
    (seed, 1_u32..5, any::<u32>(), max).prop_map(|(seed, splits, split, max)| Plan {
        seed,
        split: split % splits,
        splits,
        max,
    })
}

/// Tries all laws on a generator. Without a config those are tried that many take.
pub(super) fn check(
    component: &Component,
    program: &Program,
    function: &Function,
    config: Option<&str>,
    trial: &Trial,
) -> Result<Vec<Found>, LoadError> {
    let member = |name: &str| program.function(&function.interface, name);
    let next = component.interfaces.get(&function.interface).and_then(|f| f.get("next")).and_then(|f| f.result.clone());
    let mut generator = Generator {
        program,
        create: member("create")?,
        next: member("next")?,
        finish: member("finish")?,
        row: next.and_then(row_type).unwrap_or(WitType::Bool),
        config: String::new(),
    };
    let laws = [CALLS, CUTS, FRESH_INSTANCE];
    let candidates = config.map_or_else(|| USUAL.to_vec(), |config| vec![config]);
    let mut refusals = Vec::new();
    for config in candidates {
        generator.config = config.to_owned();
        let plan = Plan { seed: 0, split: 0, splits: 1, max: vec![1] };
        match generator.created(&mut program.instance(), &plan) {
            Ok(Err(reason)) => refusals.push(format!("config {config:?} is refused: {reason}")),
            // What fails here fails again below, and is told there.
            Ok(Ok(_)) | Err(_) => return Ok(generator.laws(trial, config)),
        }
    }
    let why = format!("{}; give one with --config", refusals.join("; "));
    Ok(laws.map(|law| Found::said(law, Verdict::NotChecked(why.clone()))).into())
}

/// `T` of `tuple<state, list<T>>`.
fn row_type(ty: WitType) -> Option<WitType> {
    match ty {
        WitType::Result { ok: Some(ok), .. } => row_type(*ok),
        WitType::Tuple(types) => match types.into_iter().nth(1) {
            Some(WitType::List(row)) => Some(*row),
            _ => None,
        },
        _ => None,
    }
}

/// What a split gave.
#[derive(Debug, Clone, PartialEq, Default)]
struct Given {
    rows: Vec<Value>,
    /// What `finish` still owed, where the end was reached.
    finished: Option<Vec<Value>>,
    refused: Option<String>,
}

impl Generator<'_> {
    fn laws(&self, trial: &Trial, config: &str) -> Vec<Found> {
        let tell = |law, check: &dyn Fn(&Plan) -> Result<Tried, Broken>| {
            let outcome = trial.run(law, &plans(), |plan| self.told(plan), |plan| check(plan));
            Found::of(law, outcome, vec![format!("with config {config:?}")])
        };
        vec![
            tell(CALLS, &|plan| self.run(plan, false).map(|_| Tried::Yes)),
            tell(CUTS, &|plan| self.cuts(plan)),
            tell(FRESH_INSTANCE, &|plan| {
                let (wanted, found) = (self.run(plan, true)?, self.run(plan, false)?);
                self.same(plan, &wanted, &found)
            }),
        ]
    }

    fn told(&self, plan: &Plan) -> Vec<String> {
        let Plan { seed, split, splits, max } = plan;
        let max: Vec<String> = max.iter().map(u32::to_string).collect();
        vec![
            format!("create with config {:?}, seed {seed}, split {split} of {splits}", self.config),
            format!("next with max {}", max.join(", ")),
        ]
    }

    fn call(
        &self,
        instance: &mut Instance,
        name: &str,
        of: FunctionId,
        args: &[Value],
    ) -> Result<Result<Value, String>, Broken> {
        match instance.call(of, args) {
            Ok(value) => Ok(Ok(value)),
            Err(CallError::Refused(reason)) => Ok(Err(reason)),
            Err(error) => Err(Broken::Call(Fault { call: name.to_owned(), error })),
        }
    }

    fn created(&self, instance: &mut Instance, plan: &Plan) -> Result<Result<Value, String>, Broken> {
        let args =
            [Value::from(self.config.as_str()), Value::U64(plan.seed), Value::U32(plan.split), Value::U32(plan.splits)];
        self.call(instance, "create", self.create, &args)
    }

    /// The rows of a split up to [`ROWS`], in one instance or each call in its own.
    fn run(&self, plan: &Plan, isolated: bool) -> Result<Given, Broken> {
        let mut instance = self.program.instance();
        let mut given = Given::default();
        let mut state = match self.created(&mut instance, plan)? {
            Ok(state) => state,
            Err(reason) => return Ok(Given { refused: Some(reason), ..given }),
        };
        let mut max = plan.max.iter().copied();
        let mut last = 1;
        while given.rows.len() < ROWS {
            if isolated {
                instance = self.program.instance();
            }
            last = max.next().unwrap_or(last);
            let answer = match self.call(&mut instance, "next", self.next, &[state.clone(), Value::U32(last)])? {
                Ok(answer) => answer,
                Err(reason) => return Ok(Given { refused: Some(reason), ..given }),
            };
            let Value::Record(parts) = answer else { break };
            let Ok([next, Value::List(rows)]) = <[Value; 2]>::try_from(parts) else { break };
            if rows.len() > last as usize {
                let found = format!("{} rows", rows.len());
                let wanted = format!("at most {last} rows");
                return Err(Broken::Law(CounterExample { given: self.told(plan), wanted, found }));
            }
            state = next;
            if rows.is_empty() {
                let rest = self.call(&mut instance, "finish", self.finish, &[state])?;
                match rest {
                    Ok(Value::List(rest)) => given.finished = Some(rest),
                    Ok(_) => {}
                    Err(reason) => given.refused = Some(reason),
                }
                return Ok(given);
            }
            given.rows.extend(rows);
        }
        given.rows.truncate(ROWS);
        Ok(given)
    }

    /// Against one large `max` for all calls.
    fn cuts(&self, plan: &Plan) -> Result<Tried, Broken> {
        let whole = self.run(&Plan { max: vec![ROWS as u32], ..plan.clone() }, false)?;
        let found = self.run(plan, false)?;
        self.same(plan, &whole, &found)
    }

    fn same(&self, plan: &Plan, wanted: &Given, found: &Given) -> Result<Tried, Broken> {
        if wanted == found {
            return Ok(if wanted.rows.is_empty() { Tried::No } else { Tried::Yes });
        }
        let first = wanted.rows.iter().zip(&found.rows).take_while(|(a, b)| a == b).count();
        let show = |given: &Given| match (given.rows.get(first), &given.refused, &given.finished) {
            (Some(row), ..) => format!("row {}: {}", first + 1, typed(&self.row, row)),
            (None, Some(reason), _) => format!("refused after {first} rows: {reason}"),
            (None, None, Some(rest)) => format!("the end after {first} rows, and {} that were owed", rest.len()),
            (None, None, None) => format!("{first} rows"),
        };
        Err(Broken::Law(CounterExample { given: self.told(plan), wanted: show(wanted), found: show(found) }))
    }
}
