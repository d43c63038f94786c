//! Pictures of cases for the podmin's eyes: a grey blur first, and the picture as it is when it is asked for.

use super::podmin;
use crate::media::source::Source;
use crate::media::{folder, preview, proxy};
use crate::store::held::{self, Picture};
use crate::web::error::Error;
use crate::web::visit::Visit;
use crate::web::{Body, Response};

/// `GET /podmin/preview/:guid`: a photo by its GUID, or the face of a person by theirs, tiny, grey and blurred.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let picture = find(visit)?;
    let drawn = if picture.here {
        let (file, length) = visit.pod.photos.open(&picture.name).ok_or(Error::Missing)?;
        preview::draw(Source::File { file: &file, from: 0, length })
    } else {
        preview::draw(Source::Bytes(&fetch(visit, &picture)?.bytes))
    };
    Ok(private(Response::bytes("image/png", drawn.map_err(|_| Error::Missing)?)))
}

/// `GET /podmin/preview/:guid/whole`: as everybody saw it.
pub fn whole(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let picture = find(visit)?;
    if !picture.here {
        let fetched = fetch(visit, &picture)?;
        return Ok(private(Response::bytes(fetched.content_type, fetched.bytes)));
    }
    let found = folder::content_type(folder::split(&picture.name).1).zip(visit.pod.photos.open(&picture.name));
    let (content_type, (file, length)) = found.ok_or(Error::Missing)?;
    let answer =
        Response::new(200).with_header("Content-Type", content_type).with_body(Body::File(file.into(), length));
    Ok(private(answer))
}

fn find(visit: &Visit) -> Result<Picture, Error> {
    visit.pod.store.read(|db| held::picture(db, visit.arg(0)))?.ok_or(Error::Missing)
}

/// From the pod where it lies, whatever is held here.
fn fetch(visit: &Visit, picture: &Picture) -> Result<proxy::Picture, Error> {
    let pod = visit.pod;
    let address = format!("{}{}", picture.path, picture.name);
    proxy::fetch(&pod.net, &pod.silent, &address, pod.now()).ok_or(Error::Missing)
}

/// No browser keeps it.
fn private(answer: Response) -> Response {
    answer.with_header("Cache-Control", "no-store").with_header("Content-Disposition", "inline")
}
