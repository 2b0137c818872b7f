//! Guests that do wrong, and what a host has to say to each: the same words on every host.

#![allow(dead_code, reason = "each test uses a part of this")]

use streamfn::host::TrapKind;
use streamfn_model::Value;

pub const TRAPS: &str = r#"(module
  (type $void (func))
  (type $number (func (result i32)))
  (type $deeper (func (param i32) (result i32)))
  (table 4 funcref)
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func $number (result i32) (i32.const 7))
  (elem (i32.const 0) func $number)
  (elem (i32.const 2) func $indirect)
  (func (export "t:t/i#count") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))
  (func $boom (export "t:t/i#unreachable") unreachable)
  (func (export "t:t/i#divide") (param i32) (result i32) (i32.div_s (i32.const -2147483648) (local.get 0)))
  (func (export "t:t/i#convert") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "t:t/i#read") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "t:t/i#indirect") (param i32) (call_indirect (type $void) (local.get 0)))
  (func (export "t:t/i#spin") (loop (br 0)))
  (func (export "t:t/i#work") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 31)) (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0)))
    (local.get 1))
  (func $indirect (export "t:t/i#recurse-indirect") (param i32) (result i32)
    (i32.add (i32.const 1) (call_indirect (type $deeper) (i32.add (local.get 0) (i32.const 1)) (i32.const 2))))
  (func $recurse (export "t:t/i#recurse") (param i32) (result i32)
    (i32.add (i32.const 1) (call $recurse (i32.add (local.get 0) (i32.const 1)))))
  ;; The host's own code runs at the far end of the stack.
  (func $host (export "t:t/i#recurse-and-grow") (param i32) (result i32)
    (drop (memory.grow (i32.const 0)))
    (i32.add (i32.const 1) (call $host (i32.add (local.get 0) (i32.const 1)))))
  (func (export "t:t/i#grow")
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    unreachable)
  (func (export "t:t/i#grow-table")
    (loop (br_if 0 (i32.ne (table.grow (ref.null func) (i32.const 2000000)) (i32.const -1))))
    unreachable)
  (func (export "t:t/i#grow-and-go-on") (result i32) (memory.grow (i32.const 65536)))
)"#;

pub const TRAPS_WIT: &str = "package t:t;
interface i {
  count: func() -> u32; unreachable: func(); divide: func(by: s32) -> s32; convert: func(f: f64) -> s32;
  read: func(at: u32) -> u32; indirect: func(index: u32); spin: func(); work: func(rounds: u32) -> u32; recurse: func(depth: u32) -> u32;
  recurse-indirect: func(depth: u32) -> u32; recurse-and-grow: func(depth: u32) -> u32;
  grow: func(); grow-table: func(); grow-and-go-on: func() -> s32;
}
world test { export i; }";

/// Calls that trap.
pub fn traps() -> Vec<(&'static str, Vec<Value>, TrapKind)> {
    vec![
        ("unreachable", vec![], TrapKind::Unreachable),
        ("divide", vec![Value::S32(0)], TrapKind::DivisionByZero),
        ("divide", vec![Value::S32(-1)], TrapKind::IntegerOverflow),
        ("convert", vec![Value::F64(1e99)], TrapKind::IntegerOverflow),
        ("convert", vec![Value::F64(f64::NAN)], TrapKind::BadConversion),
        ("read", vec![Value::U32(65533)], TrapKind::MemoryOutOfBounds),
        ("read", vec![Value::U32(u32::MAX)], TrapKind::MemoryOutOfBounds),
        ("indirect", vec![Value::U32(0)], TrapKind::IndirectCallType),
        ("indirect", vec![Value::U32(1)], TrapKind::IndirectCallToNull),
        ("indirect", vec![Value::U32(4)], TrapKind::TableOutOfBounds),
        ("indirect", vec![Value::U32(u32::MAX)], TrapKind::TableOutOfBounds),
    ]
}

/// What recurses without end, in each way a call can be made.
pub const RECURSIONS: [&str; 3] = ["recurse", "recurse-indirect", "recurse-and-grow"];

pub const AROUND_WIT: &str = "package t:t; interface i { len: func(s: string) -> string; } world test { export i; }";

