//! What stands in the form for a new post.

use serde::Serialize;

use super::photo::{Brought, Chosen, brought};
use super::stream::main_page;
use crate::model::{AspectId, Audience};
use crate::store::aspects::{self, Aspect};
use crate::store::{Db, settings};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::render::Html;
use crate::web::view;
use crate::web::visit::Visit;

/// Something was written and is not posted yet.
#[derive(Serialize)]
pub struct Composer {
    text: String,
    /// The text as it will be shown.
    preview: Option<Html>,
    question: String,
    /// One a line.
    answers: String,
    place: String,
    lat: String,
    lng: String,
    /// `public`, `all` or `some`.
    audience: &'static str,
    aspects: Vec<Choice>,
    photos: Vec<Brought>,
}

#[derive(Serialize)]
struct Choice {
    id: AspectId,
    name: String,
    chosen: bool,
}

impl Composer {
    /// The form as it was sent, or an empty one.
    pub fn read(visit: &Visit, db: &Db, draft: &Form, photos: &Chosen) -> Result<Composer, Error> {
        let me = visit.signed_in()?;
        let text = draft.get("text").to_owned();
        let preview = draft.has("preview").then(|| view::preview(visit, &text)).transpose()?;
        let (audience, aspects) = audience(draft, settings::audience(db, me.id)?, aspects::of_user(db, me.id)?);
        let field = |name| draft.get(name).to_owned();
        Ok(Composer {
            text,
            preview,
            question: field("question"),
            answers: field("answers"),
            place: field("place"),
            lat: field("lat"),
            lng: field("lng"),
            audience,
            aspects,
            photos: brought(visit, db, photos)?,
        })
    }
}

/// Who the draft is for, or who posts of the user usually are for; and the aspects, those of them ticked.
fn audience(draft: &Form, usual: Audience, aspects: Vec<Aspect>) -> (&'static str, Vec<Choice>) {
    let chosen = if draft.has("audience") { chosen(draft) } else { usual };
    let (audience, ticked) = chosen.parts();
    let choice = |aspect: Aspect| Choice { chosen: ticked.contains(&aspect.id), id: aspect.id, name: aspect.name };
    (audience, aspects.into_iter().map(choice).collect())
}

/// Who a form's `audience` names: `public`, `all`, else the ids of aspects. Nobody is an error of the deed.
pub fn chosen(form: &Form) -> Audience {
    let has = |value| form.all("audience").any(|given| given == value);
    match () {
        () if has("public") => Audience::Public,
        () if has("all") => Audience::All,
        () => Audience::Some(form.ids("audience").map(AspectId).collect()),
    }
}

/// `GET /bookmarklet?url=&title=&notes=&text=`: the composer with a link, for bookmarks that post what one reads, for
/// "share" buttons elsewhere and for the share menu of a phone.
pub fn bookmarklet(visit: &Visit) -> Result<Response, Error> {
    let query = visit.query();
    let line = |name| query.get(name).split_whitespace().collect::<Vec<_>>().join(" ");
    let (url, title) = (line("url"), line("title"));
    let name: String = title.chars().map(|c| if "[]".contains(c) { ' ' } else { c }).collect();
    let link = match (url.as_str(), name.trim()) {
        ("", title) => title.to_owned(),
        (url, "") => url.to_owned(),
        (url, title) => format!("[{title}]({url})"),
    };
    let parts = [link.as_str(), query.get("notes").trim(), query.get("content").trim(), query.get("text").trim()];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    main_page(visit, &Form::of([("text", text.as_str())]), &Vec::new(), None)
}
