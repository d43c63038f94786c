//! What happens to a picture that somebody brings: it is turned upright, made as large as the network wants it, and
//! written anew, so that nothing is left of what the camera wrote beside it.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use super::canvas::{Area, Canvas};
use super::fingerprint::{look_as, sha256};
use super::folder::{Folder, LARGE, MEDIUM, SCALED, SMALL};
use super::pdq::Hasher;
use super::source::Source;
use super::{Error, decode, encode, gif, kind, take_turn};
use crate::model::{Hashes, Pdq};

/// Bytes and pixels of a GIF, which is kept as it came.
const GIF_MAX: u64 = 8 << 20;
const GIF_PIXELS_MAX: u64 = 16_000_000;

/// Sizes of a profile picture, in pixels each way.
pub const FACES: [(&str, u32); 3] = [(LARGE, 300), (MEDIUM, 100), (SMALL, 50)];

/// A picture that was put into the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub name: String,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// Of the file that came, and of the one that is shown.
    pub brought: Hashes,
    pub shown: Hashes,
}

/// Keeps a picture for a post. When it fails, nothing of it is left.
pub fn keep(folder: &Folder, source: Source) -> Result<Kept, Error> {
    keep_as(folder, source, None)
}

/// The same, under a name that it had elsewhere, if it can be kept; nobody else may have a picture of that name.
pub fn keep_as(folder: &Folder, source: Source, wanted: Option<&str>) -> Result<Kept, Error> {
    let _turn = take_turn();
    if !folder.has_room() {
        return Err(Error::Full);
    }
    let content_type = kind::of(&source.head(kind::HEAD)?).ok_or(Error::Kind)?;
    if content_type == "image/gif" {
        return keep_gif(folder, source, wanted);
    }
    let (canvas, pdq) = decode::read(source, content_type, folder.scratch()?)?;
    let name = match wanted.filter(|name| folder.takes(name) && !name.ends_with(".gif")) {
        Some(name) => name.to_owned(),
        None => Folder::new_name(extension(folder, &canvas, content_type)?),
    };
    let kept = write_sizes(folder, &canvas, &name).and_then(|()| known_by(source, folder, &name, Some(pdq), Some(pdq)));
    let (brought, shown) = clean_up(folder, &name, kept)?;
    let (width, height) = canvas.size();
    Ok(Kept { name, width, height, brought, shown })
}

/// Keeps the square in the middle of a picture as a profile picture in its three sizes. When it fails, nothing of it is
/// left.
pub fn keep_face(folder: &Folder, source: Source) -> Result<Kept, Error> {
    keep_face_as(folder, source, None)
}

/// The same, under a name that it had elsewhere, if it can be kept; nobody else may have a picture of that name.
pub fn keep_face_as(folder: &Folder, source: Source, wanted: Option<&str>) -> Result<Kept, Error> {
    let _turn = take_turn();
    if !folder.has_room() {
        return Err(Error::Full);
    }
    let content_type = kind::of(&source.head(kind::HEAD)?).ok_or(Error::Kind)?;
    if content_type == "image/gif" {
        return Err(Error::Moving);
    }
    let (canvas, pdq) = decode::read(source, content_type, folder.scratch()?)?;
    let square = middle(canvas.size());
    let name = match wanted.filter(|name| folder.takes(name) && !name.ends_with(".gif")) {
        Some(name) => name.to_owned(),
        None => Folder::new_name(if canvas.clear { "png" } else { "jpg" }),
    };
    let kept = FACES
        .iter()
        .try_for_each(|(size, side)| write(folder, &canvas, square, (*side, *side), &format!("{size}{name}")))
        .and_then(|()| known_by(source, folder, &format!("{LARGE}{name}"), Some(pdq), Some(look(&canvas, square)?)));
    let (brought, shown) = clean_up(folder, &name, kept)?;
    Ok(Kept { name, width: square.width, height: square.height, brought, shown })
}

