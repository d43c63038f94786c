//! Photos: bringing them, showing them, taking them out of posts.

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::stream::main_page;
use crate::media::folder::{self, LARGE, SCALED};
use crate::media::picture;
use crate::model::{PhotoId, case};
use crate::moderation::{self, gone};
use crate::pod::Pod;
use crate::social::{self, Refused, photo};
use crate::store::{self, held, people, photos};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::view;
use crate::web::visit::Visit;
use crate::web::{Body, Request, Response};

/// Photos on a page of somebody's.
const PAGE: usize = 30;

/// GUIDs of photos for a post that is being written, and what each shows.
pub type Chosen = Vec<(String, String)>;

/// `GET /uploads/images/:name`: a picture of somebody here, to whoever knows its name (as diaspora* does).
pub fn show(pod: &Pod, _: &Request, args: &[String]) -> Response {
    let name = folder::split(&args[0]).1;
    // What cannot be looked up is not shown.
    if pod.store.read(|db| held::hides_picture(db, None, name, "")).unwrap_or(true) {
        return Response::text(404, "not here");
    }
    let found = folder::content_type(&args[0]).zip(pod.photos.open(&args[0]));
    let Some((content_type, (file, length))) = found else { return Response::text(404, "not here") };
    Response::new(200)
        .with_header("Content-Type", content_type)
        .with_header("Cache-Control", "public, max-age=86400")
        .with_header("Content-Disposition", "inline")
        .with_body(Body::File(file.into(), length))
}

/// `POST /photos`: adds photos to the post that is being written, or drops one of them, and shows it again.
pub fn bring(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    if form.has("drop") {
        visit.pod.write(|tx| photo::forget(tx, me, form.get("drop")))?;
        visit.pod.sweep()?;
    }
    let (chosen, failed) = take_in(visit, &form);
    main_page(visit, &form, &chosen, failed)
}

/// Keeps the pictures that came with a form, up to the first that cannot be kept: reading pictures is much work. Gives
/// back all photos of the post that is being written, and why that one could not be kept.
pub fn take_in(visit: &Visit, form: &Form) -> (Chosen, Option<Error>) {
    let alt = |guid: &str| form.get(&format!("alt-{guid}")).to_owned();
    let dropped = form.get("drop");
    let mut chosen: Chosen =
        form.all("photo").filter(|guid| *guid != dropped).map(|guid| (guid.to_owned(), alt(guid))).collect();
    for file in form.files(visit.request, "photos") {
        match keep(visit, file) {
            Ok(guid) => chosen.push((guid, String::new())),
            Err(error) => return (chosen, Some(error)),
        }
    }
    (chosen, None)
}

fn keep(visit: &Visit, file: crate::media::source::Source) -> Result<String, Error> {
    let (me, pod) = (visit.signed_in()?, visit.pod);
    pod.store.read(|db| photo::may_bring(db, me))?;
    let kept = picture::keep(&pod.photos, file)?;
    let path = pod.photos_url();
    let (width, height) = (kept.width, kept.height);
    let new = photo::New { path: &path, name: &kept.name, width, height, brought: &kept.brought, shown: &kept.shown };
    match pod.write(|tx| moderation::picture::bring(tx, me, &new)) {
        Ok(Some(photo)) => Ok(photo.guid.to_string()),
        Ok(None) => Err(social::Error::from(Refused::InBank).into()),
        Err(error) => {
            // Nothing knows of the files yet; what stays is found a day later.
            let _ = pod.photos.remove(&kept.name);
            Err(error.into())
        }
    }
}

/// A photo that was brought, in the form for a post.
#[derive(Serialize)]
pub struct Brought {
    guid: String,
    src: String,
    alt: String,
}

/// The photos of a form that are still there.
pub fn brought(visit: &Visit, db: &store::Db, chosen: &Chosen) -> Result<Vec<Brought>, Error> {
    let me = visit.signed_in()?;
    let guids: Vec<&str> = chosen.iter().map(|(guid, _)| guid.as_str()).collect();
    let found = photos::unposted(db, me.person.id, &guids)?.into_iter().map(|(_, photo)| {
        let known = chosen.iter().find(|(guid, _)| guid == photo.guid.as_str());
        let src = format!("{}{LARGE}{}", folder::PATH, photo.name);
        Brought { alt: known.map_or_else(String::new, |(_, alt)| alt.clone()), guid: photo.guid.to_string(), src }
    });
    Ok(found.collect())
}

/// A photo on the page of all photos of somebody.
#[derive(Serialize)]
struct Shown {
    guid: String,
    post: String,
    src: String,
    full: String,
    alt: String,
}

/// `GET /people/:guid/photos`: photos of somebody that the reader may see.
pub fn of_person(visit: &Visit) -> Result<Response, Error> {
    let before = visit.query().get("before").parse().map_or(PhotoId(i64::MAX), PhotoId);
    let (person, mut found) = visit.pod.store.read::<_, Error>(|db| {
        let person = people::by_guid(db, visit.arg(0))?.ok_or(Error::Missing)?;
        if visit.me().is_none() && !person.is_local() {
            return Err(Error::Missing);
        }
        let found = photos::of_person(db, person.id, visit.me(), before, PAGE as i64 + 1)?;
        Ok((person, found))
    })?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| more).map(|(id, _, _)| id.0);
    let shown: Vec<Shown> = found
        .into_iter()
        .filter_map(|(_, post, photo)| {
            Some(Shown {
                src: view::picture(visit, &format!("{}{SCALED}{}", photo.path, photo.name))?,
                full: view::picture(visit, &format!("{}{}", photo.path, photo.name))?,
                alt: if photo.text.is_empty() { visit.say("post.picture") } else { photo.text },
                guid: photo.guid.to_string(),
                post,
            })
        })
        .collect();
    let values = context! {
        title => visit.book.words("photos.title", &[("who", &person.name)]),
        person => person.guid.as_str(),
        mine => visit.me().is_some_and(|me| me.person.id == person.id),
        photos => Value::from(Serde(shown)),
        more => last.map(|id| format!("/people/{}/photos?before={id}", person.guid)),
    };
    visit.page("photos.html", values)
}

/// `GET /photos/:guid/delete`: really?
pub fn ask_delete(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let guid = visit.arg(0);
    let found = visit.pod.store.read::<_, store::Error>(|db| photos::by_guid(db, guid))?;
    found.filter(|(_, author, _)| *author == me.person.id).ok_or(Error::Missing)?;
    let values = context! {
        title => visit.say("photos.delete_title"),
        quote => "",
        hint => visit.say("photos.delete_hint"),
        yes => visit.say("photos.delete_yes"),
        action => format!("/photos/{guid}/delete"),
        back => format!("/people/{}/photos", me.person.guid),
    };
    visit.page("confirm.html", values)
}

/// `POST /photos/:guid/delete`
pub fn delete(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write::<_, social::Error>(|tx| {
        gone::thing(tx, case::Kind::Photo, visit.arg(0))?;
        photo::remove(tx, me, visit.arg(0))
    })?;
    visit.pod.sweep()?;
    Ok(visit.done(&format!("/people/{}/photos", me.person.guid), "deleted"))
}
