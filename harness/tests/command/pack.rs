//! `streamfn pack`: what is in the jar and what is not, what is printed, and every way it can fail.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Answer, Desk, elsewhere, standard_plugins};
use crate::component::{digest, encode};
use crate::jvm;

const ENGINES: [&str; 2] = ["flink", "ksqldb"];

/// `streamfn pack --engine ENGINE FILE -o out.jar`, with more arguments.
fn pack(desk: &Desk, engine: &str, file: &str, more: &[&str]) -> Answer {
    desk.run(&[&["pack", "--engine", engine, file, "-o", "out.jar"], more].concat())
}

fn aggregate() -> String {
    standard_plugins().join("aggregate.wasm").to_str().unwrap().to_owned()
}

/// The digest and name of every entry.
fn entries(jar: &Path) -> Vec<(String, String)> {
    let lines = jvm::run(&[], "streamfn.pack.Entries", &[jar]);
    lines.lines().map(|line| line.split_once(' ').unwrap()).map(|(d, n)| (d.to_owned(), n.to_owned())).collect()
}

/// What the functions of a jar for ksqlDB answer, without ksqlDB.
fn call(desk: &Desk, calls: &str) -> Vec<String> {
    let jar = desk.path("out.jar");
    let answers = jvm::run(&[], "streamfn.pack.Packed", &[jar.to_str().unwrap(), &format!("(calls {calls})")]);
    answers.lines().map(str::to_owned).collect()
}

