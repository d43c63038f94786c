//! What a value of a setting may be, what of it may be shown, and which name was meant.

use url::Url;

/// Scheme, host and port, nothing else; http only for this machine.
pub fn pod_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| "an address like https://pod.example is needed")?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("an address like https://pod.example is needed".to_owned());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("only host and port: a pod has its whole host for itself".to_owned());
    }
    let local = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match (url.scheme(), local) {
        ("http", false) => Err("other pods speak https only; http is for trying out on localhost".to_owned()),
        ("https", true) => Err("nobody else reaches localhost; use the pod's name, or http for trying out".to_owned()),
        _ => Ok(url.as_str().trim_end_matches('/').to_owned()),
    }
}

/// Whether a text looks like an address for mails.
pub fn mail_address(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b",:<>\"".contains(&byte));
    plain && text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && host.contains('.'))
}

/// A value as others may see it: `smtps://user:…@host`.
pub fn without_password(value: &str) -> String {
    let parts = value.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
    match parts {
        Some((scheme, (who, host))) if who.contains(':') => {
            format!("{scheme}://{}:…@{host}", who.split(':').next().unwrap_or_default())
        }
        _ => value.to_owned(),
    }
}

/// The word that differs from `name` in the fewest letters, when these are few.
pub fn nearest_of<'a>(name: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words
        .map(|word| (distance(name, word), word))
        .filter(|(far, word)| *far <= 1 + word.len() / 3)
        .min()
        .map(|(_, word)| word)
}

/// Letters to insert, delete or replace to turn one word into the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let replaced = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
