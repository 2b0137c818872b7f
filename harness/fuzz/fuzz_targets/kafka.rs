#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streamfn_fuzz::records::kafka(data));
