//! The cases in Flink's SQL, below `harness/cases`: compared with a fresh answer of Flink's, which is also how the
//! expectations of those with `record = true` are written.

use std::fs;
use std::path::Path;

use streamfn::verify::{self, Case, Order};
use streamfn_model::Dialect;

use crate::exceptions::{self, EXCEPTIONS};
use crate::question::Question;
use crate::record;
use crate::told::{Compared, different, tell};

#[test]
fn cases_give_what_flink_gives() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let recording = std::env::var_os("STREAMFN_RECORD").is_some();
    let mut occurred = vec![false; EXCEPTIONS.len()];
    let (mut names, mut records, mut wrong) = (vec![], 0, vec![]);
    for directory in verify::find(&root).unwrap() {
        let case = Case::read_as_it_is(&directory).unwrap();
        if case.dialect != Dialect::Flink {
            assert!(!case.record, "{}: only what is in Flink's SQL can be recorded from Flink", case.name);
            continue;
        }
        let compared = match case.order {
            Order::Sequence => Compared::Sequence,
            Order::Bags => Compared::Bags,
            Order::Net => Compared::States,
        };
        let question = Question { sql: case.sql.clone(), phases: case.phases.clone(), compared };
        if case.record {
            match record::files(&directory, &question) {
                Ok(files) if recording => files.iter().for_each(|(file, text)| record::write(file, text)),
                Ok(files) => {
                    let is_other = |(file, text): &&(_, String)| fs::read_to_string(file).ok().as_ref() != Some(text);
                    let others = files.iter().filter(is_other);
                    wrong.extend(others.map(|(file, _)| format!("{}: Flink answers otherwise", file.display())));
                }
                Err(why) => wrong.push(format!("{}: {why}", case.name)),
            }
        }
        records += question.count();
        wrong.extend(exceptions::unknown(&case.name, question.differences(), &mut occurred));
        names.push(case.name);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    wrong.extend(exceptions::outdated(&names, &occurred));
    assert!(!names.is_empty(), "the cases are there");
    let told = format!("Flink's cases: {}, {records} records compared, {}", names.len(), different(wrong.len()));
    tell(&told);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
