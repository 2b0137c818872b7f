//! The laws of functions that are called once a row and keep nothing: scalars and table functions.

use streamfn_model::Value;

use super::law::{Broken, CALLS, CounterExample, FRESH_INSTANCE, Fault, Found, Trial, Tried};
use super::literal::row;
use super::rows::{Columns, Marked, Row};
use crate::contract::{Component, Function, Shape};
use crate::host::{CallError, FunctionId, Instance, LoadError, Program};

struct Called<'a> {
    function: &'a Function,
    program: &'a Program,
    member: FunctionId,
}

/// What a call gave: a value, or why the row is refused. `None`: a null keeps it from being made.
type Answer = Option<Result<Value, String>>;

/// Tries all laws on a function.
pub(super) fn check(
    component: &Component,
    program: &Program,
    function: &Function,
    trial: &Trial,
) -> Result<Vec<Found>, LoadError> {
    let member = if matches!(function.shape, Shape::Table) { "rows" } else { "eval" };
    let called = Called { function, program, member: program.function(&function.interface, member)? };
    let sequences = Columns::of(component, function).sequences();
    let tell = |law, check: &dyn Fn(&[Marked]) -> Result<Tried, Broken>| {
        let show = |sequence: &Vec<Marked>| sequence.iter().map(|marked| called.told(&marked.row)).collect();
        Found::of(law, trial.run(law, &sequences, show, |sequence| check(sequence)), Vec::new())
    };
    Ok(vec![
        tell(CALLS, &|sequence| called.answers(sequence)),
        tell(FRESH_INSTANCE, &|sequence| called.fresh(sequence)),
    ])
}

impl Called<'_> {
    fn told(&self, values: &[Value]) -> String {
        format!("call {}", row(&self.function.params, values))
    }

    fn call(&self, instance: &mut Instance, row: &Row) -> Result<Answer, Broken> {
        if self.function.skips(row) {
            return Ok(None);
        }
        match instance.call(self.member, row) {
            Ok(value) => Ok(Some(Ok(value))),
            Err(CallError::Refused(reason)) => Ok(Some(Err(reason))),
            Err(error) => Err(Broken::Call(Fault { call: self.function.sql_name.clone(), error })),
        }
    }

    fn answers(&self, sequence: &[Marked]) -> Result<Tried, Broken> {
        let mut instance = self.program.instance();
        let mut tried = Tried::No;
        for marked in sequence {
            if self.call(&mut instance, &marked.row)?.is_some() {
                tried = Tried::Yes;
            }
        }
        Ok(tried)
    }

    /// Each call is made twice: the same arguments give the same answer, whatever was asked before.
    fn fresh(&self, sequence: &[Marked]) -> Result<Tried, Broken> {
        let mut one = self.program.instance();
        let mut asked = Vec::new();
        for marked in sequence {
            let wanted = self.call(&mut self.program.instance(), &marked.row)?;
            for _ in 0..2 {
                let found = self.call(&mut one, &marked.row)?;
                if found.is_some() {
                    asked.push(self.told(&marked.row));
                }
                if found != wanted {
                    let wanted = format!("{} (in a fresh instance)", self.answer(&wanted));
                    return Err(Broken::Law(CounterExample { given: asked, wanted, found: self.answer(&found) }));
                }
            }
        }
        Ok(if asked.is_empty() { Tried::No } else { Tried::Yes })
    }

    fn answer(&self, answer: &Answer) -> String {
        let cell = |value: &Value| crate::report::cell(&self.function.result, value);
        match (answer, &self.function.shape) {
            (None, _) => "no call".to_owned(),
            (Some(Err(reason)), _) => format!("refused: {reason}"),
            (Some(Ok(Value::List(rows))), Shape::Table) => match rows.is_empty() {
                true => "no rows".to_owned(),
                false => rows.iter().map(cell).collect::<Vec<_>>().join(", "),
            },
            (Some(Ok(value)), _) => cell(value),
        }
    }
}
