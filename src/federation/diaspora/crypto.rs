//! RSA, the one seam: signatures by ring (fast, and linked for TLS anyway), making keys, encrypting and decrypting by
//! the `rsa` crate (ring has none of these). AES-256-CBC for what is private.

use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPublicKey, RsaPublicKeyRef};
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};

/// Bits of the keys made here, as diaspora* makes them.
pub const KEY_BITS: usize = 4096;

/// Bits of a foreign key at least; below, signatures can be forged.
const BITS_MIN: u32 = 2048;

/// Bits of a foreign key at the most; above, a message could keep the processor busy.
const BITS_MAX: u32 = 8192;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("key: cannot be read")]
    Key,
    #[error("key: has {0} bits; {BITS_MIN} to {BITS_MAX} are allowed")]
    Size(u32),
    #[error("signature: does not match")]
    Signature,
    #[error("encryption: cannot be undone")]
    Decrypt,
    #[error("key: the system gave no random numbers")]
    Random,
}

/// Somebody's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// PKCS#1 DER, as ring wants it. Numbers for `rsa` are made of it only to encrypt: that takes as long as verifying
    /// a signature.
    pkcs1: Vec<u8>,
}

impl PublicKey {
    /// Reads PEM: `PUBLIC KEY` (SPKI), as everybody publishes it, or `RSA PUBLIC KEY` (PKCS#1).
    pub fn from_pem(pem: &str) -> Result<PublicKey, Error> {
        let pem = pem.trim();
        let key = if pem.starts_with("-----BEGIN RSA PUBLIC KEY-----") {
            rsa::PublicKey::from_pkcs1_pem(pem).map_err(|_| Error::Key)
        } else {
            rsa::PublicKey::from_public_key_pem(pem).map_err(|_| Error::Key)
        };
        PublicKey::from_numbers(&key?)
    }

    /// Reads SPKI DER.
    pub fn from_der(der: &[u8]) -> Result<PublicKey, Error> {
        let spki = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| Error::Key)?;
        spki.algorithm.assert_algorithm_oid(rsa::pkcs1::ALGORITHM_OID).map_err(|_| Error::Key)?;
        PublicKey::from_pkcs1(spki.subject_public_key.as_bytes().ok_or(Error::Key)?.to_vec())
    }

    fn from_numbers(key: &rsa::PublicKey) -> Result<PublicKey, Error> {
        PublicKey::from_pkcs1(key.to_pkcs1_der().map_err(|_| Error::Key)?.into_vec())
    }

    fn from_pkcs1(pkcs1: Vec<u8>) -> Result<PublicKey, Error> {
        let bits = bits(&pkcs1)?;
        if (BITS_MIN..=BITS_MAX).contains(&bits) { Ok(PublicKey { pkcs1 }) } else { Err(Error::Size(bits)) }
    }

    fn numbers(&self) -> Result<rsa::PublicKey, Error> {
        rsa::PublicKey::from_pkcs1_der(&self.pkcs1).map_err(|_| Error::Key)
    }

    /// SPKI DER.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        Ok(self.numbers()?.to_public_key_der().map_err(|_| Error::Key)?.into_vec())
    }

    /// SPKI PEM.
    pub fn to_pem(&self) -> Result<String, Error> {
        self.numbers()?.to_public_key_pem(LineEnding::LF).map_err(|_| Error::Key)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.pkcs1)
            .verify(message, signature)
            .map_err(|_| Error::Signature)
    }

    /// RSAES-PKCS1-v1_5.
    pub fn encrypt(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.numbers()?.pkcs1v15_encrypt(message).map_err(|_| Error::Random)
    }
}

/// Bits of the modulus of a key in PKCS#1 DER.
fn bits(pkcs1: &[u8]) -> Result<u32, Error> {
    let key = RsaPublicKeyRef::try_from(pkcs1).map_err(|_| Error::Key)?;
    let modulus = key.modulus.as_bytes();
    let unused = modulus.first().map_or(0, |first| first.leading_zeros());
    let bits = u32::try_from(modulus.len()).ok().and_then(|bytes| bytes.checked_mul(8)).ok_or(Error::Key)?;
    Ok(bits.saturating_sub(unused))
}

/// A user's private key. Reading one is slow: keep it.
pub struct PrivateKey {
    signer: RsaKeyPair,
    key: rsa::PrivateKey,
}

impl PrivateKey {
    /// Makes a key; seconds on a PC, minutes on a slow ARM.
    pub fn generate(bits: usize) -> Result<PrivateKey, Error> {
        let key = rsa::PrivateKey::new(&mut getrandom::SysRng, bits).map_err(|_| Error::Random)?;
        PrivateKey::from_der(key.to_pkcs8_der().map_err(|_| Error::Key)?.as_bytes())
    }

    /// Reads PKCS#8 DER.
    pub fn from_der(der: &[u8]) -> Result<PrivateKey, Error> {
        let signer = RsaKeyPair::from_pkcs8(der).map_err(|_| Error::Key)?;
        let key = rsa::PrivateKey::from_pkcs8_der(der).map_err(|_| Error::Key)?;
        Ok(PrivateKey { signer, key })
    }

