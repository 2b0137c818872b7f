//! What was typed, done: reads arguments, calls the library, prints, and says how it went by the exit code.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result, bail};
use clap::Parser;
use streamfn::args::{
    Arguments, Bench, Build, Command, CreateTopics, Generate, Inspect, InspectFormat, Laws, LimitArguments, New, Pack,
    Replay, ReportFormat, Topics, Verify,
};
use streamfn::dead_letter::{self, Destination, Letters, reproduce};
use streamfn::explain::Explanation;
use streamfn::generate::{Candidate, Generator, Run, Start};
use streamfn::host::Limits;
use streamfn::input::Input;
use streamfn::library::{self, Library, Shelf};
use streamfn::live::{self, Live};
use streamfn::pack::{self, Request};
use streamfn::replay::{self, DeadLetters, Keep, OnError, Options, Outcome, Plugins, Running};
use streamfn::report::Format;
use streamfn::sql::{Builtins, Pipeline};
use streamfn::topic::Phase;
use streamfn::topic::broker::{self, Made};
use streamfn::topic::recording::{self, Nowhere, Sink};
use streamfn::{
    bench, build, contract, explain, generate, inspect, laws, memory, metrics, new, output, report, stop, topics,
    verify, write,
};

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

/// Everything ran, and something is not as it has to be.
const DIFFERENT: u8 = 1;
/// Something could not be run.
const FAILED: u8 = 2;

/// For the longest statement that is planned, nested as deep as it can be.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    memory::keep();
    let arguments = Arguments::parse();
    let run = std::thread::Builder::new().stack_size(STACK).spawn(|| run(arguments));
    let code = run.map(std::thread::JoinHandle::join);
    match code {
        Ok(Ok(code)) => code,
        // The panic has been told; an exit code of its own would be none of the three.
        Ok(Err(_)) => ExitCode::from(FAILED),
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "error: no thread to run on: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn run(arguments: Arguments) -> ExitCode {
    if let Err(reason) = metrics::log(arguments.log, &arguments.log_level) {
        let _ = writeln!(anstream::stderr(), "error: --log-level {}: {reason}", report::quoted(&arguments.log_level));
        return ExitCode::from(FAILED);
    }
    let outcome = match arguments.command {
        Command::Verify(arguments) => verify(&arguments),
        Command::Replay(arguments) => replay(&arguments),
        Command::Inspect(arguments) => inspect(&arguments),
        Command::Laws(arguments) => laws(&arguments),
        Command::Bench(arguments) => bench(&arguments),
        Command::Generate(arguments) => generate(&arguments),
        Command::Pack(arguments) => pack(&arguments),
        Command::Build(arguments) => build(&arguments),
        Command::New(arguments) => new(&arguments),
        Command::Topics(Topics::Create(arguments)) => create_topics(&arguments),
    };
    match outcome {
        Ok(code) => code,
        // Whoever reads has seen enough: `streamfn … | head` is no error.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let bad = AnsiColor::Red.on_default().bold();
            let _ = writeln!(anstream::stderr(), "{bad}error:{bad:#} {}", report::message(&format!("{error:#}")));
            ExitCode::from(FAILED)
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|e| e.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

fn note(text: &str) {
    let dim = AnsiColor::Yellow.on_default();
    let _ = writeln!(anstream::stderr(), "{dim}note:{dim:#} {}", report::message(text));
}

fn verify(arguments: &Verify) -> Result<ExitCode> {
    let live = Live::new(&arguments.cluster, |name| std::env::var(name).ok())?;
    let mut directories = vec![];
    for directory in &arguments.directories {
        let found = verify::find(directory).with_context(|| {
            format!("{}: wanted a directory with cases; name one, or be in a checkout", directory.display())
        })?;
        if found.is_empty() {
            bail!("{}: no case.toml here or below", directory.display());
        }
        directories.extend(found);
    }
    let (shelf, mut equal, mut different, mut failed) = (Shelf::default(), 0, 0, 0);
    let mut out = anstream::stdout();
    if let Some(key) = &arguments.explain {
        for directory in &directories {
            match verify::explain(&shelf, directory, live.as_ref(), &arguments.tables, key) {
                Ok(explanations) => explained(&mut out, &explanations, key, arguments.format == ReportFormat::Json)?,
                Err(error) => {
                    failed += 1;
                    could_not_run(directory, &error)?;
                }
            }
        }
        return Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) });
    }
    for directory in &directories {
        let report = match verify::verify(&shelf, directory, live.as_ref()) {
            Ok(report) => report,
            Err(error) => {
                failed += 1;
                could_not_run(directory, &error)?;
                continue;
            }
        };
        match report.is_equal() {
            true => equal += 1,
            false => different += 1,
        }
        match arguments.format {
            ReportFormat::Json => writeln!(out, "{}", report::json_line(&verify::json(&report)))?,
            ReportFormat::Table => {
                let good = AnsiColor::Green.on_default();
                let bad = AnsiColor::Red.on_default().bold();
                writeln!(out, "{}", verify::text(&report, &Style::new().bold(), &good, &bad))?;
                report.notes.iter().for_each(|text| note(text));
            }
        }
    }
    if arguments.format == ReportFormat::Table {
        writeln!(out, "{equal} equal, {different} different, {failed} could not be run")?;
    }
    Ok(match (failed, different) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(DIFFERENT),
        _ => ExitCode::from(FAILED),
    })
}

