//! One's account: settings, who is signed in where, the second step at sign-in, invitations, mail.

use crate::support::double::Double;
use crate::support::http::{Answer, Client};
use crate::support::page::Page;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::smtp::MailServer;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    the_chosen_colours_and_audience_are_those_of_the_next_page,
    a_usual_aspect_that_is_deleted_is_chosen_no_more,
    nobody_chooses_the_aspects_of_somebody_else,
    a_page_has_the_language_that_was_chosen_or_that_the_browser_asks_for,
    whoever_begins_to_share_is_shared_back_with,
    one_sees_where_one_is_signed_in_and_signs_out_there,
    nobody_ends_a_session_of_somebody_else,
    with_a_second_step_the_password_alone_opens_nothing,
    a_code_opens_once_and_each_backup_code_once,
    codes_are_not_guessed,
    the_second_step_is_switched_off_with_the_password_or_at_the_command_line,
    people_move_in_by_a_link_of_the_podmin,
    a_link_lets_so_many_people_in_and_no_more,
    a_link_that_is_over_or_taken_back_lets_nobody_in,
    only_the_podmin_invites,
    a_new_address_is_used_once_its_link_was_opened,
    who_forgot_the_password_gets_a_link_for_a_new_one,
    who_asks_for_a_link_learns_nothing_about_others,
    one_signs_in_with_the_address_too,
    without_mail_an_address_is_taken_as_it_is,
    mails_tell_what_was_chosen_and_nothing_more,
    a_private_message_is_told_and_not_quoted,
    a_mail_has_the_language_of_whoever_gets_it,
    a_mail_that_the_server_does_not_take_now_comes_later,
    a_mail_that_the_server_never_takes_is_given_up,
    a_pod_without_a_server_for_mails_keeps_none_for_later,
    what_was_read_or_taken_back_meanwhile_is_not_mailed,
    a_daily_mail_tells_what_is_unread_once_a_day,
    the_podmin_learns_whether_mail_works_and_nobody_reads_the_password,
];

/// The values of a form on a page that are ticked; of round buttons the last one counts.
fn chosen(page: &Page, name: &str) -> Vec<String> {
    let start = format!("name=\"{name}\" value=\"");
    let parts = page.html.split(&start).skip(1);
    let ticked = parts.filter_map(|part| part.split_once('"').filter(|(_, rest)| rest.starts_with(" checked>")));
    ticked.map(|(value, _)| value.to_owned()).collect()
}

/// Whether a value of a form on a page is ticked.
fn is_chosen(page: &Page, name: &str, value: &str) -> bool {
    chosen(page, name).iter().any(|ticked| ticked == value)
}

impl User<'_> {
    fn settles(&self, fields: &[(&str, &str)]) {
        self.does("/settings", fields);
    }
}

fn the_chosen_colours_and_audience_are_those_of_the_next_page() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let page = alice.page("/stream");
    assert!(is_chosen(&page, "audience", "all") && !page.html.contains("data-theme"));
    alice.settles(&[("theme", "dark"), ("audience", "public")]);
    let page = alice.page("/stream");
    assert!(page.html.contains("data-theme=\"dark\"") && is_chosen(&page, "audience", "public"));
    assert!(is_chosen(&alice.page("/settings"), "theme", "dark"));
    let aspects = alice.aspects();
    alice.settles(&[("theme", "puce"), ("audience", "some"), ("audience", &aspects[1])]);
    let page = alice.page("/stream");
    assert!(!page.html.contains("data-theme"));
    assert!(is_chosen(&page, "audience", "some") && is_chosen(&page, "audience", &aspects[1]));
    assert!(!is_chosen(&page, "audience", &aspects[0]) && !is_chosen(&page, "audience", "all"));
}

fn a_usual_aspect_that_is_deleted_is_chosen_no_more() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let aspect = alice.aspects().remove(3);
    alice.settles(&[("audience", "some"), ("audience", &aspect), ("follow_back", &aspect)]);
    alice.does(&format!("/aspects/{aspect}/delete"), &[]);
    alice.does("/aspects", &[("name", "Gardeners")]);
    assert!(is_chosen(&alice.page("/stream"), "audience", "all"));
    assert_eq!(chosen(&alice.page("/settings"), "follow_back"), [""]);
}

