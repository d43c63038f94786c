//! Taking one's data along, and moving in with it.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::sync::{Arc, Mutex, Weak};

use minijinja::context;
use minijinja::value::Value;

use super::account::check_password;
use crate::federation::archive::{self, bring, export, pictures};
use crate::model::{Handle, Import, Refusal, Step, UserId};
use crate::store::imports;
use crate::sync::lock;
use crate::web::error::Error;
use crate::web::visit::Visit;
use crate::web::{Body, Method, Response};

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
    download(Arc::new(file), "application/gzip", &format!("{}_data.json.gz", me.name))
}

/// Zip files of photos that are being made or are on their way to who asked for them.
static UNDER_WAY: Mutex<Vec<(UserId, Weak<File>)>> = Mutex::new(Vec::new());

/// `GET /settings/archive/photos/:number`: some of the pictures, as a zip file. None is made to tell its length only.
pub fn photos(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    if visit.request.method == Method::Head {
        return Err(Error::Method);
    }
    let number: usize = visit.arg(0).parse().map_err(|_| Error::Missing)?;
    let volumes = pictures::volumes(&visit.pod.store, &visit.pod.photos, me, pictures::VOLUME)?;
    let volume = number.checked_sub(1).and_then(|at| volumes.get(at)).ok_or(Error::Missing)?;
    let Some(file) = begin(visit, me.id)? else { return page(visit, Some(Error::UnderWay)) };
    pictures::write(&visit.pod.photos, volume, file.try_clone()?)?;
    download(file, "application/zip", &format!("{}_photos_{number}.zip", me.name))
}

/// A file for a zip file of somebody; `None` while they have another under way, which needs its room on the disk.
fn begin(visit: &Visit, whose: UserId) -> Result<Option<Arc<File>>, Error> {
    let mut under_way = lock(&UNDER_WAY);
    under_way.retain(|(_, file)| file.strong_count() > 0);
    if under_way.iter().any(|(other, _)| *other == whose) {
        return Ok(None);
    }
    let file = Arc::new(visit.pod.photos.scratch()?);
    under_way.push((whose, Arc::downgrade(&file)));
    Ok(Some(file))
}

/// Where archives are sent to; the door lets larger bodies in there.
pub const IMPORT: &str = "/settings/archive/import";

/// Seconds until the page is asked for again while an archive is being brought in.
const LOOK_AGAIN: &str = "4";

/// `POST /settings/archive/import`: leaves an archive, and zip files of photos, to be brought in.
pub fn import(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let (archive, photos) = (form.files(visit.request, "archive"), form.files(visit.request, "photos"));
    let mut files = archive.take(1).chain(photos).peekable();
    if !form.has_file("archive") || files.peek().is_none() {
        return page(visit, Some(archive::Error::from(Refusal::Kind).into()));
    }
    let left = bring::leave(visit.pod, me, files, form.has("profile"), form.has("settings"));
    match left.map_err(Error::from) {
        Ok(_) => Ok(Response::see_other("/settings/archive")),
        Err(error) if error.status() == 500 => Err(error),
        Err(error) => page(visit, Some(error)),
    }
}

/// How far an archive came, for the page.
fn progress(visit: &Visit, import: &Import) -> Value {
    let old = import.old.as_ref().map_or("", Handle::as_str);
    let text = match import.refusal {
        Some(why) => visit.say(&format!("refusal.{}", why.as_str())),
        // The form has a word for photos already.
        None if import.step == Step::Photos => visit.book.words("import.photos_step", &[("old", old)]),
        None => visit.book.words(&format!("import.{}", import.step.as_str()), &[("old", old)]),
    };
    context! {
        text,
        refused => import.step == Step::Refused,
        done => import.step == Step::Done,
        running => !import.step.is_over(),
        through => import.through.min(import.total),
        total => import.total,
        left_out => import.left_out,
    }
}

/// A file to be kept by the browser.
fn download(file: Arc<File>, content_type: &str, name: &str) -> Result<Response, Error> {
    let length = file.metadata()?.len();
    (&*file).seek(SeekFrom::Start(0))?;
    Ok(Response::new(200)
        .with_header("Content-Type", content_type)
        .with_header("Content-Disposition", format!("attachment; filename=\"{name}\""))
        .with_header("Cache-Control", "no-store")
        .with_body(Body::File(file, length)))
}

fn page(visit: &Visit, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let volumes = pictures::volumes(&visit.pod.store, &visit.pod.photos, me, pictures::VOLUME)?;
    let last = visit.pod.store.read(|db| imports::last(db, me.id))?;
    let running = last.as_ref().is_some_and(|import| !import.step.is_over());
    let values = context! {
        title => visit.say("archive.title"),
        import => last.map(|import| progress(visit, &import)),
        volumes => volumes.iter().map(|volume| volume.length.div_ceil(1 << 20)).collect::<Vec<u64>>(),
    };
    let shown = visit.page_with("archive.html", error.as_ref(), values)?;
    Ok(if running { shown.with_header("Refresh", LOOK_AGAIN) } else { shown })
}
