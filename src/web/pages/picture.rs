//! Pictures from elsewhere, shown through this pod.

use crate::media::proxy;
use crate::model::case::Kind;
use crate::moderation;
use crate::pod::Pod;
use crate::store::{self, held, tombstones};
use crate::web::{Request, Response};

/// `GET /proxy/:mac/:address`: the picture at an address that a page of this pod showed.
pub fn show(pod: &Pod, _: &Request, args: &[String]) -> Response {
    let Some(address) = proxy::address(&pod.secret, &args[0], &args[1]) else { return Response::text(404, "not here") };
    if is_barred(pod, &address) {
        return Response::text(404, "not here");
    }
    // Not for long: the other pod may only be away.
    let away = || Response::text(404, "not to be had").with_header("Cache-Control", "private, max-age=300");
    let Some(picture) = proxy::fetch(&pod.net, &pod.silent, &address, pod.now()) else { return away() };
    match moderation::picture::may_be_shown(pod, &address, &picture.bytes) {
        Ok(true) => Response::bytes(picture.content_type, picture.bytes)
            .with_header("Cache-Control", "private, max-age=86400")
            .with_header("Content-Disposition", "inline"),
        Ok(false) => away(),
        Err(error) => {
            log::error!(target: "media", "a picture could not be compared: {error}");
            away()
        }
    }
}

/// Whether a picture elsewhere is held here or was removed for good. What cannot be looked up is not shown.
pub fn is_barred(pod: &Pod, address: &str) -> bool {
    let (path, name) = proxy::parts(address);
    let barred = pod.store.read(|db| {
        Ok::<_, store::Error>(
            held::hides_picture(db, Some(path), name, address)?
                || tombstones::has(db, Kind::Photo.as_str(), &format!("{path}{name}"))?,
        )
    });
    barred.unwrap_or(true)
}
