//! What Hayes reads from strangers, as functions of bytes that must not panic, hang or contradict themselves. The mains of
//! libFuzzer (`fuzz_targets/`) and the driver on stable (`main.rs`) call the same functions.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target stops where it finds something"
)]

pub mod seeds;
mod targets;

pub use targets::*;

/// One that is fuzzed.
pub type Target = fn(&[u8]);

/// All of them. `fuzz_targets/NAME.rs` exists for each: a test holds that.
pub const TARGETS: [(&str, Target); 12] = [
    ("script", script),
    ("session", session),
    ("parameters", parameters),
    ("replay", replay),
    ("inventory", inventory),
    ("results", results),
    ("explain", explain),
    ("rfc2217", rfc2217),
    ("simulator", simulator),
    ("import", import),
    ("lsp", lsp),
    ("fleet", fleet),
];

/// A generator whose numbers a seed decides: SplitMix64.
#[derive(Debug, Clone)]
pub struct Chance(pub u64);

impl Chance {
    /// By what the bytes are: the same input does the same.
    pub fn of(bytes: &[u8]) -> Chance {
        Chance(
            bytes
                .iter()
                .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3)),
        )
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    /// The bytes in pieces, cut anywhere.
    pub fn cut<'b>(&mut self, bytes: &'b [u8]) -> Vec<&'b [u8]> {
        let mut pieces = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let most = if self.below(2) == 0 { 4 } else { rest.len() };
            let (piece, behind) = rest.split_at(1 + self.below(most.min(rest.len())));
            pieces.push(piece);
            rest = behind;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_main_for_libfuzzer_and_seeds() {
        let folder = seeds::root().join("fuzz");
        for (name, _) in TARGETS {
            let main = std::fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
            assert!(main.contains(&format!("hayes_fuzz::{name}(data)")), "{name}");
            let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            assert!(manifest.contains(&format!("fuzz_targets/{name}.rs")), "{name}");
            assert!(seeds::of(name).len() >= 5, "{name}");
        }
    }
}
