//! Reading an archive thing by thing, from wherever it lies: as text, in gzip, in a zip file. However long it is, only
//! one thing of it is in memory at a time.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Error, zip};
use crate::media::source::Source;
use crate::model::Refusal;

/// Bytes of one thing in an archive at the most; the longest post with everything escaped has 800 kB.
const THING_MAX: u64 = 1 << 20;

/// Bytes of an archive's text at the most.
const TEXT_MAX: u64 = 4 << 30;

/// A part of an archive that is of use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Version,
    Key,
    Language,
    FollowBack,
    FollowBackAspect,
    Profile,
    Groups,
    Contacts,
    Posts,
    Own,
    Tags,
    Subscriptions,
    Blocks,
    Others,
}

impl Section {
    const OF_USER: [(&str, Section); 12] = [
        ("private_key", Section::Key),
        ("language", Section::Language),
        ("auto_follow_back", Section::FollowBack),
        ("auto_follow_back_aspect", Section::FollowBackAspect),
        ("profile", Section::Profile),
        ("contact_groups", Section::Groups),
        ("contacts", Section::Contacts),
        ("posts", Section::Posts),
        ("relayables", Section::Own),
        ("followed_tags", Section::Tags),
        ("post_subscriptions", Section::Subscriptions),
        ("blocks", Section::Blocks),
    ];

    /// Everything.
    pub const ALL: [Section; 14] = [
        Section::Version,
        Section::Key,
        Section::Language,
        Section::FollowBack,
        Section::FollowBackAspect,
        Section::Profile,
        Section::Groups,
        Section::Contacts,
        Section::Posts,
        Section::Own,
        Section::Tags,
        Section::Subscriptions,
        Section::Blocks,
        Section::Others,
    ];

    /// Whether it holds any number of things.
    pub fn is_list(self) -> bool {
        !matches!(
            self,
            Section::Version
                | Section::Key
                | Section::Language
                | Section::FollowBack
                | Section::FollowBackAspect
                | Section::Profile
        )
    }
}

/// Whether to read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    On,
    Enough,
}

/// Gives every thing in the wanted sections to `visit`, in the order of the archive. What is not wanted is only passed
/// over: an archive must have been walked with `Section::ALL` once.
pub fn walk(
    archive: Source,
    wanted: &[Section],
    visit: &mut dyn FnMut(Section, Value) -> Result<Flow, Error>,
) -> Result<(), Error> {
    let head = archive.head(4)?;
    if head.starts_with(b"\x1f\x8b") {
        return text(MultiGzDecoder::new(BufReader::new(archive.reader())), wanted, visit);
    }
    if head.starts_with(b"PK") {
        return zipped(archive, wanted, visit);
    }
    text(archive.reader(), wanted, visit)
}

/// The archive in a zip file is the first file in it that is named like one.
fn zipped(
    archive: Source,
    wanted: &[Section],
    visit: &mut dyn FnMut(Section, Value) -> Result<Flow, Error>,
) -> Result<(), Error> {
    let files = zip::list(archive)?.ok_or(Refusal::Kind)?;
    let named = |file: &&zip::Entry| file.name.ends_with(".json") || file.name.ends_with(".json.gz");
    let file = files.iter().find(named).ok_or(Refusal::Kind)?;
    let packed = zip::packed(archive, file)?.ok_or(Refusal::Damaged)?;
    let plain: Box<dyn Read + '_> = match file.deflated {
        true => Box::new(DeflateDecoder::new(BufReader::new(packed.reader()))),
        false => Box::new(packed.reader()),
    };
    if file.name.ends_with(".gz") {
        return text(MultiGzDecoder::new(BufReader::new(plain)), wanted, visit);
    }
    text(plain, wanted, visit)
}

fn text(
    plain: impl Read,
    wanted: &[Section],
    visit: &mut dyn FnMut(Section, Value) -> Result<Flow, Error>,
) -> Result<(), Error> {
    let left = Rc::new(Cell::new(u64::MAX));
    let meter = Meter { plain: BufReader::with_capacity(32 << 10, plain), left: left.clone(), whole: TEXT_MAX };
    let mut walk = Walk { wanted, visit, left, seen: 0, ended: None };
    let mut json = serde_json::Deserializer::from_reader(meter);
    let read = json.deserialize_map(&mut walk).and_then(|()| json.end());
    match (walk.ended, read) {
        (Some(ended), _) => ended,
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(refused(error)),
    }
}

