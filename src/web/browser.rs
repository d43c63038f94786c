//! What a browser calls itself, short enough to be recognised in a list.

/// Characters of a name at the most.
pub const NAME_MAX: usize = 60;

/// What stands in a `User-Agent`, and the name of that browser. Most of them name those they want to be taken for, too:
/// the first that fits is the one.
const BROWSERS: [(&str, &str); 10] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("BSD", "BSD"),
    ("Linux", "Linux"),
];

/// `Firefox, Linux`; the first word of a `User-Agent` that nobody knows; nothing when it says nothing.
pub fn name(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| (*name).to_owned())
    };
    let other = || {
        let word = user_agent.split(['/', ' ', '(']).next().unwrap_or_default();
        word.chars().filter(|c| c.is_ascii_graphic()).take(NAME_MAX).collect::<String>()
    };
    let browser = find(&BROWSERS).unwrap_or_else(other);
    match find(&SYSTEMS) {
        Some(system) => format!("{browser}, {system}").chars().take(NAME_MAX).collect(),
        None => browser,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_by_their_common_names() {
        for (agent, short) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari, iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
                "Chrome, Android",
            ),
            ("curl/8.5.0", "curl"),
            ("", ""),
        ] {
            assert_eq!(name(agent), short);
        }
        assert_eq!(name(&"x".repeat(1000)).len(), NAME_MAX);
        assert_eq!(name("\u{202e}\u{7}evil/1"), "evil");
    }
}
