//! People: finding them, their pages, sharing with them and ignoring them.

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::stream::before;
use crate::model::{AspectId, Handle, Need, Person, tag};
use crate::social::{contact, ignore};
use crate::store::directory::{self, Standing};
use crate::store::shown::Card;
use crate::store::stream;
use crate::store::{self, Db, accounts, aspects, needs, notices, people, search};
use crate::web::error::Error;
use crate::web::render::Html;
use crate::web::view::{self, Face};
use crate::web::visit::Visit;
use crate::web::{Response, encoded, json};

/// `GET /people?q=`: people by name, posts by their words, a tag by its page; a full diaspora* ID that nobody here knows is looked up on its pod, while the page
/// reloads itself.
pub fn find(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let query = visit.query();
    let words = query.get("q").trim().trim_start_matches('@').to_owned();
    if let Some(tag) = tag::at_start(&words).filter(|tag| tag.len() + 1 == words.len()) {
        return Ok(Response::see_other(&format!("/tags/{}", encoded(&tag::canonical(tag)))));
    }
    let handle = Handle::clean(&words);
    let known = match &handle {
        Some(handle) => visit.pod.store.read::<_, store::Error>(|db| people::present(db, handle))?,
        None => None,
    };
    if let Some(person) = known {
        return Ok(Response::see_other(&format!("/people/{}", person.guid)));
    }
    let looked = match &handle {
        Some(handle) => look_up(visit, handle, query.has("again"))?,
        None => Lookup::Not,
    };
    let before = before(&query);
    let (found, posts) = if words.chars().count() < 2 || handle.is_some() {
        (Vec::new(), view::Page::default())
    } else {
        // When nothing can be written, what is known is searched.
        if visit.pod.store.read::<_, store::Error>(search::lags)?
            && let Err(error) = visit.pod.write::<_, store::Error>(search::catch_up)
        {
            log::error!(target: "web", "search: {error}");
        }
        visit.pod.store.read::<_, Error>(|db| {
            // People stand on the first page only.
            let found = if query.has("id") { Vec::new() } else { directory::search(db, me, &words)? };
            Ok((found, view::page(visit, db, search::posts(db, me, &words, before)?)?))
        })?
    };
    let faces: Vec<Face> = found.iter().map(|card| view::face(visit, card)).collect();
    let values = context! {
        title => visit.say("find.title"),
        q => words.as_str(),
        looking => looked == Lookup::Running,
        failed => looked == Lookup::Failed,
        people => Value::from(Serde(faces)),
        more => view::next_link(&format!("/people?q={}", encoded(&words)), posts.next),
        posts => Value::from(Serde(posts.posts)),
    };
    let page = visit.page("people.html", values)?;
    // Not a tag in the page: the address changes, so that the next view knows that it is not the first.
    match (looked, handle) {
        (Lookup::Running, Some(handle)) => {
            Ok(page.with_header("Refresh", format!("1; url=/people?q={}&again=1", encoded(handle.as_str()))))
        }
        _ => Ok(page),
    }
}

/// How far the lookup of an unknown ID is.
#[derive(Clone, Copy, PartialEq)]
enum Lookup {
    Not,
    Running,
    Failed,
}

/// Asks for a person who is not known here, or looks how that goes.
fn look_up(visit: &Visit, handle: &Handle, again: bool) -> Result<Lookup, Error> {
    // Who is looked for is asked for their last posts too.
    let need = Need::Posts(handle.clone());
    let attempts = visit.pod.store.read::<_, store::Error>(|db| needs::attempts(db, &need))?;
    match (attempts, again) {
        (Some(0), _) => Ok(Lookup::Running),
        (Some(_), _) | (None, true) => Ok(Lookup::Failed),
        (None, false) if handle.host() == visit.pod.authority() => Ok(Lookup::Failed),
        // A link on another page may not make this pod ask around.
        (None, false) if visit.request.header("sec-fetch-site") == Some("cross-site") => Ok(Lookup::Not),
        (None, false) => {
            visit.pod.write::<_, store::Error>(|tx| needs::add(tx, &need))?;
            Ok(Lookup::Running)
        }
    }
}

/// Contacts that the composer offers while a name is typed (diaspora*'s number).
const SUGGESTED: usize = 5;

