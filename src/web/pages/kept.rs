//! What somebody had typed when their session was over, or when something went wrong with it: it stands there again to be
//! looked at, after signing in where that is needed. Nothing is sent or done before they press the button once more.

use minijinja::context;
use minijinja::value::Value;

use super::account;
use crate::model::{TEXT_MAX, UserId};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::{Visit, local_path, reads};
use crate::web::{Request, Response, csrf};

/// Bytes of names and values that are kept: the longest text there can be, in any script. More is not kept.
const KEPT_MAX: usize = 4 * TEXT_MAX;

/// Fields in which people write at length, as they do in every other that has more than so many characters. A form
/// without such words is quickly filled again.
const WRITTEN: [&str; 2] = ["text", "why"];
const SHORT_MAX: usize = 100;

/// Fields of forms that are shown to nobody once more.
const SECRET: [&str; 6] = ["password", "old", "new", "code", "ticket", "kept"];

/// The page for signing in with what was typed in it; `None` when nothing was (see `typed`).
pub fn sign_in_first(visit: &Visit) -> Option<Result<Response, Error>> {
    let kept = typed(visit)?.encoded_without("csrf");
    Some(account::door_page(visit, &Form::of([("next", &visit.request.path), ("kept", &kept)]), None))
}

/// What was typed once more, with what went wrong and a token that fits: whoever signed in again in another tab has a form
/// with an old one. `None` when nothing was.
pub fn once_more(visit: &Visit, error: &Error) -> Option<Result<Response, Error>> {
    let form = typed(visit)?;
    Some(page(visit, &visit.request.path, &form, Some(error)).map(|page| page.with_status(error.status())))
}

/// The form of the request, when somebody wrote in it; `None` also when the browser does not say that this was on a page
/// of this pod: another site could have sent it.
fn typed(visit: &Visit) -> Option<Form> {
    let request = visit.request;
    if reads(request.method) || !local_path(&request.path) || !csrf::surely_from_our_pages(request, &visit.pod.url) {
        return None;
    }
    let form = Form::of_body(request)?;
    let fields = form.fields();
    let written = fields.iter().any(|field| is_written(field) && !field.1.trim().is_empty());
    let secret = fields.iter().any(|(name, _)| SECRET.contains(&name.as_str()));
    (written && !secret && form.length() <= KEPT_MAX).then_some(form)
}

fn is_written((name, value): &(String, String)) -> bool {
    WRITTEN.contains(&name.as_str()) || value.chars().nth(SHORT_MAX).is_some()
}

/// Begins a session and leads on: to where one wanted to go, or to what was typed.
pub fn signed_in(visit: &Visit, user: UserId, form: &Form) -> Result<Response, Error> {
    let next = Some(form.get("next")).filter(|next| local_path(next));
    let cookie = account::begin(visit, user)?;
    let answer = match (next, form.get("kept")) {
        (Some(action), kept) if !kept.is_empty() => show(visit, &cookie, action, &Form::parse(kept.as_bytes()))?,
        (next, _) => Response::see_other(next.unwrap_or("/stream")),
    };
    account::greeted(visit, user, cookie, answer)
}

/// What was typed, as the one sees it whose session begins with this cookie.
fn show(visit: &Visit, cookie: &str, action: &str, form: &Form) -> Result<Response, Error> {
    let pair = cookie.split(';').next().unwrap_or_default().to_owned();
    let mut headers = visit.request.headers.clone();
    headers.retain(|(name, _)| name != "cookie");
    headers.push(("cookie".to_owned(), pair));
    let request = Request { headers, body: Vec::new(), upload: None, ..visit.request.clone() };
    let visit = Visit::new(visit.pod, &request, Vec::new())?;
    page(&visit, action, form, None)
}

fn page(visit: &Visit, action: &str, form: &Form, error: Option<&Error>) -> Result<Response, Error> {
    let field = |(name, value): &(String, String)| context! { name, value };
    let fields = form.fields().iter().filter(|(name, _)| name != "csrf");
    let (written, others): (Vec<_>, Vec<_>) = fields.partition(|field| is_written(field));
    // A form that came too late need not be gone back to.
    let wrong = error.filter(|error| !matches!(error, Error::Forged));
    let values = context! {
        title => visit.say("kept.title"), action,
        lead => visit.say(if error.is_some() { "kept.again" } else { "kept.text" }),
        error => wrong.map(|error| Value::from_safe_string(error.sentence(visit.book))),
        written => written.into_iter().map(field).collect::<Vec<Value>>(),
        others => others.into_iter().map(field).collect::<Vec<Value>>(),
    };
    visit.page("kept.html", values)
}
