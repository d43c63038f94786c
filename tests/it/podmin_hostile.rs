//! Those who mean ill: at the podmin's doors, with the form for everybody, and two podmins at once.

use crate::cases::{case_about, decides};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;

trials![
    nobody_but_the_podmin_is_let_in_at_any_of_the_podmins_addresses,
    a_forged_form_decides_nothing,
    what_is_held_or_private_is_quoted_to_nobody_who_may_not_see_it,
    what_strangers_write_into_the_form_stays_text_and_within_bounds,
    the_form_for_everybody_takes_no_flood,
    two_podmins_who_decide_at_once_decide_once,
    tables_for_spreadsheets_hold_no_formulas,
];

/// Method and path of every address of the podmin's room, as the pod itself lists them.
fn addresses() -> Vec<(&'static str, String)> {
    let routes = include_str!("../../src/web/routes.rs");
    let of = |line: &'static str| {
        let rest = line.trim().strip_prefix('(')?;
        let (method, rest) = rest.split_once(", \"")?;
        let (path, _) = rest.split_once('"')?;
        let path = path.starts_with("/podmin").then_some(path)?;
        Some((method, path.replace(":guid", "8d89e1f029f6013487753131731751e9").replace(":id", "1")))
    };
    routes.lines().filter_map(of).collect()
}

fn nobody_but_the_podmin_is_let_in_at_any_of_the_podmins_addresses() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob, visitor) = (pod.user("alice"), pod.user("bob"), pod.visitor());
    let guid = bob.posts("Mine");
    case_about(&alice, "post", &guid);
    let addresses = addresses();
    assert!(addresses.len() > 40, "{addresses:?}");
    for (method, path) in &addresses {
        let (inside, outside) = match *method {
            "Get" => (bob.client.get(path).status, visitor.get(path).status),
            _ => {
                (bob.submit(path, &[("decision", "remove"), ("why", "x")]).status, visitor.post(path, FORM, b"").status)
            }
        };
        assert_eq!(inside, 404, "{method} {path}, a user");
        assert!([303, 403].contains(&outside), "{method} {path}, a visitor: {outside}");
    }
    assert_eq!(alice.thread(&guid).status, 200, "nothing was decided");
}

const FORM: &str = "application/x-www-form-urlencoded";

fn a_forged_form_decides_nothing() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("Mine");
    case_about(&alice, "post", &guid);
    let token = |page: String| {
        page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
    };
    let of_bob = token(bob.page("/settings").html).expect("a token");
    for csrf in ["", "0", &of_bob] {
        for (method, path) in addresses().iter().filter(|(method, _)| *method == "Post") {
            let body = format!("decision=remove&why=x&csrf={csrf}");
            let status = alice.client.post(path, FORM, body.as_bytes()).status;
            assert_eq!(status, 403, "{method} {path} with {csrf:?}");
        }
    }
    assert_eq!(alice.thread(&guid).status, 200);
    let own = token(alice.page("/podmin/cases/1").html).expect("a token");
    let body = format!("decision=hold&why=x&csrf={own}");
    let headers = [("Content-Type", FORM), ("Origin", "https://evil.example")];
    assert_eq!(alice.client.post_with("/podmin/cases/1", &headers, body.as_bytes()).status, 403, "from elsewhere");
    assert_eq!(alice.thread(&guid).status, 200);
}

fn what_is_held_or_private_is_quoted_to_nobody_who_may_not_see_it() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("carol");
    let (alice, bob, carol) = (pod.user("alice"), pod.user("bob"), pod.user("carol"));
    let open = bob.posts("Unmistakable words for all");
    let private = bob.posts_to("all", "Unmistakable words for few");
    let comment = bob.comments(&open, "Unmistakable words below");
    let quotes =
        |kind: &str, name: &str| carol.page(&format!("/report?kind={kind}&name={name}")).html.contains("Unmistakable");
    assert!(quotes("post", &open) && quotes("comment", &comment));
    assert!(!quotes("post", &private));
    let said = [("kind", "post"), ("name", private.as_str()), ("ground", "spam"), ("text", "x")];
    assert_eq!(carol.submit("/report", &said).status, 404, "what one does not see one cannot report");
    let case = case_about(&alice, "comment", &comment);
    decides(&alice, &case, "hold");
    assert!(!quotes("comment", &comment));
    let case = case_about(&alice, "post", &open);
    decides(&alice, &case, "hold");
    assert!(!quotes("post", &open) && !quotes("comment", &comment));
    assert!(bob.page(&format!("/decisions/{case}")).html.contains("Unmistakable"), "its author reads what it is about");
    assert_eq!(carol.page(&format!("/decisions/{case}")).status, 404);
}

