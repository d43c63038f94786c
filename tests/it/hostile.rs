//! Requests that mean no good to a whole pod: forged forms, names of other hosts, ways out and ways down.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

use crate::support::http::Answer;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::User;

trials![
    no_form_works_without_its_token,
    no_form_works_from_another_site_or_with_somebody_elses_token,
    nobody_is_led_to_another_site,
    a_form_that_is_longer_than_any_is_not_shown_again,
    a_link_puts_no_other_deed_behind_the_button_that_takes_back,
    a_page_says_the_same_whatever_host_is_named,
    no_path_leads_out_of_the_folder_of_pictures,
    every_answer_forbids_scripts_frames_and_guessing,
    pictures_that_never_come_keep_nobody_from_reading,
    pictures_that_never_come_keep_nobody_from_signing_in,
    a_host_of_pictures_that_did_not_answer_is_left_alone,
    a_host_of_pictures_that_drip_is_left_alone,
];

/// The paths that forms are sent to, as the list of routes has them, with something in the place of names.
fn form_paths() -> Vec<String> {
    let source =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/routes.rs")).expect("the routes");
    let rest = source.split("(Post, ").skip(1);
    let quoted = rest.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
    let own = quoted.filter(|path| !path.starts_with("/receive/"));
    let named = |path: &str| {
        let part = |part: &str| if part.starts_with(':') { "0123456789abcdef".to_owned() } else { part.to_owned() };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    };
    let mut paths: Vec<String> = own.map(named).collect();
    paths.push("/settings/archive/import".to_owned());
    paths
}

const FORM: &str = "application/x-www-form-urlencoded";

fn refused(answer: &Answer, what: &str) {
    let sent_away = answer.status == 303 && ["/login", "/", "/stream"].contains(&answer.header("location"));
    assert!(matches!(answer.status, 403 | 404) || sent_away, "{what}: {} {}", answer.status, answer.text());
}

fn no_form_works_without_its_token() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let paths = form_paths();
    assert!(paths.len() > 60, "{paths:?}");
    for path in &paths {
        for body in ["text=a&name=a&password=b", "csrf=&text=a", "csrf=AAAAAAAAAAAAAAAAAAAAAAAA"] {
            refused(&alice.client.post(path, FORM, body.as_bytes()), path);
        }
        // What a page of another site can send without asking.
        let multipart = "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\r\n--x--\r\n";
        refused(&alice.client.post(path, "multipart/form-data; boundary=x", multipart.as_bytes()), path);
        refused(&alice.client.post(path, "text/plain", b"text=a"), path);
        refused(&alice.client.post(path, "application/json", b"{\"text\":\"a\"}"), path);
    }
    assert_eq!(alice.client.get("/stream").status, 200, "alice is still signed in");
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 0);
}

fn a_form_that_is_longer_than_any_is_not_shown_again() {
    let pod = TestPod::new("alice");
    let (alice, visitor) = (pod.user("alice"), pod.visitor());
    let long = "\"".repeat(330 << 10);
    for (path, field) in [("/login", "name"), ("/report", "text")] {
        let page = visitor.page(path);
        // A long name is as long as a long text.
        for fields in [[(field, long.as_str()), ("a", "b")], [(&long, "a"), (field, "b")]] {
            let answer = visitor.submit(&page, path, &fields);
            assert!(answer.status == 403 && answer.body.len() < 64 << 10, "{path}: {}", answer.status);
        }
        let answer = visitor.submit_files(&page, path, &[(field, &long)], &[]);
        assert!(answer.status == 403 && answer.body.len() < 64 << 10, "{path}, in parts: {}", answer.status);
    }
    let answer = alice.submit("/posts", &[("text", &"\"".repeat(1 << 20))]);
    assert!(answer.status == 403 && answer.body.len() < 64 << 10, "{}", answer.status);
    // What is only too long for what it is stays there to be mended: the longest text that can be typed, in any letters.
    let words = "\u{1d11e}".repeat(65_535);
    let answer = visitor.submit(&visitor.page("/report"), "/report", &[("url", &pod.url), ("text", &words)]);
    assert!(answer.status == 422 && answer.text().contains(&words), "{}", answer.status);
    let answer = alice.submit("/posts", &[("text", &format!("{words}!"))]);
    assert!(answer.status == 422 && answer.text().contains(&words), "{}", answer.status);
}

fn no_form_works_from_another_site_or_with_somebody_elses_token() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let (mine, his) = (alice.page("/stream").csrf(), bob.page("/stream").csrf());
    let visitors = pod.visitor().page("/login").csrf();
    let body = |token: &str| format!("csrf={token}&text=hello&audience=public").into_bytes();
    for token in [&his, &visitors] {
        refused(&alice.client.post("/posts", FORM, &body(token)), "another token");
    }
    let kind = ("content-type", FORM);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", &format!("{}.evil.example", pod.url)),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        refused(&alice.client.post_with("/posts", &[kind, (name, value)], &body(&mine)), &format!("{name}: {value}"));
    }
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 0);
    let own = [kind, ("origin", pod.url.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(alice.client.post_with("/posts", &own, &body(&mine)).status, 303, "the own page may");
}

/// Places that a browser would take for another site, or for something that runs.
const ELSEWHERE: [&str; 11] = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/%09/evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "https:evil.example",
    "%2f%2fevil.example",
];

