//! Zip files (APPNOTE 6.3): written without compression, as pictures cannot be made smaller; read with or without it.
//! No zip64: four gigabytes and 65,535 files at the most.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::media::source::Source;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

/// Bytes of the fixed parts of a local head, of an entry of the list, and of the end.
const LOCAL_LENGTH: u64 = 30;
const CENTRAL_LENGTH: usize = 46;
const END_LENGTH: usize = 22;

/// Bytes of a list of files that is read at the most.
const LIST_MAX: u64 = 16 << 20;

/// Files in a zip file at the most.
const FILES_MAX: usize = 0xffff;

/// The 1st of January 1980, the oldest day a zip file knows.
const DAY: u16 = 0x21;

/// Names are UTF-8.
const UTF8: u16 = 1 << 11;

/// Writes a zip file.
pub struct Writer<W> {
    out: W,
    at: u64,
    list: Vec<u8>,
    files: u16,
}

impl<W: Write + Seek> Writer<W> {
    pub fn new(out: W) -> Writer<W> {
        Writer { out, at: 0, list: Vec::new(), files: 0 }
    }

    /// Appends a file.
    pub fn add(&mut self, name: &str, mut from: impl Read) -> io::Result<()> {
        let begin = u32::try_from(self.at).map_err(|_| too_large())?;
        self.out.write_all(&head(LOCAL, name, 0, 0))?;
        self.out.write_all(name.as_bytes())?;
        let (mut crc, mut buffer) = (Crc::new(), vec![0; 32 << 10]);
        loop {
            match from.read(&mut buffer)? {
                0 => break,
                length => {
                    crc.update(&buffer[..length]);
                    self.out.write_all(&buffer[..length])?;
                }
            }
        }
        let end = self.out.stream_position()?;
        let length = end - self.at - LOCAL_LENGTH - name.len() as u64;
        let length = u32::try_from(length).map_err(|_| too_large())?;
        // What the file is, is known only now.
        self.out.seek(SeekFrom::Start(self.at))?;
        self.out.write_all(&head(LOCAL, name, crc.sum(), length))?;
        self.out.seek(SeekFrom::Start(end))?;
        self.at = end;
        self.files = self.files.checked_add(1).ok_or_else(too_large)?;
        let mut entry = head(CENTRAL, name, crc.sum(), length);
        // Comment, disk, attributes: none.
        entry.extend([0; 10]);
        entry.extend(begin.to_le_bytes());
        entry.extend(name.as_bytes());
        self.list.append(&mut entry);
        Ok(())
    }

    /// Writes the list of files and gives the whole back.
    pub fn finish(mut self) -> io::Result<W> {
        let begin = u32::try_from(self.at).map_err(|_| too_large())?;
        self.out.write_all(&self.list)?;
        let mut end = END.to_le_bytes().to_vec();
        end.extend([0; 4]);
        end.extend(self.files.to_le_bytes());
        end.extend(self.files.to_le_bytes());
        end.extend((self.list.len() as u32).to_le_bytes());
        end.extend(begin.to_le_bytes());
        end.extend([0; 2]);
        self.out.write_all(&end)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "zip: larger than a zip file can be")
}

/// A head: of a file, or of an entry in the list up to its comment.
fn head(kind: u32, name: &str, crc: u32, length: u32) -> Vec<u8> {
    let mut head = kind.to_le_bytes().to_vec();
    if kind == CENTRAL {
        head.extend(20_u16.to_le_bytes());
    }
    for part in [20, UTF8, 0, 0, DAY] {
        head.extend(part.to_le_bytes());
    }
    for part in [crc, length, length] {
        head.extend(part.to_le_bytes());
    }
    head.extend((name.len() as u16).to_le_bytes());
    head.extend([0; 2]);
    head
}

/// A file in a zip file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The last part of its path.
    pub name: String,
    pub deflated: bool,
    at: u64,
    packed: u64,
    /// Bytes, as the list says.
    pub length: u64,
}

/// The files in a zip file; `None` when it is none, or one that is not understood.
pub fn list(zip: Source) -> io::Result<Option<Vec<Entry>>> {
    let tail_length = zip.len().min(END_LENGTH as u64 + 0xffff);
    let tail = zip.part(zip.len() - tail_length, tail_length).head(tail_length as usize)?;
    let end = tail.windows(4).rposition(|four| four == END.to_le_bytes()).and_then(|at| tail.get(at..at + END_LENGTH));
    let Some(end) = end else { return Ok(None) };
    let (length, begin) = (u64::from(long(end, 12)), u64::from(long(end, 16)));
    if length > LIST_MAX || begin + length > zip.len() {
        return Ok(None);
    }
    let list = zip.part(begin, length).head(length as usize)?;
    let (mut rest, mut entries) = (list.as_slice(), Vec::new());
    while rest.len() >= CENTRAL_LENGTH {
        let Some((entry, after)) = entry(rest) else { return Ok(None) };
        entries.extend(entry);
        rest = after;
    }
    // More than is there: some lie in each other, and unpacking them all could take days.
    let honest = entries.len() <= FILES_MAX && entries.iter().map(|entry| entry.packed).sum::<u64>() <= zip.len();
    Ok(honest.then_some(entries))
}

