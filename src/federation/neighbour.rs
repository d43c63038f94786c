//! What other pods say they run: asked when they come to be known, once a day while they are in use, and when the
//! podmin wants to know.

use std::time::Duration;

use super::diaspora::documents::nodeinfo;
use super::fetch::Error;
use crate::model::Need;
use crate::net::Ask;
use crate::pod::Pod;
use crate::social;
use crate::store::{self, limits, needs, pods};

/// Bytes of a document at the most.
const DOCUMENT_MAX: u64 = 64 << 10;

/// Pods asked in an hour at the most.
const AT_ONCE: u32 = 50;

/// Notes which pods are to be asked.
pub fn plan(pod: &Pod) -> Result<(), store::Error> {
    let hosts = pod.store.read(|db| pods::to_ask(db, pod.now(), AT_ONCE))?;
    if hosts.is_empty() {
        return Ok(());
    }
    pod.write(|tx| hosts.into_iter().try_for_each(|host| needs::add(tx, &Need::Pod(host))))
}

/// Asks a pod soon.
pub fn ask_soon(tx: &store::Tx, host: &str) -> Result<(), social::Error> {
    pods::url(tx, host)?.ok_or(social::Error::Missing("pod"))?;
    Ok(needs::add(tx, &Need::Pod(host.to_owned()))?)
}

/// Asks a pod what it runs. One that answers can be delivered to.
pub fn look(pod: &Pod, host: &str) -> Result<(), Error> {
    let wrong = |why: &str| Error::Wrong(format!("{host}: {why}"));
    let url = pod.store.read(|db| pods::url(db, host))?.ok_or_else(|| wrong("nobody knows this pod"))?;
    if pod.store.read(|db| limits::is_suspended(db, "", host))? {
        pod.store.write(pod.now(), |tx| pods::silent(tx, host))?;
        return Err(wrong("suspended here"));
    }
    match software(pod, &url) {
        Ok(told) => {
            let software = told.as_ref().map(|(name, version)| (name.as_str(), version.as_str()));
            Ok(pod.write(|tx| pods::answered(tx, host, software))?)
        }
        Err(why) => {
            pod.store.write(pod.now(), |tx| pods::silent(tx, host))?;
            Err(wrong(&why))
        }
    }
}

/// Name and version, when the pod tells them; an error when it does not answer.
fn software(pod: &Pod, url: &str) -> Result<Option<(String, String)>, String> {
    let Some(links) = document(pod, &format!("{url}/.well-known/nodeinfo"))? else { return Ok(None) };
    // The document may lie anywhere below the pod's own address, and nowhere else.
    let own = |href: &String| href.strip_prefix(url).is_some_and(|rest| rest.starts_with('/'));
    let Some(href) = nodeinfo::newest(&links).filter(own) else { return Ok(None) };
    Ok(document(pod, &href)?.and_then(|document| nodeinfo::software(&document)))
}

/// A document; `None` when there is none there.
fn document(pod: &Pod, url: &str) -> Result<Option<Vec<u8>>, String> {
    let ask =
        Ask { accept: "application/json", max_bytes: DOCUMENT_MAX, redirects: 2, timeout: Duration::from_secs(20) };
    let answer = pod.net.get(url, &ask).map_err(|error| error.to_string())?;
    match answer.status {
        200..=299 => Ok(Some(answer.body)),
        500.. => Err(format!("answered {}", answer.status)),
        _ => Ok(None),
    }
}
