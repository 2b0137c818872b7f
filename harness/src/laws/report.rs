//! What came of the laws, for a person or as JSON.

use serde_json::{Value, json};

use super::law::{CounterExample, Finding, Verdict};
use super::{FunctionReport, Options, Report};
use crate::host::Limits;
use crate::inspect;

/// The report of one component as text, a paragraph for each function.
pub fn text(report: &Report, options: &Options) -> String {
    let mut lines = vec![format!("{}  sha256 {}", report.file, report.digest)];
    for function in &report.functions {
        lines.push(String::new());
        lines.extend(paragraph(function, report, options));
    }
    for refusal in &report.refused {
        lines.push(String::new());
        lines.push(format!("{} is no SQL function: {}", refusal.interface, refusal.reason));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn paragraph(report: &FunctionReport, of: &Report, options: &Options) -> Vec<String> {
    let function = &report.function;
    let mut lines = vec![function.signature_flink(), format!("  {}", inspect::shape_and_state(function))];
    for finding in &report.findings {
        lines.push(line(finding));
        lines.extend(finding.notes.iter().map(|note| format!("{:36}{note}", "")));
        if let Verdict::Fails(example) = &finding.verdict {
            lines.extend(counter_example(example));
            lines.push(format!("      again   {}", again(function.sql_name.as_str(), of, options)));
        }
    }
    lines
}

/// One line: the verdict, the law's name, and what there is to say.
fn line(finding: &Finding) -> String {
    let (name, says) = (finding.law.name, finding.law.says);
    let rest = match &finding.verdict {
        Verdict::Holds => format!("{says} ({})", sequences(finding.sequences)),
        Verdict::Fails(_) => says.to_owned(),
        Verdict::Observed(what) => what.clone(),
        Verdict::NotApplicable(why) | Verdict::NotChecked(why) => why.clone(),
    };
    format!("  {:<14}  {name:<18}{rest}", word(&finding.verdict))
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Observed(_) => "observed",
        Verdict::Fails(_) => "FAILS",
        Verdict::NotApplicable(_) => "not applicable",
        Verdict::NotChecked(_) => "not checked",
    }
}

fn sequences(count: u32) -> String {
    format!("{count} sequence{}", if count == 1 { "" } else { "s" })
}

fn counter_example(example: &CounterExample) -> Vec<String> {
    let given = example.given.iter().enumerate();
    let mut lines: Vec<String> =
        given.map(|(i, line)| format!("      {:<8}{line}", if i == 0 { "given" } else { "" })).collect();
    if lines.is_empty() {
        lines.push("      given   no rows".to_owned());
    }
    lines.push(format!("      wanted  {}", example.wanted));
    lines.push(format!("      found   {}", example.found));
    lines
}

/// The command that finds the same again.
fn again(function: &str, of: &Report, options: &Options) -> String {
    let (file, seed, sequences) = (typed(&of.file), options.seed, options.sequences);
    let mut line = format!("streamfn laws {file} --function {function} --seed {seed} --sequences {sequences}");
    if let Some(config) = &options.config {
        line += &format!(" --config {}", typed(config));
    }
    let (limits, usual) = (options.limits, Limits::default());
    let limits = [
        ("time-ms", limits.time.as_millis(), usual.time.as_millis()),
        ("memory-mib", (limits.memory >> 20) as u128, (usual.memory >> 20) as u128),
        ("result-mib", (limits.result >> 20) as u128, (usual.result >> 20) as u128),
    ];
    for (name, limit, _) in limits.iter().filter(|(_, limit, usual)| limit != usual) {
        line += &format!(" --limit-{name} {limit}");
    }
    line
}

/// A word as a shell takes it.
fn typed(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "/._-+:,".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// The report as JSON, one object for each function.
pub fn json(report: &Report, options: &Options) -> Vec<Value> {
    report.functions.iter().map(|function| function_json(function, report, options)).collect()
}

fn function_json(report: &FunctionReport, of: &Report, options: &Options) -> Value {
    let laws: Vec<Value> = report.findings.iter().map(finding_json).collect();
    json!({
        "file": of.file,
        "sha256": of.digest,
        "function": report.function.sql_name,
        "interface": report.function.interface,
        "signature": report.function.signature_flink(),
        "seed": options.seed,
        "holds": !report.findings.iter().any(|f| matches!(f.verdict, Verdict::Fails(_))),
        "laws": laws,
    })
}

fn finding_json(finding: &Finding) -> Value {
    let (example, says) = match &finding.verdict {
        Verdict::Fails(e) => (json!({ "given": e.given, "wanted": e.wanted, "found": e.found }), None),
        Verdict::Holds => (Value::Null, None),
        Verdict::Observed(what) | Verdict::NotApplicable(what) | Verdict::NotChecked(what) => {
            (Value::Null, Some(what.clone()))
        }
    };
    json!({
        "law": finding.law.name,
        "verdict": word(&finding.verdict),
        "about": finding.law.says,
        "says": says,
        "sequences": finding.sequences,
        "notes": finding.notes,
        "counter_example": example,
    })
}