fn nobody_chooses_the_aspects_of_somebody_else() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let aspect = alice.aspects().remove(0);
    assert_eq!(bob.submit("/settings", &[("follow_back", &aspect)]).status, 404);
    assert_eq!(bob.submit("/settings", &[("audience", &aspect)]).status, 404);
}

fn a_page_has_the_language_that_was_chosen_or_that_the_browser_asks_for() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let asking = |languages: &str| pod.visitor().get_with("/", &[("accept-language", languages)]).text();
    assert!(asking("tlh, en;q=0.1").contains("<html lang=\"en\" dir=\"ltr\""));
    assert!(asking("tlh").contains("<html lang=\"en\" dir=\"ltr\""), "English where there is nothing better");
    alice.settles(&[("language", "en")]);
    assert!(is_chosen(&alice.page("/settings"), "language", "en"));
    assert!(asking("de-AT, en;q=0.5").contains("<html lang=\"de\" dir=\"ltr\""));
    alice.settles(&[("language", "de")]);
    assert!(alice.page("/stream").html.contains("Was geht dir durch den Kopf?"));
    let refused = alice.submit("/posts", &[("text", ""), ("audience", "public")]);
    assert!(refused.text().contains("Schreib erst etwas."), "what is wrong is said in it too");
    assert!(alice.submit("/posts/no-such/like", &[]).text().contains("Diese Seite gibt es hier nicht"));
    alice.settles(&[("language", "tlh")]);
    assert_eq!(chosen(&alice.page("/settings"), "language"), [""]);
}

fn whoever_begins_to_share_is_shared_back_with() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let far = Double::new(&["dora", "eve"]);
    alice.finds(&far.handle("eve"));
    let eve = pod.database().person(&far.handle("eve")).expect("eve is known");
    alice.does(&format!("/people/{eve}/ignore"), &[]);
    alice.settles(&[("follow_back", &alice.aspects()[3])]);
    bob.shares_with(&alice.handle());
    assert!(bob.is_shared_with_by(&alice.handle()), "on the same pod at once");
    assert!(alice.page("/stream").html.contains("Stream"));
    far.shares_with("eve", &pod, "alice");
    far.shares_with("dora", &pod, "alice");
    until("dora to share", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
    assert!(far.hears("contact", "<sharing>true</sharing>").xml.contains(&far.handle("dora")));
    until("eve to share", || alice.is_shared_with_by(&far.handle("eve")).then_some(()));
    let sql = "select count(*) from aspect_members m join people p on p.id = m.person where p.handle = ?";
    assert_eq!(pod.database().number(sql, &[&far.handle("dora")]), 1);
    assert_eq!(pod.database().number(sql, &[&far.handle("eve")]), 0, "who is ignored is not shared back with");
}

/// Keys of the sessions on a person's page that can be ended.
fn other_sessions(user: &User) -> Vec<String> {
    let page = user.page("/settings/security");
    page.html
        .split("name=\"session\" value=\"")
        .skip(1)
        .filter_map(|part| Some(part.split('"').next()?.to_owned()))
        .collect()
}

fn one_sees_where_one_is_signed_in_and_signs_out_there() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let phone = pod.visitor();
    let form = phone.page("/login");
    let agent = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0";
    let fields = format!("csrf={}&name=alice&password=correct+horse+battery", form.csrf());
    let headers = [("user-agent", agent), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(phone.post_with("/login", &headers, fields.as_bytes()).status, 303);
    assert!(alice.page("/settings/security").html.contains("Firefox, Android"));
    let others = other_sessions(&alice);
    assert_eq!(others.len(), 1, "the own one is not ended here");
    alice.does("/settings/sessions/end", &[("session", &others[0])]);
    assert_eq!(phone.get("/stream").status, 303, "the phone is out");
    assert_eq!(alice.client.get("/stream").status, 200);
    let (second, third) = (pod.user("alice"), pod.user("alice"));
    alice.does("/settings/sessions/end", &[]);
    assert_eq!([second, third].map(|user| user.client.get("/stream").status), [303, 303]);
    assert_eq!(alice.client.get("/stream").status, 200);
    assert_eq!(alice.submit("/settings/sessions/end", &[("session", "?")]).status, 404);
}

