//! One call once more, by itself: with the arguments it had, and the state that its group had before.

use streamfn_model::fit::fit;
use streamfn_model::{SqlType, Value};

use super::component::{Component, State};
use super::error::ReplayError;
use super::plugins::{Instances, Plugins};
use crate::contract::Shape;
use crate::host::CallError;
use crate::sql::{FunctionRef, Functions};

/// What is called.
pub struct CallAgain<'a> {
    pub of: FunctionRef,
    pub arguments: &'a [Value],
    /// Of an aggregate.
    pub state: Option<State>,
    pub most_entries: Option<u32>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Value(SqlType, Value),
    /// An aggregate's group after the row.
    State {
        state: State,
        result: SqlType,
        value: Value,
    },
}

/// Calls as a replay does, in a new instance.
pub fn call_again(
    functions: &Functions,
    plugins: &Plugins,
    call: CallAgain<'_>,
) -> Result<Result<Answer, CallError>, ReplayError> {
    let CallAgain { of, arguments, state, most_entries } = call;
    let instances = Instances::new(plugins, false);
    let function = functions.function(of);
    let types = function.params.iter().zip(arguments).map(|(param, value)| match (&param.sql_type, value) {
        // As wide as its column was.
        (SqlType::Decimal(precision, _), Value::Decimal { scale, .. }) => SqlType::Decimal(*precision, *scale),
        (sql_type, _) => sql_type.clone(),
    });
    let result = functions.result(function, &types.collect::<Vec<_>>());
    let Some(mut state) = state else {
        let (name, result) = match function.shape {
            Shape::Table => ("rows", SqlType::Array(Box::new(result))),
            _ => ("eval", result),
        };
        let value = instances.call(instances.member(functions, of, name)?, arguments);
        let fitted = value.and_then(|value| fit(value, &result).map_err(CallError::Refused));
        return Ok(fitted.map(|value| Answer::Value(result, value)));
    };
    let component = Component::new(functions, &instances, of)?;
    let changed = component.change(&instances, &state, arguments, false, most_entries);
    let value = changed.and_then(|change| {
        component.settle(&mut state, change);
        component.value(&instances, &state)
    });
    Ok(value.map(|value| Answer::State { state, result, value }))
}
