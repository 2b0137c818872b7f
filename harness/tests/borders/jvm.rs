//! Who may know what on the JVM: in the sources, and in the manifests that bring it in.

use std::fs;
use std::path::Path;

use crate::{assert_none, files, root};

/// Packages that only some rooms may name.
struct Border {
    /// As Java writes them, and the groups of their artifacts.
    packages: &'static [&'static str],
    /// Folders of `plugins/jvm`.
    rooms: &'static [&'static str],
    /// Whether tests of any room may, too.
    tests: bool,
    rule: &'static str,
}

const BORDERS: [Border; 5] = [
    Border {
        packages: &["org.apache.flink"],
        rooms: &["flink", "conformance", "bench"],
        tests: false,
        rule: "only Flink's room and its tests know Flink; the packer writes its classes by their names",
    },
    Border {
        packages: &["io.confluent"],
        rooms: &["ksqldb", "ksqldb-api", "conformance-ksqldb"],
        tests: false,
        rule: "only ksqlDB's rooms and their tests know ksqlDB; the packer writes its classes by their names",
    },
    Border {
        packages: &["org.apache.kafka"],
        rooms: &["ksqldb", "ksqldb-api", "conformance-ksqldb", "conformance"],
        tests: false,
        rule: "only ksqlDB's rooms and what runs an engine's connectors know Kafka",
    },
    Border {
        packages: &["run.endive"],
        rooms: &["bridge", "pack"],
        tests: true,
        rule: "an engine's room sees a function, not the runtime that it is called by",
    },
    Border {
        packages: &["org.objectweb.asm", "org.ow2.asm"],
        rooms: &["pack", "conformance-ksqldb"],
        tests: false,
        rule: "classes are written when a jar is packed, never where it runs",
    },
];

#[test]
fn only_the_rooms_that_may_name_a_package_do() {
    let rooms = root().join("plugins/jvm");
    let mut findings = Vec::new();
    let all = files(&rooms, &[".java", "pom.xml"]);
    assert!(all.len() > 50, "the rooms are there");
    for file in all {
        findings.extend(crossings(file.strip_prefix(&rooms).unwrap(), &fs::read_to_string(&file).unwrap()));
    }
    assert_none(&findings);
}

fn crossings(place: &Path, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for border in &BORDERS {
        let test = border.tests && place.iter().any(|folder| folder == "test");
        if test || border.rooms.iter().any(|room| place.starts_with(room)) {
            continue;
        }
        for (number, line) in code_lines(source) {
            for package in border.packages.iter().filter(|package| names(line, package)) {
                let (place, rooms) = (place.display(), border.rooms.join(", "));
                found.push(format!("plugins/jvm/{place}:{number}: `{package}` is for {rooms} alone: {}", border.rule));
            }
        }
    }
    found
}

/// Lines that are no comment, numbered from 1.
fn code_lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = source.lines().enumerate().map(|(i, line)| (i + 1, line.split("//").next().unwrap_or("")));
    lines.filter(|(_, line)| !["*", "/*", "<!--"].iter().any(|start| line.trim_start().starts_with(start)))
}

/// Whether a line has the package as code, or as the group of an artifact. A name in a string is none: that is how the
/// packer knows an engine.
fn names(line: &str, package: &str) -> bool {
    let outside_strings: String = line.split('"').step_by(2).collect();
    outside_strings.match_indices(package).any(|(at, _)| {
        let after = outside_strings[at + package.len()..].chars().next();
        matches!(after, Some('.' | ';' | '<'))
    })
}

#[test]
fn a_crossing_is_found_and_a_name_in_a_string_or_comment_is_none() {
    let found = |place: &str, source: &str| crossings(Path::new(place), source);
    let bridge = "bridge/src/main/java/streamfn/bridge/Guest.java";
    let crossing = found(bridge, "package streamfn.bridge;\nimport org.apache.flink.table.data.RowData;\n");
    assert_eq!(crossing.len(), 1, "{crossing:?}");
    assert!(
        crossing[0].starts_with(&format!("plugins/jvm/{bridge}:2: `org.apache.flink` is for flink")),
        "{crossing:?}"
    );
    assert_eq!(found(bridge, "var asm = new org.objectweb.asm.ClassReader();").len(), 1);
    assert_eq!(found("flink/pom.xml", "<groupId>run.endive</groupId>").len(), 1);
    assert_eq!(found("pack/pom.xml", "<groupId>org.apache.flink</groupId>").len(), 1);
    assert_eq!(
        found("pack/src/main/java/A.java", "String name = \"org.apache.flink.Row\"; // org.apache.kafka.A"),
        [""; 0]
    );
    assert_eq!(found(bridge, " * Not org.apache.flink.Row.\nimport run.endive.runtime.Memory;"), [""; 0]);
    assert_eq!(found("flink/src/test/java/ATest.java", "import run.endive.runtime.Memory;"), [""; 0]);
}
