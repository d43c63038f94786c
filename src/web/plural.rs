//! Which form of a word a number takes, by language: "1 comment", "2 comments". One line, one family of languages.

/// The form of a whole number, by CLDR's names and rules (unicode.org/cldr, "Language Plural Rules"). Languages that
/// are not named have the two of English. Millions are left out: nothing here is counted so far.
pub fn form(tag: &str, n: i64) -> &'static str {
    let (ten, hundred) = (n % 10, n % 100);
    let (teen, some) = ((11..=19).contains(&hundred), (2..=4).contains(&ten));
    match tag {
        "id" | "ja" | "ko" | "th" | "vi" | "zh" => "other",
        "fa" | "fr" | "hi" | "pt" => first(&[(n == 0 || n == 1, "one")], "other"),
        "cs" | "sk" => first(&[(n == 1, "one"), (n == ten && some, "few")], "other"),
        "pl" => first(&[(n == 1, "one"), (some && !teen, "few")], "many"),
        "be" | "ru" | "uk" => first(&[(ten == 1 && !teen, "one"), (some && !teen, "few")], "many"),
        "bs" | "hr" | "sr" => first(&[(ten == 1 && !teen, "one"), (some && !teen, "few")], "other"),
        "lt" => first(&[(teen || ten == 0, "other"), (ten == 1, "one")], "few"),
        "lv" => first(&[(teen || ten == 0, "zero"), (ten == 1, "one")], "other"),
        "ro" => first(&[(n == 1, "one"), (n == 0 || (1..=19).contains(&hundred), "few")], "other"),
        "sl" => first(&[(hundred == 1, "one"), (hundred == 2, "two"), (hundred == 3 || hundred == 4, "few")], "other"),
        "he" => first(&[(n == 1, "one"), (n == 2, "two")], "other"),
        "ar" if n < 3 => first(&[(n == 0, "zero"), (n == 1, "one")], "two"),
        "ar" => first(&[(hundred > 10, "many"), (hundred > 2, "few")], "other"),
        _ => first(&[(n == 1, "one")], "other"),
    }
}

/// The first form whose condition holds.
fn first(forms: &[(bool, &'static str)], rest: &'static str) -> &'static str {
    forms.iter().find(|(holds, _)| *holds).map_or(rest, |(_, form)| form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_forms_of_the_language() {
        for (tag, numbers) in [
            ("en", "0 other, 1 one, 2 other, 101 other"),
            ("de", "0 other, 1 one, 21 other"),
            ("fr", "0 one, 1 one, 2 other"),
            ("ja", "1 other"),
            ("cs", "1 one, 4 few, 5 other, 22 other"),
            ("pl", "1 one, 4 few, 12 many, 21 many, 22 few"),
            ("ru", "1 one, 3 few, 11 many, 21 one, 112 many, 122 few"),
            ("hr", "1 one, 3 few, 11 other, 21 one"),
            ("lt", "1 one, 2 few, 10 other, 12 other, 21 one"),
            ("lv", "0 zero, 1 one, 11 zero, 21 one, 22 other"),
            ("ro", "0 few, 1 one, 19 few, 20 other, 101 few"),
            ("sl", "1 one, 2 two, 4 few, 5 other, 101 one"),
            ("he", "1 one, 2 two, 3 other"),
            ("ar", "0 zero, 1 one, 2 two, 3 few, 11 many, 99 many, 100 other, 102 other, 103 few"),
        ] {
            for pair in numbers.split(", ") {
                let (n, expected) = pair.split_once(' ').expect("a number and a form");
                assert_eq!(form(tag, n.parse().expect("a number")), expected, "{tag} {n}");
            }
        }
    }
}
