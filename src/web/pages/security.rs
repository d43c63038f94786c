//! What keeps one's account one's own: the password, the second step, and who is signed in where.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minijinja::context;
use minijinja::value::Value;

use super::settings;
use crate::store::{self, second_steps, sessions};
use crate::web::error::Error;
use crate::web::visit::Visit;
use crate::web::{Response, known};

/// `GET /settings/security`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, None)
}

/// The page, with what was wrong with one of its forms.
pub fn page(visit: &Visit, error: Option<Error>) -> Result<Response, Error> {
    let here = visit.session()?;
    let me = here.user.id;
    let (known, second_step, backups) = visit.pod.store.read::<_, store::Error>(|db| {
        Ok((sessions::of_user(db, me, visit.now)?, second_steps::is_on(db, me)?, second_steps::backups(db, me)?))
    })?;
    let session = |session: &sessions::Listed| {
        context! {
            key => URL_SAFE_NO_PAD.encode(&session.token),
            here => session.token == here.token,
            browser => session.browser.as_str(),
            began => session.created_at.0,
            seen => visit.book.day(session.seen_at, session.seen_at.civil().year() != visit.now.civil().year()),
        }
    };
    let sessions: Vec<Value> = known.iter().map(session).collect();
    let values = context! {
        title => visit.say("settings.security"),
        tabs => settings::tabs(visit),
        sessions,
        second_step,
        backups,
    };
    visit.page_with("security.html", error.as_ref(), values)
}

/// `POST /settings/sessions/end`: ends one session, or with no `session` all but this one.
pub fn end_sessions(visit: &Visit) -> Result<Response, Error> {
    let here = visit.session()?;
    let form = visit.form()?;
    let done = visit.done("/settings/security", "sessions");
    if form.has("session") {
        let token = URL_SAFE_NO_PAD.decode(form.get("session")).map_err(|_| Error::Missing)?;
        visit.pod.write(|tx| sessions::remove_of(tx, here.user.id, &token))?;
        return Ok(done);
    }
    visit.pod.write(|tx| sessions::remove_others(tx, here.user.id, &here.token))?;
    Ok(known::with_mark(visit.pod, visit.request, here.user.id, done)?)
}
