#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hayes_fuzz::replay(data));
