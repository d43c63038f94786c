//! Asking a pod whether it holds a copy of a public post: `GET /fetch/post/GUID`, no redirect followed. diaspora* and
//! Friendica send whoever asks on to the author's pod when they hold one, and know of nothing when they do not.

use std::thread;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::model::case::Trace;
use crate::model::{Handle, Timestamp};
use crate::net::{Ask, Client};
use crate::pod::{Pod, Stop};
use crate::store::census::{self, Visit};
use crate::store::{self, Store};

/// Pods asked at the same time.
const AT_ONCE: u32 = 8;

/// Seconds until a pod that is not clean is asked again, by how often it was asked; then daily.
const AGAIN: [i64; 3] = [3_600, 6 * 3_600, 12 * 3_600];

/// Times a pod is asked by itself: for about a month. The podmin may ask again.
const ASKED_MAX: u32 = 33;

/// For an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Bytes of a pod's description of itself at the most.
const DOCUMENT_MAX: u64 = 256 << 10;

/// Asks until `stop`.
pub fn run(pod: &Pod, stop: &Stop) {
    while !stop.is_set() {
        let seen = pod.wakes.census.count();
        let pause = match visit_due(&pod.store, &pod.net, &|| pod.now()) {
            Ok(0) => pause(pod),
            Ok(_) => {
                // The clerk forgets a census that is over.
                pod.wakes.cases.ring();
                continue;
            }
            Err(error) => {
                log::error!(target: "census", "{error}");
                Some(Duration::from_secs(5))
            }
        };
        if !stop.is_set() {
            pod.wakes.census.sleep(seen, pause);
        }
    }
}

fn pause(pod: &Pod) -> Option<Duration> {
    let now = pod.now();
    if !pod.clock_is_plausible() {
        return Some(Duration::from_secs(10));
    }
    let next = pod.store.read(census::next_due).unwrap_or(Some(now.plus(60)))?;
    Some(Duration::from_secs(u64::try_from(next.0 - now.0).unwrap_or(0).clamp(1, 3_600)))
}

/// Makes the visits that are due, a few at a time, and writes down what they found. How many there were.
pub fn visit_due(store: &Store, net: &Client, now: &(dyn Fn() -> Timestamp + Sync)) -> Result<usize, store::Error> {
    if store.read(census::next_due)?.is_none_or(|due| due > now()) {
        return Ok(0);
    }
    let visits = store.write(now(), |tx| census::take(tx, AT_ONCE))?;
    thread::scope(|scope| {
        for visit in &visits {
            let asker = thread::Builder::new().name("census".to_owned()).stack_size(512 << 10);
            let asked = asker.spawn_scoped(scope, move || {
                if let Err(error) = make(store, net, visit, now) {
                    log::error!(target: "census", "pod={} {error}", visit.host);
                }
            });
            if let Err(error) = asked {
                log::error!(target: "census", "a thread could not be started: {error}");
            }
        }
    });
    Ok(visits.len())
}

fn make(store: &Store, net: &Client, visit: &Visit, now: &(dyn Fn() -> Timestamp + Sync)) -> Result<(), store::Error> {
    let (trace, answer) = ask(net, &visit.host, &visit.guid);
    log::info!(target: "census", "pod={} {}", visit.host, trace.as_str());
    let contact = match trace {
        Trace::Holds | Trace::Origin if visit.stranger => contact(net, &visit.host),
        _ => None,
    };
    store.write(now(), |tx| {
        let again = AGAIN.get(visit.asked as usize).copied().unwrap_or(86_400);
        let due = (trace != Trace::Clean && visit.asked < ASKED_MAX).then(|| tx.now.plus(again));
        if let Some(contact) = &contact {
            census::set_contact(tx, &visit.host, contact.as_str())?;
        }
        census::found(tx, visit, trace, &answer, due)
    })
}

/// Whether a pod holds a copy, and what it answered in a few words.
fn ask(net: &Client, host: &str, guid: &str) -> (Trace, String) {
    let url = format!("{}://{host}/fetch/post/{guid}", net.scheme());
    let ask = Ask { accept: "application/magic-envelope+xml", max_bytes: 0, redirects: 0, timeout: TIMEOUT };
    match net.open(&url, &ask) {
        Ok(answer) => (read(host, guid, answer.status, answer.location.as_deref()), answer.status.to_string()),
        Err(error) => (Trace::Unknown, error.to_string().chars().take(200).collect()),
    }
}

/// What an answer means.
fn read(host: &str, guid: &str, status: u16, location: Option<&str>) -> Trace {
    match status {
        200 => Trace::Origin,
        404 => Trace::Clean,
        // To the author's pod. A page to sign in on, or the same pod under another name, says nothing.
        301 | 302 if location.is_none_or(|to| leads_to_origin(host, guid, to)) => Trace::Holds,
        _ => Trace::Unknown,
    }
}

fn leads_to_origin(host: &str, guid: &str, location: &str) -> bool {
    let Ok(to) = Url::parse(location) else { return false };
    let other = &to[url::Position::BeforeHost..url::Position::AfterPort] != host;
    other && to.path().contains(guid)
}

/// The diaspora* ID of a pod's podmin, as its NodeInfo has it (`metadata.adminAccount`).
fn contact(net: &Client, host: &str) -> Option<Handle> {
    let ask = Ask { accept: "application/json", max_bytes: DOCUMENT_MAX, redirects: 2, timeout: TIMEOUT };
    let get = |url: &str| {
        let answer = net.get(url, &ask).ok().filter(|answer| answer.status == 200)?;
        serde_json::from_slice::<Value>(&answer.body).ok()
    };
    let links = get(&format!("{}://{host}/.well-known/nodeinfo", net.scheme()))?;
    let newest = links.get("links")?.as_array()?.iter().filter_map(|link| {
        let rel = link.get("rel")?.as_str()?;
        rel.contains("nodeinfo").then_some((rel, link.get("href")?.as_str()?))
    });
    let described = get(newest.max()?.1)?;
    let name = described.get("metadata")?.get("adminAccount")?.as_str()?.trim();
    Handle::clean(&if name.contains('@') { name.to_owned() } else { format!("{name}@{host}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_means_what_pods_of_today_mean_by_it() {
        let to = |location| read("pod.example", "8d89e1f029f6", 302, Some(location));
        assert_eq!(to("https://origin.example/fetch/post/8d89e1f029f6"), Trace::Holds);
        assert_eq!(to("https://pod.example:3000/fetch/post/8d89e1f029f6"), Trace::Holds);
        assert_eq!(to("https://pod.example/fetch/post/8d89e1f029f6"), Trace::Unknown);
        assert_eq!(to("/users/sign_in"), Trace::Unknown);
        assert_eq!(to("https://other.example/users/sign_in"), Trace::Unknown);
        assert_eq!(read("pod.example", "8d89", 301, None), Trace::Holds);
        for (status, trace) in [
            (200, Trace::Origin),
            (404, Trace::Clean),
            (410, Trace::Unknown),
            (403, Trace::Unknown),
            (503, Trace::Unknown),
        ] {
            assert_eq!(read("pod.example", "8d89", status, None), trace);
        }
    }
}