/// A module of which one part (`start`, `realloc` or `post-return`) has another body than usual.
pub fn around(name: &str, body: &str) -> String {
    let part = |part: &str| if part == name { body } else { "" };
    format!(
        r#"(module (memory (export "memory") 1)
          (func (export "_initialize") {})
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {} i32.const 1024)
          (func (export "t:t/i#len") (param i32 i32) (result i32) i32.const 64)
          (func (export "cabi_post_t:t/i#len") (param i32) {}))"#,
        part("start"),
        part("realloc"),
        part("post-return")
    )
}

pub const LIES: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (global.get $heap))
  (global $heap (mut i32) (i32.const 1024))
  (func (export "t:t/i#lie-heap") (param i32) (global.set $heap (local.get 0)))
  ;; Every result is what the caller asks for: a return area with these two words in it, or a bare pointer.
  (func $area (param i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
  (func (export "t:t/i#text") (param i32 i32) (result i32) (call $area (local.get 0) (local.get 1)))
  (func (export "t:t/i#numbers") (param i32 i32) (result i32) (call $area (local.get 0) (local.get 1)))
  (func (export "t:t/i#bytes") (param i32 i32) (result i32) (call $area (local.get 0) (local.get 1)))
  (func (export "t:t/i#at") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#colour") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#letter") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#choice") (param i32 i32) (result i32) (call $area (local.get 0) (local.get 1)))
  (func (export "t:t/i#length") (param i32 i32) (result i32) (local.get 1))
  (func (export "t:t/i#flag") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#nan32") (param i32) (result f32) (f32.reinterpret_i32 (local.get 0)))
  (func (export "t:t/i#nan64") (param i64) (result f64) (f64.reinterpret_i64 (local.get 0)))
  (func (export "t:t/i#bits32") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
  (func (export "t:t/i#bits64") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  (func (export "t:t/i#heap") (result i32) (global.get $heap))
  (func (export "t:t/i#lengths") (param i32 i32 i32 i32) (result i32) (i32.add (local.get 1) (local.get 3)))
  (data (i32.const 64) "hello\ff")
)"#;

pub const LIES_WIT: &str = "package t:t;
interface i {
  enum colours { red, green }
  variant choices { none, number(u32), other(char) }
  lie-heap: func(at: u32);
  text: func(at: u32, len: u32) -> string; numbers: func(at: u32, len: u32) -> list<u64>;
  bytes: func(at: u32, len: u32) -> list<u8>; at: func(at: u32) -> tuple<u64, u64>;
  colour: func(is: u32) -> colours; letter: func(is: u32) -> char; choice: func(is: u32, payload: u32) -> choices;
  length: func(text: string) -> u32; flag: func(is: u32) -> bool; nan32: func(bits: u32) -> f32;
  nan64: func(bits: u64) -> f64; bits32: func(number: f32) -> u32; bits64: func(number: f64) -> u64;
  heap: func() -> u32; lengths: func(a: string, b: string) -> u32;
}
world test { export i; }";

/// Every instruction that computes: its operands' types and its result's.
pub fn instructions() -> Vec<(String, Vec<&'static str>, &'static str)> {
    let mut all = Vec::new();
    let mut add = |names: &str, of: &'static str, operands: usize, result: &'static str| {
        all.extend(names.split(' ').map(|name| (format!("{of}.{name}"), vec![of; operands], result)));
    };
    for int in ["i32", "i64"] {
        add("add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr", int, 2, int);
        add("eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u", int, 2, "i32");
        add("clz ctz popcnt extend8_s extend16_s", int, 1, int);
        add("eqz", int, 1, "i32");
    }
    add("extend32_s", "i64", 1, "i64");
    for float in ["f32", "f64"] {
        add("add sub mul div min max copysign", float, 2, float);
        add("eq ne lt gt le ge", float, 2, "i32");
        add("sqrt ceil floor trunc nearest neg abs", float, 1, float);
    }
    let mut convert = |name: String, from: &'static str, to: &'static str| all.push((name, vec![from], to));
    for sign in ["s", "u"] {
        convert(format!("i64.extend_i32_{sign}"), "i32", "i64");
        for int in ["i32", "i64"] {
            for float in ["f32", "f64"] {
                convert(format!("{int}.trunc_{float}_{sign}"), float, int);
                convert(format!("{int}.trunc_sat_{float}_{sign}"), float, int);
                convert(format!("{float}.convert_{int}_{sign}"), int, float);
            }
        }
    }
    convert("i32.wrap_i64".to_owned(), "i64", "i32");
    convert("f64.promote_f32".to_owned(), "f32", "f64");
    convert("f32.demote_f64".to_owned(), "f64", "f32");
    all
}

/// A module whose function `opN` gives the bits that the instruction with index N makes of bits.
pub fn computing() -> (String, String) {
    let (mut wit, mut wat) = ("package t:t; interface i {".to_owned(), "(module".to_owned());
    for (index, (instruction, operands, result)) in instructions().into_iter().enumerate() {
        let operand = |(local, ty): (usize, &&str)| match *ty {
            "i32" => format!("(i32.wrap_i64 (local.get {local}))"),
            "f32" => format!("(f32.reinterpret_i32 (i32.wrap_i64 (local.get {local})))"),
            "f64" => format!("(f64.reinterpret_i64 (local.get {local}))"),
            _ => format!("(local.get {local})"),
        };
        let made = format!("({instruction} {})", operands.iter().enumerate().map(operand).collect::<String>());
        let bits = match result {
            "i32" => format!("(i64.extend_i32_u {made})"),
            "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 {made}))"),
            "f64" => format!("(i64.reinterpret_f64 {made})"),
            _ => made,
        };
        wit += &format!("op{index}: func(a: u64, b: u64) -> u64;");
        wat += &format!(r#"(func (export "t:t/i#op{index}") (param i64 i64) (result i64) {bits})"#);
    }
    (wit + "} world test { export i; }", wat + ")")
}

/// Bits at the edges of the types: zeros, infinities, NaNs quiet and not, the least and the largest, what rounds, and what
/// an integer just has room for or not.
pub fn edges() -> Vec<u64> {
    let ints = [0, 1, 31, 32, 63, 64, 0x80, 0x8000, u64::MAX, 1 << 31, 1 << 32, 1 << 63, (1 << 53) + 1, 0x7fff_ffff];
    let f32s = [0xff80_0000, 0x7f80_0000, 0x7fc0_0000, 0xffc0_0001, 0x7f80_0001, 0x7f7f_ffff, 0x4b00_0001, 0xcf00_0001];
    let f64s = [0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xfff8_0000_0000_0001];
    let numbers = [0.5, -0.5, 1.5, -2.5, -0.9, 2_147_483_648.0, -2_147_483_649.0, 4_294_967_295.5, 4_294_967_296.0];
    let large =
        [9.223_372_036_854_775e18, 9.223_372_036_854_776e18, -9.223_372_036_854_776e18, 1.844_674_407_370_955_2e19];
    let numbers: Vec<f64> = numbers.into_iter().chain(large).chain([1e300, 1e-300, f64::MIN_POSITIVE]).collect();
    let wide = numbers.iter().map(|number| number.to_bits());
    let narrow = numbers.iter().map(|number| u64::from((*number as f32).to_bits()));
    let mut seed = 1_u64;
    let any = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        seed ^ seed >> 29
    });
    ints.into_iter().chain(f32s).chain(f64s).chain(wide).chain(narrow).chain(any.take(40)).collect()
}

pub fn two(a: u32, b: u32) -> Vec<Value> {
    vec![Value::U32(a), Value::U32(b)]
}

/// Calls whose result cannot be, and what is said of it.
pub fn lies() -> Vec<(&'static str, Vec<Value>, &'static str)> {
    vec![
        ("text", two(65536, 1), "found 1 bytes at 65536"),
        ("text", two(64, u32::MAX), "within 65536 bytes"),
        ("text", two(u32::MAX, u32::MAX), "within 65536 bytes"),
        ("text", two(64, 6), "UTF-8"),
        ("bytes", two(65530, 7), "within 65536 bytes"),
        ("numbers", two(65, 1), "multiple of 8"),
        ("numbers", two(64, 1 << 31), "17179869184 bytes at 64"),
        ("numbers", two(0, u32::MAX), "within 65536 bytes"),
        ("at", vec![Value::U32(4)], "multiple of 8"),
        ("at", vec![Value::U32(65528)], "16 bytes at 65528"),
        ("at", vec![Value::U32(u32::MAX - 7)], "within 65536 bytes"),
        ("colour", vec![Value::U32(2)], "one of 2 cases, found case 2"),
        ("colour", vec![Value::U32(256)], "found case 256"),
        ("choice", two(3, 0), "one of 3 cases"),
        ("choice", two(2, 0xd800), "Unicode scalar value, found 0xd800"),
        ("letter", vec![Value::U32(0x11_0000)], "Unicode scalar value"),
    ]
}
