//! NodeInfo: what software this is and how much it is used (diaspora* protocol, "NodeInfo"). The app checks it against
//! the published schemas, which forbid any further member.

use serde_json::{Value, json};

/// The versions served, the oldest first.
pub const VERSIONS: [&str; 3] = ["1.0", "2.0", "2.1"];

const SCHEMA: &str = "http://nodeinfo.diaspora.software/ns/schema/";

/// What is told about the pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    pub open_registrations: bool,
    pub users: u64,
    /// People who signed in within the last 180 days.
    pub active_half_year: u64,
    /// People who signed in within the last 30 days.
    pub active_month: u64,
    /// Posts of the pod's own people.
    pub posts: u64,
    /// Comments of the pod's own people.
    pub comments: u64,
    /// Name of the podmin's account, the first part of their ID.
    pub podmin: Option<String>,
}

/// `/.well-known/nodeinfo`. `base` is the pod's address with its slash at the end.
pub fn well_known(base: &str) -> String {
    let link = |version| json!({ "rel": format!("{SCHEMA}{version}"), "href": format!("{base}nodeinfo/{version}") });
    json!({ "links": VERSIONS.map(link) }).to_string()
}

/// Content type of the document in one of the `VERSIONS`.
pub fn content_type(version: &str) -> String {
    format!("application/json; profile={SCHEMA}{version}#; charset=utf-8")
}

/// The document in a version; `None` when it is not one of the `VERSIONS`.
pub fn write(version: &str, info: &NodeInfo) -> Option<String> {
    let (name, protocols) = match version {
        // The first schema names three programs only; ours speaks as the first of them does.
        "1.0" => ("diaspora", json!({ "inbound": ["diaspora"], "outbound": ["diaspora"] })),
        "2.0" | "2.1" => (env!("CARGO_PKG_NAME"), json!(["diaspora"])),
        _ => return None,
    };
    let mut document = json!({
        "version": version,
        "software": { "name": name, "version": env!("CARGO_PKG_VERSION") },
        "protocols": protocols,
        "services": { "inbound": [], "outbound": [] },
        "openRegistrations": info.open_registrations,
        "usage": usage(info),
        "metadata": { "software": env!("CARGO_PKG_NAME") },
    });
    // As diaspora* tells whom other podmins can write to.
    if let Some(podmin) = &info.podmin {
        document["metadata"]["adminAccount"] = podmin.as_str().into();
    }
    Some(document.to_string())
}

/// Characters of a name or a version at the most.
const WORD_MAX: usize = 60;

/// Where the newest document is that a pod's `/.well-known/nodeinfo` names.
pub fn newest(links: &[u8]) -> Option<String> {
    let links: Value = serde_json::from_slice(links).ok()?;
    let links = links.get("links")?.as_array()?;
    let of = |version: &&str| {
        let named = |link: &&Value| link["rel"].as_str().is_some_and(|rel| rel == format!("{SCHEMA}{version}"));
        links.iter().find(named)?["href"].as_str()
    };
    VERSIONS.iter().rev().find_map(of).map(str::to_owned)
}

/// Name and version of the software that a document tells of.
pub fn software(document: &[u8]) -> Option<(String, String)> {
    let document: Value = serde_json::from_slice(document).ok()?;
    let word = |name: &str| {
        let word = document["software"][name].as_str()?.trim();
        let word: String = word.chars().filter(|c| !c.is_control()).take(WORD_MAX).collect();
        Some(word)
    };
    // The first schema knows three programs only; others say there what they are (`metadata`).
    let name = word("name").filter(|name| !name.is_empty())?;
    Some((name, word("version").unwrap_or_default()))
}

fn usage(info: &NodeInfo) -> Value {
    json!({
        "users": {
            "total": info.users,
            "activeHalfyear": info.active_half_year,
            "activeMonth": info.active_month,
        },
        "localPosts": info.posts,
        "localComments": info.comments,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_announced_is_served_and_names_itself() {
        let links: Value = serde_json::from_str(&well_known("https://pod.example/")).expect("JSON");
        assert_eq!(links["links"].as_array().map(Vec::len), Some(VERSIONS.len()));
        for (at, version) in VERSIONS.iter().enumerate() {
            assert_eq!(links["links"][at]["href"], format!("https://pod.example/nodeinfo/{version}"));
            let text = write(version, &NodeInfo::default()).expect("served");
            let document: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(document["version"], *version);
        }
        assert_eq!(write("1.1", &NodeInfo::default()), None);
    }

    #[test]
    fn what_a_pod_runs_is_read_from_the_newest_document_it_names() {
        let links = well_known("https://pod.example/");
        assert_eq!(newest(links.as_bytes()).as_deref(), Some("https://pod.example/nodeinfo/2.1"));
        let text = write("2.1", &NodeInfo::default()).expect("served");
        let own = ("pappus".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        assert_eq!(software(text.as_bytes()), Some(own));
        for wrong in ["", "[]", "{}", "{\"links\": 1}", "{\"software\": {\"name\": \"\"}}"] {
            assert_eq!((newest(wrong.as_bytes()), software(wrong.as_bytes())), (None, None), "{wrong}");
        }
    }

    #[test]
    fn a_document_has_the_members_of_its_schema_and_no_others() {
        let text = write("2.1", &NodeInfo { users: 1, ..NodeInfo::default() }).expect("served");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let mut members: Vec<&str> = document.as_object().expect("object").keys().map(String::as_str).collect();
        members.sort_unstable();
        let wanted = ["metadata", "openRegistrations", "protocols", "services", "software", "usage", "version"];
        assert_eq!(members, wanted);
        assert_eq!(document["protocols"], json!(["diaspora"]));
        assert_eq!(document["usage"]["users"]["total"], 1);
        assert!(document["metadata"].get("adminAccount").is_none());
    }
}