    /// Reads PEM: `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1), as archives carry it.
    pub fn from_pem(pem: &str) -> Result<PrivateKey, Error> {
        let pem = pem.trim();
        let key = if pem.starts_with("-----BEGIN RSA PRIVATE KEY-----") {
            rsa::PrivateKey::from_pkcs1_pem(pem).map_err(|_| Error::Key)?
        } else {
            rsa::PrivateKey::from_pkcs8_pem(pem).map_err(|_| Error::Key)?
        };
        PrivateKey::from_der(key.to_pkcs8_der().map_err(|_| Error::Key)?.as_bytes())
    }

    /// PKCS#8 DER.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        Ok(self.key.to_pkcs8_der().map_err(|_| Error::Key)?.as_bytes().to_vec())
    }

    /// PKCS#8 PEM, as archives carry it.
    pub fn to_pem(&self) -> Result<String, Error> {
        Ok(self.key.to_pkcs8_pem(LineEnding::LF).map_err(|_| Error::Key)?.to_string())
    }

    pub fn public(&self) -> Result<PublicKey, Error> {
        PublicKey::from_numbers(&self.key.to_public_key())
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256; the same message always gives the same bytes.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.signer.public().modulus_len()];
        self.signer
            .sign(&RSA_PKCS1_SHA256, &ring::rand::SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::Random)?;
        Ok(signature)
    }

    /// RSAES-PKCS1-v1_5. A wrong padding gives a wrong plaintext, not an error, so that nobody learns which it was.
    pub fn decrypt(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.pkcs1v15_decrypt(message).map_err(|_| Error::Decrypt)
    }
}

type Encryptor = cbc::Encryptor<aes::Aes256>;
type Decryptor = cbc::Decryptor<aes::Aes256>;

/// Key and start vector of one private message.
pub struct Secret {
    pub key: [u8; 32],
    pub iv: [u8; 16],
}

impl Secret {
    pub fn random() -> Result<Secret, Error> {
        let mut secret = Secret { key: [0; 32], iv: [0; 16] };
        getrandom::fill(&mut secret.key).map_err(|_| Error::Random)?;
        getrandom::fill(&mut secret.iv).map_err(|_| Error::Random)?;
        Ok(secret)
    }

    /// AES-256-CBC with PKCS#7 padding.
    pub fn encrypt(&self, message: &[u8]) -> Vec<u8> {
        Encryptor::new(&self.key.into(), &self.iv.into()).encrypt_padded_vec::<Pkcs7>(message)
    }

    pub fn decrypt(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Decryptor::new(&self.key.into(), &self.iv.into())
            .decrypt_padded_vec::<Pkcs7>(message)
            .map_err(|_| Error::Decrypt)
    }
}

/// Standard base64 as foreign pods write it: line breaks and other characters outside the alphabet are passed over,
/// padding may be missing.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let clean: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')).collect();
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(clean).ok()
}

/// Standard base64, padded, without line breaks.
pub fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PrivateKey {
        PrivateKey::generate(2048).expect("random numbers")
    }

    #[test]
    fn a_key_keeps_its_powers_through_every_form() {
        let private = PrivateKey::from_der(&key().to_der().expect("DER")).expect("read");
        let public = private.public().expect("public half");
        assert_eq!(PublicKey::from_der(&public.to_der().expect("DER")), Ok(public.clone()));
        assert_eq!(PublicKey::from_pem(&public.to_pem().expect("PEM")), Ok(public.clone()));
        let signature = private.sign(b"text").expect("signed");
        assert_eq!(public.verify(b"text", &signature), Ok(()));
        assert_eq!(public.verify(b"test", &signature), Err(Error::Signature));
        assert_eq!(private.decrypt(&public.encrypt(b"secret").expect("encrypted")), Ok(b"secret".to_vec()));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for pem in ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----"]
        {
            assert_eq!(PublicKey::from_pem(pem), Err(Error::Key), "{pem}");
        }
        assert_eq!(PublicKey::from_der(b"\x30\x00"), Err(Error::Key));
        assert!(PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----").is_err());
    }

    #[test]
    fn a_short_key_and_a_giant_one_are_refused() {
        let pkcs1 = |bytes: usize| {
            let mut modulus = vec![0xc1; bytes];
            modulus.insert(0, 0);
            let length = |n: usize| if n < 256 { vec![0x81, n as u8] } else { vec![0x82, (n >> 8) as u8, n as u8] };
            let mut content = vec![0x02];
            content.extend(length(modulus.len()));
            content.extend(modulus);
            content.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
            let mut der = vec![0x30];
            der.extend(length(content.len()));
            der.extend(content);
            der
        };
        assert_eq!(PublicKey::from_pkcs1(pkcs1(128)), Err(Error::Size(1024)));
        assert_eq!(PublicKey::from_pkcs1(pkcs1(2048)), Err(Error::Size(16384)));
        assert!(PublicKey::from_pkcs1(pkcs1(256)).is_ok());
    }

    #[test]
    fn base64_of_foreign_pods_is_read_past_line_breaks() {
        assert_eq!(decode_base64("aGVs\n  bG8="), Some(b"hello".to_vec()));
        assert_eq!(decode_base64("aGVsbG8"), Some(b"hello".to_vec()));
        assert_eq!(decode_base64("a"), None);
    }
}
