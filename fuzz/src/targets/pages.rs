//! Whole requests, answered by a whole pod.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;

use pappus::media::folder::Folder;
use pappus::media::looked::Looked;
use pappus::media::silent::Silent;
use pappus::model::{Audience, Timestamp, UserId};
use pappus::net::{Client, Options};
use pappus::pod::{BUILT, Pod, Wakes};
use pappus::social::{account, post};
use pappus::store::{self, Store};
use pappus::web::door::head;
use pappus::web::{self, Body, Method, Request};
use tempfile::TempDir;

thread_local! {
    /// Goes with its thread, and its folder with it; one for the whole process would leave that behind.
    static POD: (Pod, UserId, TempDir) = pod().expect("a pod in a folder of its own");
}

type Failed = Box<dyn std::error::Error>;

fn pod() -> Result<(Pod, UserId, TempDir), Failed> {
    let folder = tempfile::tempdir()?;
    let pod = Pod {
        url: "https://pod.example".to_owned(),
        secret: vec![7; 32],
        store: Store::open(&folder.path().join("pappus.db"))?,
        photos: Folder::new(folder.path().join("photos")),
        imports: folder.path().join("imports"),
        net: Client::new(Options { trial: false, user_agent: "pappus".to_owned(), ca_file: None })?,
        looked: Looked::default(),
        silent: Silent::default(),
        mail: None,
        setup_code: Mutex::default(),
        retention_days: None,
        wakes: Wakes::default(),
    };
    let known = store::pod::Pod { url: pod.url.clone(), secret: pod.secret.clone(), identity: vec![7; 32] };
    let me = pod.store.write(Timestamp(BUILT.0 + 1), |tx| {
        store::pod::add(tx, &known)?;
        let me = account::create_first(tx, "me", "$argon2id$none")?;
        let text = "# A post\n\nwith a #tag, <b>a link</b> https://example.org and @{me@pod.example}";
        let new = post::New { text, audience: Audience::Public, photos: &[], poll: None, place: None };
        post::publish(tx, &me, &new)?;
        Ok::<_, pappus::social::Error>(me)
    })?;
    Ok((pod, me.id, folder))
}

/// A head as the door lets it in, with a body behind it. Who asks is the podmin when the first byte says so, and only
/// reads then. Whatever is asked, the answer is none of a broken pod, and lets no script in.
pub fn page(bytes: &[u8]) {
    let Some((who, bytes)) = bytes.split_first() else { return };
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let Ok(head) = head::read(&bytes[..end]) else { return };
    let onward = String::from_utf8_lossy(&head.onward);
    let mut lines = onward.lines();
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a request line");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: head.method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        body: bytes[end..].to_vec(),
        upload: None,
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        secure: true,
        acting: (who % 2 == 1 && web_reads(head.method)).then(|| POD.with(|(_, me, _)| *me)),
    };
    let answer = POD.with(|(pod, _, _)| web::handle(pod, &request));
    assert!((200..500).contains(&answer.status) || answer.status == 503, "{} {target}", answer.status);
    let header = |name: &str| answer.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    for (name, value) in &answer.headers {
        assert!(value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)), "{name}: {value:?}");
    }
    assert!(header("content-security-policy").is_some_and(|(_, policy)| !policy.contains("unsafe")));
    if let Some((_, to)) = header("location") {
        assert!(to.starts_with("https://pod.example/") || (to.starts_with('/') && !to.starts_with("//")), "{to}");
    }
    if let Body::Bytes(page) = &answer.body
        && header("content-type").is_some_and(|(_, kind)| kind.starts_with("text/html"))
    {
        // Our own link for the bookmarks is one.
        let page =
            String::from_utf8_lossy(page).replace("javascript:location.href=&#39;https://pod.example/bookmarklet", "");
        // As words, such as those one searched for, it stands where words stand.
        let leads = |name: &&str| page.contains(&format!("{name}=\"javascript:"));
        let led = ["href", "src", "action", "formaction", "poster", "data"].iter().find(|name| leads(name));
        assert!(page.matches("<script").count() <= 1 && led.is_none(), "{led:?} {page}");
    }
}

fn web_reads(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head)
}
