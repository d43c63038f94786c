//! Moving in: the first account of a new pod.

use minijinja::context;

use super::account::signed_in_as;
use crate::social::{account, password};
use crate::sync::lock;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;
use crate::web::{Response, csrf, limit};

/// `GET /setup`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    if code(visit).is_none() {
        return Ok(Response::see_other("/"));
    }
    page(visit, &Form::default(), None)
}

/// `POST /setup`: with the code that was printed, a name and a password, the pod has its first account.
pub fn set_up(visit: &Visit) -> Result<Response, Error> {
    let Some(code) = code(visit) else { return Ok(Response::see_other("/")) };
    let form = visit.form()?;
    match try_set_up(visit, &form, &code) {
        Ok(answer) => Ok(answer),
        Err(error) => page(visit, &form, Some(error)),
    }
}

fn try_set_up(visit: &Visit, form: &Form, code: &str) -> Result<Response, Error> {
    limit::count("setup", visit.request.client, visit.now)?;
    if !csrf::same(&bare(form.get("code")), &bare(code)) {
        return Err(Error::Code);
    }
    let hash = password::hash(form.get("password"))?;
    let name = form.get("name").trim();
    let user = visit.pod.write(|tx| account::create_first(tx, name, &hash))?;
    *lock(&visit.pod.setup_code) = None;
    signed_in_as(visit, user.id, Response::see_other("/welcome"))
}

/// The code without what people add or leave out when they copy it.
fn bare(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

fn code(visit: &Visit) -> Option<String> {
    lock(&visit.pod.setup_code).clone()
}

fn page(visit: &Visit, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    let values = context! {
        title => visit.say("setup.title"),
        form => context! { code => form.get("code"), name => form.get("name") },
    };
    visit.page_with("setup.html", error.as_ref(), values)
}
