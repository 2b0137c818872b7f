//! A component whose one function does nothing: what a call costs by itself.

/// `accumulate: func(state: s64, x: s64) -> s64`, which gives the state back.
const EMPTY: &str = r#"(component
  (core module $module
    (memory (export "memory") 1)
    (func (export "create") (result i64) i64.const 0)
    (func (export "accumulate") (param i64 i64) (result i64) local.get 0)
    (func (export "value") (param i64) (result i64) local.get 0))
  (core instance $core (instantiate $module))
  (type $state s64)
  (func $create (result s64) (canon lift (core func $core "create")))
  (func $accumulate (param "state" s64) (param "x" s64) (result s64) (canon lift (core func $core "accumulate")))
  (func $value (param "state" s64) (result s64) (canon lift (core func $core "value")))
  (instance $empty (export "state" (type $state))
    (export "create" (func $create)) (export "accumulate" (func $accumulate)) (export "value" (func $value)))
  (export "streamfn:bench/empty@0.1.0" (instance $empty)))"#;

pub fn component() -> Vec<u8> {
    wat::parse_str(EMPTY).expect("the text is a component, as a test shows")
}

#[cfg(test)]
mod tests {
    use crate::bench::Candidate;
    use crate::host::Limits;

    #[test]
    fn it_is_one_function_with_a_loop() {
        let empty = Candidate::open(super::component(), Limits::default()).expect("a component");
        let functions = empty.functions(&[]).expect("functions");
        let names: Vec<_> = functions.iter().map(|function| function.sql_name.as_str()).collect();
        assert_eq!(names, ["EMPTY"]);
        assert!(empty.batches.fold(&functions[0].interface).is_some());
    }
}