fn nobody_ends_a_session_of_somebody_else() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, elsewhere, bob) = (pod.user("alice"), pod.user("alice"), pod.user("bob"));
    let key = other_sessions(&alice).remove(0);
    bob.does("/settings/sessions/end", &[("session", &key)]);
    bob.does("/settings/sessions/end", &[]);
    assert_eq!(elsewhere.client.get("/stream").status, 200);
}

/// An authenticator app: RFC 6238 once more, written from the other side.
pub struct App {
    secret: Vec<u8>,
    /// The last step whose code was shown.
    shown: i64,
}

impl App {
    /// Reads the secret from the text on the page.
    fn of(page: &Page) -> App {
        let secret = page.html.split("secret=").nth(1).and_then(|rest| rest.split('&').next()).expect("a secret");
        let letters = secret.bytes().map(|b| u32::from(if b >= b'A' { b - b'A' } else { b - b'2' + 26 }));
        let bits: Vec<u32> = letters.flat_map(|five| (0..5).rev().map(move |bit| five >> bit & 1)).collect();
        let secret = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | *bit as u8)).collect();
        App { secret, shown: 0 }
    }

    /// The code of now, or the next one when that of now was shown already.
    fn shows(&mut self) -> String {
        self.shown = (self.shown + 1).max(pappus::pod::now().0 / 30);
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = ring::hmac::sign(&key, &self.shown.to_be_bytes());
        let at = usize::from(tag.as_ref()[19] % 16);
        let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().expect("four bytes")) % (1 << 31);
        format!("{:06}", number % 1_000_000)
    }
}

