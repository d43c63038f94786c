//! Speaking up about something: users here with one field, everybody else with what the law asks of a notice.

use minijinja::context;
use minijinja::value::Value;

use crate::model::case::{Kind, Subject};
use crate::model::{Handle, PostId, User, markdown};
use crate::moderation::case::{self, Notice, WORDS_MAX};
use crate::moderation::ground;
use crate::social::Invalid;
use crate::store::{self, comments, held, people, photos, posts};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;
use crate::web::{Response, limit};

/// Characters of a thing that are quoted beside the form.
const QUOTE_MAX: usize = 200;

/// `GET /report?kind=&name=`, or `?url=`: the form.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    if visit.me().is_some_and(|me| me.podmin) {
        return Ok(Response::see_other(&format!("/podmin/cases/new?{}", visit.request.query)));
    }
    page(visit, &visit.query(), None)
}

/// `POST /report`
pub fn send(visit: &Visit) -> Result<Response, Error> {
    let form = visit.form()?;
    match take(visit, &form) {
        Ok(()) => visit.page("message.html", thanks(visit)),
        Err(error) if error.status() == 422 => page(visit, &form, Some(error)),
        Err(error) => Err(error),
    }
}

fn take(visit: &Visit, form: &Form) -> Result<(), Error> {
    let subject = subject(visit, form)?.ok_or(Invalid::NoSubject)?;
    let (ground, text) = (form.get("ground"), form.get("text"));
    if let Some(me) = visit.me() {
        visit.pod.write(|tx| case::report(tx, me, &subject, ground, text))?;
        return Ok(());
    }
    limit::notices(visit)?;
    let notice = Notice {
        name: form.get("name_of").to_owned(),
        email: form.get("email").to_owned(),
        text: text.to_owned(),
        good_faith: form.has("good_faith"),
        language: visit.book.tag.to_owned(),
    };
    visit.pod.write(|tx| case::notice(tx, &subject, ground, &notice))?;
    Ok(())
}

fn thanks(visit: &Visit) -> Value {
    context! {
        title => visit.say("report.thanks"), text => visit.say("report.thanks_text"), href => "/",
        label => visit.say("error.home"),
    }
}

fn page(visit: &Visit, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    let subject = subject(visit, form)?;
    let quote = match &subject {
        // Nobody is told anything that they did not know.
        Some(subject) => match visit.me() {
            Some(me) if sees(visit, me, subject)? => quote(visit, subject)?,
            _ => None,
        },
        None => None,
    };
    let values = context! {
        title => visit.say(if visit.me().is_some() { "report.title" } else { "report.notice_title" }),
        kind => subject.as_ref().map(|subject| subject.kind.as_str()),
        name => subject.as_ref().map(|subject| subject.name.as_str()),
        quote,
        url => form.get("url"),
        grounds => grounds(visit, form.get("ground")),
        text => form.get("text"),
        name_of => form.get("name_of"),
        email => form.get("email"),
        good_faith => form.has("good_faith"),
        max => WORDS_MAX,
    };
    visit.page_with("report.html", error.as_ref(), values)
}

/// Whether somebody sees a thing just now: what is held is quoted to nobody, nor what was written for others.
fn sees(visit: &Visit, me: &User, subject: &Subject) -> Result<bool, Error> {
    let name = subject.name.as_str();
    visit.pod.store.read(|db| {
        let under = |found: Option<PostId>| match found.map(|post| posts::get(db, post)).transpose()?.flatten() {
            Some(post) => Ok::<_, Error>(posts::seen_by(db, post.guid.as_str(), me.person.id)?.is_some()),
            None => Ok(false),
        };
        match subject.kind {
            Kind::Post => Ok(posts::seen_by(db, name, me.person.id)?.is_some()),
            Kind::Comment => under(comments::by_guid(db, name)?.map(|comment| comment.post)),
            Kind::Photo => under(photos::by_guid(db, name)?.and_then(|(_, _, post)| post)),
            Kind::Profile | Kind::Account | Kind::Pod => Ok(false),
        }
    })
}

/// The beginning of a thing, held or not: for the podmin, and for its author.
pub fn quote(visit: &Visit, subject: &Subject) -> Result<Option<String>, Error> {
    let found = visit.pod.store.read::<_, store::Error>(|db| held::find(db, subject.kind, &subject.name))?;
    Ok(found.map(|found| markdown::plain(&found.text, QUOTE_MAX)))
}

/// The grounds of a form.
pub fn grounds(visit: &Visit, chosen: &str) -> Vec<Value> {
    let ground = |(key, ground): (&'static str, &ground::Ground)| {
        context! { key, name => visit.say(&format!("ground.{key}")), law => ground.law.as_str(), chosen => key == chosen }
    };
    ground::all().map(ground).collect()
}

/// What a form is about: kind and name, or an address of this pod.
pub fn subject(visit: &Visit, form: &Form) -> Result<Option<Subject>, Error> {
    if let Some(kind) = Kind::parse(form.get("kind")) {
        return Ok(Some(Subject { kind, name: form.get("name").to_owned() }).filter(|subject| !subject.name.is_empty()));
    }
    let text = form.get("url").trim();
    let path = text.strip_prefix(visit.pod.url.as_str()).unwrap_or(text);
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let path = path.split('?').next().unwrap_or_default();
    let named = |kind, name: &str| Some(Subject { kind, name: name.to_owned() });
    if let Some(guid) = path.strip_prefix("/posts/").or_else(|| path.strip_prefix("/p/")) {
        return Ok(if fragment.is_empty() { named(Kind::Post, guid) } else { named(Kind::Comment, fragment) });
    }
    if let Some(guid) = path.strip_prefix("/people/") {
        let guid = guid.split('/').next().unwrap_or_default();
        let person = visit.pod.store.read::<_, store::Error>(|db| people::by_guid(db, guid))?;
        return Ok(person.and_then(|person| named(Kind::Account, person.handle.as_str())));
    }
    if let Some(handle) = Handle::clean(text) {
        return Ok(named(Kind::Account, handle.as_str()));
    }
    let host = crate::moderation::limit::subject(text).filter(|_| !text.is_empty());
    Ok(host.and_then(|host| named(Kind::Pod, &host)))
}
