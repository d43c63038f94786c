//! Scripts in everything that another pod, a page elsewhere or an address can fill, looked at in a real browser: none
//! runs, and the browser has nothing to forbid.

use crate::support::chrome::Chrome;
use crate::support::double::{Double, entity, guid, relayable};
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::tools::CHROMIUM;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![CHROMIUM;
    no_script_of_another_pod_runs_on_any_page,
    no_script_in_an_address_runs,
];

/// Ends every place it could stand in, and says so when it runs.
const EVIL: &str =
    "'\"></title></textarea></script><img src=x onerror=hit=1><svg onload=hit=1><script>hit=1</script>{{hit}}";
/// The same for where little fits.
const SHORT: &str = "'\"><svg onload=hit=1>";

/// What in a page would have come from outside: an element with a handler, a script that is not the pod's own, a
/// frame, or an address that runs. The trial's own scripts see `hit` when one of them ran.
const FOUND: &str =
    "const own = location.origin + '/script.js';
    // The browser's own frame around a text.
    const plain = /^text.plain|json$/.test(document.contentType); const bad = plain ? [] : [...document.querySelectorAll('*')].filter((e) =>
    e.getAttributeNames().some((name) => name.startsWith('on') || name === 'style' || name === 'srcdoc'
        || /^\\s*(javascript|data|vbscript):/i.test(e.getAttribute(name)) && name !== 'value')
    || (e.localName === 'script' && !e.src.startsWith(own))
    || ['iframe', 'object', 'embed', 'base'].includes(e.localName));
    return bad.map((e) => e.outerHTML.slice(0, 200)).concat('hit' in window ? ['a script ran'] : [])";

fn looks(chrome: &Chrome, pod: &TestPod, path: &str, fine: &[&str]) {
    chrome.goes_to(&format!("{}{path}", pod.url));
    assert_eq!(chrome.lines(FOUND), Vec::<String>::new(), "{path}");
    let complaints: Vec<String> = chrome.complaints();
    let loud: Vec<&String> = complaints.iter().filter(|said| !fine.iter().any(|word| said.contains(word))).collect();
    assert!(loud.is_empty(), "{path}: {loud:?}");
}

fn signed_in(pod: &TestPod, name: &str) -> Chrome {
    let chrome = Chrome::open(1280, true);
    chrome.goes_to(&format!("{}/login", pod.url));
    chrome.types("main [name=name]", name);
    chrome.types("main [name=password]", PASSWORD);
    chrome.clicks("main button");
    until("the stream", || (chrome.path() == "/stream").then_some(()));
    chrome
}

/// A text with everything that Markdown could make something of.
fn text() -> String {
    format!(
        "{EVIL}\n\n[a](javascript:hit=1) [b](data:text/html,<script>hit=1</script>) ![c](javascript:hit=1 \"{SHORT}\") \
         <javascript:hit=1> [d][e] #tag{SHORT} @{{{SHORT}; nobody@127.0.0.1:9}} `{EVIL}`\n\n[e]: vbscript:hit=1 \"{EVIL}\"\n\n\
         ```{SHORT}\n{EVIL}\n```\n\n| {SHORT} |\n|---|\n| {EVIL} |\n\n[^{SHORT}]\n\n[^{SHORT}]: {EVIL}"
    )
}

