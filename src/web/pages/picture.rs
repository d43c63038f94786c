//! Pictures from elsewhere, shown through this pod.

use crate::media::{folder, proxy};
use crate::model::case::Kind;
use crate::pod::Pod;
use crate::store::{self, held, tombstones};
use crate::web::{Request, Response};

/// `GET /proxy/:mac/:address`: the picture at an address that a page of this pod showed.
pub fn show(pod: &Pod, _: &Request, args: &[String]) -> Response {
    let Some(address) = proxy::address(&pod.secret, &args[0], &args[1]) else { return Response::text(404, "not here") };
    if is_barred(pod, &address) {
        return Response::text(404, "not here");
    }
    match proxy::fetch(&pod.net, &address) {
        Some(picture) => Response::bytes(picture.content_type, picture.bytes)
            .with_header("Cache-Control", "private, max-age=86400")
            .with_header("Content-Disposition", "inline"),
        // Not for long: the other pod may only be away.
        None => Response::text(404, "not to be had").with_header("Cache-Control", "private, max-age=300"),
    }
}

/// Whether a picture elsewhere is held here or was removed for good. What cannot be looked up is not shown.
pub fn is_barred(pod: &Pod, address: &str) -> bool {
    let (path, name) = address.rsplit_once('/').map_or(("", ""), |(path, name)| (&address[..=path.len()], name));
    let name = folder::split(name).1;
    let barred = pod.store.read(|db| {
        Ok::<_, store::Error>(
            held::hides_picture(db, Some(path), name, address)?
                || tombstones::has(db, Kind::Photo, &format!("{path}{name}"))?,
        )
    });
    barred.unwrap_or(true)
}
