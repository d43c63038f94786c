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
    /// It is none, or not where the ID says.
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
    let Some(origin) = origin(&found.url, handle.host()) else { return Err(Error::Address(handle.clone())) };
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

/// Scheme, host and port of an address; its path is dropped, as diaspora* does. The pod of an ID is where the ID says:
/// what is limited or suspended by the one must be what is counted and sent to by the other. A dot at the end of its name
/// would be another spelling of the same pod.
fn origin(url: &str, host: &str) -> Option<Url> {
    let origin = Url::parse(url).ok()?.join("/").ok()?;
    let (scheme, rest) = origin.as_str().split_once("://")?;
    let same = rest.strip_suffix('/') == Some(host) && !origin.host_str()?.ends_with('.');
    (matches!(scheme, "http" | "https") && same).then_some(origin)
}

fn keep(tx: &store::Tx, found: &Found, origin: &Url) -> Result<Person, Error> {
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
        host: Some(found.handle.host()),
        url: origin.as_str().trim_end_matches('/'),
        key: Some(&key),
        profile: &profile,
    };
    people::add(tx, &new)?;
    people::by_handle(tx, &found.handle)?.ok_or_else(|| Error::Taken(found.handle.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pod_of_an_id_is_where_the_id_says() {
        let found = |seed: &str, host: &str| origin(seed, host).map(String::from);
        assert_eq!(found("https://Pod.example:443/path?x#y", "pod.example").as_deref(), Some("https://pod.example/"));
        assert_eq!(found("http://[::1]:3000", "[::1]:3000").as_deref(), Some("http://[::1]:3000/"));
        for (seed, host) in [
            ("https://other.example/", "pod.example"),
            ("https://pod.example@other.example/", "pod.example"),
            ("https://x@pod.example/", "pod.example"),
            ("https://pod.example:8443/", "pod.example"),
            ("https://pod.example/", "pod.example:443"),
            ("https://pod.example./", "pod.example."),
            ("https://pod.example.:8443/", "pod.example.:8443"),
            ("ftp://pod.example/", "pod.example"),
            ("pod.example", "pod.example"),
        ] {
            assert_eq!(found(seed, host), None, "{seed} {host}");
        }
    }
}
