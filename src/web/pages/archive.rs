//! Taking one's data along.

use std::io::{Seek, SeekFrom};

use minijinja::context;

use super::account::check_password;
use crate::federation::archive::{export, pictures};
use crate::web::error::Error;
use crate::web::visit::Visit;
use crate::web::{Body, Response};

/// `GET /settings/archive`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, None)
}

/// `POST /settings/archive/export`: everything but the pictures. Whoever has it has the account's key, so the password
/// is asked for.
pub fn data(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    if let Err(error) = check_password(visit, form.get("password")) {
        return page(visit, Some(error));
    }
    let mut file = visit.pod.photos.scratch()?;
    export::write(&visit.pod.store, me, &mut file, &mut |_| {})?;
    download(file, "application/gzip", &format!("{}_data.json.gz", me.name))
}

/// `GET /settings/archive/photos/:number`: some of the pictures, as a zip file.
pub fn photos(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let number: usize = visit.arg(0).parse().map_err(|_| Error::Missing)?;
    let volumes = pictures::volumes(&visit.pod.store, &visit.pod.photos, me, pictures::VOLUME)?;
    let volume = number.checked_sub(1).and_then(|at| volumes.get(at)).ok_or(Error::Missing)?;
    let file = pictures::write(&visit.pod.photos, volume, visit.pod.photos.scratch()?)?;
    download(file, "application/zip", &format!("{}_photos_{number}.zip", me.name))
}

/// A file to be kept by the browser.
fn download(mut file: std::fs::File, content_type: &str, name: &str) -> Result<Response, Error> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    Ok(Response::new(200)
        .with_header("Content-Type", content_type)
        .with_header("Content-Disposition", format!("attachment; filename=\"{name}\""))
        .with_header("Cache-Control", "no-store")
        .with_body(Body::File(file, length)))
}

fn page(visit: &Visit, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let volumes = pictures::volumes(&visit.pod.store, &visit.pod.photos, me, pictures::VOLUME)?;
    let values = context! {
        title => visit.say("archive.title"),
        volumes => volumes.iter().map(|volume| volume.length.div_ceil(1 << 20)).collect::<Vec<u64>>(),
    };
    visit.page_with("archive.html", error.as_ref(), values)
}
