//! The vault: its key, shown once, and what is kept until when.

use minijinja::context;
use minijinja::value::Value;

use super::{podmin, tabs};
use crate::moderation::vault;
use crate::social;
use crate::store;
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// Files on the page.
const LISTED: u32 = 200;

/// `GET /podmin/vault`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    page(visit, None, None)
}

/// `POST /podmin/vault`: makes a key and shows it, this once.
pub fn make(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    // A key that is there goes only when it is named: a page that was loaded before cannot end it.
    let known = form.get("known").to_owned();
    let key = visit.pod.write(|tx| -> Result<_, Error> {
        match store::vault::recipient(tx)?.unwrap_or_default() == known {
            true => Ok(Some(vault::make_key(tx)?)),
            false => Ok(None),
        }
    })?;
    page(visit, key.map(|key| key.file(visit.now)), None)
}

/// `POST /podmin/vault/longer`: an authority wants a file kept longer.
pub fn longer(visit: &Visit) -> Result<Response, Error> {
    let me = podmin(visit)?;
    let form = visit.form()?;
    let days = form.get("days").parse().unwrap_or(0);
    match visit.pod.write(|tx| vault::keep_longer(tx, &me.name, form.get("name"), days, form.get("why"))) {
        Ok(_) => Ok(visit.done("/podmin/vault", "noted")),
        Err(error @ social::Error::Invalid(_)) => page(visit, None, Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

fn page(visit: &Visit, secret: Option<String>, error: Option<Error>) -> Result<Response, Error> {
    let (recipient, kept) = visit
        .pod
        .store
        .read::<_, store::Error>(|db| Ok((store::vault::recipient(db)?, store::vault::list(db, LISTED)?)))?;
    let rows = kept.iter().map(|kept| {
        context! {
            name => kept.name.as_str(), case => kept.case.0, bytes => kept.bytes, at => kept.kept_at.0,
            until => visit.book.day(kept.until, true),
        }
    });
    let values = context! {
        title => visit.say("vault.title"), tabs => tabs(visit), recipient, secret,
        kept => rows.collect::<Vec<Value>>(), folder => vault::folder(visit.pod).display().to_string(),
        longer_max => vault::LONGER_MAX,
    };
    Ok(visit.page_with("vault.html", error.as_ref(), values)?.with_header("Cache-Control", "no-store"))
}
