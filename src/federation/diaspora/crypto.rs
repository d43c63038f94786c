//! RSA, the one seam: signatures by ring (fast, and linked for TLS anyway), making keys, encrypting and decrypting by
//! the `rsa` crate (ring has none of these). AES-256-CBC for what is private.

use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;

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
#[derive(Clone)]
pub struct PublicKey {
    /// PKCS#1 DER, as ring wants it.
    pkcs1: Vec<u8>,
    key: rsa::PublicKey,
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
        PublicKey::checked(key?)
    }

    /// Reads SPKI DER.
    pub fn from_der(der: &[u8]) -> Result<PublicKey, Error> {
        PublicKey::checked(rsa::PublicKey::from_public_key_der(der).map_err(|_| Error::Key)?)
    }

    fn checked(key: rsa::PublicKey) -> Result<PublicKey, Error> {
        let bits = key.n().bit_width();
        if !(BITS_MIN..=BITS_MAX).contains(&bits) {
            return Err(Error::Size(bits));
        }
        let pkcs1 = key.to_pkcs1_der().map_err(|_| Error::Key)?.into_vec();
        Ok(PublicKey { pkcs1, key })
    }

    /// SPKI DER.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        Ok(self.key.to_public_key_der().map_err(|_| Error::Key)?.into_vec())
    }

    /// SPKI PEM.
    pub fn to_pem(&self) -> Result<String, Error> {
        self.key.to_public_key_pem(LineEnding::LF).map_err(|_| Error::Key)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.pkcs1)
            .verify(message, signature)
            .map_err(|_| Error::Signature)
    }

    /// RSAES-PKCS1-v1_5.
    pub fn encrypt(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.pkcs1v15_encrypt(message).map_err(|_| Error::Random)
    }
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

    pub fn public(&self) -> Result<PublicKey, Error> {
        PublicKey::checked(self.key.to_public_key())
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
