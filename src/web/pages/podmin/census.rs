//! The census: where copies of a removed post are, and writing to the podmins who have them.

use minijinja::context;
use minijinja::value::Value;

use super::{podmin, tabs};
use crate::federation::discovery;
use crate::model::case::Trace;
use crate::model::{Handle, User};
use crate::moderation::census::{self, statement};
use crate::moderation::ground;
use crate::social::{self, Refused, conversation};
use crate::store::census::{Census, Found, get, list as all, pods};
use crate::web::error::Error;
use crate::web::text::{self, Book};
use crate::web::visit::Visit;
use crate::web::{Response, encoded};

/// Censuses in the list.
const LISTED: u32 = 100;

/// Countries where a podmin most likely reads German.
const GERMAN: [&str; 4] = [".de", ".at", ".ch", ".li"];

/// `GET /podmin/census`
pub fn list(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let found = visit.pod.store.read(|db| all(db, LISTED))?;
    let rows = found.into_iter().map(|(census, count, left)| {
        context! {
            guid => census.guid, ground => visit.say(&format!("ground.{}", census.ground)), case => census.case.0,
            begun => census.begun_at.is_some(), closed => census.closed_at.is_some(), count, left,
        }
    });
    let values =
        context! { title => visit.say("census.title"), tabs => tabs(visit), censuses => rows.collect::<Vec<Value>>() };
    visit.page("censuses.html", values)
}

/// `GET /podmin/census/:guid`: what each pod answered.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let (census, found) = load(visit)?;
    let (clean, others): (Vec<&Found>, Vec<&Found>) = found.iter().partition(|pod| pod.trace == Trace::Clean);
    let values = context! {
        title => visit.say("census.title"), tabs => tabs(visit), guid => census.guid.as_str(), case => census.case.0,
        ground => visit.say(&format!("ground.{}", census.ground)),
        begun => census.begun_at.map(|at| at.0), closed => census.closed_at.map(|at| at.0),
        holding => others.iter().filter(|pod| holds(pod)).count(),
        asking => census.begun_at.is_some() && others.iter().any(|pod| pod.trace == Trace::Waiting),
        count => found.len(),
        pods => others.iter().map(|pod| row(visit, pod)).collect::<Vec<Value>>(),
        clean => clean.iter().map(|pod| row(visit, pod)).collect::<Vec<Value>>(),
    };
    visit.page("census.html", values)
}

fn load(visit: &Visit) -> Result<(Census, Vec<Found>), Error> {
    let guid = visit.arg(0);
    visit.pod.store.read(|db| Ok((get(db, guid)?.ok_or(Error::Missing)?, pods(db, guid)?)))
}

fn holds(pod: &Found) -> bool {
    matches!(pod.trace, Trace::Holds | Trace::Origin)
}

fn row(visit: &Visit, pod: &Found) -> Value {
    context! {
        host => pod.host.as_str(), trace => pod.trace.as_str(),
        told_trace => visit.say(&format!("trace.{}", pod.trace.as_str())),
        since => pod.since.map(|at| at.0), answer => pod.answer.as_str(), holds => holds(pod),
        letter => format!("/podmin/census/{}/letter?host={}", visit.arg(0), encoded(&pod.host)),
        told => pod.told_at.map(|at| at.0),
    }
}

/// `POST /podmin/census/:guid`: asks the pods of those who took part, or all that are known.
pub fn ask(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    let guid = visit.arg(0);
    visit.pod.write(|tx| match form.get("whom") {
        "all" => census::widen(tx, guid),
        _ => census::begin(tx, guid),
    })?;
    Ok(visit.done(&format!("/podmin/census/{guid}"), "asking"))
}

/// `GET /podmin/census/:guid/csv`
pub fn csv(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let (census, found) = load(visit)?;
    Ok(Response::bytes("text/csv; charset=utf-8", census::csv(&census.guid, &found).into_bytes())
        .with_header("Content-Disposition", "attachment; filename=\"census.csv\"")
        .with_header("Cache-Control", "no-store"))
}

/// `GET /podmin/census/:guid/signed`: the same, signed by the pod.
pub fn signed(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let (census, found) = load(visit)?;
    let csv = census::csv(&census.guid, &found);
    let text = visit.pod.store.read(|db| statement::make(db, &census.guid, csv, visit.now))?;
    Ok(Response::json(text)
        .with_header("Content-Disposition", "attachment; filename=\"census.json\"")
        .with_header("Cache-Control", "no-store"))
}

