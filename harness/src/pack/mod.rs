//! `streamfn pack`: a component as a jar that an engine loads as it is.
//!
//! Here the component is read, validated and described; a Java program, `streamfn-pack.jar`, compiles the core module to
//! JVM classes, makes one class a SQL function, and writes the jar. What it is told is text: [`describe`] writes it, in the
//! words of [`spelling`]. Knows neither WIT's bytes nor the JVM's.

mod describe;
mod spelling;

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::contract::{self, Component, ContractError, Function};
use crate::host::{Limits, LoadError, Program};
pub use spelling::Engine;

/// The program that makes the jar.
pub const PACKER: &str = "streamfn-pack.jar";

/// What SQL names in ksqlDB begin with: names of its own functions cannot be taken.
pub const PREFIX: &str = "wasm_";

#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("{file}: could not read it: {error}; wanted the .wasm that `streamfn build` wrote")]
    Unreadable { file: String, error: std::io::Error },
    #[error("{file}: {error}")]
    Contract { file: String, error: Box<ContractError> },
    #[error("{file}: {error}")]
    Load { file: String, error: Box<LoadError> },
    #[error("{file}: wanted a function that {engine} can load, found none\n{reasons}")]
    NoFunctions { file: String, engine: Engine, reasons: String },
    #[error("--prefix: wanted letters, digits and _, not beginning with a digit, found {found:?}")]
    Prefix { found: String },
    #[error("{option}: wanted at most {most}, which is what the JVM has room for, found {found}")]
    Limit { option: &'static str, most: u64, found: u128 },
    #[error(
        "wanted Java 17 or newer to make the jar, could not run {java}: {error}; install a Java runtime, or set JAVA_HOME"
    )]
    Java { java: String, error: std::io::Error },
    #[error("wanted Java 17 or newer to make the jar, found an older one in {java}; install one, or set JAVA_HOME")]
    OldJava { java: String },
    #[error(
        "{file}: the packer {packer} broke down ({status}); this is a mistake in it, not in your component:\n{told}"
    )]
    BrokeDown { file: String, packer: String, status: ExitStatus, told: String },
    #[error("{file}: {message}")]
    Refused { file: String, message: String },
    #[error("{file}: could not write it: {error}; wanted a place for a file in a directory that is there")]
    Unwritable { file: String, error: std::io::Error },
    #[error("{file}: wanted another file for the jar than the component's own; give one with -o")]
    SameFile { file: String },
}

/// What to pack, and how.
#[derive(Debug)]
pub struct Request<'a> {
    pub engine: Engine,
    pub component: &'a Path,
    pub jar: &'a Path,
    /// What names in SQL begin with.
    pub prefix: &'a str,
    pub limits: Limits,
    /// Entries that a keyed aggregate may have in one group.
    pub most_entries: Option<u32>,
    /// The packer, as [`crate::library::find`] found it.
    pub packer: &'a Path,
}

impl Request<'_> {
    /// What the function is called in SQL: most engines have functions of the simpler names, and those go first.
    fn sql_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix.to_ascii_uppercase())
    }
}

/// What was packed.
#[derive(Debug)]
pub struct Packed {
    /// How the functions come into the engine: SQL, with comments.
    pub statements: String,
    /// Functions that are not in the jar, and what HotSpot will not compile.
    pub notes: Vec<String>,
}

/// A function of the component that is in the jar: all overloads of one SQL name.
#[derive(Debug)]
struct Packable<'a> {
    sql_name: &'a str,
    overloads: Vec<describe::Overload<'a>>,
}

