//! Limited accounts and pods elsewhere: what they are, new ones, lists of others.

use minijinja::context;
use minijinja::value::Value;

use super::{podmin, tabs};
use crate::model::case::Severity;
use crate::moderation::{blocklist, limit};
use crate::social::{self, Invalid, checked_length};
use crate::store;
use crate::store::limits::{self, Limit};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;

/// Limits on a page.
const PAGE: i64 = 100;
/// Characters of a comment.
const COMMENT_MAX: usize = 500;
/// Changes of a list that are shown.
const SHOWN: usize = 50;

/// `GET /podmin/limits`
pub fn list(visit: &Visit) -> Result<Response, Error> {
    page(visit, &visit.query(), None)
}

fn page(visit: &Visit, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    podmin(visit)?;
    let after = visit.query().get("after").to_owned();
    let (mut found, count, allow_only) = visit.pod.store.read::<_, store::Error>(|db| {
        Ok((limits::list(db, &after, PAGE + 1)?, limits::count(db)?, limits::allows_only(db)?))
    })?;
    let more = found.len() as i64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| format!("/podmin/limits?after={}", crate::web::encoded(&last.subject)));
    let values = context! {
        title => visit.say("limits.title"), tabs => tabs(visit), count, allow_only,
        limits => found.iter().map(|limit| row(visit, limit)).collect::<Vec<Value>>(),
        severities => Severity::ALL.iter().map(|severity| context! {
            name => severity.as_str(), told => visit.say(&format!("severity.{}", severity.as_str())),
            hint => visit.say(&format!("severity_hint.{}", severity.as_str())),
            chosen => severity.as_str() == form.get("severity"),
        }).collect::<Vec<Value>>(),
        subject => form.get("subject"), public_comment => form.get("public_comment"), private_comment => form.get("private_comment"),
        more => next,
    };
    visit.page_with("limits.html", error.as_ref(), values)
}

fn row(visit: &Visit, limit: &Limit) -> Value {
    context! {
        subject => limit.subject.as_str(),
        told => visit.say(&format!("severity.{}", limit.severity.as_str())),
        no_pictures => limit.no_pictures, no_previews => limit.no_previews,
        public_comment => limit.public_comment.as_str(), private_comment => limit.private_comment.as_str(),
        origin => limit.origin.as_str(), since => limit.since.0,
    }
}

/// `POST /podmin/limits`
pub fn set(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    let set = of_form(visit, &form).and_then(|new| visit.pod.write(|tx| limit::set(tx, &new)).map_err(Error::from));
    match set {
        Ok(()) => Ok(visit.done("/podmin/limits", "saved")),
        Err(error) if error.status() == 422 => page(visit, &form, Some(error)),
        Err(error) => Err(error),
    }
}

fn of_form(visit: &Visit, form: &Form) -> Result<Limit, Error> {
    let subject = limit::subject(form.get("subject"))
        .filter(|_| !form.get("subject").trim().is_empty())
        .ok_or(Invalid::NoSubject)?;
    for comment in ["public_comment", "private_comment"] {
        checked_length(form.get(comment), COMMENT_MAX)?;
    }
    Ok(Limit {
        subject,
        severity: Severity::parse(form.get("severity")).ok_or(Invalid::NoAnswer)?,
        no_pictures: form.has("no_pictures"),
        no_previews: form.has("no_previews"),
        public_comment: form.get("public_comment").trim().to_owned(),
        private_comment: form.get("private_comment").trim().to_owned(),
        origin: "podmin".to_owned(),
        since: visit.now,
    })
}

/// `POST /podmin/limits/lift`
pub fn lift(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    visit.pod.write(|tx| limit::lift(tx, form.get("subject")))?;
    Ok(visit.done("/podmin/limits", "lifted"))
}

/// `POST /podmin/limits/only`: only allowed pods, or all that are not limited.
pub fn allow_only(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let only = visit.form()?.has("allow_only");
    visit.pod.write::<_, social::Error>(|tx| Ok(limits::set_allow_only(tx, only)?))?;
    Ok(visit.done("/podmin/limits", "saved"))
}

/// `POST /podmin/limits/list`: what a list would change; with `sure`, changes it.
pub fn take_list(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    let mut text = form.get("list").to_owned();
    for file in form.files(visit.request, "file") {
        text = String::from_utf8_lossy(&file.head(LIST_MAX + 1)?).into_owned();
    }
    // Half a list would end within a line, and that could name somebody else.
    if text.len() > LIST_MAX {
        return Err(social::Invalid::TooLong { max: LIST_MAX }.into());
    }
    let origin: String = form.get("origin").trim().chars().take(60).collect();
    let origin = if origin.is_empty() { "list".to_owned() } else { origin };
    let preview = visit.pod.store.read(|db| blocklist::preview(db, &text, &origin, visit.now))?;
    if form.has("sure") {
        visit.pod.write(|tx| blocklist::apply(tx, &preview))?;
        return Ok(visit.done("/podmin/limits", "saved"));
    }
    let values = context! {
        title => visit.say("limits.list_title"), tabs => tabs(visit), list => text, origin,
        changes => preview.changes.iter().take(SHOWN).map(|limit| row(visit, limit)).collect::<Vec<Value>>(),
        count => preview.changes.len(), known => preview.known,
        wrong => preview.wrong.iter().take(SHOWN).map(|(line, text)| context! { line, text }).collect::<Vec<Value>>(),
    };
    visit.page("limits_list.html", values)
}

/// Bytes of a list at the most: it comes once more in the form that says yes.
const LIST_MAX: usize = 900_000;

/// `GET /podmin/limits.csv`: as Mastodon writes it.
pub fn csv(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let mut lines = vec![blocklist::HEADER.to_owned()];
    let mut after = String::new();
    loop {
        let found = visit.pod.store.read(|db| limits::list(db, &after, PAGE))?;
        let Some(last) = found.last() else { break };
        after = last.subject.clone();
        lines.extend(found.iter().filter(|limit| !limit.subject.contains('@')).map(blocklist::line));
    }
    Ok(Response::bytes("text/csv; charset=utf-8", (lines.join("\r\n") + "\r\n").into_bytes())
        .with_header("Content-Disposition", "attachment; filename=\"domain_blocks.csv\"")
        .with_header("Cache-Control", "no-store"))
}