fn stays(answer: &Answer, what: &str) {
    let to = answer.header("location");
    let local = to.is_empty() || (to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'));
    assert!(local && !to.contains('\t'), "{what} leads to {to}");
}

fn nobody_is_led_to_another_site() {
    let pod = TestPod::new("alice");
    for to in ELSEWHERE {
        let client = pod.visitor();
        let page = client.page("/login");
        let fields = [("name", "alice"), ("password", crate::support::pod::PASSWORD), ("next", to)];
        let answer = client.submit(&page, "/login", &fields);
        assert_eq!(answer.status, 303, "{to}");
        stays(&answer, to);
    }
    let alice = pod.user("alice");
    let post = alice.posts("words");
    let token = alice.page("/stream").csrf();
    for to in ELSEWHERE {
        let encoded: String = to.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for path in ["/link?q=", "/login?next=", "/bookmarklet?url=", "/people?q=", "/stream?undo=", "/tags/"] {
            stays(&alice.client.get(&format!("{path}{encoded}")), path);
        }
        let body = format!("csrf={token}&back={encoded}&next={encoded}");
        let from = to.replace('\t', "");
        for referer in [from.clone(), format!("{}{from}", pod.url), format!("{}@evil.example/", pod.url)] {
            let headers = [("content-type", FORM), ("referer", referer.as_str())];
            stays(&alice.client.post_with(&format!("/posts/{post}/like"), &headers, body.as_bytes()), &referer);
        }
    }
    // A path that begins with two slashes is no host here either.
    for path in ["//evil.example/", "//evil.example/stream", "/.//evil.example"] {
        let answer = alice.client.get(path);
        assert_eq!((answer.status, answer.header("location")), (404, ""), "{path}");
    }
}

fn a_link_puts_no_other_deed_behind_the_button_that_takes_back() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("words");
    let evil = [
        "/profile?/unhide".to_owned(),
        "/profile#/unhide".to_owned(),
        format!("/posts/{post}/delete?/unhide"),
        format!("/posts/{post}/unhide?"),
        "/posts/x/unhide".to_owned(),
        "https://evil.example/unhide".to_owned(),
    ];
    let offered = |undo: &str| {
        let encoded: String = undo.bytes().map(|byte| format!("%{byte:02x}")).collect();
        alice.page(&format!("/stream?done=hidden_post&undo={encoded}")).attributes("form", "action")
    };
    for undo in &evil {
        let actions = offered(undo);
        assert!(!actions.iter().any(|action| action.contains("unhide")), "{undo}: {actions:?}");
    }
    let undo = format!("/posts/{post}/unhide");
    assert!(offered(&undo).contains(&undo));
}

