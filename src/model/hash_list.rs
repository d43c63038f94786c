//! Lists of hashes as others hand them out: one on each line, or CSV with the names of its columns in the first line.
//! Read line by line, however long they are.

use std::io::{self, BufRead, Read};

use super::picture::{Hash, HashKind, parse_hash};

/// Bytes of a line at the most.
const LINE_MAX: u64 = 4_096;

/// What a line holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Hash {
        /// `None`: the list does not say.
        kind: Option<HashKind>,
        hash: Hash,
        /// What the list calls it.
        label: String,
    },
    /// A hash of a kind that is not used here, such as MD5.
    Other,
    /// It is not understood, and why.
    Wrong(&'static str),
}

/// Reads a list.
pub struct Reader<R> {
    lines: R,
    columns: Option<Columns>,
    /// Of the line that was read last, from 1 on.
    pub number: u64,
}

/// Where in a line something stands.
#[derive(Default)]
struct Columns {
    hash: usize,
    kind: Option<usize>,
    label: Option<usize>,
    /// The name of the column of hashes is their kind.
    all: Option<HashKind>,
}

impl<R: BufRead> Reader<R> {
    pub fn new(lines: R) -> Reader<R> {
        Reader { lines, columns: None, number: 0 }
    }

    /// The next line that holds anything; `None` at the end.
    pub fn line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut line = Vec::new();
            if self.lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if line.len() as u64 == LINE_MAX && !line.ends_with(b"\n") {
                self.lines.skip_until(b'\n')?;
                return Ok(Some(Line::Wrong("the line is too long")));
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() {
                continue;
            }
            let fields = fields(line);
            let Some(columns) = &self.columns else {
                let (columns, is_head) = Columns::of(&fields);
                self.columns = Some(columns);
                if !is_head {
                    return Ok(self.columns.as_ref().map(|columns| columns.line(&fields)));
                }
                continue;
            };
            if !line.starts_with('#') {
                return Ok(Some(columns.line(&fields)));
            }
        }
    }
}

impl Columns {
    /// By the first line, which names them or is the first of a list without names.
    fn of(fields: &[String]) -> (Columns, bool) {
        let named = |names: &[&str]| {
            fields.iter().position(|field| {
                let field = field.trim().trim_start_matches('#').to_ascii_lowercase();
                names.contains(&field.as_str())
            })
        };
        let bare = Columns { label: Some(1), ..Columns::default() };
        let Some(hash) = named(&["hash", "hash_digest", "hash_value", "digest", "sha256", "pdq"]) else {
            return (bare, fields.first().is_some_and(|field| field.starts_with('#')));
        };
        let columns = Columns {
            hash,
            kind: named(&["kind", "algorithm", "hash_type", "type"]),
            label: named(&["label", "ground", "category"]),
            all: HashKind::parse(fields[hash].trim_start_matches('#')),
        };
        (columns, true)
    }

    fn line(&self, fields: &[String]) -> Line {
        let field = |at: Option<usize>| at.and_then(|at| fields.get(at)).map_or("", |field| field.trim());
        let said = field(self.kind);
        let kind = HashKind::parse(said);
        if kind.is_none() && !said.is_empty() {
            return Line::Other;
        }
        match parse_hash(field(Some(self.hash))) {
            Some(hash) => Line::Hash { kind: kind.or(self.all), hash, label: field(self.label).to_owned() },
            None => Line::Wrong("not 64 hexadecimal digits"),
        }
    }
}

/// The fields of a line of CSV; a quoted one may hold commas.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' | ';' | '\t' if !quoted => fields.push(String::new()),
            letter => {
                if let Some(field) = fields.last_mut() {
                    field.push(letter);
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, Line)> {
        let mut reader = Reader::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(line) = reader.line().expect("reads") {
            all.push((reader.number, line));
        }
        all
    }

    fn hash(kind: Option<HashKind>, byte: u8, label: &str) -> Line {
        Line::Hash { kind, hash: [byte; 32], label: label.to_owned() }
    }

    #[test]
    fn a_list_may_be_nothing_but_hashes() {
        let (one, two) = ("11".repeat(32), "Aa".repeat(32));
        let text = format!("\u{feff}# mine\n{one}\r\n\n{two}\nhello\n{}", &one[1..]);
        let wrong = |line| (line, Line::Wrong("not 64 hexadecimal digits"));
        assert_eq!(lines(&text), [(2, hash(None, 0x11, "")), (4, hash(None, 0xaa, "")), wrong(5), wrong(6)]);
        assert_eq!(lines(&format!("{one},spam")), [(1, hash(None, 0x11, "spam"))]);
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let one = "11".repeat(32);
        let text = format!(
            "id,hash_digest,algorithm,label\n7,{one},SHA-256,\"a, b\"\n8,{one},pdq,x\n9,0123456789abcdef,MD5,y\n"
        );
        let (sha256, pdq) = (Some(HashKind::Sha256), Some(HashKind::Pdq));
        assert_eq!(lines(&text), [(2, hash(sha256, 0x11, "a, b")), (3, hash(pdq, 0x11, "x")), (4, Line::Other)]);
        assert_eq!(lines(&format!("#PDQ;label\n{one};terror")), [(2, hash(pdq, 0x11, "terror"))]);
    }

    #[test]
    fn a_line_without_end_is_skipped() {
        let text = format!("{}\n{}", "1".repeat(100_000), "22".repeat(32));
        assert_eq!(lines(&text), [(1, Line::Wrong("the line is too long")), (2, hash(None, 0x22, ""))]);
    }
}
