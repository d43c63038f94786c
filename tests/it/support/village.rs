//! A pod with a few people, and something of theirs on every page.

use std::sync::{Arc, Mutex, Weak};

use super::paint::{Scene, jpeg};
use super::pod::TestPod;
use super::user::{User, befriend};

/// The pod of ada, who runs it, and her friends.
pub struct Village {
    pub pod: TestPod,
    /// Pages for strangers.
    pub outside: Vec<String>,
    /// Pages for ada.
    pub inside: Vec<String>,
}

/// Name of the account, first and last name, about them.
const PEOPLE: [(&str, &str, &str, &str); 5] = [
    ("ada", "Ada", "Lindqvist", "Bees, bicycles and this pod. Write to me when something squeaks."),
    ("ben", "Ben", "Okafor", "I mend radios and write down how."),
    ("chiara", "Chiara", "Rossi", "Tomatoes above all. Seeds to swap from February on."),
    ("dmitri", "Dmitri", "Sorokin", "Walks, slowly."),
    ("eve", "Eve", "Yilmaz", "Night shifts and sourdough."),
];

const HOWTO: &str = "# Getting an old radio to speak again\n\nThree evenings with the one from the attic. **Before anything else:** pull the plug and \
wait, capacitors remember.\n\n- clean the switch with *alcohol*, not with oil\n- test the tubes one by one\n- replace the paper capacitors, \
all of them\n\n> If it hums, it lives.\n\nWhat I measured, with `multimeter --patience`:\n\n| part | was | now |\n|---|---|---|\n| C4 | 2 nF | 47 nF |\n| R7 | 1.2 MΩ | 1 MΩ |\n\n\
The circuit is [in the museum's archive](https://radiomuseum.example/1953). #repair #radio";

impl Village {
    /// The one that all who only look share; it goes with the last of them.
    pub fn shared() -> Arc<Village> {
        static SHARED: Mutex<Weak<Village>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        shared.upgrade().unwrap_or_else(|| {
            let village = Arc::new(Village::new());
            *shared = Arc::downgrade(&village);
            village
        })
    }

