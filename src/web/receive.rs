//! Doors for other pods: bytes in, status out. What the documents say and what becomes of a message is decided in
//! `federation`.

use super::{Method, Request, Response};
use crate::federation::about::{self, Fetched};
use crate::federation::inbox::{self, Kept};
use crate::model::UserId;
use crate::moderation::log as ledger;
use crate::pod::Pod;
use crate::store::{self, accounts, trouble::Trouble};

/// Seconds until a pod that was turned away may come again.
const RETRY_AFTER: &str = "300";

/// `POST /receive/public`: kept and answered before anything is believed.
pub fn public(pod: &Pod, request: &Request) -> Response {
    keep(pod, None, request)
}

/// `POST /receive/users/GUID`.
pub fn user(pod: &Pod, request: &Request, guid: &str) -> Response {
    match pod.store.read(|db| accounts::mailbox(db, guid)) {
        Ok(Some(user)) => keep(pod, Some(user.id), request),
        Ok(None) => Response::text(404, "nobody of this GUID lives here"),
        Err(error) => broken("inbox", &error),
    }
}

fn keep(pod: &Pod, user: Option<UserId>, request: &Request) -> Response {
    if request.method != Method::Post {
        return Response::text(405, "messages are sent with POST").with_header("Allow", "POST");
    }
    match inbox::accept(pod, user, &request.body) {
        Ok(Kept::Yes) => Response::new(202),
        Ok(Kept::Full) => {
            Response::text(503, "too much is waiting, come again later").with_header("Retry-After", RETRY_AFTER)
        }
        Err(error) => unkept(&error),
    }
}

/// `GET /fetch/KIND/GUID`.
pub fn fetch(pod: &Pod, kind: &str, guid: &str) -> Response {
    match about::fetch(pod, kind, guid) {
        Ok(Fetched::Envelope(envelope)) => {
            Response::bytes("application/magic-envelope+xml; charset=utf-8", envelope.into_bytes())
        }
        Ok(Fetched::Elsewhere(url)) => Response::new(302).with_header("Location", url),
        Ok(Fetched::Nothing) => not_here(),
        Err(error) => broken("fetch", &error),
    }
}

/// `GET /.well-known/webfinger?resource=acct:ID`; `resource` is decoded.
pub fn webfinger(pod: &Pod, resource: Option<&str>) -> Response {
    let Some(resource) = resource else { return Response::text(400, "resource is missing") };
    match about::webfinger(pod, resource) {
        Ok(Some(document)) => {
            for_everybody(Response::bytes("application/jrd+json; charset=utf-8", document.into_bytes()))
        }
        Ok(None) => not_here(),
        Err(error) => broken("webfinger", &error),
    }
}

/// `GET /hcard/users/GUID`.
pub fn hcard(pod: &Pod, guid: &str) -> Response {
    match about::hcard(pod, guid) {
        Ok(Some(document)) => Response::html(document),
        Ok(None) => not_here(),
        Err(error) => broken("hcard", &error),
    }
}

/// `GET /.well-known/host-meta`.
pub fn host_meta(pod: &Pod) -> Response {
    let (content_type, document) = about::host_meta(pod);
    for_everybody(Response::bytes(content_type, document.into_bytes()))
}

/// `GET /.well-known/nodeinfo`.
pub fn nodeinfo_links(pod: &Pod) -> Response {
    for_everybody(Response::json(about::nodeinfo_links(pod)))
}

/// `GET /nodeinfo/VERSION`.
pub fn nodeinfo(pod: &Pod, version: &str) -> Response {
    match about::nodeinfo(pod, version) {
        Ok(Some((content_type, document))) => for_everybody(Response::bytes(&content_type, document.into_bytes())),
        Ok(None) => not_here(),
        Err(error) => broken("nodeinfo", &error),
    }
}

/// Pages of other sites may read it, too.
fn for_everybody(response: Response) -> Response {
    response.with_header("Access-Control-Allow-Origin", "*")
}

/// `GET /moderation/checkpoint`: the signed size and root of the log of steps.
pub fn checkpoint(pod: &Pod) -> Response {
    match pod.store.read(ledger::checkpoint) {
        Ok(note) => for_everybody(Response::bytes("text/plain; charset=utf-8", note.into_bytes())),
        Err(error) => broken("log", &error),
    }
}

/// `GET /.well-known/advisory-key`: the key of receipts and checkpoints.
pub fn advisory_key(pod: &Pod) -> Response {
    match pod.store.read(ledger::key_document) {
        Ok(document) => for_everybody(Response::json(document)),
        Err(error) => broken("log", &error),
    }
}

fn not_here() -> Response {
    Response::text(404, "not here")
}

/// It was not acknowledged: the other pod comes again.
fn unkept(error: &store::Error) -> Response {
    match Trouble::of(error) {
        Some(trouble) => {
            log::error!(target: "inbox", "{error}; {}", trouble.advice());
            Response::text(503, "this pod cannot take anything in just now").with_header("Retry-After", RETRY_AFTER)
        }
        None => broken("inbox", error),
    }
}

fn broken(what: &str, error: &dyn std::fmt::Display) -> Response {
    log::error!(target: "web", "{what}: {error}");
    Response::text(500, "something is broken here; the podmin's log says what")
}
