#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hayes_fuzz::rfc2217(data));