fn could_not_run(what: &Path, error: &dyn std::error::Error) -> io::Result<()> {
    let bad = AnsiColor::Red.on_default().bold();
    let text = report::message(&format!("{}: {error}", what.display()));
    writeln!(anstream::stderr(), "{bad}error:{bad:#} {text}")
}

fn explained(out: &mut impl Write, explanations: &[Explanation], key: &str, as_json: bool) -> io::Result<()> {
    match as_json {
        true => {
            explain::json(explanations, key).iter().try_for_each(|line| writeln!(out, "{}", report::json_line(line)))
        }
        false => write!(out, "{}", explain::text(explanations, key)),
    }
}

fn replay(arguments: &Replay) -> Result<ExitCode> {
    if arguments.explain.is_some() && arguments.format == Format::Csv {
        bail!("--explain writes text or --format json, no CSV");
    }
    if arguments.on_error != OnError::DeadLetter {
        let places = [
            ("--dead-letters", arguments.dead_letters.is_some()),
            ("--dead-letter-topic", arguments.dead_letter_topic.is_some()),
        ];
        if let Some((place, _)) = places.iter().find(|(_, is_given)| *is_given) {
            bail!("{place} says where rows go with --on-error dead-letter; give that too");
        }
    }
    let file = arguments.sql.display();
    let sql = std::fs::read_to_string(&arguments.sql).with_context(|| format!("{file}: wanted SQL"))?;
    let library = Library::open(&arguments.plugins)?.with_prefix(&arguments.prefix);
    let pipeline =
        library.plan(arguments.dialect.into(), arguments.builtins, &sql).with_context(|| file.to_string())?;
    if let Some(letters) = &arguments.dead_letter {
        return reproduced(arguments, letters, &pipeline, &library, &sql);
    }
    let plugins = library.compile(limits(&arguments.limits))?;
    let mut files = std::collections::BTreeMap::new();
    for (topic, file) in &arguments.topics {
        if files.insert(topic.clone(), file.clone()).is_some() {
            bail!("--topic {topic} is given twice");
        }
    }
    let most_entries = arguments.limit_entries;
    let trace = arguments.explain.is_some();
    let metered = arguments.metrics.is_some();
    let mut phases = vec![Phase::from(files)];
    if let Some(directory) = &arguments.phases {
        phases.retain(|phase| !phase.files.is_empty());
        phases.extend(Phase::read(directory)?);
    }
    if let Some(address) = &arguments.metrics {
        metrics::serve(address)?;
    }
    let mut live = Live::new(&arguments.cluster, |name| std::env::var(name).ok())?;
    if let (Some(live), true) = (&mut live, metered) {
        live.cluster = live.cluster.clone().metered();
    }
    if let Some(live) = &mut live {
        live.keeps_raw = arguments.on_error == OnError::DeadLetter;
    }
    let letters = letters(arguments, live.as_ref(), &pipeline, &sql)?;
    let dead_letters = letters.as_ref().map(|letters| letters as &dyn DeadLetters);
    let shown = output::shown(&pipeline, &arguments.tables)?;
    let to_write = if arguments.write { output::named(&pipeline, &arguments.tables)? } else { vec![] };
    let (rows, changes): (&[&str], &[&str]) = match arguments.changelog || arguments.follow || trace {
        true => (&[], &shown),
        false => (&shown, &to_write),
    };
    let (rows, changes) = (Keep::Of(rows), Keep::Of(changes));
    let on_error = arguments.on_error;
    let options = Options { on_error, dead_letters, most_entries, rows, changes, trace, metered, ..Options::default() };
    if let Some(live) = &live {
        if !arguments.topics.is_empty() || arguments.phases.is_some() {
            bail!("--bootstrap-server reads every topic of the SQL; leave --topic and --phases out");
        }
        if arguments.follow {
            return told(letters.as_ref(), follow(arguments, live, &pipeline, &plugins, options));
        }
    }
    let input = live.as_ref().map_or(Input::Files(&phases), Input::Live);
    let outcome = match &live {
        Some(live) if arguments.write => written(arguments, live, &pipeline, &plugins, &sql, options),
        _ => input.replay(&pipeline, &plugins, options).map_err(Into::into),
    };
    let outcome = told(letters.as_ref(), outcome)?;
    outcome.notes.iter().for_each(|text| note(text));
    let tables = output::choose(&pipeline, &outcome.tables, &arguments.tables)?;
    let mut out = output_of(arguments)?;
    match &arguments.explain {
        Some(key) => {
            let explanations = explain::explain(&pipeline, input, &outcome, &arguments.tables, key)?;
            explained(&mut out, &explanations, key, arguments.format == Format::Json)?;
        }
        None => output::write(&mut out, &tables, arguments.format, arguments.changelog)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Replays into the topics of the SQL.
fn written(
    arguments: &Replay,
    live: &Live,
    pipeline: &Pipeline,
    plugins: &Plugins,
    sql: &str,
    options: Options,
) -> Result<Outcome> {
    let run = write::run(pipeline, sql, &options);
    let id = arguments.transactional_id.clone().unwrap_or_else(|| format!("streamfn-{run}"));
    let tables = output::named(pipeline, &arguments.tables)?;
    let most = arguments.transaction_results;
    let order = write::Order { id: &id, run: &run, tables: &tables, most };
    let written = write::write(pipeline, plugins, live, options, &order)?;
    let before = match written.before {
        0 => String::new(),
        before => format!(", {before} of them by an earlier run"),
    };
    note(&format!("{} results are written under the transactional id {id}{before}", written.results));
    Ok(written.outcome)
}

/// Shows every change, and goes on with those of what arrives until a signal comes.
fn follow(
    arguments: &Replay,
    live: &Live,
    pipeline: &Pipeline,
    plugins: &Plugins,
    options: Options,
) -> Result<ExitCode> {
    let mut running = Running::new(pipeline, plugins, &replay::topics_read(pipeline), options)?;
    let mut out = output_of(arguments)?;
    let show = |running: &mut Running<'_>| -> Result<()> {
        let tables = output::choose(pipeline, running.tables(), &arguments.tables)?;
        output::write(&mut out, &tables, Format::Json, true)?;
        out.flush()?;
        running.forget_changes();
        Ok(())
    };
    live::follow(pipeline, &mut running, live, show)?;
    running.finish().notes.iter().for_each(|text| note(text));
    Ok(ExitCode::SUCCESS)
}

fn output_of(arguments: &Replay) -> Result<Box<dyn Write>> {
    Ok(match &arguments.output {
        Some(path) => Box::new(output::ToFile::create(path)?),
        None => Box::new(anstream::stdout()),
    })
}

/// Where what is left aside goes, if it is to be kept.
fn letters<'a>(
    arguments: &'a Replay,
    live: Option<&'a Live>,
    pipeline: &'a Pipeline,
    sql: &'a str,
) -> Result<Option<Letters<'a>>> {
    if arguments.on_error != OnError::DeadLetter {
        return Ok(None);
    }
    let destination = match (&arguments.dead_letters, &arguments.dead_letter_topic, live) {
        (Some(path), ..) => Destination::Path(path),
        (None, Some(topic), Some(live)) => Destination::Topic(&live.cluster, topic),
        _ => Destination::StandardError,
    };
    let source = dead_letter::Source {
        pipeline,
        sql,
        limits: limits(&arguments.limits),
        most_entries: arguments.limit_entries,
        registry: live.and_then(|live| live.registry.as_ref()),
    };
    Ok(Some(Letters::open(source, &destination)?))
}