/// Switches the second step on; gives back the app and the backup codes.
pub fn with_app(user: &User) -> (App, Vec<String>) {
    user.does("/settings/two-factor", &[]);
    let page = user.page("/settings/two-factor");
    assert!(page.html.contains("<svg role=\"img\""), "{}", page.html);
    let mut app = App::of(&page);
    assert_eq!(user.submit("/settings/two-factor/confirm", &[("code", "12345")]).status, 422);
    let answer = user.submit("/settings/two-factor/confirm", &[("code", &app.shows())]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let codes = text.split("<li>").filter_map(|part| part.split_once("</li>")).map(|(code, _)| code.to_owned());
    let codes: Vec<String> = codes.filter(|code| code.len() == 19).collect();
    assert_eq!(codes.len(), 10);
    (app, codes)
}

/// Gives the password at the door; the page that asks for the code.
fn knocks(client: &Client) -> Page {
    let form = client.page("/login");
    let answer = client.submit(&form, "/login", &[("name", "alice"), ("password", PASSWORD), ("next", "/contacts")]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(client.cookie("session").is_none(), "nobody is in yet");
    Page { path: "/login".to_owned(), status: 200, html: answer.text() }
}

fn gives_code(client: &Client, page: &Page, code: &str) -> Answer {
    let ticket = page.html.split("name=\"ticket\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let ticket = ticket.expect("the page carries a ticket");
    client.submit(page, "/login/code", &[("ticket", ticket), ("next", "/contacts"), ("code", code)])
}

fn with_a_second_step_the_password_alone_opens_nothing() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (mut app, _) = with_app(&alice);
    let client = pod.visitor();
    let page = knocks(&client);
    assert_eq!(client.get("/stream").status, 303);
    assert_eq!(gives_code(&client, &page, "").status, 422);
    assert_eq!(gives_code(&client, &page, "000000").status, 422);
    assert_eq!(client.get("/stream").status, 303);
    let answer = gives_code(&client, &page, &app.shows());
    assert_eq!((answer.status, answer.header("location")), (303, "/contacts"));
    assert_eq!(client.get("/stream").status, 200);
    pod.add_user("bob");
    let client = pod.visitor();
    let page = knocks(&client);
    let forged = page.html.replace("name=\"ticket\" value=\"1.", "name=\"ticket\" value=\"2.");
    let page = Page { html: forged, ..page };
    assert_eq!(
        gives_code(&client, &page, "000000").header("location"),
        "/login",
        "the password was alice's, not bob's"
    );
}

fn a_code_opens_once_and_each_backup_code_once() {
    let pod = TestPod::new("alice");
    let (mut app, backups) = with_app(&pod.user("alice"));
    let code = app.shows();
    let enters = |code: &str| {
        let client = pod.visitor();
        let page = knocks(&client);
        gives_code(&client, &page, code).status
    };
    assert_eq!(enters(&code), 303);
    assert_eq!(enters(&code), 422, "the same code again");
    assert_eq!(enters(&backups[3]), 303);
    assert_eq!(enters(&backups[3]), 422, "the same backup code again");
    assert_eq!(enters(&backups[9].replace(' ', "").to_uppercase()), 303);
    let stored = pod.database().texts("select hex(hash) from backup_codes");
    assert_eq!(stored.len(), 8);
    assert!(stored.iter().all(|hash| hash.len() == 64), "only hashes are stored");
}

fn codes_are_not_guessed() {
    let pod = TestPod::new("alice");
    let (mut app, _) = with_app(&pod.user("alice"));
    let client = pod.visitor();
    let page = knocks(&client);
    let answers: Vec<u16> = (0..21).map(|_| gives_code(&client, &page, "12345").status).collect();
    assert_eq!(answers[19..], [422, 429]);
    assert_eq!(gives_code(&client, &page, &app.shows()).status, 429, "not even the right one");
}

fn the_second_step_is_switched_off_with_the_password_or_at_the_command_line() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    with_app(&alice);
    assert_eq!(alice.submit("/settings/two-factor", &[]).status, 403, "the app is not exchanged in passing");
    assert_eq!(alice.submit("/settings/two-factor/off", &[("password", "not it")]).status, 403);
    knocks(&pod.visitor());
    alice.does("/settings/two-factor/off", &[("password", PASSWORD)]);
    with_app(&pod.user("alice"));
    assert!(pod.command(&["user", "2fa-off", "alice"]).status.success());
    assert!(!pod.command(&["user", "2fa-off", "nobody"]).status.success());
    assert!(alice.page("/settings/security").html.contains("/settings/two-factor\""));
    pod.user("alice");
}

/// Makes a link for so many people; its path.
fn invites(alice: &User, uses: &str) -> String {
    alice.does("/settings/invites", &[("uses", uses)]);
    let page = alice.page("/settings/invites");
    let code = page.html.split("name=\"code\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    format!("/i/{}", code.expect("the link is listed"))
}

/// Moves in by a link.
fn moves_in(client: &Client, link: &str, name: &str) -> Answer {
    let page = client.page(link);
    client.submit(&page, link, &[("name", name), ("password", PASSWORD)])
}

fn people_move_in_by_a_link_of_the_podmin() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let link = invites(&alice, "1");
    let client = pod.visitor();
    assert!(client.page(&link).html.contains("alice asks you"), "{}", client.page(&link).html);
    assert_eq!(client.submit(&client.page(&link), &link, &[("name", "bob"), ("password", "short")]).status, 422);
    let taken = moves_in(&client, &link, "alice");
    assert!(taken.status == 422 && taken.text().contains("taken"), "{}", taken.text());
    let answer = moves_in(&client, &link, "bob");
    assert_eq!(answer.status, 303, "{}", answer.text());
    let first = client.page(answer.header("location"));
    assert!(first.html.contains("Welcome!") && first.html.contains(&alice.handle()), "{}", first.html);
    let fields = [("first_name", "Bob"), ("tags", "#seed, bikes")];
    let answer = client.submit_files(&first, "/welcome", &fields, &[]);
    let page = client.page(answer.header("location"));
    assert!(page.html.contains("I am #newhere. I like #bikes, #seed.</textarea>"), "{}", page.html);
    let bob = pod.user("bob");
    assert!(!bob.is_shared_with_by(&alice.handle()) && !alice.is_shared_with_by(&bob.handle()));
    assert_eq!(bob.page("/settings/invites").status, 404, "nobody becomes podmin by that");
    let nodeinfo = pod.visitor().get("/nodeinfo/2.1").json();
    assert_eq!(nodeinfo["openRegistrations"], false);
}

fn a_link_lets_so_many_people_in_and_no_more() {
    let pod = TestPod::new("alice");
    let link = invites(&pod.user("alice"), "2");
    assert_eq!(moves_in(&pod.visitor(), &link, "bob").status, 303);
    let late = pod.visitor();
    let open = late.page(&link);
    assert_eq!(moves_in(&pod.visitor(), &link, "carol").status, 303);
    assert_eq!(late.submit(&open, &link, &[("name", "dave"), ("password", PASSWORD)]).status, 404);
    assert_eq!(pod.visitor().get(&link).status, 404);
    assert_eq!(pod.visitor().get("/i/0123456789abcdef0123456789abcdef").status, 404);
}

fn a_link_that_is_over_or_taken_back_lets_nobody_in() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let link = invites(&alice, "10");
    let code = link.trim_start_matches("/i/");
    alice.does("/settings/invites/revoke", &[("code", code)]);
    assert_eq!(pod.visitor().get(&link).status, 404);
    let link = invites(&alice, "99");
    assert!(alice.page("/settings/invites").html.contains("for 10 people"), "ten at the most");
    assert_eq!(pod.visitor().get(&link).status, 200);
    pod.stop();
    pod.change("update invites set until = unixepoch()");
    pod.start();
    assert_eq!(pod.visitor().get(&link).status, 404);
}

