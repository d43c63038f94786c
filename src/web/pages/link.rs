//! Links within the network: `diaspora://ID/post/GUID` (diaspora* protocol, "text conventions").

use crate::model::Handle;
use crate::store;
use crate::store::{people, posts};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// `GET /link?q=`: to the post when it is here and by this person, else to the person.
pub fn follow(visit: &Visit) -> Result<Response, Error> {
    visit.signed_in()?;
    let query = visit.query();
    let link = query.get("q").trim_start_matches("web+").trim_start_matches("diaspora:").trim_start_matches('/');
    let mut parts = link.split('/');
    let author = Handle::clean(parts.next().unwrap_or_default()).ok_or(Error::Missing)?;
    let guid = parts.nth(1).unwrap_or_default();
    let by_author = visit.pod.store.read::<_, store::Error>(|db| {
        let (person, post) = (people::present(db, &author)?, posts::by_guid(db, guid)?);
        Ok(person.zip(post).is_some_and(|(person, post)| post.author == person.id))
    })?;
    let to = if by_author { format!("/posts/{guid}") } else { format!("/people?q={author}") };
    Ok(Response::see_other(&to))
}
