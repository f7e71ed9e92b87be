//! The simulator's dice: SplitMix64, so that a seed gives the same modem on every machine; and the faults that they choose.

use crate::sim::{GivenOption, Options, fault};

#[derive(Debug, Clone)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        // Seeds are small numbers; the first draw spreads them.
        let mut random = Random { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D };
        random.draw();
        random
    }

    pub(super) fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, `bound`; 0 where `bound` is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.draw() % bound).unwrap_or(0)
    }

    pub(super) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }
}

/// `digits` with its Luhn check digit: how IMEI and ICCID end.
pub(super) fn with_check_digit(digits: &str) -> String {
    // Each second digit counts twice, and of what comes out the digits are added.
    let weighed = digits.bytes().rev().zip([2, 1].into_iter().cycle());
    let weighed = weighed.map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0') % 10) * weight);
    let sum: u32 = weighed.map(|value| value / 10 + value % 10).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// The faults that chaos chooses from, as addresses write them; `{}` is a number up to 3000.
const MISHAPS: &str = "split chunks join:{}ms urc urc-inside nul garbage late:{}ms late:{}s lost echo-half duplicate-ok \
    truncated previous error prompt connect hang-at-prompt slow-reader:{} drop:{} restart silence:0 unplug-in-line:0";

/// The fault `chaos`: one to three of the others, which strike some of the command lines and spare the rest.
#[derive(Debug)]
pub(super) struct Chaos {
    random: Random,
    mishaps: Vec<&'static str>,
    /// One line of so many is struck.
    rarity: usize,
    lasting: Vec<GivenOption>,
}

impl Chaos {
    pub(super) fn new(options: &Options) -> Option<Chaos> {
        let mut random = Random::new(u64::from(options.fault("chaos")?.number?));
        let mut mishaps: Vec<&str> = MISHAPS.split(' ').collect();
        let kept = 1 + random.below(3);
        while mishaps.len() > kept {
            mishaps.swap_remove(random.below(mishaps.len()));
        }
        let rarity = 1 + random.below(12);
        Some(Chaos { random, mishaps, rarity, lasting: options.faults.clone() })
    }

    pub(super) fn strike(&mut self, now: &[GivenOption]) -> Vec<GivenOption> {
        // A modem that has fallen silent stays so.
        let silence = now.iter().filter(|fault| fault.name == "silence");
        let mut faults: Vec<GivenOption> = self.lasting.iter().chain(silence).cloned().collect();
        for mishap in &self.mishaps {
            if self.random.below(self.rarity) == 0 {
                let word = mishap.replace("{}", &(1 + self.random.below(3_000)).to_string());
                // All of them can be had.
                faults.extend(fault(&word));
            }
        }
        faults
    }

    pub(super) fn mishaps(&self) -> String {
        self.mishaps.join(",")
    }
}
