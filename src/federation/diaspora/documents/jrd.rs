//! WebFinger's answer: where the hCard of a person is and what the base address of their pod is
//! (diaspora* protocol, "Discovery").

use serde_json::{Value, json};

use super::Error;
use crate::federation::diaspora::scalar;
use crate::model::{Guid, Handle};

/// Content type of the answer.
pub const CONTENT_TYPE: &str = "application/jrd+json; charset=utf-8";

const HCARD: &str = "http://microformats.org/profile/hcard";
const SEED: &str = "http://joindiaspora.com/seed_location";
const PROFILE: &str = "http://webfinger.net/rel/profile-page";
const UPDATES: &str = "http://schemas.google.com/g/2010#updates-from";
const SUBSCRIBE: &str = "http://ostatus.org/schema/1.0/subscribe";

/// Links that may be absent, but must be addresses when they are there.
const OPTIONAL: [&str; 3] = [PROFILE, UPDATES, "salmon"];

/// What a pod answers about one of its people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jrd {
    pub subject: Handle,
    /// Absolute.
    pub hcard_url: String,
    /// Absolute base address of the pod, as written.
    pub seed_url: String,
}

/// Reads an answer. Members and links that mean nothing here are passed over.
pub fn read(body: &[u8]) -> Result<Jrd, Error> {
    let document: Value = serde_json::from_slice(body).map_err(|_| Error::NotA("JSON"))?;
    let subject = document.get("subject").and_then(Value::as_str).ok_or(Error::Missing("subject"))?;
    let links = document.get("links").and_then(Value::as_array).ok_or(Error::Missing("links"))?;
    for rel in OPTIONAL {
        if link(links, rel).is_some_and(|href| scalar::address(href).is_none()) {
            return Err(Error::Invalid("link"));
        }
    }
    Ok(Jrd {
        subject: Handle::clean(subject).ok_or(Error::Invalid("subject"))?,
        hcard_url: required(links, HCARD, "link to the hCard")?,
        seed_url: required(links, SEED, "link to the pod")?,
    })
}

/// Address of the first link with this meaning.
fn link<'a>(links: &'a [Value], rel: &str) -> Option<&'a str> {
    let found = links.iter().find(|link| link.get("rel").and_then(Value::as_str) == Some(rel))?;
    found.get("href").and_then(Value::as_str)
}

fn required(links: &[Value], rel: &str, what: &'static str) -> Result<String, Error> {
    let href = link(links, rel).ok_or(Error::Missing(what))?;
    scalar::address(href).ok_or(Error::Invalid(what))?;
    Ok(href.to_owned())
}

/// The answer about one of our people. `base` is the pod's address with its slash at the end.
pub fn write(handle: &Handle, guid: &Guid, base: &str) -> String {
    let person = format!("{base}people/{guid}");
    json!({
        "subject": format!("acct:{handle}"),
        "aliases": [person],
        "links": [
            { "rel": HCARD, "type": "text/html", "href": format!("{base}hcard/users/{guid}") },
            { "rel": SEED, "type": "text/html", "href": base },
            { "rel": PROFILE, "type": "text/html", "href": person },
            { "rel": UPDATES, "type": "application/atom+xml", "href": format!("{base}public/{}.atom", handle.user()) },
            { "rel": SUBSCRIBE, "template": format!("{base}people?q={{uri}}") },
        ],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> (Handle, Guid) {
        let handle = Handle::parse("alice@pod.example:3000").expect("legal");
        (handle, Guid::parse("7dba7ca01d64013485eb3131731751e9").expect("legal"))
    }

    #[test]
    fn what_is_written_is_found_again() {
        let (handle, guid) = alice();
        let jrd = read(write(&handle, &guid, "https://pod.example:3000/").as_bytes()).expect("legal");
        assert_eq!(jrd.subject, handle);
        assert_eq!(jrd.seed_url, "https://pod.example:3000/");
        assert_eq!(jrd.hcard_url, "https://pod.example:3000/hcard/users/7dba7ca01d64013485eb3131731751e9");
    }

    #[test]
    fn links_must_be_there_and_lead_somewhere() {
        let document = |links: &str| format!("{{\"subject\":\"acct:a@b.example\",\"links\":[{links}]}}");
        let hcard = format!("{{\"rel\":\"{HCARD}\",\"href\":\"https://b.example/h\"}}");
        let seed = format!("{{\"rel\":\"{SEED}\",\"href\":\"https://b.example/\"}}");
        assert!(read(document(&format!("{hcard},{seed},7,{{}}")).as_bytes()).is_ok());
        assert_eq!(read(document(&hcard).as_bytes()), Err(Error::Missing("link to the pod")));
        let relative = format!("{{\"rel\":\"{HCARD}\",\"href\":\"/h\"}}");
        assert_eq!(read(document(&format!("{relative},{seed}")).as_bytes()), Err(Error::Invalid("link to the hCard")));
        let script = format!("{{\"rel\":\"{PROFILE}\",\"href\":\"javascript:x\"}}");
        assert_eq!(read(document(&format!("{hcard},{seed},{script}")).as_bytes()), Err(Error::Invalid("link")));
        assert_eq!(read(b"[]"), Err(Error::Missing("subject")));
        assert_eq!(read(b"<html>"), Err(Error::NotA("JSON")));
    }
}