/// What is wrong with the text of an archive.
fn refused(error: serde_json::Error) -> Error {
    if !error.is_io() {
        return Refusal::Damaged.into();
    }
    let error = io::Error::from(error);
    match error.kind() {
        io::ErrorKind::FileTooLarge => Refusal::Large.into(),
        // What flate2 says of bytes that are not what they should be.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            Refusal::Damaged.into()
        }
        _ => Error::Io(error),
    }
}

/// Counts what is read, of one thing and of the whole.
struct Meter<R> {
    plain: R,
    /// Bytes that the thing at hand may still have.
    left: Rc<Cell<u64>>,
    whole: u64,
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.plain.read(buffer)?;
        let (left, whole) = (self.left.get().checked_sub(length as u64), self.whole.checked_sub(length as u64));
        let (Some(left), Some(whole)) = (left, whole) else { return Err(io::ErrorKind::FileTooLarge.into()) };
        self.left.set(left);
        self.whole = whole;
        Ok(length)
    }
}

/// Where in the archive one is.
struct Walk<'a> {
    wanted: &'a [Section],
    visit: &'a mut dyn FnMut(Section, Value) -> Result<Flow, Error>,
    left: Rc<Cell<u64>>,
    /// Wanted sections that are through.
    seen: usize,
    /// How it ended before the end of the text.
    ended: Option<Result<(), Error>>,
}

impl Walk<'_> {
    fn one<E: serde::de::Error>(&mut self, section: Section, value: Value) -> Result<(), E> {
        match (self.visit)(section, value) {
            Ok(Flow::On) => Ok(()),
            Ok(Flow::Enough) => self.end(Ok(())),
            Err(error) => self.end(Err(error)),
        }
    }

    /// Leaves the parser by the only way there is: an error, which is not the one that counts.
    fn end<E: serde::de::Error>(&mut self, how: Result<(), Error>) -> Result<(), E> {
        self.ended = Some(how);
        Err(E::custom("ended"))
    }

    /// Every section stands once in an archive: after those that are wanted, nothing is left to read.
    fn section_is_through<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.seen += 1;
        let some = self.wanted.len() < Section::ALL.len();
        if some && self.seen == self.wanted.len() { self.end(Ok(())) } else { Ok(()) }
    }
}

/// The whole.
impl<'de> Visitor<'de> for &mut Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an archive")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = next_key(&self.left, &mut map)? {
            match key.as_str() {
                "user" => map.next_value_seed(Members(self, &Section::OF_USER))?,
                "others_data" => map.next_value_seed(Members(self, &[("relayables", Section::Others)]))?,
                "version" => map.next_value_seed(Whole(self, Section::Version))?,
                _ => map.next_value_seed(Unknown(&self.left))?,
            }
        }
        Ok(())
    }
}

/// A name, of bounded length.
fn next_key<'de, A: MapAccess<'de>>(left: &Cell<u64>, map: &mut A) -> Result<Option<String>, A::Error> {
    left.set(THING_MAX);
    let key = map.next_key()?;
    left.set(u64::MAX);
    Ok(key)
}

/// An object some of whose members are sections.
struct Members<'w, 'a>(&'w mut Walk<'a>, &'static [(&'static str, Section)]);

impl<'de> DeserializeSeed<'de> for Members<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = next_key(&self.0.left, &mut map)? {
            match self.1.iter().find(|(name, _)| *name == key) {
                Some((_, section)) if !self.0.wanted.contains(section) => drop(map.next_value::<IgnoredAny>()?),
                Some((_, section)) if section.is_list() => map.next_value_seed(List(self.0, *section))?,
                Some((_, section)) => map.next_value_seed(Whole(self.0, *section))?,
                None => map.next_value_seed(Unknown(&self.0.left))?,
            }
        }
        Ok(())
    }
}

/// A list of things.
struct List<'w, 'a>(&'w mut Walk<'a>, Section);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            self.0.left.set(THING_MAX);
            let Some(thing) = list.next_element::<Value>()? else { break };
            self.0.left.set(u64::MAX);
            self.0.one(self.1, thing)?;
        }
        self.0.left.set(u64::MAX);
        self.0.section_is_through()
    }
}

/// One thing by itself.
struct Whole<'w, 'a>(&'w mut Walk<'a>, Section);

