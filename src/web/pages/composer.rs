//! What stands in the form for a new post.

use serde::Serialize;

use super::photo::Brought;
use crate::model::AspectId;
use crate::store::aspects::Aspect;
use crate::web::form::Form;

#[derive(Serialize)]
pub struct Composer {
    text: String,
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
    pub fn new(aspects: Vec<Aspect>, draft: &Form, photos: Vec<Brought>) -> Composer {
        let chosen: Vec<i64> = draft.ids("audience").collect();
        let has = |value| draft.all("audience").any(|given| given == value);
        let audience = match () {
            () if has("public") => "public",
            () if has("some") || !chosen.is_empty() => "some",
            () => "all",
        };
        let choice =
            |aspect: Aspect| Choice { chosen: chosen.contains(&aspect.id.0), id: aspect.id, name: aspect.name };
        let aspects = aspects.into_iter().map(choice).collect();
        Composer { text: draft.get("text").to_owned(), audience, aspects, photos }
    }
}
