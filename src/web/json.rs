//! Public posts as JSON, in the shape in which diaspora* shows them to programs (inventory 3.6). What a stranger may
//! not read is not in it, whoever asks.

use serde_json::{Value, json};

use super::error::Error;
use super::visit::Visit;
use super::{Response, view};
use crate::media::folder::{LARGE, MEDIUM, SMALL};
use crate::model::{Photo, PostId};
use crate::store::Db;
use crate::store::shown::{self, Card, Comment, Item};

/// Whether the asking program wants JSON rather than a page.
pub fn is_wanted(visit: &Visit) -> bool {
    let accept = visit.request.header("accept").unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

/// A list of posts.
pub fn posts(visit: &Visit, db: &Db, ids: &[PostId]) -> Result<Response, Error> {
    let items = shown::items(db, ids, None)?;
    let posts = items.iter().map(|item| post(visit, db, item)).collect::<Result<Vec<Value>, Error>>()?;
    Ok(answer(&Value::Array(posts)))
}

/// One post.
pub fn one(visit: &Visit, db: &Db, id: PostId) -> Result<Response, Error> {
    let item = shown::items(db, &[id], None)?.pop().ok_or(Error::Missing)?;
    Ok(answer(&post(visit, db, &item)?))
}

/// The comments under a post, the oldest first.
pub fn comments(visit: &Visit, db: &Db, id: PostId) -> Result<Response, Error> {
    let found = shown::comments(db, id, None, None)?;
    let cards = shown::cards(db, &found.iter().map(|comment| comment.author).collect::<Vec<_>>())?;
    let told = |comment: &Comment| {
        Some(json!({
            "id": comment.id.0, "guid": comment.guid, "text": comment.text, "created_at": comment.time.to_string(),
            "author": author(visit, cards.get(&comment.author)?),
            "interactions": { "likes_count": comment.likes },
        }))
    };
    Ok(answer(&Value::Array(found.iter().filter_map(told).collect())))
}

fn answer(value: &Value) -> Response {
    Response::json(value.to_string()).with_header("Cache-Control", "no-store").with_header("Vary", "Accept")
}

fn post(visit: &Visit, db: &Db, item: &Item) -> Result<Value, Error> {
    let post = &item.post;
    let cards = shown::cards(db, &[post.author])?;
    let writer = cards.get(&post.author).ok_or(Error::Missing)?;
    let photos = shown::photos(db, &[post.id])?;
    let answers = shown::answers(db, &[post.id], None)?;
    let root = match post.root {
        Some(root) => shown::items(db, &[root], None)?.pop(),
        None => None,
    };
    let named = shown::named(db, &view::handles([post.text.as_str()].into_iter()))?;
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
        "created_at": post.created_at.to_string(), "interacted_at": post.created_at.to_string(),
        "provider_display_name": post.provider, "text": post.text,
        "post_type": if post.reshare { "Reshare" } else { "StatusMessage" },
        "title": crate::model::markdown::plain(&post.text, 70),
        "nsfw": writer.nsfw || view::is_nsfw(&post.text),
        "author": author(visit, writer),
        "root": root.map(|root| self::post(visit, db, &root)).transpose()?,
        "photos": photos.iter().map(|(_, one)| photo(one)).collect::<Vec<_>>(),
        "poll": poll,
        "location": post.place,
        "mentioned_people": named.iter().map(|(handle, (guid, name))| {
            json!({ "guid": guid, "name": name, "diaspora_id": handle })
        }).collect::<Vec<_>>(),
        "interactions": {
            "likes_count": item.likes, "comments_count": item.comments, "reshares_count": item.reshares,
            "comments": [], "likes": [], "reshares": [],
        },
    }))
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
