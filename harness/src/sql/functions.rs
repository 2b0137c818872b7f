//! Which function a call in SQL means: a built-in of the dialect, or one of a plugin.

use std::collections::BTreeMap;
use std::sync::Arc;

use streamfn_model::builtins::{self, AggregateRule, Part, ScalarRule};
use streamfn_model::{Dialect, Field, SqlType};

use super::error::{SqlError, SqlErrorKind, hint, nearest};
use crate::contract::{Component, Function, Shape};

/// Who computes the built-in aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Builtins {
    /// The component functions of the standard plugin.
    Component,
    /// DataFusion's aggregates, by the engine's rules.
    Native,
}

/// A component whose functions SQL may call.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// The file it came from, for people.
    pub file: String,
    pub component: Arc<Component>,
    /// A plugin that computes built-ins; its own names that are no built-in are called like anybody's.
    pub standard: bool,
}

/// All functions that a statement may call.
#[derive(Debug, Clone)]
pub struct Functions {
    pub dialect: Dialect,
    pub builtins: Builtins,
    pub plugins: Vec<Plugin>,
    /// Plugins that could not be read, with the reason: a function missing may be theirs.
    pub missing: Vec<String>,
    /// What a plugin's names begin with in an engine that has a function of that name itself, in upper case. SQL may call
    /// any of them with it or without.
    pub prefix: String,
    /// The SQL name of what a packed jar calls a class.
    pub classes: BTreeMap<String, String>,
    /// The SQL name of what `CREATE FUNCTION` has given another one.
    pub aliases: BTreeMap<String, String>,
}

/// A function of a plugin: positions in [`Functions::plugins`] and in its `functions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FunctionRef {
    pub plugin: usize,
    pub function: usize,
}

/// What a call means.
#[derive(Debug, Clone)]
pub enum Meaning {
    /// A scalar or table function of a plugin, and the type of what it gives here.
    Component(FunctionRef, SqlType),
    BuiltinScalar(ScalarRule),
    /// An aggregate of a plugin, keyed or not, and the type of what it gives here.
    ComponentAggregate(FunctionRef, SqlType),
    /// A built-in aggregate.
    BuiltinAggregate(AggregateRule),
}

impl Functions {
    /// No plugin: built-in aggregates run natively.
    pub fn native(dialect: Dialect) -> Functions {
        Functions {
            dialect,
            builtins: Builtins::Native,
            plugins: vec![],
            missing: vec![],
            prefix: String::new(),
            classes: BTreeMap::new(),
            aliases: BTreeMap::new(),
        }
    }

    /// `CREATE FUNCTION name AS 'class'`. A class that no plugin here has is nobody's business until it is called.
    pub fn register(&mut self, name: &str, class: &str) {
        if let Some(function) = self.classes.get(class) {
            self.aliases.insert(name.to_ascii_uppercase(), function.clone());
        }
    }

    pub fn function(&self, of: FunctionRef) -> &Function {
        &self.plugins[of.plugin].component.functions[of.function]
    }

    /// Whether SQL means an aggregate by this name.
    pub fn is_aggregate(&self, name: &str) -> bool {
        builtins::aggregate_names(self.dialect).contains(&name)
            || self.named(name).any(|f| matches!(self.function(f).shape, Shape::Aggregate { .. } | Shape::Keyed { .. }))
    }

    /// Whether SQL means a table function by this name.
    pub fn is_table_function(&self, name: &str) -> bool {
        self.named(name).any(|f| matches!(self.function(f).shape, Shape::Table))
    }

    /// Whether any function has this name.
    pub fn is_known(&self, name: &str) -> bool {
        self.is_aggregate(name) || builtins::scalar_names(self.dialect).contains(&name) || self.named(name).count() > 0
    }