/// A post with all that a post can have, and what stands under it.
fn post(far: &Double, pod: &TestPod) -> String {
    let (author, guid) = (far.handle("dora"), guid());
    let photo = [
        ("author", author.as_str()),
        ("guid", &crate::support::double::guid()),
        ("public", "true"),
        ("remote_photo_path", &format!("{}/'onerror='hit=1'/", far.url())),
        ("remote_photo_name", "x'onerror='hit=1.jpg"),
        ("text", EVIL),
        ("height", "9"),
        ("width", "9"),
    ];
    let answer = || entity("poll_answer", &[("guid", &crate::support::double::guid()), ("answer", EVIL)]);
    let poll = entity("poll", &[("guid", &crate::support::double::guid()), ("question", EVIL)])
        .replace("</poll>", &format!("{}{}</poll>", answer(), answer()));
    let event = [
        ("author", author.as_str()),
        ("guid", &crate::support::double::guid()),
        ("summary", EVIL),
        ("start", "2027-05-01T10:00:00Z"),
        ("description", &text()),
    ];
    let place = entity("location", &[("address", EVIL), ("lat", SHORT), ("lng", "javascript:hit=1")]);
    let event = entity("event", &event).replace("</event>", &format!("{place}</event>"));
    let fields = [
        ("author", author.as_str()),
        ("guid", &guid),
        ("created_at", "2026-01-02T03:04:05Z"),
        ("public", "true"),
        ("provider_display_name", EVIL),
        ("text", &format!("words of dora {}/page\n\n{}", far.url(), text())),
    ];
    let more = format!("{}{poll}{event}{place}</status_message>", entity("photo", &photo));
    let post = entity("status_message", &fields).replace("</status_message>", &more);
    assert_eq!(far.says("dora", pod, &post), 202);
    guid
}

/// Somebody whose every word is a script.
fn profile(far: &Double, name: &str) -> String {
    entity(
        "profile",
        &[
            ("author", &far.handle(name)),
            ("first_name", SHORT),
            ("last_name", "<script>hit=1</script>"),
            ("image_url", "javascript:hit=1"),
            ("image_url_medium", "/x'onerror='hit=1.png"),
            ("image_url_small", &format!("{}/x'onerror='hit=1.png", far.url())),
            ("bio", &text()),
            ("gender", EVIL),
            ("location", EVIL),
            ("searchable", "true"),
            ("public", "true"),
            ("tag_string", "#<script>hit=1</script> #tag'onload='hit=1"),
        ],
    )
}

fn conversation(far: &Double, pod: &TestPod) -> String {
    let (author, guid) = (far.handle("dora"), guid());
    let message = entity(
        "message",
        &[
            ("author", &author),
            ("guid", &crate::support::double::guid()),
            ("text", &text()),
            ("created_at", "2026-01-02T03:04:05Z"),
            ("conversation_guid", &guid),
        ],
    );
    let fields = [
        ("author", author.as_str()),
        ("guid", &guid),
        ("subject", EVIL),
        ("created_at", "2026-01-02T03:04:05Z"),
        ("participants", &format!("{};{author}", pod.handle("alice"))),
    ];
    let xml = entity("conversation", &fields).replace("</conversation>", &format!("{message}</conversation>"));
    assert_eq!(far.whispers("dora", pod, "alice", &xml), 202);
    guid
}