/// The outcome of a run, once its dead letters are where they belong: whatever became of it, they came before.
fn told<T>(letters: Option<&Letters<'_>>, outcome: Result<T>) -> Result<T> {
    let finished = letters.map_or(Ok(0), Letters::finish);
    let outcome = outcome?;
    match finished? {
        0 => {}
        count => note(&format!("{count} rows went to the dead letters")),
    }
    Ok(outcome)
}

/// Does again what dead letters tell of.
fn reproduced(arguments: &Replay, file: &Path, pipeline: &Pipeline, library: &Library, sql: &str) -> Result<ExitCode> {
    if arguments.format == Format::Csv {
        bail!("--dead-letter writes text or --format json, no CSV");
    }
    let name = file.display();
    let text = match file == Path::new("-") {
        true => io::read_to_string(io::stdin()),
        false => std::fs::read_to_string(file),
    };
    let text = text.with_context(|| format!("{name}: wanted dead letters"))?;
    let limits = |letters| limits_over(letters, &arguments.limits);
    let most_entries = arguments.limit_entries;
    let laboratory = reproduce::Laboratory { pipeline, sql, library, limits: &limits, most_entries };
    let (mut out, mut failing, mut failed) = (anstream::stdout(), 0, 0);
    for letter in reproduce::letters(&text).with_context(|| name.to_string())? {
        let reproduced = match laboratory.reproduce(&letter) {
            Ok(reproduced) => reproduced,
            Err(error) => {
                failed += 1;
                could_not_run(file, &error)?;
                continue;
            }
        };
        reproduced.notes.iter().for_each(|text| note(text));
        failing += usize::from(reproduced.still_fails());
        match arguments.format {
            Format::Json => writeln!(out, "{}", report::json_line(&reproduced.json()))?,
            _ => writeln!(out, "{}", report::message(&reproduced.text()))?,
        }
    }
    Ok(match (failed, failing) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(DIFFERENT),
        _ => ExitCode::from(FAILED),
    })
}

