//! The one thing worth knowing of what cameras write into pictures: how they were held.

/// The orientation in an APP1 segment of a JPEG, 1 to 8.
pub fn of_segment(segment: &[u8]) -> Option<u8> {
    segment.strip_prefix(b"Exif\0\0").and_then(orientation)
}

/// The orientation in Exif data (Exif 2.32 §4.6.4, tag 0x0112), 1 to 8.
pub fn orientation(exif: &[u8]) -> Option<u8> {
    let little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = exif.get(at..at + 2)?.first_chunk().copied()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = exif.get(at..at + 4)?.first_chunk().copied()?;
        usize::try_from(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    };
    let directory = long(4)?.min(exif.len());
    let count = usize::from(short(directory)?);
    let entry = (0..count).map(|entry| directory + 2 + 12 * entry).find(|at| short(*at) == Some(0x0112))?;
    u8::try_from(short(entry + 8)?).ok().filter(|turn| (1..=8).contains(turn))
}

#[cfg(test)]
mod tests {
    use super::orientation;

    #[test]
    fn how_the_camera_was_held_is_read_in_both_byte_orders() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0";
        assert_eq!((orientation(little), orientation(big)), (Some(6), Some(8)));
        for cut in 0..little.len() - 2 {
            assert_eq!(orientation(&little[..cut]), None);
        }
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), None);
    }
}