/// `GET /podmin/census/:guid/letter?host=&language=`: what to write to the podmin of a pod.
pub fn letter(visit: &Visit) -> Result<Response, Error> {
    let query = visit.query();
    letter_page(visit, query.get("host"), query.get("language"), None, None)
}

fn letter_page(
    visit: &Visit,
    host: &str,
    language: &str,
    written: Option<&str>,
    error: Option<Error>,
) -> Result<Response, Error> {
    let me = podmin(visit)?;
    let (census, found) = load(visit)?;
    let pod = found.iter().find(|pod| pod.host == host).ok_or(Error::Missing)?;
    let book = if text::is_language(language) { text::book(language) } else { guessed(host) };
    let languages = text::languages().map(|(tag, name)| {
        let href = format!("/podmin/census/{}/letter?host={}&language={tag}", census.guid, encoded(host));
        context! { href, text => name, here => tag == book.tag }
    });
    let (subject, text) = draft(visit, book, me, &census, pod);
    let values = context! {
        title => visit.book.words("census.letter_to", &[("host", host)]), tabs => tabs(visit),
        languages => languages.collect::<Vec<Value>>(), guid => census.guid.as_str(), host, language => book.tag,
        contact => pod.contact.as_deref(), home => format!("{}://{host}/", visit.pod.net.scheme()),
        subject, text => written.unwrap_or(&text),
        told_at => pod.told_at.map(|at| at.0), told => pod.told.as_deref(),
    };
    visit.page_with("census_letter.html", error.as_ref(), values)
}

/// The language that the podmin of a pod most likely reads.
fn guessed(host: &str) -> &'static Book {
    let name = host.split(':').next().unwrap_or_default();
    text::book(if GERMAN.iter().any(|ending| name.ends_with(ending)) { "de" } else { "en" })
}

/// Subject and text of a message to the podmin of a pod.
fn draft(visit: &Visit, book: &Book, me: &User, census: &Census, pod: &Found) -> (String, String) {
    let url = format!("{}://{}/posts/{}", visit.pod.net.scheme(), pod.host, census.guid);
    let law = ground::get(&census.ground).map(|ground| ground.law.as_str()).unwrap_or_default();
    let name = book.words(&format!("ground.{}", census.ground), &[]);
    let ground = if law.is_empty() { name } else { format!("{name} ({law})") };
    let gaps = [
        ("host", pod.host.as_str()),
        ("url", url.as_str()),
        ("ground", ground.as_str()),
        ("own", visit.pod.url.as_str()),
        ("name", me.person.name.as_str()),
    ];
    let say = |part: &str| book.words(&format!("census_letter.{part}"), &gaps);
    let parts = ["hello", "decided", "copy", "please", "again", "bye"].map(say);
    (say("subject"), parts.join("\n\n"))
}

/// `POST /podmin/census/:guid/letter`: sends it to the podmin of the pod, or notes that it was sent another way.
pub fn send(visit: &Visit) -> Result<Response, Error> {
    let me = podmin(visit)?;
    let form = visit.form()?;
    let (guid, host, words) = (visit.arg(0), form.get("host"), form.get("text"));
    let sent = match form.get("way") {
        "message" => message(visit, me, host, form.get("subject"), words),
        _ => visit.pod.write(|tx| census::told(tx, guid, host, words)).map_err(Error::from),
    };
    match sent {
        Ok(()) => Ok(visit.done(&format!("/podmin/census/{guid}"), "noted")),
        Err(error) if matches!(error.status(), 403 | 404 | 422) => {
            letter_page(visit, host, form.get("language"), Some(words), Some(error))
        }
        Err(error) => Err(error),
    }
}

/// As a private message to the ID that the pod gives as its podmin's.
fn message(visit: &Visit, me: &User, host: &str, subject: &str, words: &str) -> Result<(), Error> {
    let (_, found) = load(visit)?;
    let contact = found.into_iter().find(|pod| pod.host == host).and_then(|pod| pod.contact);
    let handle = contact.and_then(|contact| Handle::parse(&contact)).ok_or(Error::Missing)?;
    let person = discovery::find(visit.pod, &handle).map_err(|error| match error {
        discovery::Error::Barred(_) => social::Error::from(Refused::Suspended),
        _ => social::Error::Missing("person"),
    })?;
    visit.pod.write(|tx| -> Result<(), Error> {
        conversation::begin_with_podmin(tx, me, &person, subject, words)?;
        Ok(census::told(tx, visit.arg(0), host, words)?)
    })
}
