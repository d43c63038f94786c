//! Feeds: the public posts of somebody who lives here, as Atom (RFC 4287).

use std::collections::HashMap;

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::error::Error;
use super::visit::Visit;
use super::{Response, render, view};
use crate::federation::diaspora::xml;
use crate::model::{Handle, Post, Timestamp, markdown, mention};
use crate::store::{Db, accounts, posts, shown};

/// Entries (diaspora*'s number).
const ENTRIES: u32 = 25;
/// Characters of a post in its title.
const TITLE_MAX: usize = 80;

#[derive(Serialize)]
struct Entry {
    guid: String,
    title: String,
    published: String,
    updated: String,
    /// To be escaped: the feed carries it as text.
    html: String,
}

/// `GET /public/:name.atom`
pub fn of_person(visit: &Visit) -> Result<Response, Error> {
    let name = visit.arg(0).strip_suffix(".atom").ok_or(Error::Missing)?;
    let (person, posts) = visit.pod.store.read::<_, Error>(|db| {
        let user = accounts::by_name(db, name)?.filter(|user| !user.held).ok_or(Error::Missing)?;
        let newest = posts::newest_public(db, user.person.id, ENTRIES)?;
        let originals = newest.into_iter().map(|post| original(db, post)).collect::<Result<Vec<_>, Error>>()?;
        Ok((
            user.person,
            originals.into_iter().flatten().map(|post| entry(visit, db, &post)).collect::<Result<Vec<_>, Error>>()?,
        ))
    })?;
    let updated = posts.iter().map(|entry| entry.updated.clone()).max().unwrap_or_else(|| Timestamp(0).to_string());
    let feed = context! {
        lang => visit.book.tag,
        url => visit.pod.url.as_str(),
        user => name,
        guid => person.guid.as_str(),
        name => person.name,
        handle => person.handle.as_str(),
        updated,
        entries => Value::from(Serde(posts)),
    };
    let feed = xml::legal(&render::render("feed.xml", feed)?);
    Ok(Response::bytes("application/atom+xml; charset=utf-8", feed.into_bytes())
        .with_header("Cache-Control", "public, max-age=300"))
}

/// A reshare is told as its original; one whose original is gone or was written elsewhere is left out.
fn original(db: &Db, post: Post) -> Result<Option<Post>, Error> {
    match (post.reshare, post.root) {
        (false, _) => Ok(Some(post)),
        (true, root) => view::original(db, root, None)?.map_or(Ok(None), |root| Ok(posts::get(db, root)?)),
    }
}

fn entry(visit: &Visit, db: &Db, post: &Post) -> Result<Entry, Error> {
    let handles: Vec<Handle> = mention::handles(&post.text);
    let named = if handles.is_empty() { HashMap::new() } else { shown::named(db, &handles)? };
    let url = &visit.pod.url;
    let html = view::html(visit, &post.text, &named, &format!("p{}", post.id)).0;
    // A feed is read elsewhere: addresses on this pod must be whole.
    let html = html.replace("=\"/", &format!("=\"{url}/"));
    let title = markdown::plain(&post.text, TITLE_MAX);
    Ok(Entry {
        guid: post.guid.to_string(),
        title: if title.is_empty() { post.guid.to_string() } else { title },
        published: post.created_at.to_string(),
        updated: post.edited_at.unwrap_or(post.created_at).to_string(),
        html,
    })
}
