//! Pictures from elsewhere, shown through this pod.

use crate::media::proxy;
use crate::pod::Pod;
use crate::web::{Request, Response};

/// `GET /proxy/:mac/:address`: the picture at an address that a page of this pod showed.
pub fn show(pod: &Pod, _: &Request, args: &[String]) -> Response {
    let Some(address) = proxy::address(&pod.secret, &args[0], &args[1]) else { return Response::text(404, "not here") };
    match proxy::fetch(&pod.net, &address) {
        Some(picture) => Response::bytes(picture.content_type, picture.bytes)
            .with_header("Cache-Control", "private, max-age=2592000, immutable")
            .with_header("Content-Disposition", "inline"),
        // Not for long: the other pod may only be away.
        None => Response::text(404, "not to be had").with_header("Cache-Control", "private, max-age=300"),
    }
}