/// The limits that were typed, and the usual ones for the rest.
fn limits(arguments: &LimitArguments) -> Limits {
    limits_over(Limits::default(), arguments)
}

fn limits_over(defaults: Limits, arguments: &LimitArguments) -> Limits {
    Limits {
        time: arguments.limit_time_ms.map_or(defaults.time, std::time::Duration::from_millis),
        memory: arguments.limit_memory_mib.map_or(defaults.memory, |mib| mib.saturating_mul(1 << 20)),
        result: arguments.limit_result_mib.map_or(defaults.result, |mib| mib.saturating_mul(1 << 20)),
        ..defaults
    }
}

fn pack(arguments: &Pack) -> Result<ExitCode> {
    let packer = library::find(pack::PACKER).map_err(anyhow::Error::msg)?;
    let packed = pack::pack(&Request {
        engine: arguments.engine,
        component: &arguments.file,
        jar: &arguments.output,
        prefix: &arguments.prefix,
        limits: limits(&arguments.limits),
        most_entries: arguments.limit_entries,
        packer: &packer,
    })?;
    packed.notes.iter().for_each(|text| note(text));
    write!(anstream::stdout(), "{}", report::message(&packed.statements))?;
    Ok(ExitCode::SUCCESS)
}

fn inspect(arguments: &Inspect) -> Result<ExitCode> {
    let name = arguments.file.display().to_string();
    let bytes = std::fs::read(&arguments.file).with_context(|| format!("{name}: wanted a component"))?;
    let component = contract::read(&bytes).with_context(|| name.clone())?;
    let mut out = anstream::stdout();
    match arguments.format {
        InspectFormat::Table => write!(out, "{}", report::message(&inspect::table(&component, &name)))?,
        InspectFormat::Json => writeln!(out, "{:#}", inspect::json(&component))?,
        InspectFormat::Markdown => write!(out, "{}", report::message(&inspect::markdown(&component)))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn laws(arguments: &Laws) -> Result<ExitCode> {
    let options = laws::Options {
        seed: arguments.seed,
        sequences: arguments.sequences,
        functions: arguments.functions.clone(),
        config: arguments.config.clone(),
        limits: limits(&arguments.limits),
    };
    let open = |file: &PathBuf| {
        let name = file.display().to_string();
        let bytes = std::fs::read(file).with_context(|| format!("{name}: wanted a component"))?;
        laws::Candidate::open(&name, &bytes, options.limits).context(name)
    };
    let candidates = arguments.files.iter().map(open).collect::<Result<Vec<_>>>()?;
    laws::known(&candidates, &options.functions)?;
    let (mut failures, mut space) = (0, "");
    let mut out = anstream::stdout();
    for candidate in &candidates {
        let report = laws::check(candidate, &options)?;
        failures += report.failures();
        // It has none of the functions that were named.
        if report.functions.is_empty() {
            continue;
        }
        match arguments.format {
            ReportFormat::Table => {
                write!(out, "{space}{}", report::message(&laws::report::text(&report, &options)))?;
                space = "\n";
            }
            ReportFormat::Json => {
                for function in laws::report::json(&report, &options) {
                    writeln!(out, "{}", report::json_line(&function))?;
                }
            }
        }
    }
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

fn bench(arguments: &Bench) -> Result<ExitCode> {
    let file = match &arguments.file {
        Some(file) => file.clone(),
        None => library::find(library::STANDARD[0]).map_err(anyhow::Error::msg)?,
    };
    let name = file.display().to_string();
    let bytes = std::fs::read(&file).with_context(|| format!("{name}: wanted a component"))?;
    let rows = match arguments.rows.is_empty() {
        true => bench::ROWS.to_vec(),
        false => BTreeSet::from_iter(&arguments.rows).into_iter().map(|rows| *rows as usize).collect(),
    };
    let options = bench::Options {
        rows,
        functions: arguments.functions.clone(),
        samples: arguments.samples as usize,
        limits: limits(&arguments.limits),
    };
    if let Some(plot) = &arguments.plot {
        // Before minutes of measuring.
        bench::plot(plot, &[]).with_context(|| plot.display().to_string())?;
    }
    let candidate = bench::Candidate::open(bytes, options.limits).with_context(|| name.clone())?;
    candidate.functions(&options.functions).with_context(|| name.clone())?;
    let mut out = anstream::stdout();
    if arguments.format == ReportFormat::Table {
        write!(out, "{}", bench::report::head(&options.rows))?;
    }
    let measured = bench::bench(&candidate, &options, |measured| match arguments.format {
        ReportFormat::Table => write!(out, "{}", report::message(&bench::report::lines(measured))),
        ReportFormat::Json => {
            measured.iter().try_for_each(|m| writeln!(out, "{}", report::json_line(&bench::report::json(m))))
        }
    });
    let measured = measured.context(name)??;
    if let Some(plot) = &arguments.plot {
        bench::plot(plot, &measured).with_context(|| plot.display().to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn generate(arguments: &Generate) -> Result<ExitCode> {
    let config = match &arguments.config {
        Some(path) => {
            let file = path.display();
            let yaml = std::fs::read_to_string(path).with_context(|| format!("{file}: wanted settings in YAML"))?;
            generate::settings(&yaml, &arguments.name).with_context(|| file.to_string())?
        }
        None => String::new(),
    };
    let mut files = arguments.plugins.clone();
    // The standard one may be missing where another has the generator.
    match library::find(generate::STANDARD) {
        Ok(standard) => files.push(standard),
        Err(looked) if files.is_empty() => bail!(looked),
        Err(_) => {}
    }
    let candidates = files.iter().map(|file| Candidate::open(file)).collect::<Result<Vec<_>, _>>()?;
    let (split, splits) = arguments.split;
    let start = Start { config: &config, seed: arguments.seed, split, splits };
    let mut generator = Generator::create(&candidates, &arguments.name, start, limits(&arguments.limits))?;
    let mut pipeline = None;
    if let Some(path) = &arguments.sql {
        let file = path.display().to_string();
        let sql = std::fs::read_to_string(path).with_context(|| format!("{file}: wanted SQL"))?;
        let library = Library::open(&arguments.plugins)?;
        let planned = library.plan(arguments.dialect.into(), Builtins::Component, &sql).context(file.clone())?;
        generator.name_by(&planned).context(file)?;
        pipeline = Some(planned);
    }
    let run = Run {
        events: arguments.events,
        duration: arguments.duration,
        speed: arguments.pace(),
        verbose: arguments.verbose,
        partition: split as i32,
    };
    let connected = live::connect(&arguments.cluster, |name| std::env::var(name).ok())?;
    let sink: Box<dyn Sink + '_> = match (&arguments.to.out, &connected, &pipeline) {
        (Some(directory), ..) => recording::files(directory, arguments.to.format, &generator.outgoing())?,
        (None, Some((cluster, registry)), Some(pipeline)) => {
            Box::new(broker::Topics::open(cluster, registry.as_ref(), pipeline, &generator.outgoing())?)
        }
        (None, Some(_), None) => bail!("wanted --sql FILE, which says in what formats the topics are written"),
        (None, None, _) => Box::new(Nowhere),
    };
    let stop = stop::on_signal().context("the end by a signal could not be arranged")?;
    let told = generate::generate(generator, sink, run, &stop)?;
    writeln!(anstream::stdout(), "{told}")?;
    Ok(ExitCode::SUCCESS)
}

fn build(arguments: &Build) -> Result<ExitCode> {
    let built = build::build(&arguments.directory, arguments.output.as_deref())?;
    let mut out = anstream::stdout();
    for plugin in &built {
        let functions: Vec<&str> = plugin.component.functions.iter().map(|f| f.sql_name.as_str()).collect();
        let mut names = functions.clone();
        names.dedup();
        writeln!(out, "{}: {} bytes, {}", plugin.path.display(), plugin.component.size, names.join(", "))?;
        for refusal in &plugin.component.refused {
            note(&format!("{} is no SQL function: {}", refusal.interface, refusal.reason));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn create_topics(arguments: &CreateTopics) -> Result<ExitCode> {
    let file = arguments.sql.display();
    let sql = std::fs::read_to_string(&arguments.sql).with_context(|| format!("{file}: wanted SQL"))?;
    let library = Library::open(&arguments.plugins)?.with_prefix(&arguments.prefix);
    let pipeline =
        library.plan(arguments.dialect.into(), Builtins::Component, &sql).with_context(|| file.to_string())?;
    let Some((cluster, _)) = live::connect(&arguments.cluster, |name| std::env::var(name).ok())? else {
        bail!("wanted the cluster that the topics are to be on: --bootstrap-server HOST:PORT");
    };
    let wanted = topics::wanted(&pipeline, arguments.partitions, arguments.replicas);
    let made = broker::create(&cluster, &wanted)?;
    let mut out = anstream::stdout();
    for (wanted, made) in wanted.iter().zip(&made) {
        match made {
            Made::Created => writeln!(out, "{}: created, {}", wanted.topic, wanted.cleanup)?,
            Made::There => writeln!(out, "{}: is there", wanted.topic)?,
            Made::Differs(differences) => {
                for (what, wanted_value, found) in differences {
                    writeln!(out, "{}: {what}: wanted {wanted_value}, found {found}", wanted.topic)?;
                }
            }
        }
    }
    let differs = made.iter().any(|made| matches!(made, Made::Differs(_)));
    Ok(if differs { ExitCode::from(DIFFERENT) } else { ExitCode::SUCCESS })
}

fn new(arguments: &New) -> Result<ExitCode> {
    let files = new::create(std::path::Path::new("."), &arguments.name, arguments.kind)?;
    let mut out = anstream::stdout();
    for file in &files {
        writeln!(out, "{}", file.display())?;
    }
    let name = &arguments.name;
    writeln!(
        out,
        "\nNext:\n  cd {name}\n  cargo test\n  streamfn build\n  streamfn laws target/plugins/{name}.wasm\n  streamfn verify cases/{name}"
    )?;
    Ok(ExitCode::SUCCESS)
}
