//! Scalars as the wire writes them and as it is read (diaspora* protocol, "Scalars").

use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};
use url::Url;

use crate::model::Timestamp;

/// Several spellings of true and false; anything else is nothing.
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// Digits only; what is too large for the pod counts as unreadable.
pub fn integer(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The moments that are written with four digits for the year, in UTC: from the first of 0000 to the last of 9999.
const YEARS: (i64, i64) = (-62_167_219_200, 253_402_300_799);

/// A moment in any of the spellings that pods use: date, optional time with optional fraction, optional zone.
/// Without a zone it is UTC.
pub fn timestamp(text: &str) -> Option<Timestamp> {
    let mut rest = Scan(text.trim());
    let (year, month, day) = rest.date()?;
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let time = rest.time()?;
    let offset = rest.zone()?;
    if !rest.0.is_empty() {
        return None;
    }
    let moment = PrimitiveDateTime::new(date, time).assume_offset(offset).unix_timestamp();
    (YEARS.0..=YEARS.1).contains(&moment).then_some(Timestamp(moment))
}

/// The rest of a text being read.
struct Scan<'a>(&'a str);

impl Scan<'_> {
    fn digits(&mut self, min: usize, max: usize) -> Option<i32> {
        let count = self.0.bytes().take(max).take_while(u8::is_ascii_digit).count();
        if count < min {
            return None;
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits.parse().ok()
    }

    fn eat(&mut self, wanted: &[char]) -> bool {
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn date(&mut self) -> Option<(i32, u8, u8)> {
        let year = self.digits(4, 4)?;
        let dashed = self.eat(&['-', '/']);
        let month = self.digits(if dashed { 1 } else { 2 }, 2)?;
        if dashed && !self.eat(&['-', '/']) {
            return None;
        }
        let day = self.digits(if dashed { 1 } else { 2 }, 2)?;
        Some((year, u8::try_from(month).ok()?, u8::try_from(day).ok()?))
    }

    fn time(&mut self) -> Option<Time> {
        let before = self.0;
        if !(self.eat(&['T', 't']) || self.eat(&[' '])) {
            return Some(Time::MIDNIGHT);
        }
        let Some(hour) = self.digits(1, 2) else {
            self.0 = before;
            return Some(Time::MIDNIGHT);
        };
        let coloned = self.eat(&[':']);
        let minute = self.digits(2, 2)?;
        let second = if (coloned && self.eat(&[':'])) || (!coloned && self.0.starts_with(|c: char| c.is_ascii_digit()))
        {
            self.digits(2, 2)?
        } else {
            0
        };
        if self.eat(&['.', ',']) {
            self.0 = self.0.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        // A leap second counts as the second before it.
        Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, u8::try_from(second.min(59)).ok()?).ok()
    }

    fn zone(&mut self) -> Option<UtcOffset> {
        self.0 = self.0.trim_start();
        for name in ["UTC", "GMT", "Z", "z"] {
            if let Some(rest) = self.0.strip_prefix(name) {
                self.0 = rest;
                return Some(UtcOffset::UTC);
            }
        }
        let sign = match self.0.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Some(UtcOffset::UTC),
        };
        self.0 = &self.0[1..];
        let hours = self.digits(2, 2)?;
        self.eat(&[':']);
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2, 2)? };
        UtcOffset::from_hms(i8::try_from(sign * hours).ok()?, i8::try_from(sign * minutes).ok()?, 0).ok()
    }
}

/// The civil date `YYYY-MM-DD` in a text; text around it is passed over.
pub fn birthday(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let shape = |window: &[u8]| {
        window.iter().enumerate().all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() })
    };
    let start = bytes.windows(10).position(shape)?;
    let found = text.get(start..start + 10)?;
    let month = Month::try_from(found.get(5..7)?.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(found.get(..4)?.parse().ok()?, month, found.get(8..)?.parse().ok()?).ok()?;
    Some(found.to_owned())
}

/// Bytes of an address at the most: far more than any that works everywhere.
const ADDRESS_MAX: usize = 8_192;

/// An absolute http(s) address with a host.
pub fn address(text: &str) -> Option<Url> {
    let url = Some(text).filter(|text| text.len() <= ADDRESS_MAX).and_then(|text| Url::parse(text).ok())?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// An address with a path; a relative one passes here, whoever shows it decides.
pub fn is_path_address(text: &str) -> bool {
    let plain = (1..=ADDRESS_MAX).contains(&text.len())
        && text.is_ascii()
        && !text.contains([' ', '<', '>', '"', '\\', '^', '`', '{', '}', '|']);
    match text.split_once("://") {
        Some((scheme, rest)) => plain && !scheme.is_empty() && rest.find('/').is_some_and(|at| at > 0),
        None => plain,
    }
}

/// `Area/Location[/Sub]`, each part up to 14 of letters, `_` and `-`.
pub fn is_timezone(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let legal = |part: &&str| {
        (1..=14).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic() || b"_-".contains(&b))
    };
    (2..=3).contains(&parts.len()) && parts.iter().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_in_the_spellings_of_the_network_are_read() {
        let wanted = Some(Timestamp(1_455_848_021));
        for text in [
            "2016-02-19T02:13:41Z",
            "2016-02-19 02:13:41 UTC",
            "2016-02-19T02:13:41.123Z",
            "2016-02-19T03:13:41+01:00",
            "2016-02-19T03:13:41+0100",
            "2016-02-19 02:13:41",
            " 2016-02-18T21:13:41-05:00 ",
        ] {
            assert_eq!(timestamp(text), wanted, "{text}");
        }
        assert_eq!(timestamp("2016-02-19"), Some(Timestamp(1_455_840_000)));
        for text in
            ["", "yesterday", "2016-13-01", "2016-02-30T00:00:00Z", "2016-02-19T25:00:00Z", "2016-02-19T02:13:41Zx"]
        {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn a_birthday_is_found_in_its_text_and_must_exist() {
        assert_eq!(birthday("1984-02-29").as_deref(), Some("1984-02-29"));
        assert_eq!(birthday("born 1984-02-29!").as_deref(), Some("1984-02-29"));
        assert_eq!(birthday("1985-02-29"), None);
        assert_eq!(birthday("ééé"), None);
    }

    #[test]
    fn a_timezone_has_an_area() {
        assert!(is_timezone("Europe/Berlin") && is_timezone("America/Argentina/Salta"));
        assert!(!is_timezone("UTC") && !is_timezone("Europe/") && !is_timezone("A/B/C/D"));
    }
}
