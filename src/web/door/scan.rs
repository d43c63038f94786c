//! Looks at each byte of a head once, as it comes, so that nonsense is refused before the head is complete.

use super::limits::HEAD_MAX;
use super::refusal::{self, Refusal};

/// How far the head at the front of a buffer was looked at.
#[derive(Default)]
pub struct Scan {
    seen: usize,
    started: bool,
}

impl Scan {
    /// Looks at what is new in `input`. The length of the head with its last line end when it is complete,
    /// `None` when more must come. One empty line before the head is skipped: drop it with [`Scan::skipped`] first.
    pub fn step(&mut self, input: &[u8]) -> Result<Option<usize>, Refusal> {
        while let Some(&byte) = input.get(self.seen) {
            self.check(input, byte)?;
            self.seen += 1;
            if self.seen > HEAD_MAX {
                return Err(refusal::HEAD);
            }
            if byte == b'\n' && input[..self.seen].ends_with(b"\r\n\r\n") {
                return Ok(Some(self.seen));
            }
        }
        Ok(None)
    }

    /// Bytes at the front that belong to nothing (RFC 9112 §2.2: an empty line before the request line); asked for
    /// before the first step. `None` when one more byte must come to tell.
    pub fn skipped(&mut self, input: &[u8]) -> Option<usize> {
        if self.started {
            return Some(0);
        }
        match input {
            [] | b"\r" => None,
            [b'\r', b'\n', ..] => {
                self.started = true;
                Some(2)
            }
            _ => {
                self.started = true;
                Some(0)
            }
        }
    }

    /// Only visible ASCII, spaces, tabs and whole line ends may be in a head.
    fn check(&self, input: &[u8], byte: u8) -> Result<(), Refusal> {
        let before = self.seen.checked_sub(1).map(|at| input[at]);
        let allowed = match byte {
            b'\n' => before == Some(b'\r'),
            _ if before == Some(b'\r') => false,
            b'\r' => self.seen > 0,
            b'\t' | b' '..=b'~' => true,
            _ => false,
        };
        if allowed { Ok(()) } else { Err(refusal::BYTES) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(input: &[u8]) -> Result<Option<usize>, Refusal> {
        Scan::default().step(input)
    }

    #[test]
    fn a_head_ends_at_its_empty_line() {
        assert_eq!(scan(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest"), Ok(Some(27)));
        assert_eq!(scan(b"GET / HTTP/1.1\r\nHost: a\r\n\r"), Ok(None));
    }

    #[test]
    fn it_is_the_same_byte_for_byte() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut scan = Scan::default();
        for end in 0..head.len() {
            assert_eq!(scan.step(&head[..end]), Ok(None), "after {end} bytes");
        }
        assert_eq!(scan.step(head), Ok(Some(head.len())));
    }

    #[test]
    fn bytes_that_do_not_belong_are_refused_as_soon_as_they_come() {
        for head in
            [&b"GET / HTTP/1.1\n"[..], b"GET /\0", b"GET /\xc3\xa9", b"A: b\rc", b"\r\r\n", b"A\x7f", b"\x16\x03"]
        {
            assert_eq!(scan(head), Err(refusal::BYTES), "{head:?}");
        }
    }

    #[test]
    fn a_head_without_end_is_refused_at_the_limit() {
        assert_eq!(scan(&vec![b'a'; HEAD_MAX]), Ok(None));
        assert_eq!(scan(&vec![b'a'; HEAD_MAX + 1]), Err(refusal::HEAD));
    }

    #[test]
    fn one_empty_line_before_the_head_is_skipped() {
        let mut scan = Scan::default();
        assert_eq!(scan.skipped(b"\r"), None);
        assert_eq!(scan.skipped(b"\r\nGET"), Some(2));
        assert_eq!(scan.skipped(b"\r\nGET"), Some(0));
    }
}
