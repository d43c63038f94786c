//! Other pods: what they run, whether they can be reached.

use minijinja::context;
use minijinja::value::Value;

use super::{podmin, tabs};
use crate::federation::neighbour;
use crate::social;
use crate::store::pods::{self, PAGE, Pod};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// `GET /podmin/pods?which=`
pub fn list(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let query = visit.query();
    let which = query.get("which");
    let offset = query.get("from").parse().unwrap_or(0).max(0);
    let read = |db: &_| Ok::<_, Error>((pods::list(db, which == "failing", offset, PAGE + 1)?, pods::count(db)?));
    let (mut found, (known, failing)) = visit.pod.store.read(read)?;
    let more = found.len() as i64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let kinds = [("", "pods.all", known), ("failing", "pods.failing", failing)].map(|(name, text, n)| {
        context! { href => format!("/podmin/pods?which={name}"), text => format!("{} {n}", visit.say(text)), here => name == which }
    });
    let values = context! {
        title => visit.say("pods.title"), tabs => tabs(visit), kinds => kinds.to_vec(), which,
        pods => found.iter().map(|pod| card(visit, pod)).collect::<Vec<Value>>(),
        more => more.then(|| format!("/podmin/pods?which={which}&from={}", offset + PAGE)),
    };
    visit.page("pods.html", values)
}

fn card(visit: &Visit, pod: &Pod) -> Value {
    context! {
        host => pod.host.as_str(), software => pod.software.as_deref(), version => pod.version.as_deref(),
        seen => pod.seen_at.map(|at| at.0), asked => pod.asked_at.map(|at| at.0),
        failing => pod.failing_since.map(|at| at.0), error => pod.error.as_deref(), waiting => pod.waiting,
        limit => pod.limit.as_ref().map(|limit| visit.say(&format!("severity.{limit}"))),
    }
}

/// `POST /podmin/pods/look`: asks a pod what it runs.
pub fn look(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    visit.pod.write(|tx| neighbour::ask_soon(tx, form.get("host")))?;
    Ok(visit.done(&visit.back("/podmin/pods"), "asked"))
}

/// `POST /podmin/pods/deliver`: tries what waits for a pod at once.
pub fn deliver(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    visit.pod.write::<_, social::Error>(|tx| Ok(pods::deliver_now(tx, form.get("host"))?))?;
    Ok(visit.done(&visit.back("/podmin/pods"), "delivering"))
}
