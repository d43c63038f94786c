//! One's own profile.

use minijinja::context;

use crate::media::folder::{LARGE, MEDIUM, SMALL};
use crate::media::picture::{self, Kept};
use crate::media::source::Source;
use crate::model::{Images, Profile};
use crate::moderation::picture::change_profile;
use crate::social::profile::Face;
use crate::social::{self, Refused};
use crate::store::photos;
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::view;
use crate::web::visit::Visit;

/// `GET /profile`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    page(visit, &me.person.profile, None)
}

/// `POST /profile`: changes it and tells one's contacts.
pub fn update(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let (face, images) = match images(visit, &form, &me.person.profile.images) {
        Ok(found) => found,
        Err(error) => return page(visit, &of_form(&form, me.person.profile.images.clone()), Some(error)),
    };
    keep(visit, face, of_form(&form, images))
}

/// `POST /photos/:guid/face`: one of one's own photos becomes the profile picture.
pub fn take_photo(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    let name = visit.pod.store.read(|db| photos::own_name(db, visit.arg(0), me.person.id))?;
    let (file, length) = name.and_then(|name| visit.pod.photos.open(&name)).ok_or(Error::Missing)?;
    let (face, images) = keep_face(visit, Source::File { file: &file, from: 0, length })?;
    keep(visit, Some(face), Profile { images, ..me.person.profile.clone() })
}

/// Stores a profile, and shows it, or what was wrong with it.
fn keep(visit: &Visit, face: Option<Kept>, changed: Profile) -> Result<Response, Error> {
    match store(visit, face, &changed) {
        Ok(()) => Ok(visit.done(&format!("/people/{}", visit.signed_in()?.person.guid), "saved")),
        Err(error @ Error::Social(social::Error::Invalid(_) | social::Error::Refused(Refused::InBank))) => {
            page(visit, &changed, Some(error))
        }
        Err(error) => Err(error),
    }
}

/// Stores a profile, and forgets its new picture when that fails.
pub fn store(visit: &Visit, face: Option<Kept>, changed: &Profile) -> Result<(), Error> {
    let me = visit.signed_in()?;
    let done = visit.pod.write(|tx| change_profile(tx, me, changed, face.as_ref().map(as_face)));
    if let (Err(_), Some(face)) = (&done, face) {
        // Nothing knows of the files yet; what stays is found a day later.
        let _ = visit.pod.photos.remove(&face.name);
    }
    visit.pod.sweep()?;
    if done? { Ok(()) } else { Err(Refused::InBank.into()) }
}

/// The profile picture that the form brings, and the addresses of its sizes; or what is there, or none if that is wanted.
pub fn images(visit: &Visit, form: &Form, known: &Images) -> Result<(Option<Kept>, Images), Error> {
    let Some(file) = form.files(visit.request, "face").next() else {
        let kept = if form.has("no_face") { Images::default() } else { known.clone() };
        return Ok((None, kept));
    };
    let (face, images) = keep_face(visit, file)?;
    Ok((Some(face), images))
}

/// Keeps a picture as a profile picture: what it is known by, and where its sizes are.
fn keep_face(visit: &Visit, file: Source) -> Result<(Kept, Images), Error> {
    let face = picture::keep_face(&visit.pod.photos, file)?;
    let [large, medium, small] =
        [LARGE, MEDIUM, SMALL].map(|size| Some(format!("{}{size}{}", visit.pod.photos_url(), face.name)));
    Ok((face, Images { large, medium, small }))
}

fn as_face(kept: &Kept) -> Face<'_> {
    Face { name: &kept.name, brought: &kept.brought, shown: &kept.shown }
}

fn of_form(form: &Form, images: Images) -> Profile {
    let line = |name| form.get(name).split_whitespace().collect::<Vec<_>>().join(" ");
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Profile {
        first_name: line("first_name"),
        last_name: line("last_name"),
        images,
        bio: form.get("bio").replace("\r\n", "\n").trim().to_owned(),
        birthday: some(line("birthday")),
        gender: line("gender"),
        location: line("location"),
        tags: tags(form.get("tags")),
        searchable: form.has("searchable"),
        public_details: form.has("public_details"),
        nsfw: form.has("nsfw"),
    }
}

/// Words, with or without `#`, with commas or without: `#one #two`.
fn tags(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c == ',').map(|word| word.trim_start_matches('#'));
    words.filter(|word| !word.is_empty()).map(|word| format!("#{word}")).collect::<Vec<_>>().join(" ")
}

fn page(visit: &Visit, profile: &Profile, error: Option<Error>) -> Result<Response, Error> {
    let values = context! {
        title => visit.say("profile.title"),
        form => context! {
            first_name => profile.first_name.as_str(),
            last_name => profile.last_name.as_str(),
            image => profile.images.large.as_deref().and_then(|address| view::picture(visit, address)),
            bio => profile.bio.as_str(),
            birthday => profile.birthday.as_deref().unwrap_or_default(),
            gender => profile.gender.as_str(),
            location => profile.location.as_str(),
            tags => profile.tags.as_str(),
            searchable => profile.searchable,
            public_details => profile.public_details,
            nsfw => profile.nsfw,
        },
    };
    visit.page_with("profile.html", error.as_ref(), values)
}

#[cfg(test)]
mod tests {
    use super::tags;

    #[test]
    fn tags_are_words_however_they_are_typed() {
        assert_eq!(tags(" #one,two  ##three , "), "#one #two #three");
        assert_eq!(tags(""), "");
    }
}