/// What lies in the desk, by name.
fn left(desk: &Desk) -> Vec<String> {
    let names = fs::read_dir(desk.path(".")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// One scalar over BIGINT.
const ODD: &str = "package t:t; interface odd { eval: func(n: s64) -> s64; } world test { export odd; }";

/// A component with one scalar over BIGINT whose body is `body`.
fn scalar(body: &str) -> Vec<u8> {
    encode(ODD, &format!(r#"(module (func $odd (export "t:t/odd#eval") (param i64) (result i64) {body}))"#))
}

#[test]
fn the_same_component_is_the_same_jar_wherever_and_whenever_it_is_packed() {
    for engine in ENGINES {
        let (here, there) = (Desk::new(), Desk::new());
        pack(&here, engine, &aggregate(), &[]).done();
        there.file("aggregate.wasm", fs::read(aggregate()).unwrap()).file("größe/x", "");
        let mut command =
            there.command(&["pack", "--engine", engine, "aggregate.wasm", "-o", "größe/another name.jar"]);
        // Turkish has an I of its own.
        command.env("TZ", "Asia/Tokyo").env("JAVA_TOOL_OPTIONS", "-Duser.language=tr -Duser.timezone=Asia/Tokyo");
        command.env("LC_ALL", "C");
        Answer::of(command).done();
        let [here, there] =
            [here.path("out.jar"), there.path("größe/another name.jar")].map(|jar| fs::read(jar).unwrap());
        assert!(here == there, "{engine}: {} and {} bytes", here.len(), there.len());
    }
}

#[test]
fn a_jar_holds_the_component_its_licences_and_no_class_that_another_jar_may_have() {
    for engine in ENGINES {
        for file in [aggregate(), elsewhere().to_str().unwrap().to_owned()] {
            let desk = Desk::new();
            let answer = pack(&desk, engine, &file, &[]);
            let statements = answer.done();
            let (jar, component) = (fs::metadata(desk.path("out.jar")).unwrap().len(), fs::read(&file).unwrap());
            assert!(jar < component.len() as u64 + 1_500_000, "{engine}: {jar} bytes");

            let entries = entries(&desk.path("out.jar"));
            let has = |name: &str| entries.iter().any(|(_, entry)| entry == name);
            let name = Path::new(&file).file_name().unwrap().to_str().unwrap();
            assert!(entries.contains(&(digest(&component), format!("META-INF/streamfn/{name}"))), "{entries:?}");
            for licence in ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY"] {
                assert!(has(&format!("META-INF/streamfn/{licence}")), "{licence}");
            }
            let foreign = ["org/", "io/", "run/", "java", "streamfn/bridge/", "streamfn/flink/", "streamfn/ksqldb/"];
            for (_, entry) in &entries {
                assert!(!foreign.iter().any(|start| entry.starts_with(start)), "{entry}");
                assert!(!entry.contains("org/objectweb") && !entry.contains("org/apache"), "{entry}");
            }
            if engine == "flink" {
                for statement in statements.lines() {
                    let class = statement.split('\'').nth(1).unwrap().replace('.', "/");
                    assert!(has(&format!("{class}.class")), "{statement}");
                }
            }
        }
    }
}

#[test]
fn the_statements_name_each_function_and_the_jar_with_its_quotes_doubled() {
    let desk = Desk::new();
    desk.file("it's/x", "");
    let pack = |engine: &str, more: &[&str]| {
        let file = aggregate();
        desk.run(&[&["pack", "--engine", engine, &file, "-o", "it's/a.jar"], more].concat())
    };
    let flink = pack("flink", &[]);
    let at = desk.path("it's/a.jar").canonicalize().unwrap().to_str().unwrap().replace('\'', "''");
    let statement =
        |name: &str, class: &str| format!("CREATE FUNCTION `{name}` AS 'streamfn.aggregate.{class}' USING JAR '{at}';");
    let wanted = [
        ("WASM_AVG", "Avg"),
        ("WASM_BASKET_TOTALS", "BasketTotals"),
        ("WASM_COUNT", "Count"),
        ("WASM_EARLIEST", "Earliest"),
        ("WASM_LATEST", "Latest"),
        ("WASM_MAX", "Max"),
        ("WASM_MAX_WITH_RETRACT", "MaxWithRetract"),
        ("WASM_MIN", "Min"),
        ("WASM_MIN_WITH_RETRACT", "MinWithRetract"),
        ("WASM_SUM", "Sum"),
    ];
    let called =
        |prefix: &str| -> Vec<String> { wanted.iter().map(|(name, _)| name.replace("WASM_", prefix)).collect() };
    let statements: Vec<_> = wanted.iter().map(|(name, class)| statement(name, class)).collect();
    assert_eq!(flink.done().lines().collect::<Vec<_>>(), statements);

    let names = |answer: &Answer| -> Vec<String> {
        let lines = answer.done().lines().filter(|line| !line.starts_with("--"));
        lines.map(|line| line.split_whitespace().nth(2).unwrap().trim_matches(['`', ';']).to_owned()).collect()
    };
    assert_eq!(names(&pack("ksqldb", &[])), called("WASM_"));
    assert_eq!(names(&pack("ksqldb", &["--prefix", "my_"])), called("MY_"));
    assert_eq!(names(&pack("ksqldb", &["--prefix", ""])), called(""));
    assert_eq!(names(&pack("flink", &["--prefix", ""])), called(""));
}

#[test]
fn a_component_of_nothing_that_the_engine_can_load_is_refused_with_the_reasons() {
    let wit = "package t:t;
interface tiny { eval: func(x: s8) -> s8; }
interface seen {
  key: func(x: s64) -> option<s64>; accumulate: func(entry: option<s64>, x: s64) -> option<s64>;
}
interface plain { other: func(); }
world test { export tiny; export seen; export plain; }";
    let wat = r#"(module
      (memory (export "memory") 1)
      (func (export "t:t/tiny#eval") (param i32) (result i32) unreachable)
      (func (export "t:t/seen#key") (param i64) (result i32) unreachable)
      (func (export "t:t/seen#accumulate") (param i32 i64 i64) (result i32) unreachable)
      (func (export "t:t/plain#other")))"#;
    let desk = Desk::new();
    desk.file("a.wasm", encode(wit, wat));
    pack(&desk, "ksqldb", "a.wasm", &[]).refused(&[
        "a.wasm: wanted a function that ksqlDB can load, found none",
        "TINY(x TINYINT) → TINYINT is not in the jar: ksqlDB has no TINYINT",
        "SEEN(x BIGINT) → MAP<BIGINT, BIGINT> is not in the jar: its result is a MAP with keys of BIGINT",
        "ksqlDB writes maps with keys of STRING alone",
        "t:t/plain is not in the jar",
    ]);
    assert_eq!(left(&desk), ["a.wasm"]);
}

#[test]
fn what_is_no_component_is_refused_by_its_name() {
    let component = fs::read(aggregate()).unwrap();
    let files = [
        ("garbage.wasm", b"PK\x03\x04 garbage".to_vec(), "wanted"),
        ("empty.wasm", vec![], "empty file"),
        ("core.wasm", wat::parse_str("(module)").unwrap(), "not a component"),
        // Within the core module: between two of the sections behind it a cut leaves a component with fewer functions.
        ("cut.wasm", component[..component.len() / 4].to_vec(), "cut off"),
    ];
    for (name, content, words) in files {
        let desk = Desk::new();
        desk.file(name, content);
        for engine in ENGINES {
            pack(&desk, engine, name, &[]).refused(&[&format!("error: {name}: "), words]);
        }
        assert_eq!(left(&desk), [name]);
    }
    pack(&Desk::new(), "flink", "none.wasm", &[]).refused(&["none.wasm: ", "streamfn build"]);
}

#[test]
fn without_java_the_sentence_says_what_to_install() {
    let desk = Desk::new();
    let file = aggregate();
    let command = || desk.command(&["pack", "--engine", "flink", &file, "-o", "out.jar"]);
    let mut nowhere = command();
    nowhere.env("JAVA_HOME", "/nowhere");
    Answer::of(nowhere).refused(&["Java 17 or newer", "/nowhere/bin/java", "install a Java runtime, or set JAVA_HOME"]);
    let mut no_path = command();
    no_path.env("PATH", "/nowhere").env_remove("JAVA_HOME");
    Answer::of(no_path).refused(&["Java 17 or newer", "could not run java"]);

    // An empty variable is none.
    let mut empty = command();
    empty.env("JAVA_HOME", "");
    Answer::of(empty).done();
    fs::remove_file(desk.path("out.jar")).unwrap();

    for (script, words) in [
        ("echo 'java.lang.UnsupportedClassVersionError: streamfn/pack/Main' >&2; exit 1", "found an older one in"),
        ("echo 'Could not reserve enough space' >&2; exit 1", "broke down (exit status: 1)"),
        ("kill -9 $$", "broke down (signal: 9"),
    ] {
        executable(&desk.path("old/bin/java"), script);
        let mut old = command();
        old.env("JAVA_HOME", desk.path("old"));
        Answer::of(old).refused(&[words, "old/bin/java"][..if words.contains("older") { 2 } else { 1 }]);
        assert_eq!(left(&desk), ["old"], "{script}");
    }
}

fn executable(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn without_the_packer_the_sentence_says_how_to_get_it() {
    let desk = Desk::new();
    // Beside the command of the checkout it is found even so.
    let lonely: PathBuf = desk.path("bin/streamfn");
    fs::create_dir(desk.path("bin")).unwrap();
    let command = Path::new(env!("CARGO_BIN_EXE_streamfn"));
    fs::hard_link(command, &lonely).or_else(|_| fs::copy(command, &lonely).map(|_| ())).unwrap();
    let mut lonely = std::process::Command::new(lonely);
    lonely.args(["pack", "--engine", "flink", &aggregate(), "-o", "out.jar"]).current_dir(desk.path("."));
    lonely.env("STREAMFN_PLUGINS", "/nowhere");
    Answer::of(lonely).refused(&["streamfn-pack.jar is in none of /nowhere", "`make`", "STREAMFN_PLUGINS"]);
}

#[test]
fn options_that_cannot_be_are_refused_by_their_names() {
    let desk = Desk::new();
    let file = aggregate();
    for prefix in ["1x", "a-b", "a b", "é", "a'"] {
        pack(&desk, "ksqldb", &file, &["--prefix", prefix]).refused(&["--prefix", "letters, digits and _", prefix]);
    }
    for (option, value, most) in [
        ("--limit-time-ms", "2147483648", "2147483647"),
        ("--limit-time-ms", "18446744073709551615", "2147483647"),
        ("--limit-memory-mib", "2048", "2047"),
        ("--limit-memory-mib", "18446744073709551615", "2047"),
        ("--limit-result-mib", "2048", "2047"),
    ] {
        pack(&desk, "flink", &file, &[option, value]).refused(&[option, "at most", most]);
    }
    pack(&desk, "flink", &file, &["--limit-memory-mib", "0"]).refused(&["aggregate.wasm", "at most 0 bytes of memory"]);
    assert_eq!(left(&desk), Vec::<String>::new());
    let most = ["--limit-time-ms", "2147483647", "--limit-memory-mib", "2047", "--limit-result-mib", "2047"];
    pack(&desk, "ksqldb", &file, &most).done();
    assert!(call(&desk, "(0 create)").len() > 1);
}

#[test]
fn a_place_that_cannot_be_written_is_named_and_what_was_there_stays() {
    let desk = Desk::new();
    let file = aggregate();
    let to = |jar: &str| desk.run(&["pack", "--engine", "flink", &file, "-o", jar]);
    to("none/out.jar").refused(&["error: none/out.jar: could not write it", "a directory that is there"]);
    desk.file("directory/x", "");
    to("directory").refused(&["error: directory: could not write it"]);
    to("..").refused(&["error: ..: could not write it"]);

    desk.file("a.wasm", scalar("unreachable")).file("broken.wasm", "no component").file("out.jar", "the old one");
    pack(&desk, "flink", "broken.wasm", &[]).refused(&["broken.wasm"]);
    // The packer itself says no: a failure after all files were written.
    desk.file("huge.wasm", scalar(&huge(30_000)));
    pack(&desk, "flink", "huge.wasm", &[]).refused(&["huge.wasm"]);
    assert_eq!(desk.read("out.jar"), "the old one");
    desk.run(&["pack", "--engine", "flink", "a.wasm", "-o", "./a.wasm"]).refused(&["a.wasm: wanted another file"]);
    assert_eq!(fs::read(desk.path("a.wasm")).unwrap(), scalar("unreachable"));
    assert_eq!(left(&desk), ["a.wasm", "broken.wasm", "directory", "huge.wasm", "out.jar"]);
}

/// So many steps that no compiler can take together.
fn huge(steps: usize) -> String {
    let step = |at: usize| format!("i64.const {} i64.mul i64.const {at} i64.xor ", 2 * at + 1);
    format!("local.get 0 {}", (0..steps).map(step).collect::<String>())
}

#[test]
fn a_function_too_large_for_the_jvm_fails_the_pack_and_a_slow_one_is_named() {
    let desk = Desk::new();
    for engine in ENGINES {
        desk.file("huge.wasm", scalar(&huge(30_000)));
        let words = ["error: huge.wasm: wanted functions that fit", "found one that does not: ", "odd", "smaller"];
        pack(&desk, engine, "huge.wasm", &[]).refused(&words);
        // What is added to operations on floats makes this one too large.
        let floats =
            format!("i64.const 1 local.get 0 f64.convert_i64_s {} drop", "f64.const 1.5 f64.mul ".repeat(12_000));
        desk.file("huge.wasm", scalar(&floats));
        pack(&desk, engine, "huge.wasm", &[]).refused(&words);
        desk.file("large.wasm", scalar(&huge(1_500)));
        let answer = pack(&desk, engine, "large.wasm", &[]);
        answer.done();
        answer.says(&["note: HotSpot never compiles", "odd (", " bytecodes)"]);
        desk.file("small.wasm", scalar(&huge(100)));
        assert_eq!(pack(&desk, engine, "small.wasm", &[]).err, "");
    }
}

#[test]
fn a_limit_of_the_options_is_one_of_the_jar() {
    let desk = Desk::new();
    let component = encode(
        ODD,
        r#"(module (memory (export "memory") 1)
          (func (export "t:t/odd#eval") (param i64) (result i64)
            (if (i64.eqz (local.get 0)) (then (loop (br 0))))
            (if (i64.eq (local.get 0) (i64.const 1))
              (then (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable))
            (i64.add (local.get 0) (i64.const 1))))"#,
    );
    let of = format!(" (component sha256 {})", digest(&component));
    desk.file("a.wasm", component);
    pack(&desk, "ksqldb", "a.wasm", &["--limit-time-ms", "120", "--limit-memory-mib", "3"]).done();
    assert_eq!(
        call(&desk, "(0 eval (long 0)) (0 eval (long 1)) (0 eval (long 7))"),
        [
            format!("time limit: still running after 120 ms{of}"),
            format!("memory limit: wanted more than 3145728 bytes{of}"),
            "(long 8)".to_owned(),
            // Nothing holds on to the classes, and the thread that watches the time ends.
            "gone".to_owned()
        ]
    );
}

#[test]
fn names_that_java_has_taken_and_docs_of_any_kind_are_packed() {
    for package in [
        "class:new",
        "java:lang",
        "streamfn:bridge",
        "streamfn:flink",
        "streamfn:ksqldb",
        "run:endive",
        "io:confluent",
        "a-b:true",
    ] {
        let docs = format!("Says \"quotes\", \\backslashes\\, \u{1}, ü, 😀 and\n/// goes on. {}", "😀".repeat(30_000));
        let wit = format!(
            "package {package};
/// {docs}
interface int {{ eval: func(null: s64, %interface: option<string>) -> s64; }}
world test {{ export int; }}"
        );
        let wat = format!(
            r#"(module (memory (export "memory") 1)
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
              (func (export "{package}/int#eval") (param i64 i32 i32 i32) (result i64) (local.get 0)))"#
        );
        let desk = Desk::new();
        desk.file("a.wasm", encode(&wit.replace('\u{1}', " "), &wat));
        for engine in ENGINES {
            let answer = pack(&desk, engine, "a.wasm", &[]);
            let statements = answer.done().to_owned();
            let entries = entries(&desk.path("out.jar"));
            let classes: Vec<_> = entries.iter().filter(|(_, name)| name.ends_with("/Int.class")).collect();
            assert_eq!(classes.len(), 1, "{package}: {entries:?}");
            let class = classes[0].1.trim_end_matches(".class");
            let taken =
                ["java/", "streamfn/bridge/", "streamfn/flink/", "streamfn/ksqldb/", "run/endive/", "io/confluent/"];
            assert!(!taken.iter().any(|taken| class.starts_with(taken)), "{class}");
            assert!(engine == "ksqldb" || statements.contains(&class.replace('/', ".")), "{statements}");
        }
        assert_eq!(call(&desk, "(0 eval (long 5) none)")[0], "(long 5)", "{package}");
    }
}

#[test]
fn two_functions_that_would_have_one_name_in_java_are_refused() {
    // Hyphens alone make names differ in Java too.
    let desk = Desk::new();
    let eval = |name: &str, params: &str| format!("interface {name} {{ eval: func({params}) -> s32; }}");
    let component = |interfaces: [(&str, &str); 3]| {
        let [mut wit, mut wat, mut world] = ["package t:t;", "(module", "world test {"].map(str::to_owned);
        for (at, (name, params)) in interfaces.iter().enumerate() {
            wit += &eval(name, params);
            world += &format!("export {name};");
            let params = if params.is_empty() { "" } else { "(param i32)" };
            wat += &format!(r#"(func (export "t:t/{name}#eval") {params} (result i32) (i32.const {at}))"#);
        }
        encode(&(wit + &world + "}"), &(wat + ")"))
    };
    desk.file("hyphens.wasm", component([("a-b", ""), ("ab", ""), ("a1-b", "")]));
    // The overload of F that has no argument is a class too.
    desk.file("plain.wasm", component([("f", ""), ("f-of-int", "x: s32"), ("f-plain", "")]));
    for engine in ENGINES {
        pack(&desk, engine, "hyphens.wasm", &[]).done();
    }
    let mut answers = call(&desk, "(0 eval) (1 eval) (2 eval)");
    answers.sort();
    assert_eq!(answers, ["(int 0)", "(int 1)", "(int 2)", "gone"]);
    pack(&desk, "flink", "plain.wasm", &[]).refused(&[
        "plain.wasm: wanted a class for each function",
        "t.t.FPlain",
        "rename",
    ]);
    pack(&desk, "ksqldb", "plain.wasm", &[]).done();
}

#[test]
fn more_arguments_than_a_method_takes_leave_a_function_out() {
    let params = |count: usize| (0..count).map(|at| format!("p{at}: s64")).collect::<Vec<_>>().join(", ");
    let wit = format!(
        "package t:t; interface many {{ eval: func({}) -> s64; }} interface few {{ eval: func({}) -> s64; }}
         world test {{ export many; export few; }}",
        params(251),
        params(250)
    );
    // More than 16 flat values travel in memory: the last is at 8 * 249.
    let wat = r#"(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "t:t/many#eval") (param i32) (result i64) unreachable)
      (func (export "t:t/few#eval") (param i32) (result i64) (i64.load offset=1992 (local.get 0))))"#;
    let desk = Desk::new();
    desk.file("a.wasm", encode(&wit, wat));
    for engine in ENGINES {
        let answer = pack(&desk, engine, "a.wasm", &[]);
        answer.done();
        answer.says(&["MANY(", "is not in the jar: a method of the JVM has room for 250 arguments, and it has 251"]);
    }
    let args: String = (0..250).map(|at| format!(" (long {at})")).collect();
    assert_eq!(call(&desk, &format!("(0 eval{args})"))[0], "(long 249)");
}

#[test]
fn states_of_every_kind_keep_what_was_accumulated() {
    let wit = "package t:t;
interface counted {
  type state = s64;
  create: func() -> state; accumulate: func(state: state) -> state; value: func(state: state) -> s64;
}
interface guarded {
  record state { n: s64, last: option<string> }
  create: func() -> result<state, string>;
  accumulate: func(state: state, n: s64) -> result<state, string>;
  merge: func(a: state, b: state) -> result<state, string>;
  value: func(state: state) -> result<s64, string>;
}
interface labelled {
  type state = string;
  create: func() -> state; accumulate: func(state: state, label: string) -> state; value: func(state: state) -> string;
}
interface listed {
  record state { all: list<s64>, small: s8, ratio: f32 }
  create: func() -> state; accumulate: func(state: state, n: s64) -> state; value: func(state: state) -> s64;
}
world test { export counted; export guarded; export labelled; export listed; }";
    let wat = r#"(module (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 2048))
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (global.get $heap))
        (global.set $heap (i32.and (i32.add (i32.add (global.get $heap) (local.get 3)) (i32.const 7)) (i32.const -8)))
        (local.get $at))
      (func (export "t:t/counted#create") (result i64) (i64.const 10))
      (func (export "t:t/counted#accumulate") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
      (func (export "t:t/counted#value") (param i64) (result i64) (local.get 0))
      ;; result<record { s64, option<string> }, string> at 512, result<s64, string> at 640: an err if $n is 99.
      (func $state (param $n i64) (param $has i32) (param $at i32) (param $len i32) (result i32)
        (i32.store8 (i32.const 512) (i64.eq (local.get $n) (i64.const 99)))
        (if (i64.eq (local.get $n) (i64.const 99))
          (then (i32.store (i32.const 520) (i32.const 64)) (i32.store (i32.const 524) (i32.const 2)))
          (else
            (i64.store (i32.const 520) (local.get $n)) (i32.store8 (i32.const 528) (local.get $has))
            (i32.store (i32.const 532) (local.get $at)) (i32.store (i32.const 536) (local.get $len))))
        (i32.const 512))
      (func (export "t:t/guarded#create") (result i32) (call $state (i64.const 0) (i32.const 1) (i32.const 64) (i32.const 2)))
      (func (export "t:t/guarded#accumulate") (param i64 i32 i32 i32 i64) (result i32)
        (call $state (i64.add (local.get 0) (local.get 4)) (local.get 1) (local.get 2) (local.get 3)))
      (func (export "t:t/guarded#merge") (param i64 i32 i32 i32 i64 i32 i32 i32) (result i32)
        (call $state (i64.add (local.get 0) (local.get 4)) (local.get 1) (local.get 2) (local.get 3)))
      (func (export "t:t/guarded#value") (param i64 i32 i32 i32) (result i32)
        (i32.store8 (i32.const 640) (i64.eq (local.get 0) (i64.const 98)))
        (i64.store (i32.const 648) (local.get 0))
        (if (i64.eq (local.get 0) (i64.const 98))
          (then (i32.store (i32.const 648) (i32.const 64)) (i32.store (i32.const 652) (i32.const 2))))
        (i32.const 640))
      (func $text (param i32 i32) (result i32)
        (i32.store (i32.const 768) (local.get 0)) (i32.store (i32.const 772) (local.get 1)) (i32.const 768))
      (func (export "t:t/labelled#create") (result i32) (call $text (i32.const 64) (i32.const 0)))
      (func (export "t:t/labelled#accumulate") (param i32 i32 i32 i32) (result i32) (call $text (local.get 2) (local.get 3)))
      (func (export "t:t/labelled#value") (param i32 i32) (result i32) (call $text (local.get 0) (local.get 1)))
      (func $listed (param i32 i32 i32 f32) (result i32)
        (i32.store (i32.const 896) (local.get 0)) (i32.store (i32.const 900) (local.get 1))
        (i32.store8 (i32.const 904) (local.get 2)) (f32.store (i32.const 908) (local.get 3)) (i32.const 896))
      (func (export "t:t/listed#create") (result i32) (call $listed (i32.const 64) (i32.const 0) (i32.const -3) (f32.const 0.5)))
      (func (export "t:t/listed#accumulate") (param i32 i32 i32 f32 i64) (result i32)
        (i64.store (i32.const 960) (local.get 4))
        (call $listed (i32.const 960) (i32.const 1) (local.get 2) (f32.add (local.get 3) (local.get 3))))
      ;; 100 times the element, plus the s8, plus the f32.
      (func (export "t:t/listed#value") (param i32 i32 i32 f32) (result i64)
        (i64.add (i64.mul (i64.const 100) (i64.load (local.get 0)))
          (i64.add (i64.extend_i32_s (local.get 2)) (i64.trunc_f32_s (local.get 3)))))
      (data (i32.const 64) "no"))"#;
    let desk = Desk::new();
    desk.file("a.wasm", encode(wit, wat));
    for engine in ENGINES {
        let answer = pack(&desk, engine, "a.wasm", &[]);
        answer.done();
        assert_eq!(answer.err, "", "all are packed");
    }
    let answers = call(
        &desk,
        "(0 create) (0 accumulate state) (0 value state)
         (1 create) (1 accumulate state (long 5)) (1 accumulate state (long 94)) (1 value state)
         (1 merge state state) (1 value state) (1 accumulate state (long 88)) (1 value state) (1 merge state state)
         (2 create) (2 accumulate state (text \"ü\")) (2 value state)
         (3 create) (3 accumulate state (long 7)) (3 accumulate state (long 8)) (3 value state)",
    );
    assert_eq!(
        answers,
        [
            "(record (long 10))",
            "done",
            "(long 11)",
            // A refused row leaves the state as it was.
            "(record (long 0) (text \"no\"))",
            "done",
            "no",
            "(long 5)",
            "done",
            "(long 10)",
            "done",
            "no",
            "done",
            "(record (text \"\"))",
            "done",
            "(text \"ü\")",
            // A list of nothing, -3 and 0.5: a letter for each class, then the value.
            "(record (bytes 4c00000000) (bytes 62fd) (bytes 463f000000))",
            "done",
            "done",
            // 100 * 8 - 3 + 2
            "(long 799)",
            "gone"
        ]
    );
}

#[test]
fn code_that_the_jvms_runtime_cannot_run_or_would_run_wrongly_is_refused() {
    let bodies = [
        // It would come back as 0.
        ("(return_call $same (local.get 0))", "wanted code without tail calls, found one in odd; build without them"),
        ("(return_call_indirect (type $same) (local.get 0) (i32.const 0))", "without tail calls"),
        ("(i64x2.extract_lane 0 (i64x2.splat (local.get 0)))", "wanted code that the JVM's runtime can compile"),
        (
            "(i64x2.extract_lane 0 (i8x16.relaxed_swizzle (i64x2.splat (local.get 0)) (i64x2.splat (local.get 0))))",
            "build without that feature",
        ),
    ];
    for (body, words) in bodies {
        let desk = Desk::new();
        let wat = format!(
            r#"(module (type $same (func (param i64) (result i64))) (table 1 funcref)
              (func $same (param i64) (result i64) (local.get 0))
              (func $odd (export "t:t/odd#eval") (param i64) (result i64) {body}))"#
        );
        desk.file("a.wasm", encode(ODD, &wat));
        pack(&desk, "ksqldb", "a.wasm", &[]).refused(&["error: a.wasm: wanted code", words]);
        assert_eq!(left(&desk), ["a.wasm"]);
    }
}

#[test]
fn what_an_engine_cannot_tell_from_another_overload_or_have_beside_it_is_left_out_by_name() {
    let wit = "package t:t;
interface bag-of-map { eval: func(m: list<tuple<string, s32>>) -> s32; }
interface bag-of-multiset { type multiset-of-string = list<tuple<string, s32>>; eval: func(m: multiset-of-string) -> s32; }
interface mix-of-int { eval: func(n: s32) -> s32; }
interface mix-of-bigint { type state = s64; create: func() -> state; accumulate: func(state: state, n: s64) -> state; value: func(state: state) -> s64; }
world test { export bag-of-map; export bag-of-multiset; export mix-of-int; export mix-of-bigint; }";
    let wat = r#"(module (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
  (func (export "t:t/bag-of-map#eval") (param i32 i32) (result i32) (local.get 1))
  (func (export "t:t/bag-of-multiset#eval") (param i32 i32) (result i32) (local.get 1))
  (func (export "t:t/mix-of-int#eval") (param i32) (result i32) (local.get 0))
  (func (export "t:t/mix-of-bigint#create") (result i64) (i64.const 0))
  (func (export "t:t/mix-of-bigint#accumulate") (param i64 i64) (result i64) (local.get 1))
  (func (export "t:t/mix-of-bigint#value") (param i64) (result i64) (local.get 0)))"#;
    let desk = Desk::new();
    desk.file("t.wasm", encode(wit, wat));
    let mixed =
        "note: MIX(n BIGINT) → BIGINT is not in the jar: a name is of one kind of function, and MIX(n INT) → INT";
    let flink = pack(&desk, "flink", "t.wasm", &[]);
    assert!(flink.err.contains(mixed) && !flink.err.contains("BAG"), "{}", flink.err);
    let ksqldb = pack(&desk, "ksqldb", "t.wasm", &[]);
    let twin = "note: BAG(m MAP<STRING, INT>) → INT is not in the jar: to ksqlDB it has the arguments of BAG(m MAP<STRING, INT>)";
    assert!(ksqldb.err.contains(mixed) && ksqldb.err.contains(twin), "{}", ksqldb.err);
}
