//! The room of the podmin. For everybody else there is nothing at these addresses.

pub mod cases;
pub mod limits;

use minijinja::context;
use minijinja::value::Value;

use crate::model::User;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// The podmin who is signed in.
pub fn podmin<'a>(visit: &'a Visit) -> Result<&'a User, Error> {
    let me = visit.signed_in()?;
    if me.podmin { Ok(me) } else { Err(Error::Missing) }
}

/// The pages of the room, as a list of links.
pub fn tabs(visit: &Visit) -> Vec<Value> {
    const PAGES: [(&str, &str); 2] = [("/podmin/cases", "cases.title"), ("/podmin/limits", "limits.title")];
    let here = visit.request.path.as_str();
    PAGES
        .into_iter()
        .map(|(href, text)| context! { href, text => visit.say(text), here => here.starts_with(href) })
        .collect()
}