pub fn pack(request: &Request) -> Result<Packed, PackError> {
    let file = request.component.display().to_string();
    check_options(request)?;
    let bytes =
        std::fs::read(request.component).map_err(|error| PackError::Unreadable { file: file.clone(), error })?;
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(request.component, request.jar) {
        return Err(PackError::SameFile { file });
    }
    let component =
        contract::read(&bytes).map_err(|error| PackError::Contract { file: file.clone(), error: Box::new(error) })?;
    let load = |error| PackError::Load { file: file.clone(), error: Box::new(error) };
    let program = Program::compile(&bytes, &component, request.limits).map_err(load)?;

    let (functions, mut notes) = packable(request.engine, &component, &program);
    if functions.is_empty() {
        let (engine, reasons) = (request.engine, notes.join("\n"));
        return Err(PackError::NoFunctions { file, engine, reasons });
    }
    if request.engine == Engine::Ksqldb && request.prefix.is_empty() {
        notes.push(
            "ksqlDB loads no jar at all if a name in one is its own already: a prefix keeps that from happening"
                .to_owned(),
        );
    }
    let described = describe::Description { request, file: &file, component: &component, functions: &functions };
    let portable = program.portable(&bytes).map_err(load)?;
    let skeleton = portable.skeleton().map_err(load)?;

    let unwritable = |error| PackError::Unwritable { file: request.jar.display().to_string(), error };
    let plan = describe::plan(request.engine, &program, &portable, &component, &functions);
    let work = Work::new(request.jar).map_err(unwritable)?;
    work.write("main.wasm", portable.main).map_err(unwritable)?;
    work.write("module.wasm", &skeleton).map_err(unwritable)?;
    work.write("plugin.wasm", &bytes).map_err(unwritable)?;
    work.write("plan.txt", plan.as_bytes()).map_err(unwritable)?;
    work.write("pack.txt", described.text().as_bytes()).map_err(unwritable)?;
    notes.extend(run_packer(request, &file, &work)?);
    std::fs::rename(work.jar(), request.jar).map_err(unwritable)?;
    Ok(Packed { statements: statements(request, &functions), notes })
}

/// An array of the JVM, and a memory there, stay below 2 GiB.
const MOST_MIB: u64 = 2047;

fn check_options(request: &Request) -> Result<(), PackError> {
    let allowed = |(at, c): (usize, char)| c == '_' || c.is_ascii_alphabetic() || c.is_ascii_digit() && at > 0;
    if !request.prefix.chars().enumerate().all(allowed) {
        return Err(PackError::Prefix { found: request.prefix.to_owned() });
    }
    let most_millis = u64::from(i32::MAX.unsigned_abs());
    let limits = &request.limits;
    let mib = |bytes: usize| bytes as u128 >> 20;
    for (option, most, found) in [
        ("--limit-time-ms", most_millis, limits.time.as_millis()),
        ("--limit-memory-mib", MOST_MIB, mib(limits.memory)),
        ("--limit-result-mib", MOST_MIB, mib(limits.result)),
    ] {
        if found > u128::from(most) {
            return Err(PackError::Limit { option, most, found });
        }
    }
    Ok(())
}

/// The functions that the engine can load, by their SQL names, and why it can't have the others.
fn packable<'a>(engine: Engine, component: &'a Component, program: &Program) -> (Vec<Packable<'a>>, Vec<String>) {
    let mut functions: Vec<Packable> = Vec::new();
    let mut notes = Vec::new();
    for function in &component.functions {
        match describe::Overload::of(engine, function, program) {
            Ok(overload) => match functions.last_mut().filter(|last| last.sql_name == function.sql_name) {
                Some(last) => last.overloads.push(overload),
                None => functions.push(Packable { sql_name: &function.sql_name, overloads: vec![overload] }),
            },
            Err(reason) => notes.push(format!("{} is not in the jar: {reason}", signature(engine, function))),
        }
    }
    for packable in &mut functions {
        // An engine that widens an argument takes the first signature that fits.
        packable.overloads.sort_by_key(|overload| overload.width());
        leave_out_twins(engine, packable, &mut notes);
    }
    for refusal in &component.refused {
        notes.push(format!("{} is not in the jar: {}", refusal.interface, refusal.reason));
    }
    (functions, notes)
}

/// Leaves out overloads that the engine could not tell from another, or not have beside it.
fn leave_out_twins(engine: Engine, function: &mut Packable, notes: &mut Vec<String>) {
    let mut kept: Vec<describe::Overload> = Vec::new();
    // One without arguments comes last: it is the one to give way.
    function.overloads.sort_by_key(describe::Overload::is_without_arguments);
    for overload in function.overloads.drain(..) {
        let reason = match kept.iter().find(|other| other.arguments(engine) == overload.arguments(engine)) {
            Some(twin) => Some(format!("to {engine} it has the arguments of {}", twin.signature(engine))),
            None => kept
                .first()
                .filter(|first| !first.is_shaped_like(&overload))
                .map(|first| format!("a name is of one kind of function, and {} is another", first.signature(engine))),
        };
        match reason {
            Some(reason) => notes.push(format!("{} is not in the jar: {reason}", overload.signature(engine))),
            None => kept.push(overload),
        }
    }
    function.overloads = kept;
}

