//! GUIDs: the names of things in the network (diaspora* protocol, "GUID").

use std::fmt;

/// The name of a person, post, comment… in the whole network: 16 to 255 characters from
/// `0-9 A-Z a-z - _ @ . :`, the last one alphanumeric; case counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Guid(String);

impl Guid {
    /// Reads a GUID; `None` when it breaks the rule above.
    pub fn parse(text: &str) -> Option<Guid> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_@.:".contains(&b);
        let fits = (16..=255).contains(&text.len()) && text.bytes().all(legal);
        let ends = text.bytes().last().is_some_and(|b| b.is_ascii_alphanumeric());
        (fits && ends).then(|| Guid(text.to_owned()))
    }

    /// A new GUID: 32 lower-case hex digits, as diaspora* makes them.
    pub fn random() -> Guid {
        let mut bytes = [0; 16];
        // The kernel's generator fails only where there is none, and then nothing here may run.
        getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
        Guid(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_sixteen_to_255_legal_characters_and_ends_alphanumeric() {
        assert!(Guid::parse("1234567890abcdef").is_some());
        assert!(Guid::parse("aB-_@.:890abcdeF").is_some());
        assert!(Guid::parse(&"a".repeat(255)).is_some());
        assert!(Guid::parse("123456789abcdef").is_none());
        assert!(Guid::parse(&"a".repeat(256)).is_none());
        assert!(Guid::parse("1234567890abcde-").is_none());
        assert!(Guid::parse("1234567890abcd/f").is_none());
        assert!(Guid::parse("1234567890abcdéf").is_none());
    }

    #[test]
    fn a_new_guid_is_32_hex_digits_and_never_the_same() {
        let guid = Guid::random();
        assert_eq!(guid.as_str().len(), 32);
        assert!(Guid::parse(guid.as_str()).is_some());
        assert_ne!(guid, Guid::random());
    }
}