/// What the file that came and the one that is shown are known by.
fn known_by(
    source: Source,
    folder: &Folder,
    shown: &str,
    came: Option<Pdq>,
    seen: Option<Pdq>,
) -> Result<(Hashes, Hashes), Error> {
    let (file, length) = folder.open(shown).ok_or(io::ErrorKind::NotFound).map_err(io::Error::from)?;
    let written = sha256(Source::File { file: &file, from: 0, length })?;
    Ok((Hashes { sha256: sha256(source)?, pdq: came }, Hashes { sha256: written, pdq: seen }))
}

/// What a part of a picture looks like.
fn look(canvas: &Canvas, area: Area) -> io::Result<Pdq> {
    let (mut rows, mut row) = (canvas.rows(area), Vec::new());
    let mut hasher = Hasher::new((area.width, area.height));
    for _ in 0..area.height {
        rows.next(&mut row)?;
        hasher.push(&row, canvas.channels);
    }
    Ok(hasher.finish(1))
}

fn clean_up<T>(folder: &Folder, name: &str, kept: Result<T, Error>) -> Result<T, Error> {
    if kept.is_err() {
        let _ = folder.remove(name);
    }
    kept
}

fn keep_gif(folder: &Folder, source: Source, wanted: Option<&str>) -> Result<Kept, Error> {
    if source.len() > GIF_MAX {
        return Err(Error::Bytes);
    }
    let (width, height) = gif::size(source)?;
    decode::check_size((width, height), GIF_PIXELS_MAX)?;
    let wanted = wanted.filter(|name| folder.takes(name) && name.ends_with(".gif"));
    let name = wanted.map_or_else(|| Folder::new_name("gif"), str::to_owned);
    folder.write(&name, |file| {
        let mut out = BufWriter::new(file);
        gif::copy(source, &mut out)?;
        Ok::<(), Error>(out.flush()?)
    })?;
    let known = look_as(source, "image/gif").map_err(Error::Io);
    let known = known.and_then(|look| known_by(source, folder, &name, look, look));
    let (brought, shown) = clean_up(folder, &name, known)?;
    Ok(Kept { name, width, height, brought, shown })
}

/// What is drawn is sharper and often smaller as PNG; what a camera saw is smaller as JPEG.
fn extension(folder: &Folder, canvas: &Canvas, content_type: &str) -> Result<&'static str, Error> {
    if canvas.clear {
        return Ok("png");
    }
    if content_type != "image/png" {
        return Ok("jpg");
    }
    let mut lengths = [0, 0];
    for (length, encode) in lengths.iter_mut().zip([encode::png, encode::jpeg]) {
        let mut out = BufWriter::new(folder.scratch()?);
        encode(canvas, canvas.whole(), canvas.size(), &mut out)?;
        *length = out.into_inner().map_err(io::IntoInnerError::into_error)?.metadata()?.len();
    }
    Ok(if lengths[0] <= lengths[1] { "png" } else { "jpg" })
}

/// The sizes of diaspora*. One that would be as large as the picture has no file.
fn write_sizes(folder: &Folder, canvas: &Canvas, name: &str) -> Result<(), Error> {
    let (whole, size) = (canvas.whole(), canvas.size());
    write(folder, canvas, whole, size, name)?;
    for (prefix, frame) in [(SCALED, (700, u32::MAX)), (LARGE, (300, 1_500)), (MEDIUM, (100, 100))] {
        let small = decode::fit(size, frame);
        if small != size {
            write(folder, canvas, whole, small, &format!("{prefix}{name}"))?;
        }
    }
    write(folder, canvas, middle(size), (50, 50), &format!("{SMALL}{name}"))
}

fn write(folder: &Folder, canvas: &Canvas, area: Area, to: (u32, u32), name: &str) -> Result<(), Error> {
    folder.write(name, |file: &mut File| {
        let mut out = BufWriter::new(file);
        match name.ends_with(".png") {
            true => encode::png(canvas, area, to, &mut out)?,
            false => encode::jpeg(canvas, area, to, &mut out)?,
        }
        Ok(out.flush()?)
    })
}

/// The largest square in the middle.
fn middle((width, height): (u32, u32)) -> Area {
    let side = width.min(height);
    Area { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side }
}