    pub fn new() -> Village {
        let pod = TestPod::new("ada");
        for (name, ..) in &PEOPLE[1..] {
            pod.add_user(name);
        }
        let users: Vec<User> = PEOPLE.iter().map(|(name, ..)| pod.user(name)).collect();
        let [ada, ben, chiara, dmitri, eve] = &users[..] else { unreachable!("five of them") };
        for user in &users {
            user.introduces();
        }
        for user in [ben, chiara, dmitri] {
            befriend(ada, user);
        }
        befriend(ben, chiara);
        befriend(eve, chiara);
        eve.shares_with(&ada.handle());

        eve.posts("A photograph of a photograph of my bread, for those who like crumbs. #nsfw");
        let howto = ben.posts(HOWTO);
        let walk = dmitri.posts_photos(
            "Up before the birds, for once. The whole valley to myself. #walking",
            &[
                (Scene::Morning, "Hills in the first light, the sun just above them"),
                (Scene::Evening, "The same hills at night"),
            ],
        );
        let fields = [
            ("text", "Who comes along, and when?"),
            ("audience", "public"),
            ("question", "When shall we open the repair café?"),
            ("answers", "Thursday evening\nSaturday, late morning\nSunday, with cake"),
            ("place", "The old station"),
        ];
        ben.does("/posts", &fields);
        chiara.votes_in_the_village(2);
        dmitri.votes_in_the_village(2);
        eve.votes_in_the_village(1);
        let post = chiara.posts_photos(
            "The first ones of the year. They are called *Paul Robeson*, and they taste of it. #tomatoes #garden",
            &[(Scene::Tomatoes, "Five red tomatoes among leaves")],
        );
        ben.comments(&post, "I can smell them from here. Are there seeds?");
        ada.comments(&post, "I bring bread if you bring two of them on Saturday.");
        chiara.comments(&post, "Done. And seeds for everybody who asks, as **every** year.");
        let own = ada.posts(
            "The pod moved into the old router above the door. It is quiet, and it stays warm in winter. #selfhosting",
        );
        dmitri.comments(&own, "So that is what blinks there.");
        for user in [ada, ben, dmitri, eve] {
            user.likes(&post);
        }
        for user in [ben, chiara] {
            user.likes(&own);
        }
        ada.likes(&walk);
        ada.reshares(&walk);
        ben.reshares(&own);
        chiara.does(
            "/conversations",
            &[("to", &ada.guid()), ("subject", "Seeds"), ("text", "Shall I keep some for you? The yellow ones too?")],
        );
        ada.does("/followed_tags", &[("tag", "repair")]);
        ada.does("/settings/two-factor", &[]);
        ada.does("/settings/invites", &[("uses", "3")]);
        ada.does(
            "/settings/pages",
            &[("about", "A pod for our street."), ("terms", "Be kind."), ("imprint", "Ada, Hill 1")],
        );
        let answer = eve.submit(
            "/report",
            &[("kind", "post"), ("name", &howto), ("ground", "copyright"), ("text", "That drawing is mine.")],
        );
        assert_eq!(answer.status, 200, "{}", answer.text());
        ada.does("/podmin/cases", &[("kind", "post"), ("name", &own), ("ground", "rules"), ("text", "")]);
        ada.does("/podmin/cases/2", &[("decision", "hold"), ("why", "To see how that looks.")]);
        ada.does("/podmin/cases/2", &[("decision", "restore"), ("why", "Seen.")]);
        let advertised = eve.posts("Buy, buy, buy!");
        ada.does("/podmin/cases", &[("kind", "post"), ("name", &advertised), ("ground", "spam"), ("text", "")]);
        ada.does("/podmin/cases/3", &[("decision", "remove"), ("why", "Nothing but advertising.")]);
        ada.does(&format!("/podmin/census/{advertised}"), &[("whom", "thread")]);
        ada.does("/podmin/requests/taken", &[("taken", "1")]);
        let visitor = pod.visitor();
        let fields = [("name", "fred"), ("email", "fred@mail.example"), ("why", "I live across the street.")];
        visitor.submit(&visitor.page("/request"), "/request", &fields);
        ada.does(
            "/podmin/limits",
            &[("subject", "loud.example"), ("severity", "silence"), ("public_comment", "too loud")],
        );
        let comment =
            pod.database().text("select guid from comments where text like 'I bring bread%'", &[]).expect("a comment");
        let letter = pod.database().text("select guid from conversations", &[]).expect("a conversation");
        let photo = ada.posts_photos(
            "Last light, from the roof where the antenna is.",
            &[(Scene::Evening, "Hills in the evening, the sun low above them")],
        );
        let photo = pod
            .database()
            .text("select h.guid from photos h join posts p on p.id = h.post where p.guid = ?", &[&photo])
            .expect("a photo");
        let invitation = pod.database().text("select code from invites", &[]).expect("an invitation");

        let outside = [
            "/",
            "/login",
            "/login/forgotten",
            "/help",
            "/statistics",
            "/about",
            "/terms",
            "/imprint",
            "/public",
            "/u/ada",
            "/report",
            "/transparency",
            "/contact",
            "/request",
            "/tags/repair",
            "/nowhere",
        ];
        let mut outside: Vec<String> = outside.map(str::to_owned).into();
        outside.extend([
            format!("/i/{invitation}"),
            format!("/posts/{post}"),
            format!("/people/{}/photos", dmitri.guid()),
        ]);
        let mut inside: Vec<String> = INSIDE.map(str::to_owned).into();
        inside.extend([
            format!("/aspects/{}", ada.aspects()[0]),
            format!("/people/{}", ada.guid()),
            format!("/people/{}", eve.guid()),
            format!("/people/{}/photos", ada.guid()),
            format!("/posts/{post}"),
            format!("/posts/{own}"),
            format!("/posts/{own}/delete"),
            format!("/podmin/census/{advertised}"),
            format!("/posts/{howto}/comments"),
            format!("/comments/{comment}/delete"),
            format!("/photos/{photo}/delete"),
            format!("/conversations/{letter}"),
            format!("/conversations/new?to={}", ben.guid()),
            format!("/report?kind=post&name={post}"),
        ]);
        drop(users);
        Village { pod, outside, inside }
    }
}

