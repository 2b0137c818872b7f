//! A call in a letter: made of the call that failed, and made again of the letter.

use serde_json::Value as Json;
use streamfn_model::Value;

use super::typed::{from_json, to_json};
use super::{Call, CallLimits};
use crate::contract::{Component, Function, Shape, WitType};
use crate::host::Limits;
use crate::replay::{CallFailure, FailedCall, State};
use crate::report::quoted;
use crate::sql::Plugin;

impl Call {
    pub(super) fn new(
        plugin: &Plugin,
        failure: &CallFailure,
        call: &FailedCall,
        limits: (Limits, Option<u32>),
    ) -> Call {
        let types = Types::new(&plugin.component, &call.of);
        let arguments = call.of.params.iter().zip(&types.arguments).zip(&call.arguments);
        Call {
            function: failure.function.clone(),
            interface: call.of.interface.clone(),
            file: failure.file.clone(),
            sha256: failure.digest.clone(),
            key: quoted(&failure.key),
            arguments: arguments.map(|((param, of), value)| (param.name.clone(), to_json(of, value))).collect(),
            state: call.state.as_ref().map(|state| types.state_to_json(state)),
            limits: CallLimits::new(limits.0, limits.1),
        }
    }

    /// The arguments as this function, which may be a newer one, takes them.
    pub(super) fn arguments(&self, component: &Component, of: &Function) -> Result<Vec<Value>, String> {
        let types = Types::new(component, of);
        let argument = |(param, of): (&streamfn_model::Field, &&WitType)| {
            let name = &param.name;
            let found = self.arguments.get(name).ok_or_else(|| format!("wanted an argument {name}, there is none"))?;
            from_json(of, found).map_err(|reason| format!("argument {name}: {reason}"))
        };
        of.params.iter().zip(&types.arguments).map(argument).collect()
    }

    /// The state as this function has it; `None` of one that has none.
    pub(super) fn state(&self, component: &Component, of: &Function) -> Result<Option<State>, String> {
        let types = Types::new(component, of);
        match (&self.state, types.has_state()) {
            (Some(state), true) => types.state(state).map(Some).map_err(|reason| format!("state: {reason}")),
            (None, false) => Ok(None),
            (Some(_), false) => {
                Err("wanted an aggregate, whose state the letter has; found another function".to_owned())
            }
            (None, true) => Err("wanted the state of an aggregate, found none".to_owned()),
        }
    }
}

/// What WIT says of a function's arguments and state.
struct Types<'a> {
    arguments: Vec<&'a WitType>,
    /// Of an aggregate; of a keyed one those of key and entry.
    state: Option<&'a WitType>,
    entries: Option<(&'a WitType, &'a WitType)>,
}

impl<'a> Types<'a> {
    fn new(component: &'a Component, of: &'a Function) -> Types<'a> {
        let member = |name: &str| component.interfaces.get(&of.interface).and_then(|functions| functions.get(name));
        let params = |name| member(name).into_iter().flat_map(|member| &member.params).map(|(_, of)| of);
        let (name, state, entries) = match &of.shape {
            Shape::Table => ("rows", None, None),
            Shape::Aggregate { state, .. } => ("accumulate", Some(state), None),
            Shape::Keyed { entry, .. } => {
                let key = member("key").and_then(|member| member.result.as_ref()).map(key);
                ("key", None, key.map(|key| (key, entry)))
            }
            Shape::Scalar | Shape::Generator { .. } => ("eval", None, None),
        };
        Types { arguments: params(name).skip(usize::from(state.is_some())).collect(), state, entries }
    }

    fn has_state(&self) -> bool {
        self.state.is_some() || self.entries.is_some()
    }

    fn state_to_json(&self, state: &State) -> Json {
        match (state, self.state, self.entries) {
            (State::Value(value), Some(of), _) => to_json(of, value),
            (State::Entries(all), _, Some((key, entry))) => {
                all.iter().map(|(k, v)| Json::Array(vec![to_json(key, k), to_json(entry, v)])).collect()
            }
            _ => Json::Null,
        }
    }

    fn state(&self, json: &Json) -> Result<State, String> {
        let (key, entry) = match (self.state, self.entries) {
            (Some(of), _) => return from_json(of, json).map(State::Value),
            (None, Some(entries)) => entries,
            (None, None) => return Err("wanted none".to_owned()),
        };
        let pair = |pair: &Json| match pair.as_array().map(Vec::as_slice) {
            Some([k, v]) => Ok((from_json(key, k)?, from_json(entry, v)?)),
            _ => Err(format!("wanted a pair of key and entry, found {}", quoted(&pair.to_string()))),
        };
        let pairs = json.as_array().ok_or_else(|| format!("wanted pairs, found {}", quoted(&json.to_string())))?;
        Ok(State::Entries(pairs.iter().map(pair).collect::<Result<_, _>>()?))
    }
}

/// What a group holds, as a letter would.
pub(super) fn state_to_json(component: &Component, of: &Function, state: &State) -> Json {
    Types::new(component, of).state_to_json(state)
}

/// The key that `key` gives, which may be none or refused.
fn key(result: &WitType) -> &WitType {
    match result {
        WitType::Result { ok: Some(ok), err: Some(_) } => key(ok),
        WitType::Option(some) => some,
        other => other,
    }
}
