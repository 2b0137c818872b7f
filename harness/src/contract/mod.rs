//! Which SQL functions a component holds: found by the shape of its interfaces, named by the contract's rules.
//!
//! [`read`] is the way in. `binary` looks at the bytes, `shape` recognises an interface, `columns` says what SQL calls its
//! types. The rules are argued in `wit/README.md`. Knows WIT and SQL types; knows no runtime.

mod binary;
mod columns;
pub mod docs;
mod error;
pub mod name;
mod shape;
mod signature;
pub mod types;
pub mod version;
mod wit;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use streamfn_model::{Field, SqlType, Value};
use wit_parser::{FunctionKind, Interface, Resolve, WorldItem};

pub use error::ContractError;
pub use types::{WitFunction, WitType};

/// What a component file holds, by its own word.
#[derive(Debug, Clone)]
pub struct Component {
    /// SHA-256 of the file, in hex.
    pub digest: String,
    pub size: usize,
    /// The SQL functions, in the order of their SQL names, then of the number of their arguments.
    pub functions: Vec<Function>,
    /// Exported interfaces that are no SQL function, and why.
    pub refused: Vec<Refusal>,
    /// The names of what is imported: interfaces that hold types and nothing else.
    pub imports: Vec<String>,
    /// Why the docs section, which is there, could not be read.
    pub docs_note: Option<String>,
    /// Every exported interface by its full name (`package:name/interface@version`) with its functions: what a host calls.
    pub interfaces: BTreeMap<String, BTreeMap<String, WitFunction>>,
}

/// An exported interface that cannot be a SQL function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub interface: String,
    /// What was wanted and what was found, as a sentence.
    pub reason: String,
}

/// One SQL function (one overload of it).
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// `SUM` for `sum-of-int`.
    pub sql_name: String,
    /// Key into [`Component::interfaces`].
    pub interface: String,
    pub shape: Shape,
    /// SQL arguments. `nullable` is false for a WIT parameter that is not an `option`.
    pub params: Vec<Field>,
    /// The SQL result: for a table function one row of it.
    pub result: SqlType,
    pub result_nullable: bool,
    /// The doc comment of the interface.
    pub docs: Option<String>,
    /// The doc comments of the interface's functions, by name.
    pub function_docs: BTreeMap<String, String>,
}

impl Function {
    /// Whether a null argument keeps the call from being made: the parameter is NOT NULL in the contract.
    pub fn skips(&self, arguments: &[Value]) -> bool {
        self.params.iter().zip(arguments).any(|(param, value)| !param.nullable && value.is_null())
    }
}

/// How the host calls a function; the WIT functions are those of DESIGN's contract (`eval`, `create`, `accumulate`, …).
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Scalar,
    Aggregate {
        state: WitType,
        retract: bool,
        merge: bool,
    },
    Keyed {
        key: SqlType,
        entry: WitType,
        retract: bool,
        merge: bool,
        value: bool,
    },
    Table,
    /// Each case of the generated variant is a table.
    Generator {
        tables: Vec<Field>,
    },
}

/// Reads a component file: its SQL functions, what is refused and why. An error refuses the file as a whole.
pub fn read(bytes: &[u8]) -> Result<Component, ContractError> {
    let (resolve, world) = binary::decode(bytes)?;
    let imports = binary::imports(&resolve, world)?;
    version::check(&resolve)?;
    let (docs, docs_note) = docs::read(binary::docs_section(bytes));
    let exports = &resolve.worlds[world].exports;
    if exports.is_empty() {
        return Err(ContractError::NoExports);
    }
    let mut component = Component {
        digest: digest(bytes),
        size: bytes.len(),
        functions: Vec::new(),
        refused: Vec::new(),
        imports,
        docs_note,
        interfaces: BTreeMap::new(),
    };
    for (key, item) in exports {
        let name = binary::key_name(&resolve, key);
        match item {
            WorldItem::Interface { id, .. } => component.add(&resolve, name, &resolve.interfaces[*id], &docs),
            WorldItem::Function(_) => component.refused.push(Refusal {
                interface: name,
                reason: "a function outside any interface: put it in one, whose name is the SQL name, as `eval`".into(),
            }),
            WorldItem::Type { .. } => {}
        }
    }
    component.functions.sort_by_key(|f| (f.sql_name.clone(), f.params.len(), f.interface.clone()));
    conflicts(&[("", &component)])?;
    Ok(component)
}