const INSIDE: [&str; 52] = [
    "/stream",
    "/public",
    "/aspects",
    "/mentions",
    "/followed_tags",
    "/activity",
    "/liked",
    "/commented",
    "/tags/garden",
    "/tags/nothing",
    "/contacts",
    "/contacts?set=ignored",
    "/welcome",
    "/contacts?set=sharing",
    "/conversations",
    "/conversations/new",
    "/notifications",
    "/notifications?kind=likes",
    "/people?q=chiara",
    "/people?q=radio",
    "/people?q=nobody",
    "/profile",
    "/settings",
    "/settings/pages",
    "/settings/security",
    "/settings/two-factor",
    "/settings/mail",
    "/settings/invites",
    "/settings/archive",
    "/help",
    "/statistics",
    "/about",
    "/terms",
    "/imprint",
    "/bookmarklet?title=A+page&url=https://example.org/a",
    "/decisions",
    "/decisions/2",
    "/podmin/cases",
    "/podmin/cases/1",
    "/podmin/cases/new",
    "/podmin",
    "/podmin/users",
    "/podmin/alarm",
    "/podmin/requests",
    "/podmin/census",
    "/podmin/bank",
    "/podmin/cases/3",
    "/podmin/pods",
    "/podmin/limits",
    "/podmin/vault",
    "/contact",
    "/transparency",
];

impl User<'_> {
    /// Fills in the profile.
    fn introduces(&self) {
        let known = PEOPLE.iter().find(|(name, ..)| *name == self.name);
        let (_, first, last, bio) = known.expect("one of the village");
        let page = self.page("/profile");
        let fields = [
            ("first_name", *first),
            ("last_name", *last),
            ("bio", bio),
            ("searchable", "1"),
            ("public_details", "1"),
            ("location", "The valley"),
        ];
        let face = match self.name.as_str() {
            "chiara" => Some(jpeg(Scene::Tomatoes, 400, 400)),
            "dmitri" => Some(jpeg(Scene::Morning, 400, 400)),
            _ => None,
        };
        let files: Vec<(&str, &[u8])> = face.iter().map(|face| ("face", face.as_slice())).collect();
        let answer = self.client.submit_files(&page, "/profile", &fields, &files);
        assert_eq!(answer.status, 303, "{}", answer.text());
    }

    /// Posts photos with their descriptions; returns the post's GUID.
    fn posts_photos(&self, text: &str, scenes: &[(Scene, &str)]) -> String {
        let files: Vec<Vec<u8>> = scenes.iter().map(|(scene, _)| jpeg(*scene, 900, 600)).collect();
        let files: Vec<(&str, &[u8])> = files.iter().map(|file| ("photos", file.as_slice())).collect();
        let answer = self.client.submit_files(&self.page("/stream"), "/photos", &[], &files);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let guids: Vec<String> = answer
            .text()
            .split("name=\"photo\" value=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next().map(str::to_owned))
            .collect();
        let names: Vec<String> = guids.iter().map(|guid| format!("alt-{guid}")).collect();
        let mut fields = vec![("text", text), ("audience", "public")];
        for ((guid, name), (_, alt)) in guids.iter().zip(&names).zip(scenes) {
            fields.extend([("photo", guid.as_str()), (name.as_str(), *alt)]);
        }
        self.does("/posts", &fields);
        self.pod.database().text("select guid from posts where text = ?", &[&text]).expect("the post is stored")
    }

    /// Votes for an answer of the only poll, counted from 0.
    fn votes_in_the_village(&self, answer: usize) {
        let post =
            self.pod.database().text("select p.guid from polls o join posts p on p.id = o.post", &[]).expect("a poll");
        let answers = self.pod.database().texts("select guid from poll_answers order by id");
        self.does(&format!("/posts/{post}/vote"), &[("answer", &answers[answer])]);
    }
}