fn what_strangers_write_into_the_form_stays_text_and_within_bounds() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("Something");
    let url = format!("{}/posts/{guid}", pod.url);
    let says = |name: &str, email: &str, text: &str| {
        let visitor = pod.visitor();
        let fields = [
            ("url", url.as_str()),
            ("ground", "privacy"),
            ("text", text),
            ("name_of", name),
            ("email", email),
            ("good_faith", "1"),
        ];
        visitor.submit(&visitor.page("/report"), "/report", &fields).status
    };
    assert_eq!(says("Dora", "dora@mail.example", &"x".repeat(1_000_000)), 403);
    assert_eq!(says("Dora", "dora@mail.example", &"x".repeat(100_000)), 422);
    assert_eq!(says(&"D".repeat(300), "dora@mail.example", "x"), 422);
    let (name, text) = ("<b>Dora</b>\u{202e}\0", "<script>alert(1)</script>\0\u{1b}[31m {{ 7 * 7 }}\nsecond line");
    assert_eq!(says(name, "\"><img src=x onerror=alert(1)>@mail.example", text), 422);
    assert_eq!(says(name, "dora@mail.example", text), 200);
    let page = alice.page("/podmin/cases/1").html;
    assert!(page.contains("&lt;script&gt;") && page.contains("{{ 7 * 7 }}") && page.contains("second line"), "{page}");
    for bad in ["<script>alert", "<b>Dora", "<img src=x", "\0", "\u{1b}"] {
        assert!(!page.contains(bad), "{bad:?}: {page}");
    }
    assert!(page.contains("<bdi>&lt;b&gt;Dora"), "a name turns nothing else around: {page}");
    for ground in ["", "nonsense", "terror\0"] {
        let visitor = pod.visitor();
        let fields = [
            ("url", url.as_str()),
            ("ground", ground),
            ("text", "x"),
            ("name_of", "D"),
            ("email", "d@x"),
            ("good_faith", "1"),
        ];
        assert_eq!(visitor.submit(&visitor.page("/report"), "/report", &fields).status, 422, "{ground:?}");
    }
}

fn the_form_for_everybody_takes_no_flood() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("Something");
    let url = format!("{}/posts/{guid}", pod.url);
    let visitor = pod.visitor();
    let page = visitor.page("/report");
    let fields = [
        ("url", url.as_str()),
        ("ground", "spam"),
        ("text", "x"),
        ("name_of", "D"),
        ("email", "d@mail.example"),
        ("good_faith", "1"),
    ];
    let statuses: Vec<u16> = (0..60).map(|_| visitor.submit(&page, "/report", &fields).status).collect();
    assert_eq!((statuses[0], statuses[59]), (200, 429), "{statuses:?}");
    let database = pod.database();
    assert!(database.number("select count(*) from reports", &[]) <= 60);
    assert_eq!(database.number("select count(*) from cases", &[]), 1);
    assert_eq!(database.number("select count(*) from every_notice where kind = 'case'", &[]), 1);
    assert_eq!(database.number("select count(*) from mails", &[]), 0, "nobody sends any");
}

fn two_podmins_who_decide_at_once_decide_once() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    assert!(pod.stop());
    pod.change("update users set podmin = 1");
    pod.start();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    for round in 0..4 {
        let guid = alice.posts(&format!("Number {round}"));
        let case = case_about(&alice, "post", &guid);
        let path = format!("/podmin/cases/{case}");
        let pages: Vec<_> = [&alice, &bob].iter().map(|podmin| podmin.page(&path)).collect();
        let decide = |podmin: usize, decision: &str| {
            let client = &[&alice, &bob][podmin].client;
            client.submit(&pages[podmin], &path, &[("decision", decision), ("why", "x")]).status
        };
        let decisions = if round % 2 == 0 { ["remove", "remove"] } else { ["remove", "hold"] };
        let statuses = std::thread::scope(|scope| {
            let both = [0, 1].map(|podmin| scope.spawn(move || decide(podmin, decisions[podmin])));
            both.map(|one| one.join().expect("an answer"))
        });
        assert!(statuses.contains(&303) && statuses.iter().all(|status| [303, 403].contains(status)), "{statuses:?}");
        until("the last of it to be gone", || alice.page(&path).html.contains("cannot come back").then_some(()));
        let sql = "select count(*) from case_steps where \"case\" = ? and what = 'remove'";
        assert_eq!(pod.database().number(sql, &[&case]), 1, "{statuses:?}");
    }
    // The same button twice, and the way back after it: the page says how it stands.
    let guid = alice.posts("Twice");
    let case = case_about(&alice, "post", &guid);
    decides(&alice, &case, "hold");
    let again = alice.submit(&format!("/podmin/cases/{case}"), &[("decision", "hold"), ("why", "x")]);
    assert!(again.status == 403 && again.text().contains("Held: on no page"), "{}", again.text());
}

fn tables_for_spreadsheets_hold_no_formulas() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    for (subject, comment) in
        [("one.example", "=1+1"), ("two.example", "@SUM(A1)"), ("three.example", "+1, \"x\"\r\n-2")]
    {
        alice.does("/podmin/limits", &[("subject", subject), ("severity", "silence"), ("public_comment", comment)]);
    }
    let guid = alice.posts("Held");
    let case = case_about(&alice, "post", &guid);
    decides(&alice, &case, "hold");
    let census = format!("/podmin/census/{guid}/csv");
    for path in ["/podmin/limits.csv", "/transparency.csv", census.as_str()] {
        let answer = alice.client.get(path);
        assert_eq!(answer.status, 200, "{path}");
        for cell in answer.text().lines().flat_map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>()) {
            let cell = cell.trim_start_matches('"');
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{path}: {cell:?} in {}", answer.text());
        }
    }
}