/// `GET /people/suggest?q=`: contacts for a mention, as JSON: `[{name, handle}]`.
pub fn suggest(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let query = visit.query();
    let words = query.get("q").trim();
    let found = match words.chars().count() {
        2.. => visit.pod.store.read::<_, store::Error>(|db| directory::search_contacts(db, me, words))?,
        _ => Vec::new(),
    };
    let listed =
        found.iter().take(SUGGESTED).map(|card| serde_json::json!({ "name": card.name, "handle": card.handle }));
    let body = serde_json::Value::Array(listed.collect()).to_string();
    Ok(Response::bytes("application/json", body.into_bytes()).with_header("Cache-Control", "no-store"))
}

/// `GET /people/:guid`: a person and what the reader may see of them. Strangers see people who live here.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    let before = before(&visit.query());
    let (shown, page, choices, told) = visit.pod.store.read::<_, Error>(|db| {
        let person = people::by_guid(db, visit.arg(0))?.ok_or(Error::Missing)?;
        let told = match visit.me() {
            Some(me) => notices::any_about_person(db, me.id, person.id)?,
            None => false,
        };
        if visit.me().is_none() && !person.is_local() {
            return Err(Error::Missing);
        }
        let page = view::page(visit, db, stream::of_person(db, person.id, visit.me(), before)?)?;
        let choices = choices(visit, db, &person)?;
        Ok((Profile::read(visit, db, &person, &choices)?, page, choices, told.then_some(person.id)))
    })?;
    if let (Some(me), Some(person)) = (visit.me(), told) {
        visit.note_read(|tx| notices::mark_read_about_person(tx, me.id, person));
    }
    let values = context! {
        title => shown.name.clone(),
        more => view::next_link(&visit.request.path, page.next),
        person => Value::from(Serde(shown)),
        aspects => Value::from(Serde(choices)),
        posts => Value::from(Serde(page.posts)),
    };
    visit.page("person.html", values)
}

/// `GET /people/:guid/stream`: the public posts of somebody who lives here, as JSON; other pods ask for it when they
/// found the person just now.
pub fn posts(visit: &Visit) -> Result<Response, Error> {
    visit.pod.store.read(|db| {
        let user = accounts::by_guid(db, visit.arg(0))?.ok_or(Error::Missing)?;
        json::page(visit, db, stream::of_person(db, user.person.id, None, before(&visit.query()))?)
    })
}

/// An aspect that a person may be put into.
#[derive(Serialize)]
struct Choice {
    id: AspectId,
    name: String,
    chosen: bool,
}

fn choices(visit: &Visit, db: &Db, person: &Person) -> Result<Vec<Choice>, store::Error> {
    let Some(me) = visit.me() else { return Ok(Vec::new()) };
    let chosen = aspects::of_person(db, me.id, person.id)?;
    let all = aspects::of_user(db, me.id)?;
    Ok(all.into_iter().map(|a| Choice { chosen: chosen.contains(&a.id), id: a.id, name: a.name }).collect())
}

/// What the page of a person shows of them.
#[derive(Serialize)]
struct Profile {
    guid: String,
    name: String,
    handle: String,
    /// The ID as it stands in an address.
    mention: String,
    user: String,
    local: bool,
    searchable: bool,
    closed: bool,
    portrait: Option<String>,
    initial: String,
    hue: u8,
    tags: Html,
    /// How they stand to the reader: `me`, `mutual`, `sharing`, `receiving`, `ignored`.
    state: Option<&'static str>,
    me: bool,
    ignored: bool,
    /// Names of the aspects they are in.
    chosen: String,
    bio: Html,
    location: String,
    gender: String,
    birthday: Option<String>,
}