/// What lies about for the pages to show; the GUIDs of dora's post, alice's own and the conversation.
fn litter(pod: &TestPod, far: &Double, alice: &User) -> (String, String, String) {
    let page = format!(
        "<html><head><meta property='og:title' content=\"{0}\"><meta property='og:description' content=\"{0}\">\
         <meta property='og:image' content='javascript:hit=1'>",
        EVIL.replace('"', "&quot;")
    );
    far.answers("/page", "text/html", &page);
    far.shares_with("dora", pod, "alice");
    until("dora to share", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
    assert_eq!(far.whispers("dora", pod, "alice", &profile(far, "dora")), 202);
    alice.shares_with(&far.handle("dora"));
    let theirs = post(far, pod);
    alice.sees("words of dora");
    let mine = alice.posts("words of alice");
    let (_, comment) = far.comment("dora", &mine, &format!("dora answers {}", text()));
    assert_eq!(far.says("dora", pod, &comment), 202);
    alice.sees_comment(&mine, "dora answers");
    let (dora, like) = (far.handle("dora"), guid());
    let like = [
        ("author", dora.as_str()),
        ("guid", &like),
        ("parent_type", "Post"),
        ("parent_guid", &mine),
        ("positive", "true"),
    ];
    assert_eq!(far.says("dora", pod, &relayable("like", &like)), 202);
    alice.sees_likes(&mine, 1);
    let conversation = conversation(far, pod);
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
    until("a preview", || {
        (pod.database().number("select count(*) from needs where need like 'link %'", &[]) == 0).then_some(())
    });
    (theirs, mine, conversation)
}

fn no_script_of_another_pod_runs_on_any_page() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    let (theirs, mine, conversation) = litter(&pod, &far, &alice);
    let dora = far.person("dora");
    let title = alice.page(&format!("/conversations/{conversation}"));
    assert!(title.html.contains("&lt;script&gt;hit=1"), "what is looked for is there: {}", title.html);
    let report = [("target_type", "post"), ("target", theirs.as_str()), ("text", EVIL), ("reason", EVIL)];
    alice.client.submit(&alice.page("/settings"), "/report", &report);
    let chrome = signed_in(&pod, "alice");
    // A picture that cannot be had, and no more.
    let fine = ["/proxy/", "404 (Not Found)", "502"];
    for path in [
        "/stream",
        "/public",
        "/aspects",
        "/mentions",
        "/activity",
        "/liked",
        "/commented",
        "/tags/tag",
        "/followed_tags",
        &format!("/posts/{theirs}"),
        &format!("/posts/{mine}"),
        &format!("/posts/{mine}/comments"),
        &format!("/people/{dora}"),
        &format!("/people/{dora}/photos"),
        &format!("/people?q={}", far.handle("dora").replace('@', "%40")),
        "/people?q=svg",
        "/contacts",
        "/conversations",
        &format!("/conversations/{conversation}"),
        &format!("/conversations/new?to={dora}"),
        "/notifications",
        &format!("/report?post={theirs}"),
        "/podmin",
        "/podmin/pods",
        "/podmin/cases",
        &format!("/podmin/cases/new?post={theirs}"),
        "/podmin/census",
        "/podmin/limits",
        "/settings/security",
        "/transparency",
    ] {
        looks(&chrome, &pod, path, &fine);
    }
    let feed = pod.visitor().get("/public/alice.atom");
    assert!(!feed.text().contains("<script") && feed.header("content-type").contains("atom"), "{}", feed.text());
}

/// An address in which nothing stands for itself.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn no_script_in_an_address_runs() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("words");
    let evil = encoded(EVIL);
    let lead = encoded("javascript:hit=1//");
    let paths: Vec<String> = [
        "/stream?done=E&undo=E&max_time=E",
        "/stream?undo=L&done=post",
        "/public?max_time=E",
        "/people?q=E",
        "/tags/E",
        "/followed_tags?tag=E",
        "/login?next=E",
        "/login?next=L",
        "/bookmarklet?title=E&url=L&notes=E",
        "/link?q=E",
        "/link?q=L",
        "/report?post=E&comment=E&person=E",
        "/conversations/new?to=E&person=E&name=E&text=E&subject=E",
        "/conversations?page=E",
        "/notifications?type=E&show=E",
        "/podmin/cases?state=E&page=E",
        "/podmin/cases/new?post=E&kind=E",
        "/podmin/users?q=E",
        "/podmin/limits?q=E&subject=E",
        "/settings?done=E",
        "/i/E",
        "/login/forgotten/E",
        "/settings/mail/confirm/E",
        "/nothing/E",
        "/posts/E",
        "/people/E",
        "/u/E",
        "/oembed?url=L&callback=E&format=E",
        "/fetch/E/E",
        "/hcard/users/E",
        "/nodeinfo/E",
        "/.well-known/webfinger?resource=E",
    ]
    .iter()
    .map(|path| {
        path.replace("=E", &format!("={evil}")).replace("/E", &format!("/{evil}")).replace("=L", &format!("={lead}"))
    })
    .chain([format!("/posts/{post}?done={evil}&comment={evil}#{evil}")])
    .collect();
    for chrome in [signed_in(&pod, "alice"), Chrome::open(360, true)] {
        for path in &paths {
            looks(&chrome, &pod, path, &["the server responded with a status of"]);
        }
    }
}
