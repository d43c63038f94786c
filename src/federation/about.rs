//! What the pod tells other pods about itself and its people, and what it gives them when they ask.

use super::diaspora::documents::hcard::{self, Hcard};
use super::diaspora::documents::{host_meta, jrd, nodeinfo};
use super::diaspora::{PrivateKey, PublicKey, envelope};
use super::write;
use crate::model::{Guid, Handle, Post, Timestamp, User};
use crate::pod::Pod;
use crate::store::{self, Db, accounts, comments, people, polls, posts};

/// Base address with its slash at the end, as documents carry it.
fn base(pod: &Pod) -> String {
    format!("{}/", pod.url)
}

/// The WebFinger answer about one of our people: its content type and text.
pub fn webfinger(pod: &Pod, resource: &str) -> Result<Option<String>, store::Error> {
    let Some(handle) = Handle::clean(resource) else { return Ok(None) };
    let Some(user) = pod.store.read(|db| local(db, &handle))? else { return Ok(None) };
    // Who cannot sign yet cannot be found yet.
    let key = pod.store.read(|db| people::key(db, user.person.id))?;
    Ok(key.map(|_| jrd::write(&user.person.handle, &user.person.guid, &base(pod))))
}

fn local(db: &Db, handle: &Handle) -> Result<Option<User>, store::Error> {
    match people::by_handle(db, handle)? {
        Some(person) => Ok(accounts::by_person(db, person.id)?.filter(|user| !user.held)),
        None => Ok(None),
    }
}

/// The hCard of one of our people.
pub fn hcard(pod: &Pod, guid: &str) -> Result<Option<String>, store::Error> {
    let found = pod.store.read(|db| -> Result<_, store::Error> {
        let Some(user) = accounts::by_guid(db, guid)? else { return Ok(None) };
        let key = people::key(db, user.person.id)?;
        Ok(key.map(|key| (user.person, key)))
    })?;
    let Some((person, key)) = found else { return Ok(None) };
    let Some(pem) = PublicKey::from_der(&key).and_then(|key| key.to_pem()).ok() else { return Ok(None) };
    let fallback = format!("{}avatar.png", base(pod));
    let images = person.profile.images;
    let card = Hcard {
        guid: person.guid,
        full_name: person.name.chars().take(70).collect(),
        first_name: person.profile.first_name,
        last_name: person.profile.last_name,
        public_key: pem,
        photos: [images.large, images.medium, images.small].map(|image| image.unwrap_or_else(|| fallback.clone())),
        searchable: person.profile.searchable,
    };
    Ok(Some(hcard::write(&card, &person.handle, &base(pod))))
}

/// `/.well-known/host-meta`: its content type and text.
pub fn host_meta(pod: &Pod) -> (&'static str, String) {
    (host_meta::CONTENT_TYPE, host_meta::write(&base(pod)))
}

/// `/.well-known/nodeinfo`.
pub fn nodeinfo_links(pod: &Pod) -> String {
    nodeinfo::well_known(&base(pod))
}

/// NodeInfo in one of its versions: its content type and text; `None` when there is no such version.
pub fn nodeinfo(pod: &Pod, version: &str) -> Result<Option<(String, String)>, store::Error> {
    let now = pod.now();
    let days = |days: i64| Timestamp(now.0 - days * 86_400);
    let info = pod.store.read(|db| -> Result<_, store::Error> {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(nodeinfo::NodeInfo {
            open_registrations: false,
            users: count(accounts::count_since(db, Timestamp(0))?),
            active_half_year: count(accounts::count_since(db, days(180))?),
            active_month: count(accounts::count_since(db, days(30))?),
            posts: count(posts::count_local(db)?),
            comments: count(comments::count_local(db)?),
            podmin: accounts::speaker(db)?.filter(|speaker| speaker.podmin).map(|speaker| speaker.name),
        })
    })?;
    Ok(nodeinfo::write(version, &info).map(|document| (nodeinfo::content_type(version), document)))
}

/// What another pod gets when it asks for a thing.
pub enum Fetched {
    /// A signed envelope.
    Envelope(String),
    /// It is at another pod.
    Elsewhere(String),
    Nothing,
}

/// `/fetch/KIND/GUID` (diaspora* protocol, "Fetching"): public things only; ours signed, others' by redirect.
pub fn fetch(pod: &Pod, kind: &str, guid: &str) -> Result<Fetched, write::Error> {
    if Guid::parse(guid).is_none() {
        return Ok(Fetched::Nothing);
    }
    let found = pod.store.read(|db| -> Result<_, write::Error> {
        let Some((post, payload)) = fetched(db, kind, guid)? else { return Ok(None) };
        if !post.public {
            return Ok(None);
        }
        let owner = people::get(db, post.author)?;
        if !owner.is_local() {
            return Ok(Some(Err(format!("{}/fetch/{kind}/{guid}", owner.url))));
        }
        let Some(user) = accounts::by_person(db, owner.id)? else { return Ok(None) };
        let key = accounts::key(db, user.id)?.ok_or(write::Error::NoKey(owner.handle.clone()))?;
        Ok(Some(Ok((payload, owner.handle, key))))
    })?;
    match found {
        None => Ok(Fetched::Nothing),
        Some(Err(url)) => Ok(Fetched::Elsewhere(url)),
        Some(Ok((payload, owner, key))) => {
            let key = PrivateKey::from_der(&key).map_err(super::diaspora::Error::from)?;
            Ok(Fetched::Envelope(envelope::sign(&payload, &owner, &key)?))
        }
    }
}

/// The post that a thing belongs to, and the thing as a payload. Others' posts are not written, only known.
fn fetched(db: &Db, kind: &str, guid: &str) -> Result<Option<(Post, String)>, write::Error> {
    match kind {
        "post" | "status_message" | "reshare" => {
            let wanted = |post: &Post| kind == "post" || post.reshare == (kind == "reshare");
            let post = posts::by_guid(db, guid)?.filter(wanted);
            with_payload(db, post)
        }
        "poll" => match polls::by_guid(db, guid)? {
            Some((_, post)) => with_payload(db, posts::get(db, post)?),
            None => Ok(None),
        },
        "comment" => {
            let Some(comment) = comments::by_guid(db, guid)? else { return Ok(None) };
            let Some(post) = posts::get(db, comment.post)? else { return Ok(None) };
            let payload = write::comment(db, comment.id)?.unwrap_or_default();
            Ok(Some((post, payload)))
        }
        _ => Ok(None),
    }
}

fn with_payload(db: &Db, post: Option<Post>) -> Result<Option<(Post, String)>, write::Error> {
    let Some(post) = post else { return Ok(None) };
    let payload = write::post_entity(db, post.clone())?.to_xml();
    Ok(Some((post, payload)))
}