/// The SQL name of each class that a packed jar registers, as SQL names it.
pub fn classes(component: &Component) -> impl Iterator<Item = (String, String)> {
    let class = |f: &Function| describe::class_of(&f.interface, &f.sql_name).replace('/', ".");
    component.functions.iter().map(move |function| (class(function), function.sql_name.clone()))
}

fn signature(engine: Engine, function: &Function) -> String {
    match engine {
        Engine::Flink => function.signature_flink(),
        Engine::Ksqldb => function.signature_ksqldb().unwrap_or_else(|_| function.signature_flink()),
    }
}

/// The statements that bring the functions into the engine.
fn statements(request: &Request, functions: &[Packable]) -> String {
    let mut text = String::new();
    let jar = std::fs::canonicalize(request.jar).unwrap_or_else(|_| request.jar.to_owned());
    // Text in a SQL literal.
    let jar = jar.display().to_string().replace('\'', "''");
    if request.engine == Engine::Ksqldb {
        text.push_str(
            "-- Put the jar into the directory that ksql.extension.dir names, and start the server anew. Then:\n",
        );
    }
    for function in functions {
        let name = request.sql_name(function.sql_name);
        let _ = match request.engine {
            Engine::Flink => {
                writeln!(
                    text,
                    "CREATE FUNCTION `{name}` AS '{}' USING JAR '{jar}';",
                    describe::class(function).replace('/', ".")
                )
            }
            Engine::Ksqldb => writeln!(text, "DESCRIBE FUNCTION {name};"),
        };
    }
    text
}

/// The jar's name until it is whole.
const JAR: &str = "out.jar";

/// How the packer ends when the component is at fault, and it has said why.
const REFUSED: i32 = 2;

/// A directory beside the jar for what the packer reads and writes; gone afterwards.
struct Work(PathBuf);

impl Work {
    fn new(jar: &Path) -> std::io::Result<Work> {
        let mut name = OsString::from(".");
        name.push(jar.file_name().unwrap_or_default());
        name.push(format!(".{}", std::process::id()));
        // Absolute, because the packer runs in it.
        let parent = jar.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let directory = parent.canonicalize()?.join(name);
        if directory.exists() {
            // Of a process that was killed, and had the same number.
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir(&directory)?;
        Ok(Work(directory))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        std::fs::write(self.0.join(name), bytes)
    }

    fn jar(&self) -> PathBuf {
        self.0.join(JAR)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // What is left in a temporary directory harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the packer; what it has to say beside its errors comes back.
fn run_packer(request: &Request, file: &str, work: &Work) -> Result<Vec<String>, PackError> {
    let java = match std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty()) {
        // The packer runs in another directory.
        Some(home) => {
            let home = PathBuf::from(home);
            home.canonicalize().unwrap_or(home).join("bin/java")
        }
        None => PathBuf::from("java"),
    };
    let packer = request.packer.canonicalize().unwrap_or_else(|_| request.packer.to_owned());
    let mut command = Command::new(&java);
    command.arg("-jar").arg(&packer).args([".", JAR]).current_dir(&work.0);
    // In a locale without one, Java reads and writes no name beyond ASCII.
    command.env("LC_ALL", "C.UTF-8");
    let output = command.output();
    let java = java.display().to_string();
    let output = output.map_err(|error| PackError::Java { java: java.clone(), error })?;
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
    if output.status.success() {
        return Ok(told(&output.stdout));
    }
    // A Java that was given options by its environment says so first.
    let mut error = told(&output.stderr);
    error.retain(|line| !line.starts_with("Picked up "));
    let (file, message) = (file.to_owned(), error.join("\n"));
    Err(if output.status.code() == Some(REFUSED) {
        PackError::Refused { file, message }
    } else if message.contains("UnsupportedClassVersionError") {
        PackError::OldJava { java }
    } else {
        PackError::BrokeDown { file, packer: packer.display().to_string(), status: output.status, told: message }
    })
}