fn only_the_podmin_invites() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let bob = pod.user("bob");
    assert_eq!(bob.page("/settings/invites").status, 404);
    assert_eq!(bob.submit("/settings/invites", &[("uses", "1")]).status, 404);
    let link = invites(&pod.user("alice"), "1");
    let code = link.trim_start_matches("/i/");
    assert_eq!(bob.submit("/settings/invites/revoke", &[("code", code)]).status, 404);
    assert_eq!(pod.visitor().get(&link).status, 200);
}

/// A pod that sends mails to a server; alice and bob live there.
pub fn with_mail(server: &MailServer) -> TestPod {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    pod.add_user("bob");
    start_with_mail(&pod, server);
    pod
}

fn start_with_mail(pod: &TestPod, server: &MailServer) {
    let environment = server.environment();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    pod.start_with(&environment);
}

impl User<'_> {
    /// Gets mail at an address from now on, about these things.
    pub fn gets_mail(&self, server: &MailServer, address: &str, kinds: &[&str]) {
        self.does("/settings/mail/address", &[("email", address), ("password", PASSWORD)]);
        let link = until("the mail with the link", || {
            let mail = server.mails().into_iter().find(|mail| mail.to == address)?;
            mail.text.lines().find_map(|line| Some(line.strip_prefix(&self.pod.url)?.to_owned()))
        });
        assert_eq!(self.client.get(&link).status, 303);
        let fields: Vec<(&str, &str)> = kinds.iter().map(|kind| ("kind", *kind)).collect();
        self.does("/settings/mail", &fields);
    }

    fn email(&self) -> Option<String> {
        self.pod
            .database()
            .text("select coalesce(email, '') from users where name = ?", &[&self.name])
            .filter(|email| !email.is_empty())
    }
}

fn mails_waiting(pod: &TestPod) -> i64 {
    pod.database().number("select count(*) from mails", &[])
}

/// Mails that were tried in vain.
fn put_off(pod: &TestPod) -> i64 {
    pod.database().number("select count(*) from mails where attempts > 0", &[])
}

fn a_new_address_is_used_once_its_link_was_opened() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let change = |email: &str, password: &str| {
        alice.submit("/settings/mail/address", &[("email", email), ("password", password)]).status
    };
    assert_eq!(change("ada@mail.example", "not it"), 403);
    assert_eq!(change("ada at mail.example", PASSWORD), 422);
    assert_eq!(change("ada@mail.example", PASSWORD), 303);
    let mail = server.gets("Is this your address, alice?");
    assert_eq!(mail.to, "ada@mail.example");
    assert!(mail.from.contains("pod@pod.example"), "{}", mail.from);
    let link = mail.text.lines().find_map(|line| line.strip_prefix(&pod.url)).expect("the link").to_owned();
    assert_eq!(alice.email(), None);
    assert_eq!(bob.client.get(&link).status, 404, "it is not for others");
    assert_eq!(pod.visitor().get(&link).header("location").split('?').next(), Some("/login"));
    assert_eq!(alice.email(), None);
    assert_eq!(alice.client.get(&link).status, 303);
    assert_eq!(alice.email().as_deref(), Some("ada@mail.example"));
    assert_eq!(alice.client.get(&link).status, 404, "once");
    assert_eq!(server.logins()[0], "AHBvZABhIHNlY3JldA==", "name and password as the settings have them");
    assert_eq!(change("", PASSWORD), 303);
    assert_eq!(alice.email(), None);
    assert!(!pod.log().contains("secret") && !pod.log().contains("ada@mail.example"), "{}", pod.log());
}

