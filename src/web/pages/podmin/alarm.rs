//! Where the podmin's telephone is rung when a case waits.

use minijinja::context;

use super::{podmin, tabs};
use crate::social::{Invalid, Result as Deed};
use crate::store::alarm;
use crate::web::Response;
use crate::web::alarm as bell;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// Bytes of an address at the most.
const URL_MAX: usize = 1_000;

/// `GET /podmin/alarm`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, None, None)
}

fn page(visit: &Visit, draft: Option<&str>, error: Option<Error>) -> Result<Response, Error> {
    podmin(visit)?;
    let known = visit.pod.store.read(alarm::get)?;
    let values = context! {
        title => visit.say("alarm.title"), tabs => tabs(visit), url => draft.or(known.url.as_deref()),
        set => known.url.is_some(), at => known.at.map(|at| at.0), failed => known.error.as_str(),
        mails => visit.pod.mail.is_some(),
    };
    visit.page_with("alarm.html", error.as_ref(), values)
}

/// `POST /podmin/alarm`: sets the address, or none.
pub fn set(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    let url = form.get("url").trim();
    if !url.is_empty() && (url.len() > URL_MAX || !visit.pod.net.admits(url)) {
        return page(visit, Some(url), Some(Error::from(Invalid::AlarmUrl)));
    }
    visit.pod.write(|tx| -> Deed<()> { Ok(alarm::set_url(tx, Some(url).filter(|url| !url.is_empty()))?) })?;
    Ok(visit.done("/podmin/alarm", "saved"))
}

/// `POST /podmin/alarm/test`: rings now.
pub fn test(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    visit.form()?;
    bell::test(visit.pod, visit.book)?;
    Ok(Response::see_other("/podmin/alarm"))
}
