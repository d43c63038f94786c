//! What a form sent: names and values, `application/x-www-form-urlencoded`.

use super::Request;

/// Fields in a form at the most.
const FIELDS_MAX: usize = 500;

/// The fields of a form, or the parameters of an address.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request; `None` when it is something else than a form, or longer than any form here.
    pub fn of_body(request: &Request) -> Option<Form> {
        let kind = request.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        let form = Form::parse(&request.body);
        (form.0.len() <= FIELDS_MAX).then_some(form)
    }

    /// Reads `name=value&…`.
    pub fn parse(bytes: &[u8]) -> Form {
        let fields = url::form_urlencoded::parse(bytes).take(FIELDS_MAX + 1);
        Form(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first value of a name; empty when it is not there, as an empty field is.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name that are row keys.
    pub fn ids<'a>(&'a self, name: &'a str) -> impl Iterator<Item = i64> {
        self.all(name).filter_map(|value| value.parse().ok())
    }

    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
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
    }
}
