//! Comments: saying something under a post, liking and deleting what was said.

use minijinja::context;

use super::post;
use crate::model::{case, markdown};
use crate::moderation::gone;
use crate::social::{self, comment, like, retract};
use crate::store::{comments, posts, targets};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// Characters of a comment in a quotation.
const QUOTE_MAX: usize = 300;

/// `POST /posts/:guid/comments`: says something under a post, or shows how it will look.
pub fn say(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let post = visit.arg(0);
    if form.has("preview") {
        return post::page(visit, post, &form, None);
    }
    match visit.pod.write(|tx| comment::say(tx, me, post, form.get("text"))) {
        Ok(comment) => Ok(Response::see_other(&format!("/posts/{post}#{}", comment.guid))),
        Err(error @ social::Error::Invalid(_)) => post::page(visit, post, &form, Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// `POST /comments/:guid/like`
pub fn like(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    let post = visit.pod.write(|tx| {
        like::comment(tx, me, visit.arg(0))?;
        Ok::<_, social::Error>(like::seen_comment(tx, me, visit.arg(0))?.0)
    })?;
    Ok(back(visit, post.guid.as_str()))
}

/// `POST /comments/:guid/unlike`
pub fn unlike(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    let post = visit.pod.write(|tx| {
        let (post, comment) = like::seen_comment(tx, me, visit.arg(0))?;
        retract::like(tx, me, &post, Some(comment.id))?;
        Ok::<_, social::Error>(post)
    })?;
    Ok(back(visit, post.guid.as_str()))
}

/// To where the person was, at this comment.
fn back(visit: &Visit, post: &str) -> Response {
    Response::see_other(&format!("{}#{}", visit.back(&format!("/posts/{post}")), visit.arg(0)))
}

/// `GET /comments/:guid/delete`: really?
pub fn ask_delete(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let guid = visit.arg(0);
    let (comment, post, shown) = visit.pod.store.read::<_, Error>(|db| {
        let comment = targets::comment(db, guid)?.ok_or(Error::Missing)?;
        let post = posts::get(db, comment.post)?.ok_or(Error::Missing)?;
        Ok((comment, post, comments::by_guid(db, guid)?.is_some()))
    })?;
    if comment.author != me.person.id && !(shown && post.author == me.person.id) {
        return Err(Error::Missing);
    }
    let values = context! {
        title => visit.say("comment.delete_title"),
        quote => markdown::plain(&comment.text, QUOTE_MAX),
        hint => visit.say("comment.delete_hint"),
        yes => visit.say("comment.delete_yes"),
        action => format!("/comments/{guid}/delete"),
        back => if shown { format!("/posts/{}#{guid}", post.guid) } else { "/decisions".to_owned() },
    };
    visit.page("confirm.html", values)
}

/// `POST /comments/:guid/delete`
pub fn delete(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    let post = visit.pod.write(|tx| {
        gone::thing(tx, case::Kind::Comment, visit.arg(0))?;
        retract::comment(tx, me, visit.arg(0))
    })?;
    Ok(visit.done(&format!("/posts/{}#comments", post.guid), "deleted"))
}