/// Asks for a link for a new password.
fn forgets(client: &Client, name: &str) -> u16 {
    client.submit(&client.page("/login/forgotten"), "/login/forgotten", &[("name", name)]).status
}

fn signs_in(client: &Client, name: &str, password: &str) -> u16 {
    client.submit(&client.page("/login"), "/login", &[("name", name), ("password", password)]).status
}

fn who_forgot_the_password_gets_a_link_for_a_new_one() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let alice = pod.user("alice");
    alice.gets_mail(&server, "ada@mail.example", &[]);
    let client = pod.visitor();
    assert_eq!(forgets(&client, "Ada@mail.example"), 303);
    let mail = server.gets("A new password for alice");
    assert_eq!(mail.to, "ada@mail.example");
    let link = mail.text.lines().find_map(|line| line.strip_prefix(&pod.url)).expect("the link").to_owned();
    let chooses = |password: &str| client.submit(&client.page(&link), &link, &[("password", password)]).status;
    assert_eq!(chooses("short"), 422);
    assert_eq!(chooses("another fine password"), 303);
    assert_eq!(client.get(&link).status, 404, "once");
    assert_eq!(alice.client.get("/stream").status, 303, "whoever was signed in is not any more");
    assert_eq!(signs_in(&pod.visitor(), "alice", PASSWORD), 422);
    assert_eq!(signs_in(&pod.visitor(), "alice", "another fine password"), 303);
    assert!(!pod.log().contains(&link), "{}", pod.log());
}

fn who_asks_for_a_link_learns_nothing_about_others() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let client = pod.visitor();
    for name in ["alice", "nobody", "nobody@mail.example"] {
        assert_eq!(forgets(&client, name), 303, "{name}");
    }
    assert_eq!(mails_waiting(&pod), 0, "who has no address gets none");
    pod.user("alice").gets_mail(&server, "ada@mail.example", &[]);
    for _ in 0..3 {
        assert_eq!(forgets(&client, "alice"), 303);
    }
    server.gets("A new password for alice");
    until("the queue to be empty", || (mails_waiting(&pod) == 0).then_some(()));
    assert_eq!(server.mails().len(), 2, "one link, however often it is asked for: {:?}", server.mails());
    assert_eq!(pod.visitor().get("/login/forgotten/0123456789abcdef0123456789abcdef").status, 404);
}

fn one_signs_in_with_the_address_too() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.does("/settings/mail/address", &[("email", "ada@mail.example"), ("password", PASSWORD)]);
    assert_eq!(signs_in(&pod.visitor(), "ADA@mail.example", PASSWORD), 303);
    assert_eq!(signs_in(&pod.visitor(), "eve@mail.example", PASSWORD), 422);
    assert!(pod.visitor().page("/login/forgotten").html.contains("sends no mail"));
}

fn without_mail_an_address_is_taken_as_it_is() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.does("/settings/mail/address", &[("email", "ada@mail.example"), ("password", PASSWORD)]);
    assert_eq!(alice.email().as_deref(), Some("ada@mail.example"));
    assert!(alice.page("/settings/mail").html.contains("sends no mail"));
    assert_eq!(mails_waiting(&pod), 0);
}

