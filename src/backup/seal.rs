//! The seal around a backup: age, for a recipient (`age1…`) or with a passphrase. Other programs open it, too.

use std::io::{self, BufReader, Cursor, Read, Write};

use age::secrecy::SecretString;
use age::{scrypt, x25519};

use super::Error;

/// What an age file begins with.
const AGE: &[u8] = b"age-encryption.org/v1\n";

/// scrypt takes 2^15 KiB of memory: a router has that, and whoever guesses needs it for every guess. A file from
/// elsewhere may want 2^18.
const WORK: u8 = 15;
const WORK_MAX: u8 = 18;

/// Letters of a passphrase at the least.
pub const PASSPHRASE_MIN: usize = 12;

/// How a backup is sealed.
pub enum Seal {
    Open,
    Recipient(x25519::Recipient),
    Passphrase(SecretString),
}

impl Seal {
    pub fn recipient(text: &str) -> Result<Seal, Error> {
        let parsed = text.trim().parse::<x25519::Recipient>();
        parsed.map(Seal::Recipient).map_err(|why| Error::Seal(format!("{text:?} is no age recipient (age1…): {why}")))
    }

    pub fn passphrase(text: String) -> Result<Seal, Error> {
        if text.chars().count() < PASSPHRASE_MIN {
            return Err(Error::Seal(format!(
                "a passphrase has {PASSPHRASE_MIN} letters or more, a few words are best"
            )));
        }
        Ok(Seal::Passphrase(text.into()))
    }

    /// Lets `fill` write, and what it writes come out sealed.
    pub fn around<T>(
        &self,
        out: &mut dyn Write,
        fill: impl FnOnce(&mut dyn Write) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let recipient: Box<dyn age::Recipient> = match self {
            Seal::Open => return fill(out),
            Seal::Recipient(recipient) => Box::new(recipient.clone()),
            Seal::Passphrase(words) => {
                let mut recipient = scrypt::Recipient::new(words.clone());
                recipient.set_work_factor(WORK);
                Box::new(recipient)
            }
        };
        let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient.as_ref()));
        let mut sealed = encryptor.map_err(io::Error::other)?.wrap_output(out)?;
        let filled = fill(&mut sealed)?;
        sealed.finish()?.flush()?;
        Ok(filled)
    }
}

/// What opens a sealed backup; each is asked for when it is needed only.
pub struct Keys<'a> {
    /// The text of a key file, as `age-keygen` writes it.
    pub key: Option<String>,
    pub passphrase: &'a mut dyn FnMut() -> Result<String, Error>,
}

/// The tar file in a backup, sealed or not.
pub fn open<'a>(mut input: impl Read + 'a, keys: &mut Keys) -> Result<Box<dyn Read + 'a>, Error> {
    let mut begin = Vec::new();
    input.by_ref().take(AGE.len() as u64).read_to_end(&mut begin)?;
    let is_sealed = begin == AGE;
    let whole = Cursor::new(begin).chain(input);
    if !is_sealed {
        return Ok(Box::new(BufReader::with_capacity(super::PIECE, whole)));
    }
    let failed = |why: age::DecryptError| Error::Seal(format!("the seal does not open: {why}; nothing was restored"));
    let decryptor = age::Decryptor::new_buffered(BufReader::with_capacity(super::PIECE, whole)).map_err(failed)?;
    let identity: Box<dyn age::Identity> = if decryptor.is_scrypt() {
        let mut identity = scrypt::Identity::new((keys.passphrase)()?.into());
        identity.set_max_work_factor(WORK_MAX);
        Box::new(identity)
    } else {
        let text = keys.key.as_deref().ok_or(Error::NeedsKey)?;
        let line = text.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1"));
        let identity = line.and_then(|line| line.parse::<x25519::Identity>().ok());
        Box::new(identity.ok_or_else(|| Error::Seal("there is no key (AGE-SECRET-KEY-1…) in the key file".to_owned()))?)
    };
    Ok(Box::new(decryptor.decrypt(std::iter::once(identity.as_ref())).map_err(failed)?))
}
