//! One's own profile.

use minijinja::context;

use crate::model::{Images, Profile};
use crate::social::{self, profile};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;

/// `GET /profile`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    page(visit, &me.person.profile, None)
}

/// `POST /profile`: changes it and tells one's contacts.
pub fn update(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let changed = of_form(&visit.form()?);
    match visit.pod.write(|tx| profile::update(tx, me, &changed)) {
        Ok(()) => Ok(visit.done(&format!("/people/{}", me.person.guid), "saved")),
        Err(error @ social::Error::Invalid(_)) => page(visit, &changed, Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

fn of_form(form: &Form) -> Profile {
    let line = |name| form.get(name).split_whitespace().collect::<Vec<_>>().join(" ");
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let image = some(line("image"));
    Profile {
        first_name: line("first_name"),
        last_name: line("last_name"),
        // One picture serves all sizes until pictures can be brought here.
        images: Images { large: image.clone(), medium: image.clone(), small: image },
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
            image => profile.images.large.as_deref().unwrap_or_default(),
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
