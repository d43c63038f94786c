//! The words of the pages, one file a language under `templates/text/`. What a language lacks is shown in English; what
//! the podmin wrote in files of their own is said instead.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::plural;
use crate::model::Timestamp;
use crate::model::markdown::escape;

/// Every language there is: its tag and its file. The first is the one the others fall back to.
pub const LANGUAGES: [(&str, &str); 2] =
    [("en", include_str!("../../templates/text/en.toml")), ("de", include_str!("../../templates/text/de.toml"))];

/// Languages that are looked at in an `Accept-Language` header.
const RANGES_MAX: usize = 32;

static BOOKS: OnceLock<Vec<Book>> = OnceLock::new();

fn books() -> &'static [Book] {
    BOOKS.get_or_init(|| LANGUAGES.map(|(tag, file)| Book::read(tag, file)).into())
}

/// Takes in the podmin's own texts: tag of a language and TOML, as many or few texts as they like. Once, before anything
/// is said; the error says what is wrong, the value which texts nobody asks for.
pub fn load(own: &[(&str, String)]) -> Result<Vec<String>, String> {
    let mut books: Vec<Book> = LANGUAGES.map(|(tag, file)| Book::read(tag, file)).into();
    let mut unknown = Vec::new();
    for (tag, file) in own {
        let tables: toml::Table = basic_toml::from_str(file).map_err(|error| format!("{tag}.toml: {error}"))?;
        let mut texts = HashMap::new();
        flatten(String::new(), &tables, &mut texts);
        for (key, parts) in texts {
            let known = books.iter().find_map(|book| book.texts.get(&key));
            // A ground of the podmin's own has a name of their own.
            if known.is_none() && !key.starts_with("ground.") {
                unknown.push(format!("{tag}.toml: {key}"));
                continue;
            }
            let gaps = |parts: &[Part]| {
                let gap = |part: &Part| if let Part::Gap(name) = part { Some(name.clone()) } else { None };
                parts.iter().filter_map(gap).collect::<Vec<String>>()
            };
            let filled = known.map(|known| gaps(known)).unwrap_or_default();
            if let Some(gap) = gaps(&parts).iter().find(|gap| !filled.contains(gap)) {
                let there = filled.iter().map(|gap| format!("{{{gap}}}")).collect::<Vec<_>>().join(" ");
                return Err(format!("{tag}.toml: {key}: nothing is filled in for {{{gap}}}, only for: {there}"));
            }
            if let Some(book) = books.iter_mut().find(|book| book.tag == *tag) {
                book.texts.insert(key, parts);
            }
        }
    }
    unknown.sort();
    BOOKS.set(books).map_err(|_| "the texts were read before".to_owned())?;
    Ok(unknown)
}

/// The texts of one language.
pub struct Book {
    pub tag: &'static str,
    texts: HashMap<String, Vec<Part>>,
}

/// A piece of a text: words, or the name of what is filled in.
enum Part {
    Words {
        plain: String,
        /// Escaped.
        html: String,
    },
    Gap(String),
}

/// The texts in a language, in English when there are none.
pub fn book(tag: &str) -> &'static Book {
    books().iter().find(|book| book.tag == tag).unwrap_or(&books()[0])
}

/// Every language there is: tag and own name.
pub fn languages() -> impl Iterator<Item = (&'static str, String)> {
    books().iter().map(|book| (book.tag, book.words("language", &[])))
}

/// Whether there is a language of this tag.
pub fn is_language(tag: &str) -> bool {
    books().iter().any(|book| book.tag == tag)
}

/// The texts in the language that an `Accept-Language` header likes best among those there are (RFC 9110 §12.5.4);
/// English when it likes none of them.
pub fn accepted(header: &str) -> &'static Book {
    let known = LANGUAGES.map(|(tag, _)| tag);
    best(header, &known).map_or(&books()[0], book)
}

/// The tag among `known` with the highest weight; the first of several. `de-AT` is content with `de`.
fn best<'a>(header: &str, known: &[&'a str]) -> Option<&'a str> {
    let mut best: Option<(f32, &str)> = None;
    for range in header.split(',').take(RANGES_MAX) {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
        let main = tag.trim().split('-').next().unwrap_or_default();
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(main));
        if let Some(found) = found.filter(|_| weight > best.map_or(0.0, |(most, _)| most)) {
            best = Some((weight, found));
        }
    }
    best.map(|(_, tag)| tag)
}

impl Book {
    fn read(tag: &'static str, file: &str) -> Book {
        // The files are part of the program, and a test reads them all.
        let tables: toml::Table = basic_toml::from_str(file).expect("the file of a language is TOML");
        let mut texts = HashMap::new();
        flatten(String::new(), &tables, &mut texts);
        Book { tag, texts }
    }

