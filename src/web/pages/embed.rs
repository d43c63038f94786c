//! Our public posts on other sites: oEmbed (§2.3), as a quotation that needs no frame and no script.

use serde_json::json;

use crate::model::markdown::{self, escape};
use crate::pod::Pod;
use crate::store::{self, people, posts, stream};
use crate::web::form::Form;
use crate::web::{Request, Response};

/// Pixels; the width when nobody asks for less.
const WIDTH: u32 = 516;
/// Characters of the text that are quoted.
const QUOTE_MAX: usize = 500;
const TITLE_MAX: usize = 60;

/// `GET /oembed?url=`: about a public post of somebody here.
pub fn oembed(pod: &Pod, request: &Request, _: &[String]) -> Response {
    let query = Form::parse(request.query.as_bytes());
    if !matches!(query.get("format"), "" | "json") {
        return Response::text(501, "only json is spoken here");
    }
    let guid = query.get("url").strip_prefix(pod.url.as_str()).and_then(|path| {
        let path = path.split(['?', '#']).next()?;
        path.strip_prefix("/posts/").or_else(|| path.strip_prefix("/p/")).map(str::to_owned)
    });
    let found = guid.map(|guid| pod.store.read(|db| quoted(pod, db, &guid))).transpose();
    match found {
        Ok(Some(Some(mut told))) => {
            let width = query.get("maxwidth").parse().map_or(WIDTH, |most: u32| most.min(WIDTH));
            told["width"] = json!(width);
            Response::json(told.to_string()).with_header("Access-Control-Allow-Origin", "*")
        }
        Ok(_) => Response::text(404, "not here"),
        Err(error) => {
            log::error!(target: "web", "oembed: {error}");
            Response::text(500, "something is broken here; the podmin's log says what")
        }
    }
}

fn quoted(pod: &Pod, db: &store::Db, guid: &str) -> store::Result<Option<serde_json::Value>> {
    let Some(place) = stream::one(db, guid, None)? else { return Ok(None) };
    let Some(post) = posts::get(db, place.id)? else { return Ok(None) };
    let author = people::get(db, post.author)?;
    let url = format!("{}/posts/{guid}", pod.url);
    let (text, name) = (markdown::plain(&post.text, QUOTE_MAX), escape(&author.name).into_owned());
    let html = format!("<blockquote><p>{}</p><p>— <a href=\"{url}\">{name}</a></p></blockquote>", escape(&text));
    Ok(Some(json!({
        "version": "1.0", "type": "rich", "html": html, "height": null,
        "title": markdown::plain(&post.text, TITLE_MAX),
        "author_name": author.name, "author_url": format!("{}/people/{}", pod.url, author.guid),
        "provider_name": pod.authority(), "provider_url": pod.url, "cache_age": 86_400,
    })))
}
