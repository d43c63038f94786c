//! Notices: what happened that concerns the user.

use std::collections::HashMap;

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use crate::model::markdown::{self, escape};
use crate::model::{CaseId, NoticeId, PersonId};
use crate::social::notice;
use crate::store;
use crate::store::notices::{self, Filter, Kind, Listed, PAGE};
use crate::store::shown::{self, Card};
use crate::web::error::Error;
use crate::web::render::Html;
use crate::web::view::{self, Face};
use crate::web::visit::Visit;
use crate::web::{Response, encoded};

/// Characters of a post in a notice.
const ABOUT_MAX: usize = 80;

/// A notice as it is shown.
#[derive(Serialize)]
struct Shown {
    id: NoticeId,
    kind: String,
    unread: bool,
    at: i64,
    /// The day it happened, in words.
    day: String,
    /// Who did it last.
    who: Face,
    html: Html,
    /// Where it happened.
    url: String,
    /// The beginning of the post it is about.
    about: String,
}

/// `GET /notifications`
pub fn list(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let query = visit.query();
    let offset = query.get("from").parse().unwrap_or(0).max(0);
    let kinds = GROUPS.iter().find(|(name, _)| *name == query.get("kind")).map_or(&[][..], |(_, kinds)| kinds);
    let filter = Filter { kinds: kinds.to_vec(), unread: query.has("unread") };
    let (mut listed, people) = visit.pod.store.read::<_, store::Error>(|db| {
        let listed = notices::list(db, me.id, &filter, offset)?;
        let people: Vec<PersonId> = listed.iter().flat_map(|notice| notice.people.clone()).collect();
        let cards = shown::cards(db, &people)?;
        Ok((listed, cards))
    })?;
    let more = listed.len() as i64 > PAGE;
    listed.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let shown: Vec<Shown> = listed.iter().filter_map(|notice| shown(visit, notice, &people)).collect();
    let values = context! {
        title => visit.say("notices.title"),
        notices => Value::from(Serde(shown)),
        tabs => tabs(visit, query.get("kind")),
        kind => query.get("kind"),
        only_unread => filter.unread,
        more => more.then(|| format!("{}from={}", address(query.get("kind"), filter.unread), offset + PAGE)),
    };
    visit.page("notifications.html", values)
}

/// Kinds that are looked at together, by the name of the group.
const GROUPS: [(&str, &[Kind]); 6] = [
    ("comments", &[Kind::Comment, Kind::AlsoCommented]),
    ("likes", &[Kind::Like, Kind::LikeComment]),
    ("mentions", &[Kind::Mention, Kind::MentionComment]),
    ("reshares", &[Kind::Reshare]),
    ("sharers", &[Kind::Sharing]),
    ("birthdays", &[Kind::Birthday]),
];

/// The page of a group, ready for one more parameter.
fn address(group: &str, unread: bool) -> String {
    let unread = if unread { "unread=1&" } else { "" };
    format!("/notifications?kind={}&{unread}", encoded(group))
}

fn tabs(visit: &Visit, here: &str) -> Vec<Value> {
    let groups = [""].into_iter().chain(GROUPS.map(|(name, _)| name));
    let text = |group: &str| visit.say(&format!("notices.group.{}", if group.is_empty() { "all" } else { group }));
    groups.map(|group| context! { href => address(group, false), text => text(group), here => group == here }).collect()
}

fn shown(visit: &Visit, notice: &Listed, people: &HashMap<PersonId, Card>) -> Option<Shown> {
    let cards: Vec<&Card> = notice.people.iter().filter_map(|id| people.get(id)).collect();
    let who = view::face(visit, cards.first()?);
    let url = decision_path(&notice.kind, notice.case).unwrap_or_else(|| match (&notice.post, &notice.comment) {
        (Some((post, _)), Some(comment)) => format!("/posts/{post}#{comment}"),
        (Some((post, _)), None) => format!("/posts/{post}"),
        (None, _) => who.url.clone(),
    });
    let (who_did, n) = (actors(visit, &cards, notice.people_count), notice.people_count.to_string());
    let html = visit.book.html(&format!("notices.{}", notice.kind), &[("who", &who_did), ("n", &n)]);
    let about = match (&notice.post, notice.case) {
        (Some((_, text)), _) => markdown::plain(text, ABOUT_MAX),
        (None, Some(case)) => visit.book.words("cases.number", &[("id", &case.to_string())]),
        (None, None) if notice.kind == Kind::Request.as_str() => visit.say("requests.title"),
        (None, None) => String::new(),
    };
    Some(Shown {
        id: notice.id,
        kind: notice.kind.clone(),
        unread: notice.unread,
        at: notice.time.0,
        day: visit.book.day(notice.time, notice.time.civil().year() != visit.now.civil().year()),
        who,
        html: Html(html),
        url,
        about,
    })
}

/// Where the podmin looks, and where whoever it concerns reads what was decided; `None`: it is about something else.
pub fn decision_path(kind: &str, case: Option<CaseId>) -> Option<String> {
    if kind == Kind::Request.as_str() {
        return Some("/podmin/requests".to_owned());
    }
    let case = case?;
    Some(match kind {
        kind if kind == Kind::Case.as_str() => format!("/podmin/cases/{case}"),
        kind if kind == Kind::Answered.as_str() => "/decisions#reports".to_owned(),
        _ => format!("/decisions/{case}"),
    })
}

/// `Ada`, `Ada and Bob`, `Ada and 2 others`, with links.
fn actors(visit: &Visit, cards: &[&Card], count: i64) -> String {
    let name = |card: &Card| format!("<a href=\"/people/{}\"><b>{}</b></a>", card.guid, escape(&card.name));
    let first = cards.first().map(|card| name(card)).unwrap_or_default();
    match (count, cards.get(1)) {
        (2, Some(second)) => visit.book.html("notices.and", &[("first", &first), ("second", &name(second))]),
        (3.., _) => visit.book.html("notices.others", &[("first", &first), ("n", &(count - 1).to_string())]),
        _ => first,
    }
}

/// `GET /notifications/unread`: the number, for the script.
pub fn count(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let unread = visit.pod.store.read::<_, store::Error>(|db| notices::count_unread(db, me.id))?;
    Ok(Response::text(200, &unread.to_string()).with_header("Cache-Control", "no-store"))
}

/// `POST /notifications/read`: one of them, or all; or one of them as unread again.
pub fn mark_read(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let id = form.ids("id").next().map(NoticeId);
    visit.pod.write(|tx| match id {
        Some(id) if form.has("unread") => notice::mark_unread(tx, me, id),
        _ => notice::mark_read(tx, me, id),
    })?;
    Ok(Response::see_other(&visit.back("/notifications")))
}