impl<'de> DeserializeSeed<'de> for Whole<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if !self.0.wanted.contains(&self.1) {
            IgnoredAny::deserialize(json)?;
            return Ok(());
        }
        self.0.left.set(THING_MAX);
        let value = Value::deserialize(json)?;
        self.0.left.set(u64::MAX);
        self.0.one(self.1, value)?;
        self.0.section_is_through()
    }
}

/// What no archive of today has: it may be as long as it likes, but not deep. (To ignore it, the parser would note
/// every bracket that is open.)
struct Unknown<'c>(&'c Cell<u64>);

impl<'de> DeserializeSeed<'de> for Unknown<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        self.0.set(THING_MAX);
        let left = self.0;
        json.deserialize_any(self)?;
        left.set(u64::MAX);
        Ok(())
    }
}

impl<'de> Visitor<'de> for Unknown<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while next_key(self.0, &mut map)?.is_some() {
            map.next_value_seed(Unknown(self.0))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Unknown(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

/// Reads an archive that lies in a file.
pub fn file(file: &std::fs::File) -> io::Result<Source<'_>> {
    Ok(Source::File { file, from: 0, length: file.metadata()?.len() })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const ALL: [Section; 3] = [Section::Version, Section::Posts, Section::Others];

    fn walked(bytes: &[u8], wanted: &[Section]) -> Result<Vec<(Section, String)>, Error> {
        let mut found = Vec::new();
        walk(Source::Bytes(bytes), wanted, &mut |section, thing| {
            found.push((section, thing.to_string()));
            Ok(Flow::On)
        })?;
        Ok(found)
    }

    fn refusal(bytes: &[u8]) -> Option<Refusal> {
        match walked(bytes, &Section::ALL) {
            Err(Error::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    #[test]
    fn things_come_in_the_order_of_the_archive_and_what_is_not_wanted_is_passed_over() {
        let json = br#"{"x":[{"y":[]}],"others_data":{"relayables":[3]},"user":{"posts":[1,{"a":2}],"contacts":[9]},"version":"2.0"}"#;
        let found = walked(json, &ALL).expect("an archive");
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["3", "1", "{\"a\":2}", "\"2.0\""]);
        assert_eq!(walked(json, &[Section::Posts]).map(|found| found.len()).ok(), Some(2));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(json).expect("packed");
        let gzip = gzip.finish().expect("packed");
        assert_eq!(walked(&gzip, &ALL).expect("an archive"), found);
        let mut zip = zip::Writer::new(io::Cursor::new(Vec::new()));
        zip.add("readme.txt", &b"?"[..]).expect("packed");
        zip.add("a/alice.json.gz", gzip.as_slice()).expect("packed");
        let zip = zip.finish().expect("packed").into_inner();
        assert_eq!(walked(&zip, &ALL).expect("an archive"), found);
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        assert_eq!(refusal(b"hello"), Some(Refusal::Damaged));
        assert_eq!(refusal(b"[]"), Some(Refusal::Damaged));
        assert_eq!(refusal(br#"{"user":{"posts":[1,"#), Some(Refusal::Damaged));
        assert_eq!(refusal(br#"{"user":{"posts":{}}}"#), Some(Refusal::Damaged));
        assert_eq!(refusal(b"\x1f\x8b\x08\x00garbage"), Some(Refusal::Damaged));
        assert_eq!(refusal(b"PK\x03\x04garbage"), Some(Refusal::Kind));
        let deep = format!("{{\"user\":{{\"posts\":[{}", "[".repeat(10_000));
        assert_eq!(refusal(deep.as_bytes()), Some(Refusal::Damaged));
        let unknown = format!("{{\"x\":{}", "[".repeat(10_000));
        assert_eq!(refusal(unknown.as_bytes()), Some(Refusal::Damaged));
        let closed = format!("{{\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(refusal(closed.as_bytes()), Some(Refusal::Damaged));
    }

    #[test]
    fn one_thing_may_not_be_endless() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(br#"{"user":{"posts":[""#).expect("packed");
        for _ in 0..64 {
            gzip.write_all(&[b'a'; 64 << 10]).expect("packed");
        }
        assert_eq!(refusal(&gzip.finish().expect("packed")), Some(Refusal::Large));
        let key = format!("{{\"{}\":1}}", "k".repeat(2 << 20));
        assert_eq!(refusal(key.as_bytes()), Some(Refusal::Large));
    }
}
