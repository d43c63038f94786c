//! Pictures as they are seen here: what is like one in the bank is held, and the podmin looks. A decision about a picture
//! puts it into the bank.

use super::{bank, case};
use crate::media::folder::SIZES;
use crate::media::proxy;
use crate::model::case::{Case, Kind, State, Subject};
use crate::model::{Hashes, Match, Photo, Profile, User};
use crate::pod::Pod;
use crate::social::profile::Face;
use crate::social::{self, Result, photo, profile};
use crate::store::{Tx, bank as stored, cases, hashes, held};

/// Keeps a photo that a user brought until it is posted; `None`: it is held.
pub fn bring(tx: &Tx, me: &User, new: &photo::New) -> Result<Option<Photo>> {
    let photo = photo::bring(tx, me, new)?;
    let subject = Subject { kind: Kind::Photo, name: photo.guid.to_string() };
    Ok(if seen(tx, &subject, &[new.brought, new.shown])? { None } else { Some(photo) })
}

/// Changes a user's profile, with a new face if there is one; `false`: it is held.
pub fn change_profile(tx: &Tx, me: &User, profile: &Profile, face: Option<Face>) -> Result<bool> {
    profile::update(tx, me, profile, face.as_ref())?;
    let Some(face) = face else { return Ok(true) };
    let subject = Subject { kind: Kind::Profile, name: me.person.handle.to_string() };
    Ok(!seen(tx, &subject, &[face.brought, face.shown])?)
}

/// A picture was seen with these hashes, which belongs to something here. If one of them is like what is in the bank, the
/// thing is held and there is a case; `true` then.
pub fn seen(tx: &Tx, subject: &Subject, pictures: &[&Hashes]) -> Result<bool> {
    for picture in pictures {
        if let Some(found) = stored::find(tx, picture)? {
            case::matched(tx, subject, &found.ground, &told(&found))?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why there is a case, for the podmin.
fn told(found: &Match) -> String {
    format!("{}, {} of 256 bits differ, {}", found.kind.as_str(), found.distance, found.source)
}

/// Whether the picture at an address elsewhere may be shown. If it is like one in the bank, what shows it is held; unless
/// the podmin looked at that and let it be.
pub fn may_be_shown(pod: &Pod, address: &str, file: &[u8]) -> Result<bool> {
    let known = pod.look(address, file)?;
    let Some(found) = pod.store.read(|db| stored::find(db, &known))? else { return Ok(true) };
    let (path, name) = proxy::parts(address);
    let Some(subject) = pod.store.read(|db| held::showing(db, path, name, address))? else {
        log::warn!(target: "media", "a picture like one in the bank is not shown: {}", told(&found));
        return Ok(false);
    };
    match pod.store.read(|db| cases::latest_about(db, &subject))? {
        Some(State::Restored | State::Limited) => return Ok(true),
        Some(State::Held | State::Removed) => {}
        Some(State::Open) | None => {
            pod.write::<_, social::Error>(|tx| case::matched(tx, &subject, &found.ground, &told(&found)))?;
        }
    }
    Ok(false)
}

/// Puts the pictures of what is removed into the bank, as far as they are known.
pub fn keep_away(tx: &Tx, about: &Case) -> Result<()> {
    let mut known = Vec::new();
    for picture in held::pictures(tx, about.subject.kind, &about.subject.name)? {
        if picture.here {
            known.extend(hashes::of(tx, &picture.name)?);
            continue;
        }
        for size in SIZES.iter().chain(&[""]) {
            let address = format!("{}{size}{}", picture.path, picture.name);
            known.extend(hashes::proxied(tx, &proxy::key(&address))?);
        }
    }
    if let (Kind::Profile, Some(person)) = (about.subject.kind, about.person) {
        for address in held::faces(tx, person)? {
            known.extend(hashes::proxied(tx, &proxy::key(&address))?);
            known.extend(hashes::of(tx, proxy::parts(&address).1)?);
        }
    }
    known.iter().try_for_each(|picture| bank::add(tx, picture, about.id, &about.ground))
}
