//! What is said where http is spoken by a pod that speaks https: where to go, and the proof for an authority that is to
//! sign the pod's certificate.

use super::door::Papers;
use super::{Method, Request, Response};
use crate::pod::Pod;

/// Where an authority asks (RFC 8555 §8.3).
const PROOF: &str = "/.well-known/acme-challenge/";

const NO_PAPERS: &str = "This pod has no certificate yet. It is asking for one; its log says how that goes.\n";

/// Answers a request that came either way.
pub fn handle(pod: &Pod, papers: &Papers, request: &Request) -> Response {
    if request.secure || request.path == "/health" {
        return super::handle(pod, request);
    }
    if let Some(token) = request.path.strip_prefix(PROOF) {
        return match papers.answer(token) {
            Some(answer) => Response::bytes("application/octet-stream", answer.into_bytes()),
            None => Response::text(404, "nobody was asked for that\n"),
        };
    }
    if !papers.are_there() {
        return Response::text(503, NO_PAPERS).with_header("Retry-After", "10");
    }
    lead_to_https(pod, request)
}

/// To the same page at the pod's own address, whatever name the client used.
fn lead_to_https(pod: &Pod, request: &Request) -> Response {
    // A body is not to be lost on the way: 301 lets clients forget it (RFC 9110 §15.4.2).
    let status = if request.method == Method::Post { 308 } else { 301 };
    let question = if request.query.is_empty() { "" } else { "?" };
    let place = format!("{}{}{question}{}", pod.url, request.path, request.query);
    Response::text(status, &format!("{place}\n")).with_header("Location", place)
}
