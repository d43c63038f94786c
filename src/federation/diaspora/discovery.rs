//! Who is `user@host`: WebFinger, then the hCard (diaspora* protocol, "Discovery"). Asks through a function it is
//! handed, so it knows no network.

use super::crypto::{self, PublicKey};
use super::documents::{self, hcard, jrd};
use crate::model::{Guid, Handle};

/// Bytes in a WebFinger answer or an hCard at the most; honest ones have three thousand.
pub const DOCUMENT_MAX: u64 = 256 * 1024;

/// What a pod answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A person as their pod tells about them.
#[derive(Clone)]
pub struct Found {
    pub handle: Handle,
    pub guid: Guid,
    /// Base address of the pod, as written; diaspora* uses no path that is in it.
    pub url: String,
    pub key: PublicKey,
    pub first_name: String,
    pub last_name: String,
    /// Addresses of pictures at 300, 100 and 50 pixels, as written; they may be relative to `url`.
    pub photos: [String; 3],
    /// May be found by name in a search.
    pub searchable: bool,
}

/// Why nobody was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("discovery: {0:?} is no diaspora* ID")]
    NotAnId(String),
    /// The pod did not answer; it may later.
    #[error("discovery: {url}: {why}")]
    Unreachable { url: String, why: String },
    /// The pod answered that it has nothing there.
    #[error("discovery: {url}: answered {status}")]
    Status { url: String, status: u16 },
    #[error("discovery: {url}: {error}")]
    Document { url: String, error: documents::Error },
    /// WebFinger tells about somebody else.
    #[error("discovery: asked for {asked}, got {answered}")]
    SomebodyElse { asked: Handle, answered: Handle },
    #[error("discovery: {url}: {error}")]
    Key { url: String, error: crypto::Error },
}

impl Error {
    /// Whether asking again later may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Error::Unreachable { .. } => true,
            Error::Status { status, .. } => *status >= 500 || *status == 429,
            Error::NotAnId(_) | Error::Document { .. } | Error::SomebodyElse { .. } | Error::Key { .. } => false,
        }
    }
}

/// Finds the person that somebody typed or an entity named. `fetch` gets an address and answers with what was there in
/// the end, or with the reason why nothing answered. With `http_fallback`, WebFinger is asked again without encryption
/// when it cannot be had with it; that is for trial pods on one machine.
pub fn discover(
    ask: &str,
    http_fallback: bool,
    fetch: &mut dyn FnMut(&str) -> Result<Answer, String>,
) -> Result<Found, Error> {
    let handle = Handle::clean(ask).ok_or_else(|| Error::NotAnId(ask.to_owned()))?;
    let url = webfinger_url("https", &handle);
    let (url, body) = match get(fetch, &url) {
        Ok(body) => (url, body),
        Err(_) if http_fallback => {
            let url = webfinger_url("http", &handle);
            let body = get(fetch, &url)?;
            (url, body)
        }
        Err(error) => return Err(error),
    };
    let jrd = jrd::read(&body).map_err(|error| Error::Document { url, error })?;
    if jrd.subject != handle {
        return Err(Error::SomebodyElse { asked: handle, answered: jrd.subject });
    }
    let url = jrd.hcard_url;
    let card = hcard::read(&get(fetch, &url)?).map_err(|error| Error::Document { url: url.clone(), error })?;
    let key = PublicKey::from_pem(&card.public_key).map_err(|error| Error::Key { url, error })?;
    Ok(Found {
        handle,
        guid: card.guid,
        url: jrd.seed_url,
        key,
        first_name: card.first_name,
        last_name: card.last_name,
        photos: card.photos,
        searchable: card.searchable,
    })
}

/// Brackets, in the address of a pod without a name, are not allowed in a query.
fn webfinger_url(scheme: &str, handle: &Handle) -> String {
    let resource = handle.as_str().replace('[', "%5B").replace(']', "%5D");
    format!("{scheme}://{}/.well-known/webfinger?resource=acct:{resource}", handle.host())
}

fn get(fetch: &mut dyn FnMut(&str) -> Result<Answer, String>, url: &str) -> Result<Vec<u8>, Error> {
    match fetch(url) {
        Ok(Answer { status: 200..=299, body }) => Ok(body),
        Ok(Answer { status, .. }) => Err(Error::Status { url: url.to_owned(), status }),
        Err(why) => Err(Error::Unreachable { url: url.to_owned(), why }),
    }
}