/// SHA-256 in hex: what a file is known by.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses two functions with the same SQL name and types, in one file or in two. Each component comes with the name of
/// its file, which may be empty.
pub fn conflicts(components: &[(&str, &Component)]) -> Result<(), ContractError> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (file, component) in components {
        for function in &component.functions {
            let place =
                if file.is_empty() { function.interface.clone() } else { format!("{} in {file}", function.interface) };
            let types: Vec<_> = function.params.iter().map(|p| p.sql_type.to_string()).collect();
            let signature = format!("{}({})", function.sql_name, types.join(", "));
            if let Some(first) = seen.insert(signature.clone(), place.clone()) {
                return Err(ContractError::Conflict { signature, first, second: place });
            }
        }
    }
    Ok(())
}

impl Component {
    /// Adds an exported interface, as a SQL function or as a refusal. One without functions only names types.
    fn add(&mut self, resolve: &Resolve, full_name: String, declared: &Interface, docs: &docs::Docs) {
        let (functions, unreadable) = readable_functions(resolve, declared);
        if !declared.functions.is_empty() {
            let docs = docs.interfaces.get(&full_name).cloned().unwrap_or_default();
            let short_name = declared.name.as_deref().unwrap_or(&full_name);
            let candidate = shape::Candidate { resolve, declared, functions: &functions };
            let found = match unreadable {
                Some(reason) => Err(reason),
                None => sql_function(&candidate, short_name, &full_name, docs),
            };
            match found {
                Ok(function) => self.functions.push(function),
                Err(reason) => self.refused.push(Refusal { interface: full_name.clone(), reason }),
            }
        }
        self.interfaces.insert(full_name, functions);
    }
}

/// The functions that a host can call, and why the first of the others is none.
fn readable_functions(resolve: &Resolve, declared: &Interface) -> (BTreeMap<String, WitFunction>, Option<String>) {
    let mut functions = BTreeMap::new();
    let mut unreadable = None;
    for (name, function) in &declared.functions {
        match wit_function(resolve, function) {
            Ok(function) => {
                functions.insert(name.clone(), function);
            }
            Err(reason) => {
                unreadable.get_or_insert(format!("`{name}`: {reason}"));
            }
        }
    }
    (functions, unreadable)
}

fn wit_function(resolve: &Resolve, function: &wit_parser::Function) -> Result<WitFunction, String> {
    match function.kind {
        FunctionKind::Freestanding => {}
        FunctionKind::AsyncFreestanding => return Err("it is async: a function answers before it returns".to_owned()),
        _ => {
            return Err(
                "it belongs to a resource, which is not a value: state must be one, such as a record".to_owned()
            );
        }
    }
    let param = |p: &wit_parser::Param| Ok::<_, String>((p.name.clone(), wit::wit_type(resolve, &p.ty)?));
    Ok(WitFunction {
        params: function.params.iter().map(param).collect::<Result<_, _>>()?,
        result: function.result.as_ref().map(|ty| wit::wit_type(resolve, ty)).transpose()?,
    })
}

fn sql_function(
    candidate: &shape::Candidate,
    short_name: &str,
    full_name: &str,
    docs: docs::InterfaceDocs,
) -> Result<Function, String> {
    let name = name::function(short_name);
    let found = shape::recognise(candidate)?;
    name::overload_fits(&name, &found.params)?;
    Ok(Function {
        sql_name: name.function,
        interface: full_name.to_owned(),
        shape: found.shape,
        params: found.params,
        result: found.result,
        result_nullable: found.result_nullable,
        docs: docs.docs,
        function_docs: docs.functions,
    })
}
