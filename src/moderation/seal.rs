//! Sealed subjects (moderation research, section 4.3.3): an id that tells nobody what it is about, except who has the
//! thing itself and the salt.

use ring::hmac;

use crate::model::hex::{hex, unhex};

/// 16 bytes that a subject is sealed with. Each case has its own, so that who may check one cannot check another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt([u8; 16]);

impl Salt {
    /// The salt of a case, from the pod's secret; it is stored nowhere.
    pub fn of_case(secret: &[u8], case: i64) -> Salt {
        let tag = mac(secret, format!("seal case {case}").as_bytes());
        let mut salt = [0; 16];
        salt.copy_from_slice(&tag[..16]);
        Salt(salt)
    }

    /// Reads 32 hex digits.
    pub fn parse(text: &str) -> Option<Salt> {
        unhex(text)?.try_into().ok().map(Salt)
    }

    /// `hmac-sha256:` and 64 hex digits. `kind` is post, comment, photo, media-sha256, actor or domain; `name` a GUID,
    /// 64 hex digits, a diaspora* ID or an authority.
    pub fn seal(&self, kind: &str, name: &str) -> String {
        let name =
            if matches!(kind, "actor" | "domain" | "media-sha256") { name.to_lowercase() } else { name.to_owned() };
        format!("hmac-sha256:{}", hex(&mac(&self.0, &[kind.as_bytes(), b"\0", name.as_bytes()].concat())))
    }
}

/// As 32 hex digits.
impl std::fmt::Display for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}
