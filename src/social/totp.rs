//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits, a new one every 30 seconds, as all apps do it.

use ring::hmac;
use subtle::ConstantTimeEq;

use crate::model::Timestamp;

/// Bytes of a secret (RFC 4226 §4, R6: 160 bits are recommended).
pub const SECRET: usize = 20;

/// Seconds that a code is shown.
const STEP: i64 = 30;

/// Steps that a clock may be wrong by, either way (RFC 6238 §5.2).
const DRIFT: i64 = 1;

/// The code that the app shows during a step.
fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    // RFC 4226 §5.3: four bytes from a place that the last one names.
    let at = usize::from(tag[tag.len() - 1] & 15);
    let number = tag[at..at + 4].iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The step whose code was given, when it is that of now or a neighbour's and later than `used`: no code is taken twice.
pub fn fits(secret: &[u8], given: &str, used: i64, now: Timestamp) -> Option<i64> {
    let step = now.0.div_euclid(STEP);
    (step - DRIFT..=step + DRIFT)
        .filter(|step| *step > used)
        .find(|step| bool::from(code(secret, *step).as_bytes().ct_eq(given.as_bytes())))
}

/// RFC 4648 §6 without padding, as apps want secrets.
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(LETTERS[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(LETTERS[(held << (5 - bits) & 31) as usize]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (time, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, time / STEP), expected);
        }
    }

    #[test]
    fn a_code_fits_a_step_early_or_late_and_once() {
        let secret = b"12345678901234567890";
        let now = |step: i64| Timestamp(step * STEP + 7);
        let given = code(secret, 1000);
        for step in 999..=1001 {
            assert_eq!(fits(secret, &given, 0, now(step)), Some(1000));
        }
        assert_eq!(fits(secret, &given, 0, now(998)), None);
        assert_eq!(fits(secret, &given, 0, now(1002)), None);
        assert_eq!(fits(secret, &given, 1000, now(1000)), None);
        assert_eq!(fits(secret, "", 0, now(1000)), None);
    }

    /// RFC 4648 §10.
    #[test]
    fn secrets_are_written_in_base32() {
        for (bytes, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ")] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(base32(b"fooba"), "MZXW6YTB");
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
    }
}