    /// `rtl` or `ltr`.
    pub fn direction(&self) -> &'static str {
        if matches!(self.tag, "ar" | "fa" | "he" | "ur") { "rtl" } else { "ltr" }
    }

    /// The text of a key as HTML, its gaps filled in with HTML. When `n` is among what is filled in, the form of the
    /// text is chosen by it. A key that no language knows is shown as it is.
    pub fn html(&self, key: &str, filled: &[(&str, &str)]) -> String {
        let n = filled.iter().find(|(name, _)| *name == "n").and_then(|(_, n)| n.parse().ok());
        let Some(parts) = self.find(key, n) else { return escape(key).into_owned() };
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Words { html, .. } => out.push_str(html),
                Part::Gap(name) => {
                    out.push_str(filled.iter().find(|(known, _)| known == name).map_or("", |(_, html)| html));
                }
            }
        }
        out
    }

    /// Whether there is a text of this key.
    pub fn knows(&self, key: &str) -> bool {
        self.find(key, None).is_some()
    }

    /// The text of a key as plain words, its gaps filled in with plain words.
    pub fn words(&self, key: &str, filled: &[(&str, &str)]) -> String {
        let n = filled.iter().find(|(name, _)| *name == "n").and_then(|(_, n)| n.parse().ok());
        let Some(parts) = self.find(key, n) else { return key.to_owned() };
        let fill = |gap: &str| filled.iter().find(|(known, _)| *known == gap).map_or("", |(_, value)| value);
        parts
            .iter()
            .map(|part| match part {
                Part::Words { plain, .. } => plain.as_str(),
                Part::Gap(name) => fill(name),
            })
            .collect()
    }

    fn find(&self, key: &str, n: Option<i64>) -> Option<&Vec<Part>> {
        let own = match n {
            Some(n) => self.texts.get(&format!("{key}.{}", plural::form(self.tag, n))).or_else(|| self.texts.get(key)),
            None => self.texts.get(key),
        };
        match own {
            None if self.tag != books()[0].tag => books()[0].find(key, n),
            found => found,
        }
    }

    /// How long ago a moment was, as one reads it in passing.
    pub fn ago(&self, time: Timestamp, now: Timestamp) -> String {
        let seconds = now.0.saturating_sub(time.0);
        let ago = |key, n: i64| self.html("time.ago", &[("time", &self.html(key, &[("n", &n.to_string())]))]);
        match seconds {
            ..60 => self.html("time.now", &[]),
            60..3_600 => ago("time.minutes", seconds / 60),
            3_600..86_400 => ago("time.hours", seconds / 3_600),
            86_400..604_800 => ago("time.days", seconds / 86_400),
            _ => self.day(time, time.civil().year() != now.civil().year()),
        }
    }

    /// How long there is until a moment, or how long it is late.
    pub fn clock(&self, at: Timestamp, now: Timestamp) -> String {
        let left = at.0 - now.0;
        self.words(if left < 0 { "cases.late_by" } else { "cases.due_in" }, &[("time", &self.span(left))])
    }

    /// A time in words; seconds, with any sign.
    pub fn span(&self, seconds: i64) -> String {
        let (key, n) = match seconds.abs() {
            0..3_600 => ("minutes", seconds.abs() / 60),
            3_600..172_800 => ("hours", seconds.abs() / 3_600),
            _ => ("days", seconds.abs() / 86_400),
        };
        self.words(&format!("time.{key}"), &[("n", &n.to_string())])
    }

    /// A day, with its year when that is not plain.
    pub fn day(&self, time: Timestamp, year: bool) -> String {
        let civil = time.civil();
        self.html(
            if year { "time.long" } else { "time.short" },
            &[
                ("day", &civil.day().to_string()),
                ("month", &self.month(u8::from(civil.month()))),
                ("year", &civil.year().to_string()),
            ],
        )
    }

    /// A moment to the minute.
    pub fn moment(&self, time: Timestamp) -> String {
        let civil = time.civil();
        self.html(
            "time.exact",
            &[
                ("day", &civil.day().to_string()),
                ("month", &self.month(u8::from(civil.month()))),
                ("year", &civil.year().to_string()),
                ("clock", &format!("{:02}:{:02}", civil.hour(), civil.minute())),
            ],
        )
    }

    /// The name of a month, 1 to 12.
    pub fn month(&self, number: u8) -> String {
        let names = self.html("time.months", &[]);
        names.split(' ').nth(usize::from(number).saturating_sub(1)).unwrap_or_default().to_owned()
    }
}

fn flatten(prefix: String, table: &HashMap<String, toml::Value>, texts: &mut HashMap<String, Vec<Part>>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Text(text) => {
                texts.insert(key, parts(text));
            }
            toml::Value::Table(table) => flatten(key, table, texts),
        }
    }
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((words, gap, after)) =
        rest.split_once('{').and_then(|(words, rest)| rest.split_once('}').map(|(gap, after)| (words, gap, after)))
    {
        parts.push(written(words));
        parts.push(Part::Gap(gap.to_owned()));
        rest = after;
    }
    parts.push(written(rest));
    parts
}

fn written(words: &str) -> Part {
    Part::Words { plain: words.to_owned(), html: escape(words).into_owned() }
}

/// What a file of texts is made of.
mod toml {
    use std::collections::HashMap;

    pub type Table = HashMap<String, Value>;

    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    pub enum Value {
        Text(String),
        Table(Table),
    }
}

#[cfg(test)]
mod tests;
