//! Takes chunks off a body (RFC 9112 §7.1), piece by piece as they come. Trailers are read and forgotten.

use super::refusal::{self, Refusal};

/// Bytes of one size line (with its extensions), and of all trailers.
const LINE_MAX: usize = 256;
const TRAILERS_MAX: usize = 4096;

/// Where in the chunks the decoder stands.
pub struct Decoder {
    place: Place,
    /// Bytes of the body still allowed.
    room: u64,
    /// Bytes of the line or of the trailers that were read.
    used: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In the digits of a size; whether one was there.
    Size(u64, bool),
    /// Behind the digits, before the line end.
    Extension(u64),
    /// Between CR and LF of a size line.
    SizeEnd(u64),
    Data(u64),
    DataCr,
    DataLf,
    /// At the begin of a line of trailers, or of the empty line that ends it all.
    Trailers,
    Trailer,
    TrailerLf,
    LastLf,
    Done,
}

impl Decoder {
    /// For a body of at most so many bytes.
    pub fn new(max: u64) -> Decoder {
        Decoder { place: Place::Size(0, false), room: max, used: 0 }
    }

    /// Whether the last chunk and what follows it were read.
    pub fn is_done(&self) -> bool {
        self.place == Place::Done
    }

    /// Appends what `input` holds of the body; returns how many bytes of it were used. What is left when the decoder
    /// is done belongs to the next request.
    pub fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, Refusal> {
        let mut at = 0;
        while at < input.len() && !self.is_done() {
            if let Place::Data(left) = self.place {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(input.len() - at);
                body.extend_from_slice(&input[at..at + here]);
                at += here;
                self.place = if left == here as u64 { Place::DataCr } else { Place::Data(left - here as u64) };
            } else {
                self.place = self.next(input[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    fn next(&mut self, byte: u8) -> Result<Place, Refusal> {
        match (self.place, byte) {
            (Place::Size(size, _), byte) if byte.is_ascii_hexdigit() => self.digit(size, byte),
            (Place::Size(size, true) | Place::Extension(size), b'\r') => Ok(Place::SizeEnd(size)),
            (Place::Size(size, true), b';' | b' ' | b'\t') => self.line(LINE_MAX, Place::Extension(size)),
            (Place::Extension(size), b'\t' | b' '..=b'~') => self.line(LINE_MAX, Place::Extension(size)),
            (Place::SizeEnd(size), b'\n') => self.begin(size),
            (Place::DataCr, b'\r') => Ok(Place::DataLf),
            (Place::DataLf, b'\n') => {
                self.used = 0;
                Ok(Place::Size(0, false))
            }
            (Place::Trailers, b'\r') => Ok(Place::LastLf),
            (Place::Trailers, b'!'..=b'~') => self.line(TRAILERS_MAX, Place::Trailer),
            (Place::Trailer, b'\t' | b' '..=b'~') => self.line(TRAILERS_MAX, Place::Trailer),
            (Place::Trailer, b'\r') => Ok(Place::TrailerLf),
            (Place::TrailerLf, b'\n') => Ok(Place::Trailers),
            (Place::LastLf, b'\n') => Ok(Place::Done),
            _ => Err(refusal::CHUNK),
        }
    }

    fn digit(&mut self, size: u64, byte: u8) -> Result<Place, Refusal> {
        let digit = (byte as char).to_digit(16).ok_or(refusal::CHUNK)?;
        let size = size.checked_mul(16).and_then(|size| size.checked_add(digit.into())).ok_or(refusal::LARGE)?;
        self.line(LINE_MAX, Place::Size(size, true))
    }

    fn line(&mut self, max: usize, place: Place) -> Result<Place, Refusal> {
        self.used += 1;
        if self.used > max { Err(refusal::CHUNK) } else { Ok(place) }
    }

    fn begin(&mut self, size: u64) -> Result<Place, Refusal> {
        self.used = 0;
        if size == 0 {
            return Ok(Place::Trailers);
        }
        self.room = self.room.checked_sub(size).ok_or(refusal::LARGE)?;
        Ok(Place::Data(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(input: &[u8], max: u64) -> Result<(Vec<u8>, usize, bool), Refusal> {
        let mut decoder = Decoder::new(max);
        let mut body = Vec::new();
        let used = decoder.feed(input, &mut body)?;
        Ok((body, used, decoder.is_done()))
    }

    #[test]
    fn chunks_are_put_together_and_the_rest_is_left() {
        let input = b"4;a=b\r\nWiki\r\n00005 \r\npedia\r\n0\r\nTrailer: x\r\n\r\nGET";
        assert_eq!(decode(input, 9), Ok((b"Wikipedia".to_vec(), input.len() - 3, true)));
    }

    #[test]
    fn it_is_the_same_byte_for_byte() {
        let mut decoder = Decoder::new(100);
        let mut body = Vec::new();
        for byte in b"4\r\nWiki\r\nA\r\n0123456789\r\n0\r\n\r\n" {
            assert_eq!(decoder.feed(&[*byte], &mut body), Ok(1));
        }
        assert!(decoder.is_done());
        assert_eq!(body, b"Wiki0123456789");
    }

    #[test]
    fn more_than_allowed_is_refused_before_it_is_kept() {
        assert_eq!(decode(b"4\r\nWiki\r\n6\r\n", 9), Err(refusal::LARGE));
        assert_eq!(decode(b"ffffffffffffffff\r\n", 9), Err(refusal::LARGE));
        assert_eq!(decode(b"10000000000000000\r\n", 9), Err(refusal::LARGE));
    }

    #[test]
    fn other_framings_are_refused() {
        for input in [
            &b"\r\n"[..],
            b"g\r\n",
            b"+4\r\n",
            b"-4\r\n",
            b"0x4\r\n",
            b"4\n",
            b"4\rx",
            b";\r\n",
            b"4\r\nWikiX",
            b"4\r\nWiki\n",
        ] {
            assert_eq!(decode(input, 100), Err(refusal::CHUNK), "{input:?}");
        }
        for input in [&b"0\r\n\n"[..], b"0\r\n\0", b"0\r\nA: b\n", b"0\r\n folded\r\n", b"0\r\nA\xff"] {
            assert_eq!(decode(input, 100), Err(refusal::CHUNK), "{input:?}");
        }
    }

    #[test]
    fn lines_and_trailers_without_end_are_refused() {
        let endless = [b"4;".to_vec(), vec![b'a'; LINE_MAX]].concat();
        assert_eq!(decode(&endless, 100), Err(refusal::CHUNK));
        assert_eq!(decode(&vec![b'0'; LINE_MAX + 1], 100), Err(refusal::CHUNK));
        let trailers = [b"0\r\n".to_vec(), b"A: b\r\n".repeat(TRAILERS_MAX)].concat();
        assert_eq!(decode(&trailers, 100), Err(refusal::CHUNK));
    }
}
