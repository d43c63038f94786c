//! Public posts as JSON, in the shape in which diaspora* shows them to programs. What a stranger may
//! not read is not in it, whoever asks.

use serde_json::{Value, json};

use super::error::Error;
use super::visit::Visit;
use super::{Response, view};
use crate::media::folder::{LARGE, MEDIUM, SMALL};
use crate::model::{Photo, PostId, Timestamp};
use crate::store::shown::{self, Card, Comment, Item};
use crate::store::stream::{self, Place};
use crate::store::{Db, links};

/// Whether the asking program wants JSON rather than a page.
pub fn is_wanted(visit: &Visit) -> bool {
    let accept = visit.request.header("accept").unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

/// A page of a list of posts, each with its newest comments.
pub fn page(visit: &Visit, db: &Db, mut places: Vec<Place>) -> Result<Response, Error> {
    places.truncate(stream::PAGE);
    let ids: Vec<PostId> = places.iter().map(|place| place.id).collect();
    let newest = shown::last_comments(db, &ids, None)?;
    let items = shown::items(db, &ids, None)?;
    let told = |item: &Item| {
        let own: Vec<&Comment> = newest.iter().filter(|comment| comment.post == item.post.id).collect();
        post(visit, db, item, &own)
    };
    let posts = items.iter().map(told).collect::<Result<Vec<Value>, Error>>()?;
    Ok(answer(&Value::Array(posts)))
}

/// One post.
pub fn one(visit: &Visit, db: &Db, id: PostId) -> Result<Response, Error> {
    let item = shown::items(db, &[id], None)?.pop().ok_or(Error::Missing)?;
    let found = said(db, &item)?;
    let mut told = post(visit, db, &item, &found.iter().collect::<Vec<_>>())?;
    let people =
        |cards: Vec<Card>| cards.iter().map(|card| json!({ "author": author(visit, card) })).collect::<Vec<_>>();
    told["interactions"]["likes"] = people(shown::likers(db, id)?).into();
    told["interactions"]["reshares"] = people(shown::resharers(db, id)?).into();
    Ok(answer(&told))
}

/// The comments under a post, the oldest first.
pub fn comments(visit: &Visit, db: &Db, id: PostId) -> Result<Response, Error> {
    let item = shown::items(db, &[id], None)?.pop().ok_or(Error::Missing)?;
    Ok(answer(&talk(visit, db, &said(db, &item)?.iter().collect::<Vec<_>>())?))
}

/// What strangers may read of what was said under a post and its original.
fn said(db: &Db, item: &Item) -> Result<Vec<Comment>, Error> {
    let (id, original) = (item.post.id, view::original(db, item.post.root, None)?);
    let (mut found, _) = shown::comments(db, id, None, None)?;
    found.retain(|comment| comment.post == id || Some(comment.post) == original);
    Ok(found)
}

fn talk(visit: &Visit, db: &Db, comments: &[&Comment]) -> Result<Value, Error> {
    let cards = shown::cards(db, &comments.iter().map(|comment| comment.author).collect::<Vec<_>>())?;
    let mut told = Vec::new();
    for comment in comments {
        let Some(card) = cards.get(&comment.author) else { continue };
        told.push(json!({
            "id": comment.id.0, "guid": comment.guid, "text": comment.text, "created_at": comment.time.to_string(),
            "author": author(visit, card), "mentioned_people": mentioned(db, &comment.text)?,
            "interactions": { "likes_count": comment.likes, "likes": [] },
        }));
    }
    Ok(told.into())
}

fn mentioned(db: &Db, text: &str) -> Result<Value, Error> {
    let named = shown::named(db, &view::handles([text].into_iter()))?;
    let told = named.iter().map(|(handle, (guid, name))| json!({ "guid": guid, "name": name, "diaspora_id": handle }));
    Ok(told.collect())
}

fn answer(value: &Value) -> Response {
    Response::json(value.to_string()).with_header("Cache-Control", "no-store").with_header("Vary", "Accept")
}

fn post(visit: &Visit, db: &Db, item: &Item, comments: &[&Comment]) -> Result<Value, Error> {
    let post = &item.post;
    let cards = shown::cards(db, &[post.author])?;
    let writer = cards.get(&post.author).ok_or(Error::Missing)?;
    let photos = shown::photos(db, &[post.id])?;
    let answers = shown::answers(db, &[post.id], None)?;
    let root = match view::original(db, post.root, None)? {
        Some(root) => shown::items(db, &[root], None)?.pop(),
        None => None,
    };
    let interacted = comments.iter().map(|comment| comment.time).fold(post.created_at, Timestamp::max);
    let poll = answers.first().map(|first| {
        let votes: i64 = answers.iter().map(|answer| answer.votes).sum();
        let choice = |answer: &shown::Answer| json!({ "answer": answer.text, "vote_count": answer.votes });
        json!({
            "question": first.question, "participation_count": votes,
            "poll_answers": answers.iter().map(choice).collect::<Vec<_>>(),
        })
    });
    Ok(json!({
        "id": post.id.0, "guid": post.guid, "public": post.public,
        "created_at": post.created_at.to_string(), "interacted_at": interacted.to_string(),
        "provider_display_name": post.provider, "text": post.text,
        "post_type": if post.reshare { "Reshare" } else { "StatusMessage" },
        "title": crate::model::markdown::plain(&post.text, 70),
        "nsfw": writer.nsfw || view::is_nsfw(&post.text),
        "author": author(visit, writer),
        "root": root.map(|root| self::post(visit, db, &root, &[])).transpose()?,
        "photos": photos.iter().map(|(_, one)| photo(one)).collect::<Vec<_>>(),
        "poll": poll,
        "location": post.place,
        "mentioned_people": mentioned(db, &post.text)?,
        "o_embed_cache": null,
        "open_graph_cache": preview(db, item)?,
        "interactions": {
            "likes_count": item.likes, "comments_count": item.comments, "reshares_count": item.reshares,
            "comments": talk(visit, db, comments)?, "likes": [], "reshares": [],
        },
    }))
}

/// What the first link of a post leads to.
fn preview(db: &Db, item: &Item) -> Result<Value, Error> {
    let Some(url) = view::first_link(item) else { return Ok(Value::Null) };
    let told = links::get(db, &[url])?.remove(url);
    Ok(told.map_or(
        Value::Null,
        |link| json!({ "url": url, "title": link.title, "description": link.description, "image": link.image }),
    ))
}

fn author(visit: &Visit, card: &Card) -> Value {
    let image = card.image.clone().unwrap_or_else(|| format!("{}/avatar.png", visit.pod.url));
    json!({
        "id": card.id.0, "guid": card.guid, "name": card.name, "diaspora_id": card.handle,
        "avatar": { "small": image, "medium": image, "large": image },
    })
}

fn photo(photo: &Photo) -> Value {
    let size = |prefix: &str| format!("{}{prefix}{}", photo.path, photo.name);
    json!({
        "guid": photo.guid, "dimensions": { "height": photo.height, "width": photo.width },
        "sizes": { "small": size(SMALL), "medium": size(MEDIUM), "large": size(LARGE), "raw": size("") },
        "text": photo.text,
    })
}
