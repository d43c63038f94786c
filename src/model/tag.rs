//! Tags: `#word` in posts, comments and profiles.

/// The longest tag there is, in characters.
pub const LENGTH_MAX: usize = 255;

/// Tags that a text stands under at the most: what more there are in it stay links. diaspora* knows no limit; a text of
/// nothing but tags would be found under 20,000.
pub const TAGS_MAX: usize = 100;

/// The first tags of a text, lower-cased, each once, in their order.
pub fn of_text(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in all(text) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        if tags.len() == TAGS_MAX {
            break;
        }
    }
    tags
}

/// All tags of a text, lower-cased, as often as they are in it.
pub fn all(text: &str) -> impl Iterator<Item = String> {
    let (mut before, mut rest) = (None, text);
    std::iter::from_fn(move || {
        while let Some(c) = rest.chars().next() {
            if c == '#'
                && opens(before)
                && let Some(name) = at_start(rest)
            {
                rest = &rest[1 + name.len()..];
                before = Some('#');
                return Some(canonical(name));
            }
            before = Some(c);
            rest = &rest[c.len_utf8()..];
        }
        None
    })
}

/// The name of the tag that `text` begins with (`#` included in the text, not in the answer).
/// `#<3` is a tag too.
pub fn at_start(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('#')?;
    if rest.starts_with("<3") {
        return Some(&rest[..2]);
    }
    let end = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
    let name = &rest[..end];
    (!name.is_empty() && name.chars().count() <= LENGTH_MAX).then_some(name)
}

/// Whether a tag may begin after this character (`None`: at the start of the text).
pub fn opens(before: Option<char>) -> bool {
    before.is_none_or(|c| c.is_whitespace() || c == '>')
}

/// The tag as it is stored, linked and compared.
pub fn canonical(name: &str) -> String {
    name.to_lowercase()
}

/// Letters and digits of all scripts with the marks that belong to them, `_` and `-`.
fn in_name(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '_' | '-' | '\u{300}'..='\u{36f}' | '\u{55a}'..='\u{55f}' | '\u{58a}')
        || matches!(
            c,
            '\u{94d}' | '\u{9cd}' | '\u{a4d}' | '\u{acd}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}' | '\u{ccd}' | '\u{d4d}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_words_after_a_hash_at_a_word_start() {
        assert_eq!(of_text("#One two #three-four, #one\n#ÄÖ_ü"), ["one", "three-four", "äö_ü"]);
        assert_eq!(of_text("a#b ## # #! (#c) >#d #<3"), ["d", "<3"]);
        assert_eq!(of_text("#हिन्दी"), ["हिन्दी"]);
        assert!(of_text(&format!("#{}", "a".repeat(256))).is_empty());
        let many: String = (0..1_000).map(|number| format!("#t{number} ")).collect();
        assert_eq!(of_text(&many).last().map(String::as_str), Some("t99"));
    }
}
