//! Who is `user@host`: asking their pod, keeping the answer.

use std::time::Duration;

use super::diaspora::discovery::{Answer, DOCUMENT_MAX, Error as NotFound, Found, discover};
use crate::model::{Handle, Images, Person, Profile};
use crate::net::Ask;
use crate::pod::Pod;
use crate::social::{self, gate};
use crate::store::{self, people};
use url::Url;

/// Why a person is not known now.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// Their GUID belongs to somebody else here, or their ID does.
    #[error("discovery: {0} has the GUID of somebody else")]
    Taken(Handle),
    /// The ID is of this pod, and nobody here has it.
    #[error("discovery: {0} does not live here")]
    Nobody(Handle),
    #[error("discovery: the address of {0}'s pod cannot be used")]
    Address(Handle),
    /// The podmin removed or suspended them, or their pod.
    #[error("discovery: {0} was removed or is suspended here")]
    Barred(Handle),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// Whether asking again later may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Error::NotFound(error) => error.may_pass(),
            Error::Store(_) => true,
            Error::Taken(_) | Error::Nobody(_) | Error::Address(_) | Error::Barred(_) => false,
        }
    }
}

/// For each question to a pod, as a rule.
const PATIENCE: Duration = Duration::from_secs(30);

/// The person with this ID: the one that is known, else as their pod tells. Who is barred here is not asked for.
pub fn find(pod: &Pod, handle: &Handle) -> Result<Person, Error> {
    find_within(pod, handle, PATIENCE)
}

/// The same, with another time for each question.
pub fn find_within(pod: &Pod, handle: &Handle, timeout: Duration) -> Result<Person, Error> {
    match pod.store.read(|db| gate::known_by_name(db, handle)) {
        Ok(()) => {}
        Err(social::Error::Store(error)) => return Err(error.into()),
        Err(_) => return Err(Error::Barred(handle.clone())),
    }
    if let Some(person) = pod.store.read(|db| people::by_handle(db, handle))? {
        return Ok(person);
    }
    if handle.host() == pod.authority() {
        return Err(Error::Nobody(handle.clone()));
    }
    let found = discover(handle.as_str(), pod.is_trial(), &mut |url| fetch(pod, url, timeout))?;
    let Some(origin) = origin(&found.url) else { return Err(Error::Address(handle.clone())) };
    let person = pod.write(|tx| keep(tx, &found, &origin))?;
    log::info!(target: "discovery", "found {handle}");
    Ok(person)
}

fn fetch(pod: &Pod, url: &str, timeout: Duration) -> Result<Answer, String> {
    let ask = Ask { accept: "*/*", max_bytes: DOCUMENT_MAX, redirects: 4, timeout };
    match pod.net.get(url, &ask) {
        Ok(answer) => Ok(Answer { status: answer.status, body: answer.body }),
        Err(error) => Err(error.to_string()),
    }
}

/// Scheme, host and port of an address; its path is dropped, as diaspora* does.
fn origin(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let mut origin = url.join("/").ok()?;
    origin.set_query(None);
    (matches!(origin.scheme(), "http" | "https") && origin.has_host()).then_some(origin)
}

fn keep(tx: &store::Tx, found: &Found, origin: &Url) -> Result<Person, Error> {
    let base = origin.as_str().trim_end_matches('/');
    let host = base.split_once("://").map_or(base, |(_, authority)| authority);
    let picture = |address: &str| origin.join(address).ok().map(|url| url.to_string()).filter(|url| url.len() <= 1024);
    let profile = Profile {
        first_name: found.first_name.clone(),
        last_name: found.last_name.clone(),
        images: Images {
            large: picture(&found.photos[0]),
            medium: picture(&found.photos[1]),
            small: picture(&found.photos[2]),
        },
        searchable: found.searchable,
        ..Profile::default()
    };
    let key = found.key.to_der().map_err(|_| Error::Address(found.handle.clone()))?;
    let new = people::New {
        handle: &found.handle,
        guid: &found.guid,
        host: Some(host),
        url: base,
        key: Some(&key),
        profile: &profile,
    };
    people::add(tx, &new)?;
    people::by_handle(tx, &found.handle)?.ok_or_else(|| Error::Taken(found.handle.clone()))
}