impl Profile {
    fn read(visit: &Visit, db: &Db, person: &Person, choices: &[Choice]) -> Result<Profile, Error> {
        let me = visit.me();
        let standing = match me {
            Some(me) => directory::standing(db, me.id, person.id)?,
            None => Standing { sharing: false, ignored: false },
        };
        let is_me = me.is_some_and(|me| me.person.id == person.id);
        let chosen: Vec<&str> = choices.iter().filter(|c| c.chosen).map(|c| c.name.as_str()).collect();
        // Somebody elsewhere told us what we may know; somebody here tells only those they share with.
        let open = is_me || !person.is_local() || person.profile.public_details || shares(db, person, visit)?;
        let told = |text: &str| if open { text.to_owned() } else { String::new() };
        let known = std::collections::HashMap::new();
        let images = &person.profile.images;
        let image = images.large.as_ref().or(images.medium.as_ref());
        Ok(Profile {
            guid: person.guid.to_string(),
            name: person.name.clone(),
            handle: person.handle.to_string(),
            mention: encoded(person.handle.as_str()),
            user: person.handle.user().to_owned(),
            local: person.is_local(),
            searchable: person.profile.searchable,
            closed: person.closed_at.is_some(),
            portrait: image.and_then(|address| view::picture(visit, address)),
            initial: view::initial(&person.name),
            hue: view::hue(&person.handle),
            tags: tags(visit, &person.profile.tags),
            state: state(is_me, standing, !chosen.is_empty()),
            me: is_me,
            ignored: standing.ignored,
            chosen: chosen.join(", "),
            bio: view::html(visit, &told(&person.profile.bio), &known, "bio"),
            location: told(&person.profile.location),
            gender: told(&person.profile.gender),
            birthday: person.profile.birthday.as_deref().filter(|_| open).and_then(|date| birthday(visit, date)),
        })
    }
}

/// Whether a person who lives here shares with the reader.
fn shares(db: &Db, person: &Person, visit: &Visit) -> Result<bool, Error> {
    let (Some(me), Some(owner)) = (visit.me(), accounts::by_person(db, person.id)?) else { return Ok(false) };
    Ok(store::contacts::is_shared_with(db, owner.id, me.person.id)?)
}

fn state(is_me: bool, standing: Standing, receiving: bool) -> Option<&'static str> {
    match (is_me, standing.ignored, standing.sharing, receiving) {
        (true, ..) => Some("self"),
        (_, true, ..) => Some("ignored"),
        (_, _, true, true) => Some("mutual"),
        (_, _, true, false) => Some("sharing"),
        (_, _, false, true) => Some("receiving"),
        (_, _, false, false) => None,
    }
}

/// The tags of a profile as links.
fn tags(visit: &Visit, tags: &str) -> Html {
    let known = std::collections::HashMap::new();
    let html = view::html(visit, tags, &known, "tags").0;
    Html(html.trim_start_matches("<p>").trim_end_matches("</p>").to_owned())
}

/// A birthday as people say it: day and month, and the year when it is told.
fn birthday(visit: &Visit, date: &str) -> Option<String> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let month = visit.book.month(u8::try_from(month).ok()?);
    let key = if year > 1004 { "time.long" } else { "time.short" };
    Some(visit.book.words(key, &[("day", &day.to_string()), ("month", &month), ("year", &year.to_string())]))
}

/// `GET /u/:name`: the page of somebody who lives here, under a name one can say.
pub fn by_name(visit: &Visit) -> Result<Response, Error> {
    let user = visit.pod.store.read::<_, store::Error>(|db| accounts::by_name(db, visit.arg(0)))?;
    Ok(Response::see_other(&format!("/people/{}", user.ok_or(Error::Missing)?.person.guid)))
}

/// `POST /people/:guid/aspects`: puts a person into these aspects and no others.
pub fn set_aspects(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let chosen: Vec<AspectId> = form.ids("aspects").map(AspectId).collect();
    visit.pod.write(|tx| contact::set_aspects(tx, me, visit.arg(0), &chosen))?;
    let what = if chosen.is_empty() { "saved" } else { "shared" };
    Ok(visit.done(&format!("/people/{}", visit.arg(0)), what))
}

/// `POST /people/:guid/ignore`
pub fn ignore(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| ignore::add(tx, me, visit.arg(0)))?;
    Ok(visit.done(&format!("/people/{}", visit.arg(0)), "ignored"))
}

/// `POST /people/:guid/unignore`
pub fn unignore(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| ignore::remove(tx, me, visit.arg(0)))?;
    Ok(visit.done(&format!("/people/{}", visit.arg(0)), "unignored"))
}

/// People of a list as faces.
pub fn faces(visit: &Visit, cards: &[Card]) -> Value {
    let faces: Vec<Face> = cards.iter().map(|card| view::face(visit, card)).collect();
    Value::from(Serde(faces))
}
