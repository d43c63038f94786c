//! Base58 with the alphabet of Bitcoin, as multibase `z` writes keys and signatures.

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Bytes as base58. The work grows with the square of the length; keys and signatures are short.
pub fn encode(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = std::iter::repeat_n(&0, zeros).chain(digits.iter().rev());
    digits.map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect()
}

/// At most `max` bytes back from base58; `None` when it is none, or longer.
pub fn decode(text: &str, max: usize) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    for letter in text.bytes() {
        let mut carry = u32::try_from(ALPHABET.iter().position(|known| *known == letter)?).ok()?;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 255) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push((carry & 255) as u8);
            carry >>= 8;
        }
        if bytes.len() > max {
            return None;
        }
    }
    let zeros = text.bytes().take_while(|letter| *letter == b'1').count();
    if zeros + bytes.len() > max {
        return None;
    }
    bytes.extend(std::iter::repeat_n(0, zeros));
    bytes.reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_went() {
        // draft-msporny-base58-03, section 5.
        assert_eq!(encode(b"Hello World!"), "2NEpo7TZRRrLZSi2U");
        assert_eq!(encode(&[0, 0, 0x28, 0x7f, 0xb4, 0xcd]), "11233QC4");
        for bytes in [&b""[..], b"\0", b"\0\0a", &[255; 64]] {
            assert_eq!(decode(&encode(bytes), 64).as_deref(), Some(bytes));
        }
        assert_eq!(decode("0", 9), None);
        assert_eq!(decode(&encode(&[255; 10]), 9), None);
        assert_eq!(decode(&"1".repeat(10), 9), None);
    }
}