/// The answer to a request written by hand.
fn told(pod: &TestPod, head: &str) -> String {
    let mut socket = TcpStream::connect(pod.host()).expect("a connection");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    socket.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).expect("the pod listens");
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn a_page_says_the_same_whatever_host_is_named() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("words");
    let (guid, host) = (alice.guid(), pod.host());
    let forged = "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 81\r\n\
                  X-Forwarded-Prefix: /evil\r\nX-Original-URL: /evil\r\nX-Rewrite-URL: /evil\r\nX-Host: evil.example\r\n\
                  Forwarded: host=evil.example;proto=https\r\nX-HTTP-Method-Override: POST\r\n";
    let mut paths = vec!["/".to_owned(), "/help".to_owned(), "/public".to_owned(), "/contact".to_owned()];
    paths.extend([format!("/posts/{post}"), format!("/people/{guid}"), "/public/alice.atom".to_owned()]);
    let documents = [
        "/.well-known/host-meta".to_owned(),
        format!("/.well-known/webfinger?resource=acct:{}", pod.handle("alice")),
        format!("/hcard/users/{guid}"),
        "/.well-known/nodeinfo".to_owned(),
        "/nodeinfo/2.1".to_owned(),
        "/manifest.json".to_owned(),
        "/robots.txt".to_owned(),
    ];
    for path in paths.iter().chain(&documents) {
        let plain = told(&pod, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n"));
        assert!(plain.starts_with("HTTP/1.1 200 "), "{path}: {plain}");
        let other = told(&pod, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{forged}"));
        assert_eq!(body(&plain), body(&other), "{path}");
    }
    for path in &paths {
        let other = told(&pod, &format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n"));
        assert!(other.starts_with("HTTP/1.1 421 ") && !other.contains("evil.example"), "{path}: {other}");
    }
    for path in &documents {
        let plain = told(&pod, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n"));
        let other = told(&pod, &format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n"));
        assert_eq!(body(&plain), body(&other), "{path}");
    }
}

fn no_path_leads_out_of_the_folder_of_pictures() {
    let pod = TestPod::new("alice");
    std::fs::write(pod.data().join("0123456789abcdef01234567.jpg"), "secret").expect("a file");
    let host = pod.host();
    for path in [
        "/uploads/images/../../pappus.db",
        "/uploads/images/..%2f..%2fpappus.db",
        "/uploads/images/%2e%2e%2f0123456789abcdef01234567.jpg",
        "/uploads/images/..\\0123456789abcdef01234567.jpg",
        "/uploads/images/....//0123456789abcdef01234567.jpg",
        "/uploads/images/scaled_full_../0123456789abcdef01234567.jpg",
        "/uploads/images/scaled_full_..%2f..%2f0123456789abcdef01234567.jpg",
        "/uploads/images/%00.jpg",
        "/uploads/images/0123456789abcdef01234567.jpg%00.png",
        "/uploads/images//etc/passwd",
        "/uploads/images/%2fetc%2fpasswd",
        "/uploads/images/C:0123456789abcdef01234567.jpg",
        "/../pappus.db",
        "/%2e%2e/pappus.db",
        "/style.css/../pappus.db",
        "/style.css%00",
        "/./style.css",
        "/proxy/../pappus.db",
    ] {
        let answer = told(&pod, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(!answer.contains("secret") && !answer.contains("SQLite"), "{path}");
    }
}

fn every_answer_forbids_scripts_frames_and_guessing() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("words");
    let paths = ["/", "/stream", "/login", "/style.css", "/script.js", "/favicon.svg", "/avatar.png", "/nothing"];
    let more =
        ["/.well-known/nodeinfo", "/public/alice.atom", "/robots.txt", "/manifest.json", "/oembed", "/proxy/1/2"];
    let own = [format!("/posts/{post}"), format!("/people/{}", alice.guid()), "/posts/%ff".to_owned()];
    for path in paths.iter().chain(&more).copied().chain(own.iter().map(String::as_str)) {
        let answer = alice.client.get(path);
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
    }
}

/// Paths of so many pictures of one host, as a page of the pod shows them.
fn pictures_of(alice: &User, host: &str, many: usize) -> Vec<String> {
    let pictures: String =
        (0..many).map(|number| format!("![a picture](http://{host}/scaled_full_{number}.png) ")).collect();
    alice.does("/posts", &[("text", &format!("a gallery {pictures}")), ("audience", "public")]);
    let shown = alice.page("/stream").attributes("img", "src");
    let paths: Vec<String> = shown.into_iter().filter(|src| src.starts_with("/proxy/")).collect();
    assert_eq!(paths.len(), many);
    paths
}

/// A host that takes every connection and says nothing, and a crowd that waits for its pictures; those that may be asked
/// for at once are under way.
fn pictures_that_never_come(pod: &TestPod, alice: &User) -> ((TcpListener, TcpStream), Vec<TcpStream>) {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = silent.local_addr().expect("an address").to_string();
    let ask = |path: &String| {
        let mut socket = TcpStream::connect(pod.host()).expect("a connection");
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", pod.host());
        socket.write_all(head.as_bytes()).expect("the pod listens");
        socket
    };
    let waiting = pictures_of(alice, &host, 12).iter().map(ask).collect();
    let (asked, _) = silent.accept().expect("the pod asks for a picture");
    ((silent, asked), waiting)
}

fn are_not_given_up(waiting: &mut [TcpStream]) {
    for socket in waiting {
        socket.set_nonblocking(true).expect("a socket");
        let early = socket.read(&mut [0]);
        assert!(early.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "no picture was given up before");
    }
}

fn pictures_that_never_come_keep_nobody_from_reading() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (_silent, mut waiting) = pictures_that_never_come(&pod, &alice);
    for path in ["/stream", "/notifications", "/help"] {
        assert_eq!(alice.client.get(path).status, 200, "{path}");
    }
    are_not_given_up(&mut waiting);
}

fn pictures_that_never_come_keep_nobody_from_signing_in() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (_silent, mut waiting) = pictures_that_never_come(&pod, &alice);
    assert_eq!(pod.user("alice").client.get("/stream").status, 200);
    are_not_given_up(&mut waiting);
}

fn a_host_of_pictures_that_did_not_answer_is_left_alone() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let port = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    bind(&port, &SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let host = SocketAddr::try_from(getsockname(&port).expect("a name")).expect("an address").to_string();
    let paths = pictures_of(&alice, &host, 2);
    assert_eq!(alice.client.get(&paths[0]).status, 404, "nobody listens");
    listen(&port, 8).expect("now somebody does");
    let late = TcpListener::from(port);
    late.set_nonblocking(true).expect("a socket");
    assert_eq!(alice.client.get(&paths[1]).status, 404);
    assert!(late.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "it was not asked again");
}

fn a_host_of_pictures_that_drip_is_left_alone() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            let mut drop: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n\x89PNG\r\n\x1a\n";
            while socket.write_all(drop).is_ok() {
                drop = b"x";
                std::thread::sleep(Duration::from_millis(30));
            }
        }
    });
    let paths = pictures_of(&alice, &host, 2);
    for path in paths {
        assert_eq!(alice.client.get(&path).status, 404);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "neither for the same picture without a size nor for the next one");
}
