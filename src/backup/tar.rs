//! The headers of a tar file (POSIX.1-1988 ustar): of plain files only, with short, plain names. Sizes from 8 GiB on are
//! written as GNU tar does.

/// Bytes of a block.
pub const BLOCK: usize = 512;

/// Letters of a name, and of its parts together with the slashes.
const NAME_MAX: usize = 100;
const DEPTH_MAX: usize = 4;

/// Sizes that fit eleven octal digits are smaller.
const OCTAL_END: u64 = 1 << 33;

/// A file.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    /// Bytes.
    pub length: u64,
}

/// Whether a file may have this name: it leads nowhere but down, and hides nothing.
pub fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        plain && !part.is_empty() && !part.starts_with('.')
    };
    name.len() <= NAME_MAX && name.split('/').count() <= DEPTH_MAX && name.split('/').all(part)
}

/// Bytes that fill up the last block of a file.
pub fn padding(length: u64) -> usize {
    (BLOCK - (length % BLOCK as u64) as usize) % BLOCK
}

impl Header {
    /// The block before the file, with the time it gets (unix seconds).
    pub fn write(&self, time: u64) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, &self.name);
        put(100, "0000600\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        if self.length < OCTAL_END {
            put(124, &format!("{:011o}\0", self.length));
        }
        put(136, &format!("{:011o}\0", time.min(OCTAL_END - 1)));
        put(156, "0");
        put(257, "ustar\x0000");
        if self.length >= OCTAL_END {
            block[124] = 0x80;
            block[128..136].copy_from_slice(&self.length.to_be_bytes());
        }
        let sum = sum(&block);
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// Reads such a block; `None` where the file ends. Everything that this program does not write is refused.
    pub fn read(block: &[u8; BLOCK]) -> Result<Option<Header>, String> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let text = |from: usize, length: usize| {
            let field = &block[from..from + length];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(length);
            (field[end..].iter().all(|byte| *byte == 0)).then(|| std::str::from_utf8(&field[..end]).ok()).flatten()
        };
        if &block[257..265] != b"ustar\x0000" {
            return Err("it is no backup of a pod".to_owned());
        }
        if text(148, 6).and_then(|digits| u64::from_str_radix(digits, 8).ok()) != Some(sum(block)) {
            return Err("a header in it is damaged".to_owned());
        }
        let name = text(0, NAME_MAX).ok_or("a name in it is none")?;
        if block[156] != b'0' || block[157..257].iter().chain(&block[345..512]).any(|byte| *byte != 0) {
            return Err(format!("{name:?} in it is no plain file"));
        }
        if !is_plain(name) {
            return Err(format!("{name:?} in it is no name that a file may have"));
        }
        let length = match block[124] {
            0x80 if block[125..128] == [0; 3] => {
                block[128..136].iter().fold(0, |size, byte| size << 8 | u64::from(*byte))
            }
            _ => text(124, 12)
                .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|digits| u64::from_str_radix(digits, 8).ok())
                .ok_or_else(|| format!("{name:?} in it has no size"))?,
        };
        Ok(Some(Header { name: name.to_owned(), length }))
    }
}

/// The sum of all bytes, with the field of the sum itself taken for spaces.
fn sum(block: &[u8; BLOCK]) -> u64 {
    let outside = block[..148].iter().chain(&block[156..]);
    outside.map(|byte| u64::from(*byte)).sum::<u64>() + 8 * u64::from(b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_whatever_its_size() {
        for length in [0, 1, 512, OCTAL_END - 1, OCTAL_END, u64::MAX] {
            let header = Header { name: "photos/ab/thumb_small_ab.jpg".to_owned(), length };
            assert_eq!(Header::read(&header.write(1_780_000_000)), Ok(Some(header)));
        }
        assert_eq!(Header::read(&[0; BLOCK]), Ok(None));
        assert_eq!((padding(0), padding(1), padding(512)), (0, 511, 0));
    }

    #[test]
    fn names_lead_nowhere_but_down() {
        for name in ["pappus.db", "photos/ab/scaled_full_ab.png", "vault/case-1-ab.json.age"] {
            assert!(is_plain(name), "{name}");
        }
        for name in [
            "",
            "/etc/passwd",
            "../up",
            "a/../b",
            "a//b",
            "a/",
            ".hidden",
            "a/.b",
            "a\\b",
            "a b",
            "ä",
            "a/b/c/d/e",
            "a\0b",
        ] {
            assert!(!is_plain(name), "{name:?}");
        }
        assert!(!is_plain(&"a".repeat(101)));
    }

    #[test]
    fn a_header_of_another_kind_or_with_a_flipped_bit_is_refused() {
        let good = Header { name: "pappus.db".to_owned(), length: 5 }.write(0);
        let resum = |mut block: [u8; BLOCK]| {
            let sum = sum(&block);
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            Header::read(&block)
        };
        for kind in *b"12345LKxg\0" {
            let mut block = good;
            block[156] = kind;
            assert!(resum(block).is_err(), "{kind}");
        }
        for (at, byte) in [(124, b'-'), (124, b' '), (130, b'9'), (124, 0xff), (345, b'x'), (157, b'x'), (257, b'U')] {
            let mut block = good;
            block[at] = byte;
            assert!(resum(block).is_err(), "{at} {byte}");
        }
        for at in [0, 100, 124, 150, 300, 511] {
            let mut block = good;
            block[at] ^= 1;
            assert!(Header::read(&block).is_err(), "{at}");
        }
    }
}