    /// Every name there is.
    pub fn names(&self) -> Vec<&str> {
        let plugins = self.plugins.iter().flat_map(|p| &p.component.functions).map(|f| f.sql_name.as_str());
        let mut names: Vec<&str> = builtins::aggregate_names(self.dialect)
            .iter()
            .chain(builtins::scalar_names(self.dialect))
            .copied()
            .chain(plugins)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Refuses plugins that make a call ambiguous: the same name and types twice, or a built-in's.
    pub fn check(&self) -> Result<(), SqlError> {
        for (i, plugin) in self.plugins.iter().enumerate() {
            for function in &plugin.component.functions {
                let types: Vec<SqlType> = function.params.iter().map(|p| p.sql_type.clone()).collect();
                let call = self.call(&function.sql_name, &types);
                let builtin = builtins::aggregate(self.dialect, &function.sql_name, &types).is_some()
                    || builtins::scalar(self.dialect, &function.sql_name, &types).is_some();
                if builtin && !plugin.standard {
                    let message =
                        format!("{call} of {} is a built-in of {}; give it another name", plugin.file, self.dialect);
                    return Err(SqlError::invalid(message, None));
                }
                let twin = self.plugins[..i].iter().find(|other| {
                    other.component.functions.iter().any(|f| f.sql_name == function.sql_name && accepts(f, &types))
                });
                if let Some(twin) = twin {
                    let message = format!("{call} is in {} and in {}; load one of them", twin.file, plugin.file);
                    return Err(SqlError::invalid(message, None));
                }
            }
        }
        Ok(())
    }

    /// What a call of this name with these arguments means.
    pub fn resolve(&self, name: &str, arguments: &[SqlType]) -> Result<Meaning, SqlError> {
        if let Some(rule) = builtins::aggregate(self.dialect, name, arguments) {
            return Ok(Meaning::BuiltinAggregate(rule));
        }
        if let Some(rule) = builtins::scalar(self.dialect, name, arguments) {
            return Ok(Meaning::BuiltinScalar(rule));
        }
        let exact = self.named(name).find(|f| accepts(self.function(*f), arguments));
        let widened = || {
            let fitting = self.named(name).filter(|f| accepts_wider(self.function(*f), arguments));
            fitting.min_by_key(|f| self.function(*f).width())
        };
        let Some(found) = exact.or_else(widened) else { return Err(self.no_such_function(name, arguments)) };
        let function = self.function(found);
        let result = self.result(function, arguments);
        Ok(match function.shape {
            Shape::Aggregate { .. } | Shape::Keyed { .. } => Meaning::ComponentAggregate(found, result),
            Shape::Scalar | Shape::Table => Meaning::Component(found, result),
            Shape::Generator { .. } => {
                return Err(SqlError::invalid(format!("{name} is a generator; SQL cannot call it"), None));
            }
        })
    }

    /// What a component's function gives in this dialect, called with these types: its decimals have the scale of the first
    /// decimal argument (the contract says so), and ksqlDB's field names are upper-cased like any name without quotes.
    pub fn result(&self, function: &Function, arguments: &[SqlType]) -> SqlType {
        let scale = arguments.iter().find_map(|argument| match argument {
            SqlType::Decimal(_, scale) => Some(*scale),
            _ => None,
        });
        spell(&function.result, self.dialect, scale.unwrap_or(18))
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = FunctionRef> + 'a {
        let builtin = builtins::aggregate_names(self.dialect).contains(&name);
        // What CREATE FUNCTION has named is that and nothing else.
        let alias = self.aliases.get(name).map(String::as_str);
        let own = alias.or_else(|| self.has(name).then_some(name)).or_else(|| name.strip_prefix(self.prefix.as_str()));
        self.plugins.iter().enumerate().filter(move |(_, p)| !(p.standard && builtin)).flat_map(move |(plugin, p)| {
            let functions = p.component.functions.iter().enumerate();
            functions
                .filter(move |(_, f)| own == Some(f.sql_name.as_str()))
                .map(move |(function, _)| FunctionRef { plugin, function })
        })
    }

    /// Whether a plugin has a function of this very name.
    fn has(&self, name: &str) -> bool {
        self.plugins.iter().flat_map(|plugin| &plugin.component.functions).any(|function| function.sql_name == name)
    }

    /// The component functions that compute a built-in, one for each part of its rule; `None` if it is computed natively.
    pub fn parts(&self, name: &str, rule: &AggregateRule) -> Result<Option<Vec<FunctionRef>>, SqlError> {
        match self.builtins {
            Builtins::Native => Ok(None),
            Builtins::Component => {
                rule.parts.iter().map(|part| self.part(name, part)).collect::<Result<_, _>>().map(Some)
            }
        }
    }

    fn part(&self, name: &str, part: &Part) -> Result<FunctionRef, SqlError> {
        let all = self.plugins.iter().enumerate().filter(|(_, plugin)| plugin.standard);
        let found = all.flat_map(|(plugin, p)| {
            let functions = p.component.functions.iter().enumerate();
            functions.map(move |(function, of)| (FunctionRef { plugin, function }, of))
        });
        let is_part = |of: &Function| of.sql_name == part.function && accepts(of, &part.arguments);
        found.into_iter().find(|(_, of)| is_part(of)).map(|(function, _)| function).ok_or_else(|| {
            let call = self.call(part.function, &part.arguments);
            let missing = match self.missing.is_empty() {
                true => String::new(),
                false => format!(" ({})", self.missing.join("; ")),
            };
            let message = format!(
                "{name} runs in the component function {call}, which no standard plugin has{missing}; \
                 `streamfn replay --builtins native` does without"
            );
            SqlError::new(SqlErrorKind::MissingPlugin, message, None)
        })
    }

    fn no_such_function(&self, name: &str, arguments: &[SqlType]) -> SqlError {
        let mut signatures = builtins::aggregate_signatures(self.dialect, name);
        signatures.extend(builtins::scalar_signatures(self.dialect, name));
        signatures.extend(self.named(name).map(|f| {
            let types: Vec<SqlType> = self.function(f).params.iter().map(|p| p.sql_type.clone()).collect();
            self.call(name, &types)
        }));
        if !signatures.is_empty() {
            let call = self.call(name, arguments);
            return SqlError::wrong_type(format!("there is no {call}; there is {}", signatures.join(", ")), None);
        }
        self.unknown(name)
    }

    /// An unknown name, with the nearest one and the plugins that were not there.
    pub fn unknown(&self, name: &str) -> SqlError {
        match self.missing.is_empty() {
            true => {
                let plugin = match self.plugins.iter().any(|p| !p.standard) {
                    true => "",
                    false => "; a plugin's function needs --plugin FILE.wasm, or plugins in case.toml",
                };
                SqlError::unknown(format!("unknown function {name}{}{plugin}", hint(name, self.names())), None)
            }
            false => {
                let near = nearest(name, self.names()).map_or(String::new(), |near| format!("; did you mean {near}?"));
                let message = format!("unknown function {name}: {}{near}", self.missing.join("; "));
                SqlError::new(SqlErrorKind::MissingPlugin, message, None)
            }
        }
    }

    fn call(&self, name: &str, types: &[SqlType]) -> String {
        let types: Vec<String> = types.iter().map(|t| builtins::spelled(self.dialect, t)).collect();
        format!("{name}({})", types.join(", "))
    }
}

fn spell(of: &SqlType, dialect: Dialect, scale: u8) -> SqlType {
    let inner = |of: &SqlType| Box::new(spell(of, dialect, scale));
    match of {
        SqlType::Decimal(precision, _) => SqlType::Decimal(*precision, scale),
        SqlType::Array(element) => SqlType::Array(inner(element)),
        // ksqlDB has no MULTISET: a map of counts stands for it.
        SqlType::Multiset(element) if dialect == Dialect::Ksqldb => {
            SqlType::Map(inner(element), Box::new(SqlType::Int))
        }
        SqlType::Multiset(element) => SqlType::Multiset(inner(element)),
        SqlType::Map(key, value) => SqlType::Map(inner(key), inner(value)),
        SqlType::Row(fields) => SqlType::Row(
            fields
                .iter()
                .map(|field| Field {
                    name: match dialect {
                        Dialect::Ksqldb => field.name.to_uppercase(),
                        Dialect::Flink => field.name.clone(),
                    },
                    sql_type: spell(&field.sql_type, dialect, scale),
                    nullable: field.nullable,
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

fn accepts(function: &Function, arguments: &[SqlType]) -> bool {
    function.params.len() == arguments.len()
        && function.params.iter().zip(arguments).all(|(p, a)| same_shape(&p.sql_type, a))
}

fn accepts_wider(function: &Function, arguments: &[SqlType]) -> bool {
    function.params.len() == arguments.len()
        && function.params.iter().zip(arguments).all(|(p, a)| same_shape(&p.sql_type, a) || widens(a, &p.sql_type))
}

/// Whether the engines take a column of the one type for a parameter of the other without a CAST.
pub fn widens(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::*;
    match to {
        SmallInt => matches!(from, TinyInt),
        Int => matches!(from, TinyInt | SmallInt),
        BigInt => matches!(from, TinyInt | SmallInt | Int),
        Float => matches!(from, TinyInt | SmallInt),
        Double => matches!(from, TinyInt | SmallInt | Int | BigInt | Float),
        _ => false,
    }
}

/// The same type, whatever the fields of rows are called.
pub fn same_shape(a: &SqlType, b: &SqlType) -> bool {
    use SqlType::*;
    match (a, b) {
        (Array(a), Array(b)) | (Multiset(a), Multiset(b)) => same_shape(a, b),
        // ksqlDB has no MULTISET: a map of counts stands for it.
        (Map(k, v), Multiset(e)) | (Multiset(e), Map(k, v)) => same_shape(k, e) && **v == Int,
        (Map(a, x), Map(b, y)) => same_shape(a, b) && same_shape(x, y),
        (Row(a), Row(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_shape(&a.sql_type, &b.sql_type)),
        // A decimal parameter takes any precision and scale.
        (Decimal(..), Decimal(..)) => true,
        (a, b) => a == b,
    }
}
