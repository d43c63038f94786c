//! From values to pages. Templates are part of the program; what every page needs is put in here, once.

use std::sync::LazyLock;

use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde::{Serialize, Serializer};

use super::text::{self, Book};
use crate::model::Timestamp;
use crate::model::markdown::escape;

macro_rules! templates {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../templates/", $name)))),*] };
}

/// Every template, by its name under `templates/`.
const TEMPLATES: &[(&str, &str)] = &templates![
    "layout.html",
    "parts/icons.html",
    "parts/face.html",
    "parts/post.html",
    "parts/content.html",
    "parts/comment.html",
    "parts/composer.html",
    "parts/person.html",
    "parts/tabs.html",
    "code.html",
    "archive.html",
    "report.html",
    "decision.html",
    "decisions.html",
    "cases.html",
    "case.html",
    "case_new.html",
    "dashboard.html",
    "pods.html",
    "request.html",
    "requests.html",
    "users.html",
    "contact.html",
    "transparency.html",
    "limits.html",
    "alarm.html",
    "bank.html",
    "limits_list.html",
    "censuses.html",
    "census.html",
    "census_letter.html",
    "vault.html",
    "parts/grounds.html",
    "confirm.html",
    "contacts.html",
    "conversation.html",
    "conversations.html",
    "letter.html",
    "feed.xml",
    "help.html",
    "pages.html",
    "statistics.html",
    "welcome.html",
    "written.html",
    "forgotten.html",
    "invite.html",
    "kept.html",
    "invites.html",
    "landing.html",
    "login.html",
    "mail.html",
    "message.html",
    "notifications.html",
    "people.html",
    "person.html",
    "photos.html",
    "post.html",
    "profile.html",
    "second_codes.html",
    "second_step.html",
    "security.html",
    "settings.html",
    "setup.html",
    "stream.html",
];

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// HTML that is safe to show as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Html(pub String);

impl Serialize for Html {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_safe_string(self.0.clone()).serialize(serializer)
    }
}

/// Fills in a template. `lang` and `now` are known to every one.
pub fn render(name: &str, values: Value) -> Result<String, Error> {
    PAGES.get_template(name)?.render(values)
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_formatter(write_value);
    environment.add_function("t", say);
    environment.add_function("when", when);
    environment.add_function("link", link);
    for (name, source) in TEMPLATES.iter().copied() {
        // They are part of the program, and a test loads every one.
        environment.add_template(name, source).expect("a template can be read");
    }
    environment
}

/// Writes a value: HTML as it is, nothing for nothing, everything else escaped.
fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.is_none() {
        return Ok(());
    }
    let written = match value.as_str() {
        Some(text) if value.is_safe() || matches!(state.auto_escape(), AutoEscape::None) => out.write_str(text),
        Some(text) => out.write_str(&escape(text)),
        None if value.is_number() => write!(out, "{value}"),
        None => out.write_str(&escape(&value.to_string())),
    };
    written.map_err(|_| Error::from(ErrorKind::WriteFailure))
}

fn book(state: &State) -> &'static Book {
    match state.lookup("lang") {
        Some(lang) => text::book(lang.as_str().unwrap_or_default()),
        None => text::book(""),
    }
}

/// `t("key", name=value, n=3)`: a text in the reader's language.
fn say(state: &State, key: &str, filled: Kwargs) -> Result<Value, Error> {
    let book = book(state);
    let mut values: Vec<(&str, String)> = Vec::new();
    for name in filled.args() {
        let value: Value = filled.get(name)?;
        let html = match value.as_str() {
            Some(text) if value.is_safe() => text.to_owned(),
            Some(text) => escape(text).into_owned(),
            None => escape(&value.to_string()).into_owned(),
        };
        values.push((name, html));
    }
    let values: Vec<(&str, &str)> = values.iter().map(|(name, html)| (*name, html.as_str())).collect();
    Ok(Value::from_safe_string(book.html(key, &values)))
}

/// `when(seconds)`: how long ago, and the exact time for those who point at it.
fn when(state: &State, seconds: i64) -> Value {
    let now = state.lookup("now").and_then(|now| i64::try_from(now).ok()).unwrap_or(seconds);
    let (book, time) = (book(state), Timestamp(seconds));
    let html =
        format!("<time datetime=\"{time}\" title=\"{}\">{}</time>", book.moment(time), book.ago(time, Timestamp(now)));
    Value::from_safe_string(html)
}

/// `link(person)`: a person's name, leading to their page.
fn link(person: &Value) -> Result<Value, Error> {
    let (url, name) = (person.get_attr("url")?, person.get_attr("name")?);
    let (url, name) = (url.as_str().unwrap_or_default(), name.as_str().unwrap_or_default());
    Ok(Value::from_safe_string(format!("<a href=\"{}\">{}</a>", escape(url), escape(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    #[test]
    fn every_template_can_be_read() {
        assert_eq!(environment().templates().count(), TEMPLATES.len());
    }

    #[test]
    fn what_people_write_is_escaped() {
        let page = context! { title => "<b>&\"", text => "x", href => "", page => context! { lang => "en" } };
        let html = PAGES.render_str("{{ title }}{{ t('post.via', app=title) }}", page).expect("renders");
        // A template without a name is no page: it is the text function that escapes.
        assert!(html.ends_with("via &lt;b&gt;&amp;&quot;"), "{html}");
    }
}
