//! Pictures that come with an archive: those of posts, under the names that other pods know them by, and the face.

use std::collections::BTreeSet;
use std::fs::File;

use super::read::file;
use super::shelf::Files;
use super::{Error, zip};
use crate::federation::diaspora::entity;
use crate::federation::read;
use crate::media;
use crate::media::folder::{LARGE, MEDIUM, SMALL};
use crate::media::picture::{self, Kept};
use crate::media::source::Source;
use crate::model::case::{Kind, Subject};
use crate::model::{Images, Import, ImportId, Refusal, User};
use crate::moderation;
use crate::pod::{Pod, Stop};
use crate::social::{self, profile as told};
use crate::store::{hashes, imports, photos};

/// Bytes of one picture at the most.
const PICTURE_MAX: u64 = 64 << 20;

/// Pictures that are passed over before that is noted.
const PASSED_MAX: i64 = 100;

/// Puts the pictures of the user's photos into the folder.
pub fn bring(
    pod: &Pod,
    me: &User,
    files: &Files,
    import: &Import,
    stop: &Stop,
    heard: &mut dyn FnMut(&Import),
) -> Result<(), Error> {
    let (mut through, mut passed) = (0, 0);
    // What cannot be kept would be wanted again and again.
    let mut tried = BTreeSet::new();
    for zip in &files.photos {
        let source = file(zip)?;
        for entry in zip::list(source)?.ok_or(Refusal::Photos)? {
            through += 1;
            if through <= import.at {
                continue;
            }
            passed += 1;
            let wanted = !tried.contains(&entry.name)
                && pod.store.read(|db| photos::count_elsewhere(db, me.person.id, &entry.name))? > 0;
            if !wanted && passed < PASSED_MAX {
                continue;
            }
            let kept = if wanted { Some(fetch(pod, source, &entry)?) } else { None };
            tried.extend(wanted.then_some(entry.name));
            heard(&note(pod, me, import.id, passed, kept)?);
            passed = 0;
            if stop.is_set() {
                return Ok(());
            }
        }
    }
    if passed > 0 { note(pod, me, import.id, passed, None).map(drop) } else { Ok(()) }
}

/// The name a picture had, and as what it lies here now; `None` when it cannot be kept.
type Fetched = (String, Option<Kept>);

fn note(pod: &Pod, me: &User, id: ImportId, passed: i64, fetched: Option<Fetched>) -> Result<Import, Error> {
    pod.write(|tx| {
        let mut left_out = 0;
        match &fetched {
            Some((name, Some(kept))) => {
                let here =
                    photos::Here { path: &pod.photos_url(), name: &kept.name, width: kept.width, height: kept.height };
                let shown = photos::fetched(tx, me.person.id, name, &here)?;
                hashes::add(tx, &kept.name, &kept.brought, &kept.shown)?;
                // What is like a picture in the bank is held.
                for guid in shown {
                    let subject = Subject { kind: Kind::Photo, name: guid.to_string() };
                    moderation::picture::seen(tx, &subject, &[&kept.brought, &kept.shown])?;
                }
            }
            Some((_, None)) => left_out = 1,
            None => {}
        }
        imports::advance(tx, id, passed, left_out)?;
        Ok(imports::get(tx, id)?.ok_or(Refusal::Damaged)?)
    })
}

fn fetch(pod: &Pod, zip: Source, entry: &zip::Entry) -> Result<Fetched, Error> {
    let name = entry.name.clone();
    // A name may be somebody else's here: then this one gets a new one.
    let taken = pod.store.read(|db| photos::is_taken(db, &name))?;
    let kept = with_picture(pod, zip, entry, |source| {
        picture::keep_as(&pod.photos, source, Some(name.as_str()).filter(|_| !taken))
    })?;
    Ok((name, kept))
}

/// Does something with a picture in a zip file; `None` when it is none.
fn with_picture<T>(
    pod: &Pod,
    zip: Source,
    entry: &zip::Entry,
    keep: impl FnOnce(Source) -> Result<T, media::Error>,
) -> Result<Option<T>, Error> {
    let unpacked: File;
    let source = match zip::stored(zip, entry)? {
        Some(stored) => stored,
        None => {
            let mut scratch = pod.photos.scratch()?;
            if !zip::unpack(zip, entry, PICTURE_MAX, &mut scratch)? {
                return Ok(None);
            }
            unpacked = scratch;
            file(&unpacked)?
        }
    };
    match keep(source) {
        Ok(kept) => Ok(Some(kept)),
        Err(media::Error::Io(error)) => Err(error.into()),
        Err(media::Error::Full) => Err(Error::Room),
        Err(error) => {
            log::info!(target: "archive", "{}: {error}", entry.name);
            Ok(None)
        }
    }
}

/// Takes the profile over, with the face if it came along; else the face stays where it was.
pub fn profile(pod: &Pod, me: &User, files: &Files, archived: &entity::Profile) -> Result<(), Error> {
    let mut new = read::profile_of(archived);
    let images = [&mut new.images.large, &mut new.images.medium, &mut new.images.small];
    images.into_iter().for_each(|image| *image = image.take().filter(|address| told::is_picture_address(address)));
    let mut kept = None;
    if let Some((images, face)) = face(pod, me, files, new.images.large.as_deref())? {
        new.images = images;
        kept = face;
    }
    if new == me.person.profile {
        return Ok(());
    }
    let face = kept.as_ref().map(|face| told::Face { name: &face.name, brought: &face.brought, shown: &face.shown });
    match pod.write(|tx| moderation::picture::change_profile(tx, me, &new, face)) {
        Err(social::Error::Store(error)) => Err(error.into()),
        // What breaks a limit here is not taken over; the rest goes on.
        _ => Ok(()),
    }
}

/// A face in the folder: its addresses, and the picture when it is new.
type Face = (Images, Option<Kept>);

/// The face, if the picture at this address came along.
fn face(pod: &Pod, me: &User, files: &Files, address: Option<&str>) -> Result<Option<Face>, Error> {
    let Some(name) = address.and_then(|address| address.rsplit('/').next()) else { return Ok(None) };
    let name = name.strip_prefix(LARGE).unwrap_or(name);
    let of_name = |name: &str| {
        let [large, medium, small] =
            [LARGE, MEDIUM, SMALL].map(|size| Some(format!("{}{size}{name}", pod.photos_url())));
        Images { large, medium, small }
    };
    if me.person.profile.images == of_name(name) {
        return Ok(Some((of_name(name), None)));
    }
    let taken = pod.store.read(|db| photos::is_taken(db, name))?;
    for zip in &files.photos {
        let source = file(zip)?;
        let entries = zip::list(source)?.ok_or(Refusal::Photos)?;
        if let Some(entry) = entries.iter().find(|entry| entry.name == name) {
            let wanted = Some(name).filter(|_| !taken);
            let kept = with_picture(pod, source, entry, |source| picture::keep_face_as(&pod.photos, source, wanted))?;
            return Ok(kept.map(|kept| (of_name(&kept.name), Some(kept))));
        }
    }
    Ok(None)
}
