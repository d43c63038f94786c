//! Lists of limited pods as others have them: Mastodon's CSV of domain blocks. What a list does not name stays as it is:
//! absence never lifts anything.

use crate::model::Timestamp;
use crate::model::case::Severity;
use crate::social::{Result, account};
use crate::store::limits::{self, Limit};
use crate::store::{Db, Tx, pod};

/// Lines of a list at the most.
pub const LINES_MAX: usize = 20_000;

/// The first line of Mastodon's CSV.
pub const HEADER: &str = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate";

/// What a list would change.
#[derive(Debug, Default)]
pub struct Preview {
    /// Limits that are new, or other than they are now.
    pub changes: Vec<Limit>,
    /// Named, and limited like that already.
    pub known: usize,
    /// Lines that are not understood, with their numbers.
    pub wrong: Vec<(usize, String)>,
}

/// Reads a list and compares it with what is limited now.
pub fn preview(db: &Db, text: &str, origin: &str, now: Timestamp) -> Result<Preview> {
    let own = pod::get(db)?.map(|pod| account::authority(&pod.url).to_owned()).unwrap_or_default();
    let mut found = Preview::default();
    for (number, line, limit) in read(text, origin, now) {
        match limit.filter(|limit| limit.subject != own) {
            _ if number > LINES_MAX => found.wrong.push((number, "too many lines".to_owned())),
            None => found.wrong.push((number, line.chars().take(80).collect())),
            Some(limit) => match limits::get(db, &limit.subject)? {
                Some(known) if same(&known, &limit) => found.known += 1,
                _ => found.changes.push(limit),
            },
        }
    }
    Ok(found)
}

/// The lines of a list that hold anything, with their numbers and what each says, if it is understood; one more than
/// may be.
pub fn read<'a>(
    text: &'a str,
    origin: &'a str,
    now: Timestamp,
) -> impl Iterator<Item = (usize, &'a str, Option<Limit>)> {
    let mut columns = Columns::bare();
    text.lines().enumerate().take(LINES_MAX + 1).filter_map(move |(at, line)| {
        let fields = fields(line.trim_start_matches('\u{feff}'));
        if at == 0
            && let Some(named) = Columns::of(&fields)
        {
            columns = named;
            return None;
        }
        let is_empty = fields.iter().all(|field| field.is_empty());
        (!is_empty).then(|| (at + 1, line, columns.limit(&fields, origin, now)))
    })
}

/// Applies what a preview showed.
pub fn apply(tx: &Tx, preview: &Preview) -> Result<()> {
    preview.changes.iter().try_for_each(|limit| super::limit::set(tx, limit))
}

/// One line of the list as Mastodon writes it.
pub fn line(limit: &Limit) -> String {
    format!(
        "{},{},{},false,{},false",
        limit.subject,
        limit.severity.as_str(),
        limit.no_pictures,
        quoted(&limit.public_comment)
    )
}

fn same(a: &Limit, b: &Limit) -> bool {
    (a.severity, a.no_pictures, &a.public_comment) == (b.severity, b.no_pictures, &b.public_comment)
}

/// Where in a line something stands.
struct Columns {
    domain: usize,
    severity: Option<usize>,
    media: Option<usize>,
    comment: Option<usize>,
    private: Option<usize>,
}

impl Columns {
    /// A list of names and nothing else.
    fn bare() -> Columns {
        Columns { domain: 0, severity: None, media: None, comment: None, private: None }
    }

    /// By the names in the first line, with or without `#`.
    fn of(fields: &[String]) -> Option<Columns> {
        let find = |name: &str| {
            fields.iter().position(|field| field.trim().trim_start_matches('#').eq_ignore_ascii_case(name))
        };
        Some(Columns {
            domain: find("domain")?,
            severity: find("severity"),
            media: find("reject_media"),
            comment: find("public_comment"),
            private: find("private_comment"),
        })
    }

    fn limit(&self, fields: &[String], origin: &str, now: Timestamp) -> Option<Limit> {
        let field = |column: Option<usize>| {
            column.and_then(|column| fields.get(column)).map(|field| field.trim()).unwrap_or_default()
        };
        let domain = field(Some(self.domain)).trim_start_matches("*.");
        let subject = super::limit::subject(domain).filter(|_| !domain.is_empty() && !domain.contains('*'))?;
        let severity = match field(self.severity).to_ascii_lowercase().as_str() {
            "" | "suspend" => Severity::Suspend,
            "silence" | "limit" => Severity::Silence,
            "noop" | "none" => Severity::Noop,
            _ => return None,
        };
        let short = |text: &str| text.chars().take(500).collect::<String>();
        Some(Limit {
            severity,
            no_pictures: field(self.media).eq_ignore_ascii_case("true"),
            public_comment: short(field(self.comment)),
            private_comment: short(field(self.private)),
            origin: origin.to_owned(),
            subject,
            ..Limit::suspension("", now)
        })
    }
}

/// The fields of a line of CSV (RFC 4180, without line breaks in a field).
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

/// A field that a spreadsheet does not take for a formula.
fn quoted(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let safe = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if safe.contains([',', '"']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_mastodon_and_others_write_them() {
        let read = |head: &str, line: &str| {
            let columns = Columns::of(&fields(head)).unwrap_or_else(Columns::bare);
            columns.limit(&fields(line), "list", Timestamp(0))
        };
        let limit = read(HEADER, "Bad.Example,silence,TRUE,false,\"spam, \"\"much\"\"\",false").expect("a limit");
        assert_eq!(
            (limit.subject.as_str(), limit.severity, limit.no_pictures),
            ("bad.example", Severity::Silence, true)
        );
        assert_eq!(limit.public_comment, "spam, \"much\"");
        assert_eq!(line(&limit), "bad.example,silence,true,false,\"spam, \"\"much\"\"\",false");
        assert_eq!(read("severity,domain", "noop,a.example").expect("a limit").severity, Severity::Noop);
        assert_eq!(read("", "a.example").expect("a limit").severity, Severity::Suspend);
        for wrong in ["ba*.example,suspend", "a b,suspend", ",suspend", "a.example,burn", "\"\""] {
            assert_eq!(read("domain,severity", wrong), None, "{wrong}");
        }
        assert_eq!(quoted("=cmd()"), "'=cmd()");
    }
}