fn mails_tell_what_was_chosen_and_nothing_more() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = alice.posts("a post to talk about");
    bob.likes(&post);
    alice.gets_mail(&server, "ada@mail.example", &["comment", "reshare", "nonsense"]);
    bob.shares_with(&alice.handle());
    bob.unlikes(&post);
    bob.likes(&post);
    bob.comments(&post, "words under it");
    let mail = server.gets("bob commented on your post");
    assert_eq!(mail.to, "ada@mail.example");
    for line in [
        "From: \"Our pod\" <pod@pod.example>",
        "Subject: bob commented on your post",
        "Auto-Submitted: auto-generated",
        "List-Id: <notices.127.0.0.1.",
        "List-Unsubscribe: <http://127.0.0.1:",
        &format!("In-Reply-To: <{post}@"),
        &format!("{}/posts/{post}", pod.url),
        &format!("{}/settings/mail", pod.url),
    ] {
        assert!(mail.text.contains(line), "{line}: {}", mail.text);
    }
    assert!(!mail.text.contains("words under it"), "{}", mail.text);
    bob.reshares(&post);
    server.gets("bob reshared your post");
    assert_eq!(server.mails().len(), 3, "nothing about sharing and likes: {:?}", server.mails());
    assert_eq!(chosen(&alice.page("/settings/mail"), "kind"), ["comment", "reshare"]);
    assert!(chosen(&bob.page("/settings/mail"), "kind").is_empty(), "nobody is mailed who did not ask");
}

fn a_private_message_is_told_and_not_quoted() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    alice.gets_mail(&server, "ada@mail.example", &["message"]);
    bob.does("/conversations", &[("to", &alice.guid()), ("subject", "Seeds"), ("text", "only for your eyes")]);
    let mail = server.gets("bob wrote you a private message");
    let guid = pod.database().text("select guid from conversations", &[]).expect("a conversation");
    assert!(mail.text.contains(&format!("{}/conversations/{guid}", pod.url)), "{}", mail.text);
    assert!(!mail.text.contains("only for your eyes") && !mail.text.contains("Seeds"), "{}", mail.text);
    alice.does(&format!("/conversations/{guid}/messages"), &[("text", "thank you")]);
    assert_eq!(mails_waiting(&pod), 0, "nobody is told of their own message");
}

fn a_mail_has_the_language_of_whoever_gets_it() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    alice.settles(&[("language", "de")]);
    alice.gets_mail(&server, "ada@mail.example", &["comment"]);
    bob.comments(&alice.posts("a post to talk about"), "words under it");
    let mail = server.gets("bob hat deinen Beitrag kommentiert");
    assert!(mail.text.contains("schreibt dir, weil du es so wolltest"), "{}", mail.text);
}

/// Bob comments on a post of alice's, who wants mails about that, and the server answers something else than yes. The post.
fn comments_when_the_server_answers(server: &MailServer, pod: &TestPod, answer: &'static str) -> String {
    let alice = pod.user("alice");
    let post = alice.posts("a post to talk about");
    alice.gets_mail(server, "ada@mail.example", &["comment"]);
    server.answers(answer);
    pod.user("bob").comments(&post, "words under it");
    server.has_answered();
    post
}

fn a_mail_that_the_server_does_not_take_now_comes_later() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    comments_when_the_server_answers(&server, &pod, "451 the disk is full");
    until("the failure to be noted", || (put_off(&pod) == 1).then_some(()));
    assert_eq!(mails_waiting(&pod), 1);
    pod.stop();
    pod.make_due();
    start_with_mail(&pod, &server);
    server.gets("bob commented on your post");
    until("the queue to be empty", || (mails_waiting(&pod) == 0).then_some(()));
    assert_eq!(server.mails().len(), 2);
}

fn a_pod_without_a_server_for_mails_keeps_none_for_later() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let post = comments_when_the_server_answers(&server, &pod, "451 the disk is full");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    until("the mail to wait", || (mails_waiting(&pod) == 1).then_some(()));
    pod.stop();
    pod.start();
    assert_eq!(mails_waiting(&pod), 0, "nobody would send it");
    bob.comments(&post, "while there was no server");
    assert_eq!(mails_waiting(&pod), 0);
    pod.stop();
    let before = server.mails().len();
    start_with_mail(&pod, &server);
    bob.comments(&alice.posts("another post"), "now there is one");
    server.gets("bob commented on your post");
    until("the queue to be empty", || (mails_waiting(&pod) == 0).then_some(()));
    assert_eq!(server.mails().len(), before + 1, "{:?}", server.mails());
}

