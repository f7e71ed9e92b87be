//! Decimals: numbers with up to nine places behind the point, exact, so that `-85.00` from an answer compares.

use std::fmt;
use std::str::FromStr;

const PLACES: usize = 9;
const ONE: i128 = 1_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal {
    billionths: i128,
}

/// As a script writes one, or a modem: `-85.00`, `3.7`, `42`. What has more than nine places is rounded.
impl FromStr for Decimal {
    type Err = ();

    fn from_str(text: &str) -> Result<Decimal, ()> {
        let (sign, digits) = match text.strip_prefix(['-', '+']) {
            Some(digits) => (if text.starts_with('-') { -1 } else { 1 }, digits),
            None => (1, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(part) || whole.len() > 18 {
            return Err(());
        }
        let kept: String = part.chars().chain("000000000".chars()).take(PLACES).collect();
        let up = part.as_bytes().get(PLACES).is_some_and(|digit| *digit >= b'5');
        let number = |text: &str| text.parse::<i128>().map_err(|_| ());
        let billionths = number(whole)? * ONE + number(&kept)? + i128::from(up);
        Ok(Decimal { billionths: sign * billionths })
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Decimal {
        Decimal { billionths: i128::from(number) * ONE }
    }
}

/// Without zeros at its end, and with one place at least: what is shown is a decimal again where it is read.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.with_places(PLACES);
        let shown = text.trim_end_matches('0');
        write!(f, "{shown}{}", if shown.ends_with('.') { "0" } else { "" })
    }
}

impl Decimal {
    pub fn is_zero(self) -> bool {
        self.billionths == 0
    }

    /// For JSON and plots, which know no other numbers.
    #[allow(clippy::cast_precision_loss, reason = "a float is what is asked for")]
    pub fn to_float(self) -> f64 {
        self.billionths as f64 / ONE as f64
    }

    /// The nearest one with so many places; halves go away from zero.
    #[must_use]
    pub fn rounded(self, places: usize) -> Decimal {
        let unit = 10_i128.pow(u32::try_from(PLACES - places.min(PLACES)).unwrap_or(0));
        let half = unit / 2 * self.billionths.signum();
        Decimal { billionths: (self.billionths + half) / unit * unit }
    }

    /// The whole number in it, where it fits.
    pub fn whole(self) -> Option<i64> {
        i64::try_from(self.billionths / ONE).ok()
    }

    /// With exactly so many places, up to nine: `3.70`.
    pub fn with_places(self, places: usize) -> String {
        let rounded = self.rounded(places).billionths;
        let sign = if rounded < 0 { "-" } else { "" };
        let (whole, part) = (rounded.unsigned_abs() / ONE.unsigned_abs(), rounded.unsigned_abs() % ONE.unsigned_abs());
        let part = format!("{part:09}");
        match part.get(..places.min(PLACES)) {
            Some(part) if !part.is_empty() => format!("{sign}{whole}.{part}"),
            Some(_) | None => format!("{sign}{whole}"),
        }
    }

    pub fn negated(self) -> Decimal {
        Decimal { billionths: -self.billionths }
    }

    /// `+ - * / %`; `None` where the result is out of range, or divided by zero.
    pub fn calculated(self, sign: &str, other: Decimal) -> Option<Decimal> {
        let (a, b) = (self.billionths, other.billionths);
        let rounded = |dividend: i128, divisor: i128| {
            let (whole, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
            let up = rest.unsigned_abs() * 2 >= divisor.unsigned_abs();
            Some(if up { whole + dividend.signum() * divisor.signum() } else { whole })
        };
        let billionths = match sign {
            "+" => a.checked_add(b),
            "-" => a.checked_sub(b),
            "*" => rounded(a.checked_mul(b)?, ONE),
            "/" => rounded(a.checked_mul(ONE)?, b),
            "%" => a.checked_rem(b),
            _ => None,
        }?;
        // What cannot be written cannot be.
        (billionths.unsigned_abs() < 10_u128.pow(27)).then_some(Decimal { billionths })
    }
}
