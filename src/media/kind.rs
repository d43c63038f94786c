//! What a picture is, by its first bytes. What somebody calls it does not count.

/// Bytes that `of` wants to see.
pub const HEAD: usize = 16;

/// The content type of a picture that every browser shows and that cannot carry a script; `None` for all else.
pub fn of(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f' | b's', ..] => Some("image/avif"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn only_pictures_are_pictures() {
        assert_eq!(of(b"\xff\xd8\xff\xe0rest"), Some("image/jpeg"));
        assert_eq!(of(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(of(b"GIF89a"), Some("image/gif"));
        assert_eq!(of(b"RIFF\x01\x02\x03\x04WEBPVP8 "), Some("image/webp"));
        assert_eq!(of(b"\0\0\0\x20ftypavif"), Some("image/avif"));
        for other in [&b""[..], b"<svg xmlns", b"<html>", b"GIF8", b"RIFF\x01\x02\x03\x04AVI ", b"\0\0\0\x20ftypmp42"] {
            assert_eq!(of(other), None);
        }
    }
}
