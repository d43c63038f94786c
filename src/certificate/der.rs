//! As much of DER (X.690) as certificates need: what stands in one after another, and when one begins and ends.

use time::{Date, Month, Time};

use crate::model::Timestamp;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// From when and until when a certificate holds (RFC 5280 §4.1.2.5); `None` when it cannot be read.
pub fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let mut body = Reader(Reader(Reader(certificate).take(SEQUENCE)?).take(SEQUENCE)?);
    if body.0.first() == Some(&VERSION) {
        body.take(VERSION)?;
    }
    // Serial number, algorithm, issuer.
    body.take(INTEGER)?;
    body.take(SEQUENCE)?;
    body.take(SEQUENCE)?;
    let mut validity = Reader(body.take(SEQUENCE)?);
    Some((validity.time()?, validity.time()?))
}

/// Things one after another.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// What is in the next thing, which has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, inner) = self.next()?;
        (found == tag).then_some(inner)
    }

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, length], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (inner, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, inner))
    }

    /// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
    fn time(&mut self) -> Option<Timestamp> {
        let (tag, text) = self.next()?;
        let text = str::from_utf8(text).ok()?.strip_suffix('Z')?;
        let (year, rest) = match tag {
            UTC_TIME => {
                let short: i32 = text.get(..2)?.parse().ok()?;
                (if short < 50 { 2000 + short } else { 1900 + short }, text.get(2..)?)
            }
            GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, text.get(4..)?),
            _ => return None,
        };
        let two = |at: usize| rest.get(at..at + 2)?.parse::<u8>().ok();
        let date = Date::from_calendar_date(year, Month::try_from(two(0)?).ok()?, two(2)?).ok()?;
        let time = Time::from_hms(two(4)?, two(6)?, two(8)?).ok()?;
        Some(Timestamp(date.with_time(time).assume_utc().unix_timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_certificates_write_them() {
        for (bytes, seconds) in [
            (&b"\x17\x0d261124194500Z"[..], Some(1_795_549_500)),
            (b"\x17\x0d700101000000Z", Some(0)),
            (b"\x18\x0f20500101000000Z", Some(2_524_608_000)),
            (b"\x17\x0d261324194500Z", None),
            (b"\x17\x0b2611241945Z", None),
            (b"\x17\x0d26112419", None),
            (b"\x04\x0d261124194500Z", None),
        ] {
            assert_eq!(Reader(bytes).time().map(|time| time.0), seconds, "{bytes:?}");
        }
    }

    #[test]
    fn nonsense_has_no_validity() {
        for bytes in
            [&b""[..], b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x05abc", b"\x30\x03\x30\x01\xa0"]
        {
            assert_eq!(validity(bytes), None);
        }
    }
}
