//! What a form sent: names and values, as one line (`application/x-www-form-urlencoded`) or in parts with files.

use super::Request;
use super::multipart::{self, Part};
use crate::media::source::Source;

/// Fields in a form at the most.
const FIELDS_MAX: usize = 500;
/// Bytes of all names and values, as in a form in parts. What was not accepted is shown again, several times as long.
const LENGTH_MAX: usize = 1 << 20;
/// The same for who is not signed in: the longest text that people may write, in any letters, and what stands beside it.
pub const STRANGER_MAX: usize = 320 << 10;

/// The fields of a form, or the parameters of an address.
#[derive(Clone, Debug, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    /// Field, begin and length of each file in the body, in bytes.
    files: Vec<(String, u64, u64)>,
}

impl Form {
    /// Reads the body of a request; `None` when it is something else than a form, or longer than any form here.
    pub fn of_body(request: &Request) -> Option<Form> {
        let whole = request.header("content-type").unwrap_or_default();
        if let Some(boundary) = multipart::boundary(whole) {
            return multipart::read(request.source(), &boundary).map(Form::of_parts);
        }
        let kind = whole.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        let form = Form::parse(&request.body);
        (form.fields.len() <= FIELDS_MAX && form.length() <= LENGTH_MAX).then_some(form)
    }

    /// Reads `name=value&…`.
    pub fn parse(bytes: &[u8]) -> Form {
        let fields = url::form_urlencoded::parse(bytes).take(FIELDS_MAX + 1);
        let fields = fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        Form { fields, files: Vec::new() }
    }

    /// A form as if it had been sent with these fields.
    pub fn of<const N: usize>(fields: [(&str, &str); N]) -> Form {
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Form { fields, files: Vec::new() }
    }

    fn of_parts(parts: Vec<Part>) -> Form {
        let mut form = Form::default();
        for part in parts {
            match part {
                Part::Field(name, value) => form.fields.push((name, value)),
                // A field for files that was left empty sends one without anything in it.
                Part::File(_, _, 0) => {}
                Part::File(name, from, length) => form.files.push((name, from, length)),
            }
        }
        form
    }

    /// The files of a name, in the body of the request that the form came with.
    pub fn files<'a>(&'a self, request: &'a Request, name: &'a str) -> impl Iterator<Item = Source<'a>> {
        let files = self.files.iter().filter(move |(known, _, _)| known == name);
        files.map(|(_, from, length)| request.source().part(*from, *length))
    }

    /// Whether a file of a name came.
    pub fn has_file(&self, name: &str) -> bool {
        self.files.iter().any(|(known, _, _)| known == name)
    }

    /// The first value of a name; empty when it is not there, as an empty field is.
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Bytes of all names and values.
    pub fn length(&self) -> usize {
        self.fields.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// Names and values, in their order.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// All but one field, for `parse`: as short as can be, because it goes along in a field of another form.
    pub fn encoded_without(&self, name: &str) -> String {
        let fields = self.fields.iter().filter(|(known, _)| known != name);
        let fields = fields.map(|(name, value)| format!("{}={}", plainly_encoded(name), plainly_encoded(value)));
        fields.collect::<Vec<_>>().join("&")
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name that are row keys.
    pub fn ids<'a>(&'a self, name: &'a str) -> impl Iterator<Item = i64> {
        self.all(name).filter_map(|value| value.parse().ok())
    }

    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

/// Text in which nothing is encoded but what `Form::parse`, or a browser in its fields, would take for something else.
fn plainly_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' | '&' | '+' | '=' | '\0'..='\x1f' => encoded.push_str(&format!("%{:02X}", u32::from(c))),
            _ => encoded.push(c),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_may_repeat() {
        let form = Form::parse(b"text=a+%26%C3%A4%0D%0A&audience=1&audience=x&audience=2&empty");
        assert_eq!(form.get("text"), "a &ä\r\n");
        assert_eq!(form.ids("audience").collect::<Vec<_>>(), [1, 2]);
        assert!(form.has("empty") && !form.has("none"));
        assert_eq!(form.get("none"), "");
        let again = Form::parse(form.encoded_without("audience").as_bytes());
        assert_eq!(again.fields(), [("text".to_owned(), "a &ä\r\n".to_owned()), ("empty".to_owned(), String::new())]);
    }
}
