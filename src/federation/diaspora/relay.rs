//! What an author signs once and the author of the root passes on unchanged: comments, likes, votes, answers to events
//! (diaspora* protocol, "Relayables").

use super::Error;
use super::crypto::{PrivateKey, PublicKey, decode_base64, encode_base64};
use super::entity::read;
use super::xml::{self, Element, Writer};
use crate::model::Relay;

/// Elements in a relayable at the most; the longest one that pods send has ten.
const ELEMENTS_MAX: usize = 100;

/// Bytes of all elements and the signature at the most, without the text of a comment, which has its own bound: honest
/// ones have two thousand. All of it is kept and passed on.
const BYTES_MAX: usize = 16 << 10;

/// The elements of a relayable as its author wrote them; `signature` is empty when there is none. Of several elements
/// of one name the first counts.
pub fn read(entity: &'static str, element: &Element) -> Result<Relay, Error> {
    let mut elements: Vec<(String, String)> = Vec::new();
    for child in element.children() {
        let name = child.local_name();
        if elements.len() >= ELEMENTS_MAX || child.foreign != element.foreign {
            return Err(Error::Invalid { entity, property: "an element" });
        }
        if !name.contains("signature") && !elements.iter().any(|(known, _)| known == name) {
            elements.push((name.to_owned(), child.text().into_owned()));
        }
    }
    let signature = element.child("author_signature").map(Element::text).unwrap_or_default();
    let counted = elements.iter().filter(|(name, _)| entity != "comment" || name != "text");
    if counted.map(|(name, value)| name.len() + value.len()).sum::<usize>() + signature.len() > BYTES_MAX {
        return Err(Error::Invalid { entity, property: "an element" });
    }
    Ok(Relay { elements, signature: signature.into_owned() })
}

/// What the author signs: all values in their order.
pub fn signed_text(elements: &[(String, String)]) -> String {
    elements.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(";")
}

/// Proves the author's signature, over the texts as sent or else over diaspora*'s own spelling of them. What was signed is what is left in `relay`, so that it can be proven again by everybody it is passed on to.
pub fn verify(relay: &mut Relay, key: &PublicKey) -> Result<(), Error> {
    let signature = decode_base64(&relay.signature).ok_or(Error::AuthorSignature)?;
    let proves = |elements: &[(String, String)]| key.verify(signed_text(elements).as_bytes(), &signature).is_ok();
    let (normal, readable) = normalised(&relay.elements);
    if readable && proves(&relay.elements) {
        return Ok(());
    }
    if normal != relay.elements && proves(&normal) {
        relay.elements = normal;
        return Ok(());
    }
    Err(Error::AuthorSignature)
}

/// The elements in diaspora*'s spelling, which has nothing for what cannot be read, and whether all could be read.
fn normalised(elements: &[(String, String)]) -> (Vec<(String, String)>, bool) {
    let mut readable = true;
    let normal = elements.iter().map(|(name, value)| {
        let spelt = read::normalised(name, value);
        readable &= spelt.is_some() || value.is_empty();
        (name.clone(), spelt.unwrap_or_default())
    });
    (normal.collect(), readable)
}

/// Signs what an author here wrote. Values are made legal first: what is signed is what is written.
pub fn sign(elements: Vec<(&str, String)>, key: &PrivateKey) -> Result<Relay, Error> {
    let elements: Vec<(String, String)> =
        elements.into_iter().map(|(name, value)| (name.to_owned(), xml::legal(&value))).collect();
    let signature = encode_base64(&key.sign(signed_text(&elements).as_bytes())?);
    Ok(Relay { elements, signature })
}

/// Writes a relayable: its elements in their order, then the author's signature, if there is one.
pub fn write(name: &str, relay: &Relay) -> String {
    let mut writer = Writer::default();
    writer.open(name);
    for (element, value) in &relay.elements {
        writer.text(element, value);
    }
    if !relay.signature.is_empty() {
        writer.text("author_signature", &relay.signature);
    }
    writer.close(name);
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(xml: &str) -> Element {
        xml::parse(xml.as_bytes()).expect("legal")
    }

    #[test]
    fn the_signature_is_over_all_values_in_their_order_unknown_and_empty_ones_too() {
        let relay = read(
            "comment",
            &element(
                "<comment><x>1;2</x><author_signature>AA==</author_signature><text> a&#13;</text><y/>\
                 <parent_author_signature>BB==</parent_author_signature><text>second</text></comment>",
            ),
        )
        .expect("legal");
        assert_eq!(signed_text(&relay.elements), "1;2; a\r;");
        assert_eq!(relay.signature, "AA==");
    }

    #[test]
    fn what_is_signed_here_is_proven_after_it_was_written_and_read() {
        let key = PrivateKey::generate(2048).expect("random numbers");
        let relay = sign(vec![("author", "a@b".to_owned()), ("text", "a\r\n\0<&>".to_owned())], &key).expect("signed");
        let mut again = read("comment", &element(&write("comment", &relay))).expect("legal");
        assert_eq!(again, relay);
        let public = key.public().expect("public half");
        assert_eq!(verify(&mut again, &public), Ok(()));
        again.elements.swap(0, 1);
        assert_eq!(verify(&mut again, &public), Err(Error::AuthorSignature));
    }

    #[test]
    fn what_was_signed_in_another_spelling_is_kept_in_that_spelling() {
        let key = PrivateKey::generate(2048).expect("random numbers");
        let public = key.public().expect("public half");
        let signed = sign(vec![("created_at", "2024-05-06T07:08:09Z".to_owned())], &key).expect("signed");
        let mut sent = signed.clone();
        sent.elements[0].1 = "2024-05-06 09:08:09 +0200".to_owned();
        assert_eq!(verify(&mut sent, &public), Ok(()));
        assert_eq!(sent, signed);
        let mut garbage = sign(vec![("created_at", "soon".to_owned())], &key).expect("signed");
        assert_eq!(verify(&mut garbage, &public), Err(Error::AuthorSignature));
    }

    #[test]
    fn a_relayable_of_endless_elements_is_refused() {
        let xml: String = (0..=ELEMENTS_MAX).map(|n| format!("<x{n}/>")).collect();
        assert!(read("comment", &element(&format!("<comment>{xml}</comment>"))).is_err());
    }

    #[test]
    fn what_a_kind_does_not_know_is_kept_up_to_a_bound() {
        let (fits, long) = ("x".repeat(BYTES_MAX - 4), "x".repeat(BYTES_MAX + 1));
        let reads = |kind: &'static str, xml: &str| read(kind, &element(&format!("<{kind}>{xml}</{kind}>"))).is_ok();
        assert!(reads("comment", &format!("<text>{long}</text><what>{fits}</what>")));
        assert!(reads("like", &format!("<what>{fits}</what><like_signature>{long}</like_signature>")));
        for (kind, xml) in [
            ("comment", format!("<what>{long}</what>")),
            ("comment", format!("<{long}/>")),
            ("comment", format!("<what>{}</what><more>{}</more>", &long[1..9_000], &long[1..9_000])),
            ("comment", format!("<author_signature>{long}</author_signature>")),
            ("like", format!("<text>{long}</text>")),
        ] {
            assert!(!reads(kind, &xml), "{}", &xml[..20]);
        }
    }
}
