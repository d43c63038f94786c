//! Asking for an account, for visitors.

use minijinja::context;

use crate::social::request::{self, WHY_MAX};
use crate::store::requests;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;
use crate::web::{Response, limit};

/// `GET /request`: when the podmin takes requests.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, &Form::default(), None)
}

/// `POST /request`
pub fn send(visit: &Visit) -> Result<Response, Error> {
    let form = visit.form()?;
    let done = limit::count("request", visit.request.client, visit.now).and_then(|()| {
        Ok(visit.pod.write(|tx| request::ask(tx, form.get("name"), form.get("email"), form.get("why")))?)
    });
    match done {
        Ok(()) => visit.page(
            "message.html",
            context! {
                title => visit.say("request.thanks"), text => visit.say("request.thanks_text"), href => "/",
                label => visit.say("error.home"),
            },
        ),
        Err(error) => page(visit, &form, Some(error)),
    }
}

fn page(visit: &Visit, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    if visit.me().is_some() || !visit.pod.store.read(requests::are_taken)? {
        return Err(Error::Missing);
    }
    let values = context! {
        title => visit.say("request.title"), max => WHY_MAX,
        form => context! { name => form.get("name"), email => form.get("email"), why => form.get("why") },
    };
    visit.page_with("request.html", error.as_ref(), values)
}
