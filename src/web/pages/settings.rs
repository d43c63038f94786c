//! How one's account behaves: language, colours, whom posts are usually for, whom one shares back with.

use minijinja::context;
use minijinja::value::Value;

use super::composer::chosen;
use crate::model::{AspectId, Settings, Theme};
use crate::social;
use crate::store::{self, aspects};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;
use crate::web::{Response, text};

/// `GET /settings`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, None)
}

/// The page, with what was wrong with one of its forms.
pub fn page(visit: &Visit, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let (chosen, aspects) = visit
        .pod
        .store
        .read::<_, store::Error>(|db| Ok((store::settings::get(db, me.id)?, aspects::of_user(db, me.id)?)))?;
    let (audience, usual) = chosen.audience.parts();
    let aspects: Vec<Value> = aspects
        .iter()
        .map(|aspect| {
            context! { id => aspect.id.0, name => aspect.name.as_str(), usual => usual.contains(&aspect.id),
            follow_back => chosen.follow_back == Some(aspect.id) }
        })
        .collect();
    let languages: Vec<Value> = text::languages()
        .map(|(tag, name)| context! { tag, name, chosen => chosen.language.as_deref() == Some(tag) })
        .collect();
    let values = context! {
        title => visit.say("settings.title"),
        tabs => tabs(visit),
        languages,
        themes => Theme::ALL.iter().map(|theme| context! { name => theme.as_str(), chosen => *theme == chosen.theme }).collect::<Vec<_>>(),
        audience,
        aspects,
    };
    visit.page_with("settings.html", error.as_ref(), values)
}

/// The pages of settings, as a list of links.
pub fn tabs(visit: &Visit) -> Vec<Value> {
    let here = visit.request.path.as_str();
    let tab = |(href, text): (&str, &str)| context! { href, text => visit.say(text), here => href == here };
    let podmin = [("/settings/invites", "invites.title"), ("/podmin", "podmin.title")];
    let podmin = podmin.into_iter().filter(|_| visit.me().is_some_and(|me| me.podmin));
    let pages = [
        ("/settings", "settings.general"),
        ("/settings/security", "settings.security"),
        ("/settings/mail", "mail.title"),
    ];
    pages.into_iter().chain(podmin).map(tab).collect()
}

/// `POST /settings`
pub fn change(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let new = of_form(&visit.form()?);
    visit.pod.write(|tx| social::settings::change(tx, me, &new))?;
    Ok(visit.done("/settings", "saved"))
}

fn of_form(form: &Form) -> Settings {
    Settings {
        language: Some(form.get("language")).filter(|tag| text::is_language(tag)).map(str::to_owned),
        theme: Theme::parse(form.get("theme")).unwrap_or_default(),
        audience: chosen(form),
        follow_back: form.ids("follow_back").map(AspectId).next(),
    }
}
