use std::collections::{BTreeMap, BTreeSet};

use super::*;

const FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

#[test]
fn texts_count_and_are_filled_in() {
    let book = book("en");
    assert_eq!(book.html("comments.title", &[("n", "1")]), "1 comment");
    assert_eq!(book.html("comments.title", &[("n", "0")]), "0 comments");
    assert_eq!(book.html("post.via", &[("app", "<b>x</b>")]), "via <b>x</b>");
    assert_eq!(book.html("no.such", &[]), "no.such");
}

/// The texts of a book: a key without its plural form, and the forms with the gaps of each.
fn outline(book: &Book) -> BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> {
    let mut keys: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for (key, parts) in &book.texts {
        let form = key.rsplit_once('.').filter(|(_, form)| FORMS.contains(form));
        let (key, form) = form.unwrap_or((key, ""));
        let gaps = parts.iter().filter_map(|part| match part {
            Part::Gap(name) => Some(name.as_str()),
            Part::Words { .. } => None,
        });
        keys.entry(key).or_default().insert(form, gaps.collect());
    }
    keys
}

#[test]
fn every_language_says_what_english_says() {
    let english = outline(&books()[0]);
    // A text for one need not name the number; no other gap may be missing.
    let gaps = |forms: &BTreeMap<&str, BTreeSet<&str>>| -> BTreeSet<String> {
        forms.values().flatten().filter(|gap| **gap != "n").map(|gap| (*gap).to_owned()).collect()
    };
    for book in books().iter() {
        let own = outline(book);
        let differing: Vec<&&str> = own.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(differing.is_empty(), "{}: English does not have {differing:?}", book.tag);
        let differing: Vec<&&str> = english.keys().filter(|key| !own.contains_key(*key)).collect();
        assert!(differing.is_empty(), "{} does not have {differing:?}", book.tag);
        let needed: BTreeSet<&str> = (0..1_000).map(|n| plural::form(book.tag, n)).collect();
        for (key, forms) in &own {
            assert_eq!(gaps(forms), gaps(&english[key]), "{} {key}", book.tag);
            let counted: BTreeSet<&str> = forms.keys().copied().collect();
            assert!(forms.contains_key("") || counted == needed, "{} {key}: not the forms {needed:?}", book.tag);
        }
        let months: BTreeSet<String> = (1..=12).map(|number| book.month(number)).collect();
        assert_eq!(months.len(), 12, "{}", book.tag);
    }
}

#[test]
fn what_a_language_lacks_is_said_in_english() {
    let book = Book::read("pl", "save = \"Zapisz\"");
    assert_eq!(book.html("save", &[]), "Zapisz");
    assert_eq!(book.html("cancel", &[]), "Cancel");
    assert_eq!(book.html("comments.title", &[("n", "2")]), "2 comments");
}

#[test]
fn german_is_german() {
    let book = book("de");
    let now = Timestamp(1_700_000_000);
    let ago = |seconds| book.ago(Timestamp(now.0 - seconds), now);
    assert_eq!(ago(86_400), "vor 1 Tag");
    assert_eq!(ago(86_400 * 3), "vor 3 Tagen");
    assert_eq!(ago(86_400 * 600), "24. März 2022");
    assert_eq!(book.moment(now), "14. November 2023, 22:13 Uhr UTC");
    let like = |who, n| book.html("notices.like", &[("who", who), ("n", n)]);
    assert_eq!(like("Ada", "1"), "Ada mag deinen Beitrag");
    assert_eq!(like("Ada und Bo", "2"), "Ada und Bo mögen deinen Beitrag");
}

#[test]
fn the_browser_gets_the_language_it_likes_best() {
    let known = ["en", "de"];
    for (header, tag) in [
        ("de", Some("de")),
        ("de-AT, en;q=0.5", Some("de")),
        ("fr, en;q=0.3, DE;q=0.7", Some("de")),
        ("en-GB,en;q=0.9,de;q=0.8", Some("en")),
        ("de;q=0, fr", None),
        ("de;q=nan, en;q=0.1", Some("en")),
        ("", None),
        (";;q=,,", None),
    ] {
        assert_eq!(best(header, &known), tag, "{header}");
    }
}

#[test]
fn times_are_told_as_people_tell_them() {
    let book = book("en");
    let now = Timestamp(1_700_000_000);
    let ago = |seconds| book.ago(Timestamp(now.0 - seconds), now);
    assert_eq!(ago(-500), "just now");
    assert_eq!(ago(59), "just now");
    assert_eq!(ago(60), "1 min");
    assert_eq!(ago(7_200), "2 h");
    assert_eq!(ago(86_400 * 3), "3 days");
    assert_eq!(ago(86_400 * 30), "15 October");
    assert_eq!(ago(86_400 * 600), "24 March 2022");
    assert_eq!(book.moment(now), "14 November 2023, 22:13 UTC");
}
