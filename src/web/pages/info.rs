//! About the pod: how to use it, what it holds, and what its podmin has to say.

use std::collections::HashMap;

use minijinja::context;
use minijinja::value::Value;

use crate::model::TEXT_MAX;
use crate::social;
use crate::store::{self, accounts, comments, pages, posts};
use crate::web::error::Error;
use crate::web::visit::Visit;
use crate::web::{Response, text, view};

/// What the help explains, in its order; the names of the texts.
const TOPICS: [&str; 10] =
    ["sharing", "aspects", "find", "write", "mentions", "tags", "keys", "bookmark", "private", "leave"];

/// `GET /help`
pub fn help(visit: &Visit) -> Result<Response, Error> {
    let topic = |name: &str| {
        let title = visit.say(&format!("help_title.{name}"));
        context! { name, title, text => visit.say(&format!("help_text.{name}")) }
    };
    let here = &visit.pod.url;
    let bookmark = format!(
        "javascript:location.href='{here}/bookmarklet?url='+encodeURIComponent(location.href)+'&title='+encodeURIComponent(document.title)"
    );
    let topics: Vec<Value> = TOPICS.iter().map(|name| topic(name)).collect();
    visit.page("help.html", context! { title => visit.say("help.title"), topics, bookmark })
}

/// `GET /statistics`: the numbers that NodeInfo tells too.
pub fn statistics(visit: &Visit) -> Result<Response, Error> {
    let (users, posts, comments) = visit.pod.store.read::<_, store::Error>(|db| {
        let users = accounts::count_since(db, crate::model::Timestamp(0))?;
        Ok((users, posts::count_local(db)?, comments::count_local(db)?))
    })?;
    let values = context! {
        title => visit.say("statistics.title"),
        users, posts, comments,
        version => env!("CARGO_PKG_VERSION"),
    };
    visit.page("statistics.html", values)
}

/// `GET /about`, `/terms`, `/imprint`: what the podmin wrote there.
pub fn written(visit: &Visit) -> Result<Response, Error> {
    let name = visit.request.path.trim_start_matches('/');
    let text = visit.pod.store.read::<_, store::Error>(|db| pages::get(db, name))?.ok_or(Error::Missing)?;
    let html = view::html(visit, &text, &HashMap::new(), name);
    let values = context! { title => visit.say(&format!("pages.{name}")), html => Value::from_safe_string(html.0) };
    visit.page("written.html", values)
}

/// `GET /contact`: whom people and authorities turn to, and how; with what the podmin wrote about it.
pub fn contact(visit: &Visit) -> Result<Response, Error> {
    let (text, speaker) = visit.pod.store.read::<_, store::Error>(|db| {
        Ok((pages::get(db, "contact")?, accounts::speaker(db)?.filter(|user| !user.held)))
    })?;
    let html = text.map(|text| view::html(visit, &text, &HashMap::new(), "contact"));
    let language = text::book(speaker.as_ref().and_then(|user| user.language.as_deref()).unwrap_or_default());
    let values = context! {
        title => visit.say("pages.contact"),
        html => html.map(|html| Value::from_safe_string(html.0)),
        podmin => speaker.map(|user| context! { handle => user.person.handle.as_str(), guid => user.person.guid.as_str() }),
        languages => language.words("language", &[]),
    };
    visit.page("contact.html", values)
}

/// `GET /settings/pages`: the podmin's texts, to be changed.
pub fn edit(visit: &Visit) -> Result<Response, Error> {
    edit_page(visit, None)
}

fn edit_page(visit: &Visit, error: Option<Error>) -> Result<Response, Error> {
    if !visit.signed_in()?.podmin {
        return Err(Error::Missing);
    }
    let texts = visit.pod.store.read::<_, store::Error>(|db| {
        let text = |name| Ok::<_, store::Error>(context! { name, text => pages::get(db, name)?.unwrap_or_default() });
        pages::NAMES.into_iter().map(text).collect::<Result<Vec<Value>, _>>()
    })?;
    visit.page_with("pages.html", error.as_ref(), context! { title => visit.say("pages.title"), texts })
}

/// `POST /settings/pages`
pub fn save(visit: &Visit) -> Result<Response, Error> {
    if !visit.signed_in()?.podmin {
        return Err(Error::Missing);
    }
    let form = visit.form()?;
    let saved = visit.pod.write::<_, social::Error>(|tx| {
        for name in pages::NAMES {
            let text = form.get(name).replace("\r\n", "\n");
            social::checked_length(&text, TEXT_MAX)?;
            pages::put(tx, name, text.trim())?;
        }
        Ok(())
    });
    match saved {
        Ok(()) => Ok(visit.done("/settings/pages", "saved")),
        Err(error @ social::Error::Invalid(_)) => edit_page(visit, Some(error.into())),
        Err(error) => Err(error.into()),
    }
}