fn a_mail_that_the_server_never_takes_is_given_up() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    comments_when_the_server_answers(&server, &pod, "550 nobody of this name");
    until("the mail to be given up", || (mails_waiting(&pod) == 0).then_some(()));
    assert_eq!(server.mails().len(), 1);
}

fn what_was_read_or_taken_back_meanwhile_is_not_mailed() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let (first, second) = (alice.posts("a post to talk about"), alice.posts("another one"));
    alice.gets_mail(&server, "ada@mail.example", &["comment", "like"]);
    server.answers("451 later");
    bob.comments(&first, "words under it");
    server.has_answered();
    until("the failure to be noted", || (put_off(&pod) == 1).then_some(()));
    alice.thread(&first);
    server.answers("451 later");
    bob.likes(&second);
    server.has_answered();
    until("the failure to be noted", || (put_off(&pod) == 2).then_some(()));
    bob.unlikes(&second);
    pod.stop();
    pod.make_due();
    start_with_mail(&pod, &server);
    until("the queue to be empty", || (mails_waiting(&pod) == 0).then_some(()));
    assert_eq!(server.mails().len(), 1, "only the link: {:?}", server.mails());
}

fn a_daily_mail_tells_what_is_unread_once_a_day() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let post = alice.posts("a post to talk about");
    alice.gets_mail(&server, "ada@mail.example", &["comment"]);
    until("the queue to be empty", || (mails_waiting(&pod) == 0).then_some(()));
    alice.does("/settings/mail", &[("when", "daily"), ("kind", "comment")]);
    bob.does("/conversations", &[("to", &alice.guid()), ("text", "only for your eyes")]);
    bob.comments(&post, "words under it");
    assert_eq!(mails_waiting(&pod), 0, "nothing at once");
    let day = || {
        pod.stop();
        pod.change("update users set digest_due = unixepoch() - 10 where digest_due is not null");
        start_with_mail(&pod, &server);
    };
    day();
    let mail = server.gets("things are unread");
    for line in [
        "* bob commented on your post",
        "* bob started sharing with you",
        "1 private message is unread",
        "/settings/mail",
    ] {
        assert!(mail.text.contains(line), "{line}: {}", mail.text);
    }
    assert!(!mail.text.contains("your eyes"), "{}", mail.text);
    until("the queue to be empty", || (mails_waiting(&pod) == 0).then_some(()));
    let due = "select min(digest_due) - unixepoch() from users";
    let wait = pod.database().number(due, &[]);
    assert!((80_000..=86_400).contains(&wait), "the next one in {wait} s");
    pod.stop();
    pod.change("update every_notice set updated_at = 1; update every_conversation set updated_at = 1");
    pod.start();
    day();
    until("the day to be over", || (pod.database().number(due, &[]) > 80_000).then_some(()));
    assert_eq!(mails_waiting(&pod), 0, "nobody is nagged about the same again");
    assert_eq!(server.mails().len(), 2);
}

fn the_podmin_learns_whether_mail_works_and_nobody_reads_the_password() {
    let server = MailServer::new();
    let pod = TestPod::new("alice");
    let asks = |arguments: &[&str], port: u16| {
        let url = format!("smtp://pod:hush@127.0.0.1:{port}");
        let environment = [("PAPPUS_SMTP_URL", url.as_str()), ("PAPPUS_MAIL_FROM", "pod@pod.example")];
        let output = pod.command_with(&environment, arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let doctor = ["doctor", "--url", &pod.url, "--listen", &pod.host()];
    let (well, said) = asks(&doctor, server.port);
    assert!(well && said.contains("ok     mail"), "{said}");
    assert!(!server.logins().is_empty(), "the password was tried, too");
    let (well, said) = asks(&doctor, 1);
    assert!(!well && said.contains("WRONG  mail") && said.contains("smtp_url"), "{said}");
    assert!(!said.contains("hush"), "{said}");
    let (well, said) = asks(&["config"], server.port);
    assert!(well && said.contains("smtp://pod:…@127.0.0.1") && !said.contains("hush"), "{said}");
}
