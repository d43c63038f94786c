//! What somebody had typed when their session was over: it goes along through the pages of signing in, and afterwards
//! stands there again to be looked at. Nothing is sent or done before they press the button once more.

use minijinja::context;
use minijinja::value::Value;

use super::account;
use crate::model::UserId;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::{Visit, local_path, reads};
use crate::web::{Request, Response, csrf};

/// Bytes of a form that goes along, as it is sent; a longer one is not kept.
const KEPT_MAX: usize = 128 * 1024;

/// Fields in which people write at length. A form without such words is quickly filled again.
const WRITTEN: [&str; 2] = ["text", "why"];

/// The page for signing in with what was typed in it; `None` when nothing was, or when the browser does not say that it
/// was typed on a page of this pod: another site could have sent it.
pub fn sign_in_first(visit: &Visit) -> Option<Result<Response, Error>> {
    let request = visit.request;
    if reads(request.method) || !csrf::surely_from_our_pages(request, &visit.pod.url) {
        return None;
    }
    let form = Form::of_body(request)?;
    let kept = form.encoded_without("csrf");
    let written = WRITTEN.iter().any(|name| !form.get(name).trim().is_empty());
    let fits = written && kept.len() <= KEPT_MAX && local_path(&request.path);
    fits.then(|| account::door_page(visit, &Form::of([("next", &request.path), ("kept", &kept)]), None))
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
    let field = |(name, value): &(String, String)| context! { name, value };
    let (written, others): (Vec<_>, Vec<_>) =
        form.fields().iter().partition(|(name, _)| WRITTEN.contains(&name.as_str()));
    let values = context! {
        title => visit.say("kept.title"), action,
        written => written.into_iter().map(field).collect::<Vec<Value>>(),
        others => others.into_iter().map(field).collect::<Vec<Value>>(),
    };
    visit.page("kept.html", values)
}