/// The first entry of the list, if it is a file that can be read, and the rest of the list.
fn entry(list: &[u8]) -> Option<(Option<Entry>, &[u8])> {
    if long(list, 0) != CENTRAL {
        return None;
    }
    let name_length = usize::from(short(list, 28));
    let more = name_length + usize::from(short(list, 30)) + usize::from(short(list, 32));
    let rest = list.get(CENTRAL_LENGTH + more..)?;
    let name = String::from_utf8_lossy(&list[CENTRAL_LENGTH..CENTRAL_LENGTH + name_length]).into_owned();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let method = short(list, 10);
    // Encrypted ones and folders are passed over.
    let readable = matches!(method, 0 | 8) && short(list, 8) & 1 == 0 && !name.is_empty();
    let entry = Entry {
        name,
        deflated: method == 8,
        at: u64::from(long(list, 42)),
        packed: u64::from(long(list, 20)),
        length: u64::from(long(list, 24)),
    };
    Some((readable.then_some(entry), rest))
}

/// The packed bytes of a file; `None` when it is not where the list says.
pub fn packed<'a>(zip: Source<'a>, entry: &Entry) -> io::Result<Option<Source<'a>>> {
    let head = zip.part(entry.at, LOCAL_LENGTH).head(LOCAL_LENGTH as usize)?;
    if head.len() < LOCAL_LENGTH as usize || long(&head, 0) != LOCAL {
        return Ok(None);
    }
    let begin = entry.at + LOCAL_LENGTH + u64::from(short(&head, 26)) + u64::from(short(&head, 28));
    let found = zip.part(begin, entry.packed);
    Ok((found.len() == entry.packed).then_some(found))
}

/// A file as it lies in the zip file, when it lies there as it is.
pub fn stored<'a>(zip: Source<'a>, entry: &Entry) -> io::Result<Option<Source<'a>>> {
    if entry.deflated { Ok(None) } else { packed(zip, entry) }
}

/// Unpacks a file into another, at most `max` bytes; `false` when it is longer or not there.
pub fn unpack(zip: Source, entry: &Entry, max: u64, into: &mut File) -> io::Result<bool> {
    let Some(source) = packed(zip, entry)? else { return Ok(false) };
    let copied = if entry.deflated {
        io::copy(&mut DeflateDecoder::new(source.reader()).take(max + 1), into)
    } else {
        io::copy(&mut source.reader().take(max + 1), into)
    };
    match copied {
        Ok(length) => Ok(length <= max),
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof) => Ok(false),
        Err(error) => Err(error),
    }
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn example() -> Vec<u8> {
        let mut zip = Writer::new(Cursor::new(Vec::new()));
        zip.add("photos/a.jpg", &b"first"[..]).expect("written");
        zip.add("b.png", &b""[..]).expect("written");
        zip.finish().expect("written").into_inner()
    }

    #[test]
    fn what_is_written_is_found_again() {
        let zip = example();
        let source = Source::Bytes(&zip);
        let files = list(source).expect("read").expect("a zip file");
        let names: Vec<(&str, u64)> = files.iter().map(|entry| (entry.name.as_str(), entry.length)).collect();
        assert_eq!(names, [("a.jpg", 5), ("b.png", 0)]);
        let first = stored(source, &files[0]).expect("read").expect("there");
        assert_eq!(first.head(100).expect("read"), b"first");
    }

    #[test]
    fn files_that_lie_in_each_other_or_are_too_many_are_no_zip_file() {
        let zip = |length: usize, times: usize| {
            let mut zip = Writer::new(Cursor::new(Vec::new()));
            zip.add("a", &vec![0; length][..]).expect("written");
            zip.list = zip.list.repeat(times);
            let zip = zip.finish().expect("written").into_inner();
            list(Source::Bytes(&zip)).expect("read").map(|files| files.len())
        };
        assert_eq!((zip(1_000, 1), zip(1_000, 2)), (Some(1), None));
        assert_eq!((zip(0, FILES_MAX), zip(0, FILES_MAX + 1)), (Some(FILES_MAX), None));
    }

    #[test]
    fn what_is_cut_off_or_changed_never_reads_beyond_its_end() {
        let zip = example();
        for cut in 0..zip.len() {
            assert_eq!(list(Source::Bytes(&zip[..cut])).expect("read"), None, "{cut}");
        }
        for at in 0..zip.len() {
            let mut damaged = zip.clone();
            damaged[at] ^= 0xff;
            let source = Source::Bytes(&damaged);
            for entry in list(source).expect("read").into_iter().flatten() {
                let _ = stored(source, &entry).expect("read");
            }
        }
    }
}
