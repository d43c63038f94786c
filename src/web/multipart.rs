//! Forms with files (RFC 7578, RFC 2046 §5.1), read where they lie: of a file it is only found out where it begins and
//! ends.

use crate::media::source::Source;

/// Bytes of the lines above a part, and of a field that is no file.
const HEAD_MAX: u64 = 4 << 10;
const FIELD_MAX: u64 = 512 << 10;
/// Bytes of all fields together, which are in memory.
const FIELDS_MAX: u64 = 1 << 20;
/// Parts of a form at the most.
const PARTS_MAX: usize = 500;
/// Bytes looked through at once.
const WINDOW: usize = 64 << 10;

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Field(String, String),
    /// A file: the name of its field, where it begins and how long it is, in bytes.
    File(String, u64, u64),
}

/// The line between parts, as the content type says it.
pub fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let parameters = rest.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let value = parameters.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?.1.trim_matches('"');
    (!value.is_empty() && value.len() <= 70).then(|| value.to_owned())
}

/// Reads a form; `None` when it is not written as one.
pub fn read(source: Source, boundary: &str) -> Option<Vec<Part>> {
    // Every boundary stands at the begin of a line; the first may be the first line.
    let first = format!("--{boundary}");
    let line = format!("\r\n{first}");
    let begin = source.head(first.len()).ok()?;
    let mut at = if begin == first.as_bytes() { first.len() as u64 } else { after(source, 0, line.as_bytes())?.1 };
    let (mut parts, mut bytes) = (Vec::new(), 0);
    loop {
        let head = source.part(at, HEAD_MAX).head(HEAD_MAX as usize).ok()?;
        if head.starts_with(b"--") {
            return Some(parts);
        }
        let end_of_head = head.windows(4).position(|four| four == b"\r\n\r\n")?;
        let from = at + end_of_head as u64 + 4;
        // An empty part ends with the line that ends its head.
        let (end, next) = after(source, from - 2, line.as_bytes())?;
        let length = end.saturating_sub(from);
        let part = part(source, &String::from_utf8_lossy(&head[..end_of_head]), from, length)?;
        if let Part::Field(..) = part {
            bytes += length;
        }
        parts.push(part);
        if parts.len() > PARTS_MAX || bytes > FIELDS_MAX {
            return None;
        }
        at = next;
    }
}

/// A part by what stands above it.
fn part(source: Source, head: &str, from: u64, length: u64) -> Option<Part> {
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let name = parameter(disposition, "name")?;
    if parameter(disposition, "filename").is_some() {
        return Some(Part::File(name, from, length));
    }
    if length > FIELD_MAX {
        return None;
    }
    let value = source.part(from, length).head(length as usize).ok()?;
    Some(Part::Field(name, String::from_utf8_lossy(&value).into_owned()))
}

/// A parameter in quotation marks, as browsers write it (HTML, "multipart/form-data").
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let begin = format!("; {name}=\"");
    let (_, rest) = disposition.split_once(&begin)?;
    Some(rest.split_once('"')?.0.replace("%22", "\"").replace("%0D%0A", "\n"))
}

/// Where the next `line` is from an offset on, and where it ends.
fn after(source: Source, from: u64, line: &[u8]) -> Option<(u64, u64)> {
    let mut window = vec![0; WINDOW];
    let mut at = from;
    loop {
        let mut filled = 0;
        while filled < window.len() {
            match source.read_at(&mut window[filled..], at + filled as u64).ok()? {
                0 => break,
                length => filled += length,
            }
        }
        let seen = &window[..filled];
        let mut tried = 0;
        while let Some(place) = seen[tried..].iter().position(|byte| *byte == b'\r') {
            tried += place;
            if seen[tried..].starts_with(line) {
                return Some((at + tried as u64, at + (tried + line.len()) as u64));
            }
            tried += 1;
        }
        if filled < window.len() {
            return None;
        }
        // A line may lie across the border.
        at += (filled - line.len()) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\r\nb\r\n--x\r\n\
        Content-Disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\
        \x01\r\n--y\r\n\xff\r\n--x\r\ncontent-disposition: form-data; name=\"photos\"; filename=\"\"\r\n\r\n\r\n--x--\r\n";

    #[test]
    fn fields_are_read_and_files_are_found() {
        let parts = read(Source::Bytes(FORM), "x").expect("a form");
        let [text, Part::File(name, from, length), Part::File(_, _, 0)] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!((text, name.as_str()), (&Part::Field("text".into(), "a\r\nb".into()), "photos"));
        assert_eq!(&FORM[*from as usize..(from + length) as usize], b"\x01\r\n--y\r\n\xff");
    }

    #[test]
    fn a_line_across_the_border_of_what_is_read_at_once_is_found() {
        for length in WINDOW - 90..WINDOW + 10 {
            let mut form = b"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n".to_vec();
            form.extend(vec![b'\r'; length]);
            form.extend_from_slice(b"\r\n--x--");
            let parts = read(Source::Bytes(&form), "x").expect("a form");
            assert!(matches!(parts.as_slice(), [Part::File(_, _, found)] if *found == length as u64));
        }
    }

    #[test]
    fn many_large_fields_are_not_kept_in_memory() {
        let form = |fields: usize| {
            let field = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".to_vec();
            let value = vec![b'a'; FIELD_MAX as usize];
            let mut form = [&field[..], &value, b"\r\n"].concat().repeat(fields);
            form.extend_from_slice(b"--x--");
            read(Source::Bytes(&form), "x")
        };
        assert_eq!(form(2).map(|parts| parts.len()), Some(2));
        assert_eq!(form(3), None);
    }

    #[test]
    fn what_ends_too_early_is_no_form() {
        for cut in 0..FORM.len() - 4 {
            assert_eq!(read(Source::Bytes(&FORM[..cut]), "x"), None, "{cut}");
        }
    }

    #[test]
    fn the_content_type_says_what_stands_between_parts() {
        assert_eq!(boundary("multipart/form-data; boundary=----WebKit").as_deref(), Some("----WebKit"));
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\"").as_deref(), Some("a b"));
        for kind in ["multipart/mixed; boundary=a", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(boundary(kind), None);
        }
    }
}
