//! What pictures are known by, and the bank of those that are not shown.

use std::collections::BTreeSet;

use pappus::media::fingerprint;
use pappus::media::source::Source;
use pappus::model::picture::{Hash, HashKind};
use pappus::model::{CaseId, Hashes, Pdq, Timestamp};
use pappus::moderation::bank;
use pappus::store::{self, Store, bank as stored};

use crate::support::picture::{gif, jpeg, png, scene, webp};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};

trials![
    what_is_uploaded_is_known_by_its_file_and_by_its_look,
    the_same_scene_looks_the_same_however_large,
    a_damaged_picture_is_known_by_its_file_alone,
    a_picture_is_found_in_the_bank_by_its_file_or_by_its_look,
    what_has_nothing_to_see_is_like_nothing,
    a_picture_that_was_decided_about_is_in_the_bank_once,
    a_list_is_taken_in_and_out_of_the_bank_from_the_shell,
    a_list_without_a_hash_changes_nothing,
    a_list_may_not_fill_the_bank_beyond_its_limit,
    what_is_brought_and_like_one_in_the_bank_is_held_until_the_podmin_looked,
    a_face_like_one_in_the_bank_is_held,
    a_picture_of_another_pod_like_one_in_the_bank_is_not_shown,
    a_post_that_shows_such_a_picture_from_anywhere_is_held,
    a_picture_that_was_removed_does_not_come_back_in_another_size,
    a_picture_of_another_pod_is_looked_at_once,
    the_podmin_sees_a_grey_blur_before_the_picture_of_a_case,
    a_list_is_looked_at_taken_in_and_out_on_the_page,
];

fn look(file: &[u8]) -> Hashes {
    fingerprint::of(Source::Bytes(file)).expect("bytes are read")
}

/// Puts what a picture looks like into the bank of a pod.
fn bans(pod: &TestPod, picture: &[u8]) {
    let list = pod.file("list.txt", &hex(&look(picture).pdq.expect("a look").hash));
    let done = pod.command(&["bank", "import", &list, "--ground", "terror", "--kind", "pdq"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The number of the case that waits; there is one.
fn case(podmin: &User) -> String {
    let page = podmin.page("/podmin/cases").html;
    let links: BTreeSet<&str> =
        page.split("href=\"/podmin/cases/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let numbers: Vec<&str> = links.into_iter().filter(|link| link.parse::<u32>().is_ok()).collect();
    let [number] = numbers.as_slice() else { panic!("{numbers:?}: {page}") };
    (*number).to_owned()
}

fn decides(podmin: &User, decision: &str) {
    podmin.does(&format!("/podmin/cases/{}", case(podmin)), &[("decision", decision), ("why", "I looked at it")]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A store of its own.
fn empty() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("pappus.db")).expect("opens");
    (folder, store)
}

fn keep(store: &Store, kind: HashKind, hashes: &[Hash]) {
    store
        .write::<_, store::Error>(Timestamp(1), |tx| {
            stored::add(tx, stored::list(tx, "a list", "terror", kind)?, hashes)
        })
        .expect("writes");
}

fn what_is_uploaded_is_known_by_its_file_and_by_its_look() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let photo = scene(1, 450, 300);
    let post = alice.posts_pictures("public", "a scene", &[&photo]);
    let of = |form: &str| {
        let sql = "select hex(sha256) || ' ' || hex(pdq) || ' ' || quality from picture_hashes where form = ?";
        pod.database().text(sql, &[&form]).expect("it is known").to_lowercase()
    };
    let told = |known: Hashes| {
        let pdq = known.pdq.expect("a look");
        format!("{} {} {}", hex(&known.sha256), hex(&pdq.hash), pdq.quality)
    };
    assert_eq!(of("brought"), told(look(&photo)));
    let shown = look(&alice.client.get(&alice.pictures_of(&post)[0]).body);
    assert!(of("shown").starts_with(&hex(&shown.sha256)), "the file that others get is known, too");
    alice.deletes(&post);
    alice.changes_face(&scene(2, 300, 300));
    assert_eq!(
        pod.database().number("select count(*) from picture_hashes", &[]),
        2,
        "of the face, no more of the photo"
    );
    assert!(of("brought").starts_with(&hex(&look(&scene(2, 300, 300)).sha256)));
}

fn the_same_scene_looks_the_same_however_large() {
    let pdq = |file: &[u8]| look(file).pdq.expect("a look");
    let distance = |a: Pdq, b: Pdq| pappus::model::picture::distance(&a.hash, &b.hash);
    let one = pdq(&scene(3, 640, 480));
    assert!(one.quality >= 50);
    for (width, height) in [(200, 150), (700, 525), (2100, 1575)] {
        let other = distance(pdq(&scene(3, width, height)), one);
        assert!(other <= 16, "{width} × {height}: {other} bits");
    }
    assert!(distance(pdq(&scene(4, 640, 480)), one) > 80, "another scene looks other");
}

fn a_damaged_picture_is_known_by_its_file_alone() {
    let mut x = 7_u32;
    let pictures = [jpeg(160, 120), scene(5, 160, 120), png(160, 120, false), gif(90, 60), webp(60, 40)];
    for whole in pictures {
        assert!(look(&whole).pdq.is_some());
        for _ in 0..60 {
            let mut damaged = whole.clone();
            for _ in 0..3 {
                x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = x as usize % damaged.len();
                damaged[at] = (x >> 24) as u8;
            }
            damaged.truncate(damaged.len() - (x >> 8) as usize % 40);
            // Whatever comes of it: no panic, and the sum of the file.
            assert_ne!(look(&damaged).sha256, look(&whole).sha256);
        }
        assert_eq!(look(&whole[..whole.len() / 2]).pdq, None);
    }
    for nothing in [&b""[..], b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"hello"] {
        assert_eq!(look(nothing).pdq, None);
    }
}

fn a_picture_is_found_in_the_bank_by_its_file_or_by_its_look() {
    let (_folder, store) = empty();
    let picture = |sha: u8, hash: Hash| Hashes { sha256: [sha; 32], pdq: Some(Pdq { hash, quality: 50 }) };
    let find = |picture: &Hashes| store.read(|db| stored::find(db, picture)).expect("reads");
    assert_eq!(find(&picture(1, [0; 32])), None, "an empty bank knows nothing");
    // Many others, so that there are several pages.
    let others: Vec<Hash> = (0..1_000_u32).map(|n| [n.to_le_bytes()[0]; 32].map(|byte| byte ^ 0xa5)).collect();
    let strangers: Vec<Hash> = others.into_iter().filter(|hash| hash[0] != 0 && hash[0].count_ones() > 3).collect();
    keep(&store, HashKind::Pdq, &strangers);
    keep(&store, HashKind::Pdq, &[[0; 32]]);
    keep(&store, HashKind::Sha256, &strangers);
    keep(&store, HashKind::Sha256, &[[9; 32]]);
    let bits = |n: usize| {
        let mut hash = [0; 32];
        (0..n).for_each(|bit| hash[bit / 8] |= 1 << (bit % 8));
        hash
    };
    for (bits_set, found) in [(0, true), (1, true), (31, true), (32, false)] {
        let known = find(&picture(1, bits(bits_set)));
        assert_eq!(known.is_some(), found, "{bits_set} bits");
        assert!(known.is_none_or(|known| known.kind == HashKind::Pdq && known.distance == bits_set as u32));
    }
    let known = find(&picture(9, bits(200))).expect("the same file");
    assert_eq!((known.kind, known.ground.as_str(), known.source.as_str()), (HashKind::Sha256, "terror", "a list"));
}

fn what_has_nothing_to_see_is_like_nothing() {
    let (_folder, store) = empty();
    let flat = look(&png(200, 200, false));
    assert!(flat.pdq.is_some_and(|pdq| pdq.quality < 50));
    keep(&store, HashKind::Pdq, &[flat.pdq.expect("a look").hash]);
    assert_eq!(store.read(|db| stored::find(db, &flat)).expect("reads"), None);
    store.write(Timestamp(1), |tx| bank::add(tx, &flat, CaseId(7), "rules")).expect("writes");
    let known = store.read(|db| stored::find(db, &flat)).expect("reads").expect("by its file");
    assert_eq!(known.kind, HashKind::Sha256);
}

fn a_picture_that_was_decided_about_is_in_the_bank_once() {
    let (_folder, store) = empty();
    let picture = look(&scene(6, 300, 200));
    for _ in 0..2 {
        store.write(Timestamp(1), |tx| bank::add(tx, &picture, CaseId(7), "terror")).expect("writes");
    }
    let lists = store.read(stored::lists).expect("reads");
    assert_eq!(lists.iter().map(|list| list.hashes).sum::<i64>(), 2, "{lists:?}");
    assert!(lists.iter().all(|list| list.source == "case 7" && list.ground == "terror"));
    let found = store.read(|db| stored::find(db, &look(&scene(6, 450, 300)))).expect("reads");
    assert!(found.is_some_and(|found| found.kind == HashKind::Pdq), "in another size it is found by its look");
    let hash = picture.pdq.expect("a look").hash;
    assert_eq!(store.write(Timestamp(1), |tx| stored::remove(tx, &hash)).expect("writes"), 1);
    assert_eq!(store.read(|db| stored::find(db, &look(&scene(6, 450, 300)))).expect("reads"), None);
}

fn a_list_is_taken_in_and_out_of_the_bank_from_the_shell() {
    let pod = TestPod::new("alice");
    let said = |arguments: &[&str]| {
        let output = pod.command(arguments);
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (one, two) = ("11".repeat(32), "22".repeat(32));
    let list = pod.file("list.csv", &format!("hash,algorithm\n{one},sha256\n{two},PDQ\nhello,pdq\n0011,MD5\n"));
    let (done, told) = said(&["bank", "import", &list, "--ground", "terror", "--look"]);
    assert!(done && told.contains("line 4: not 64 hexadecimal digits"), "{told}");
    assert!(told.contains("1 SHA-256 and 1 PDQ hashes") && told.contains("1 hashes of other kinds"), "{told}");
    assert_eq!(said(&["bank", "list"]), (true, String::new()), "it was only looked at");
    let (done, told) = said(&["bank", "import", &list, "--ground", "terrible"]);
    assert!(!done && told.contains("there are terror, "), "{told}");
    for _ in 0..2 {
        assert!(said(&["bank", "import", &list, "--ground", "terror"]).0);
    }
    let (_, told) = said(&["bank", "list"]);
    assert_eq!(told.lines().count(), 2, "taken in twice it is there once: {told}");
    assert!(told.lines().all(|line| line.contains(" 1  ") && line.ends_with("terror  list.csv")), "{told}");
    let bare = pod.file("bare.txt", &format!("{one}\n{two}\n"));
    let (done, told) = said(&["bank", "import", &bare, "--ground", "terror"]);
    assert!(!done && told.contains("line 1: is it sha256 or pdq?"), "{told}");
    assert!(said(&["bank", "import", &bare, "--ground", "hate", "--kind", "pdq"]).0);
    assert!(said(&["bank", "remove", &two]).0);
    let (_, told) = said(&["bank", "list"]);
    assert!(told.contains("sha256") && told.contains("bare.txt") && told.lines().count() == 2, "{told}");
    let number = told.lines().next().and_then(|line| line.split_whitespace().next()).expect("a number").to_owned();
    assert!(said(&["bank", "remove", &number]).0 && !said(&["bank", "remove", &number]).0);
    let picture = pod.data().join("photo.jpg");
    std::fs::write(&picture, scene(7, 200, 200)).expect("writes");
    let known = look(&scene(7, 200, 200));
    let (_, told) = said(&["bank", "hash", &picture.to_string_lossy()]);
    assert!(told.contains(&hex(&known.sha256)) && told.contains(&hex(&known.pdq.expect("a look").hash)), "{told}");
}

fn a_list_without_a_hash_changes_nothing() {
    let (_folder, store) = empty();
    let list = bank::List { source: "a list", ground: "terror", kind: Some(HashKind::Pdq) };
    keep(&store, HashKind::Pdq, &[[1; 32]]);
    for text in ["", "hash,label\n", "not a hash\n"] {
        let counted = bank::count(&list, text.as_bytes()).expect("reads");
        assert!(bank::import(&store, Timestamp(2), &list, &counted, text.as_bytes(), &mut |_| ()).is_err());
    }
    assert_eq!(store.read(stored::count).expect("reads"), 1, "what was there stays");
}

fn a_list_may_not_fill_the_bank_beyond_its_limit() {
    let (_folder, store) = empty();
    let list = bank::List { source: "long", ground: "terror", kind: Some(HashKind::Sha256) };
    let text: String =
        (0..20_000_u64).map(|n| format!("{:064x},terror\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let counted = bank::count(&list, text.as_bytes()).expect("reads");
    assert_eq!(counted.good(), 20_000);
    let mut steps = Vec::new();
    bank::import(&store, Timestamp(2), &list, &counted, text.as_bytes(), &mut |n| steps.push(n)).expect("writes");
    assert!(steps.len() > 2 && steps.last() == Some(&20_000), "in steps, so that nobody waits: {steps:?}");
    assert_eq!(store.read(stored::count).expect("reads"), 20_000);
    let last = Hashes { sha256: [0; 32], pdq: None };
    assert!(store.read(|db| stored::find(db, &last)).expect("reads").is_some());
    let many = bank::Counted { sha256: bank::HASHES_MAX, ..bank::Counted::default() };
    let other = bank::List { source: "more", ..list };
    assert!(bank::import(&store, Timestamp(2), &other, &many, text.as_bytes(), &mut |_| ()).is_err());
    assert_eq!(store.read(stored::count).expect("reads"), 20_000);
}

fn what_is_brought_and_like_one_in_the_bank_is_held_until_the_podmin_looked() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    bans(&pod, &scene(1, 320, 240));
    let answer = bob.sends("/posts", &[("text", "look at this"), ("audience", "public")], &[&scene(1, 500, 375)]);
    assert!(answer.status == 403 && answer.text().contains("like one that is not shown"), "{}", answer.text());
    assert!(answer.text().contains("look at this"), "the text is not lost");
    let name = pod.database().text("select name from every_photo where held", &[]).expect("it is kept for the podmin");
    for size in ["", "thumb_small_", "scaled_full_"] {
        assert_eq!(bob.client.get(&format!("/uploads/images/{size}{name}")).status, 404);
    }
    let page = alice.page(&format!("/podmin/cases/{}", case(&alice))).html;
    assert!(page.contains("list.txt") && page.contains("pdq, "), "{page}");
    bob.is_told("/decisions/");
    decides(&alice, "restore");
    assert_eq!(bob.client.get(&format!("/uploads/images/{name}")).status, 200);
    assert_eq!(bob.sends("/photos", &[], &[&scene(2, 500, 375)]).status, 200, "other pictures are not held");
    assert_eq!(pod.database().number("select count(*) from cases", &[]), 1);
}

fn a_face_like_one_in_the_bank_is_held() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    bans(&pod, &scene(1, 200, 200));
    let page = bob.page("/profile");
    let answer = bob.client.submit_files(&page, "/profile", &[("first_name", "Bob")], &[("face", &scene(1, 400, 400))]);
    assert!(answer.status == 403 && answer.text().contains("like one that is not shown"), "{}", answer.text());
    let sql = "select substr(image_large, instr(image_large, '/uploads/')) from every_person where handle = ?";
    let path = pod.database().text(sql, &[&bob.handle()]).expect("it is kept for the podmin");
    assert_eq!(pod.visitor().get(&path).status, 404);
    decides(&alice, "restore");
    assert_eq!(pod.visitor().get(&path).status, 200);
}

fn a_picture_of_another_pod_like_one_in_the_bank_is_not_shown() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    bans(&b, &scene(1, 320, 240));
    alice.posts_pictures("all", "two pictures", &[&scene(1, 480, 360), &scene(2, 480, 360)]);
    let post = bob.sees("two pictures").guid;
    let pictures = bob.pictures_of(&post);
    let status = |path: &str| bob.client.get(path).status;
    assert_eq!(pictures.iter().map(|path| status(path)).collect::<Vec<_>>(), [404, 200]);
    assert_eq!(bob.pictures_of(&post).len(), 1, "it is held; the other one stays");
    assert_eq!(status(&pictures[0]), 404);
    decides(&bob, "restore");
    assert_eq!(status(&pictures[0]), 200, "the podmin let it be");
    assert_eq!(b.database().number("select count(*) from cases", &[]), 1);
    assert_eq!(b.database().text("select origin from cases", &[]).as_deref(), Some("picture"));
}

fn a_post_that_shows_such_a_picture_from_anywhere_is_held() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    bans(&b, &scene(1, 320, 240));
    // A picture that no post brought here as its own.
    alice.sends("/photos", &[], &[&scene(1, 500, 375)]);
    let name = a.database().text("select name from photos", &[]).expect("the photo is kept");
    let guid = alice.posts_to("all", &format!("in the text ![a view]({}/uploads/images/{name})", a.url));
    let page = bob.sees("in the text").html;
    let path = page.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let path = path.into_iter().find(|path| path.starts_with("/proxy/")).expect("a picture");
    assert_eq!(bob.client.get(path).status, 404);
    assert_eq!(b.database().text("select subject from cases where kind = 'post'", &[]), Some(guid.clone()));
    bob.misses(&guid);
}

fn a_picture_that_was_removed_does_not_come_back_in_another_size() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = bob.posts_pictures("public", "the first time", &[&scene(1, 480, 360)]);
    let fields = [("kind", "post"), ("name", post.as_str()), ("ground", "terror"), ("text", "")];
    assert_eq!(alice.submit("/podmin/cases", &fields).status, 303);
    decides(&alice, "remove");
    let told = pod.command(&["bank", "list"]).stdout;
    assert!(String::from_utf8_lossy(&told).contains("terror  case 1"));
    for again in [scene(1, 480, 360), scene(1, 360, 270)] {
        let answer = bob.sends("/posts", &[("text", "again"), ("audience", "public")], &[&again]);
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
    assert_eq!(pod.database().number("select count(*) from posts where text = 'again'", &[]), 0);
}

fn a_picture_of_another_pod_is_looked_at_once() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    alice.posts_pictures("all", "a view", &[&scene(3, 400, 300)]);
    let post = bob.sees("a view").guid;
    let path = bob.pictures_of(&post).remove(0);
    let mut shown = Vec::new();
    for _ in 0..3 {
        shown = bob.client.get(&path).body;
    }
    assert_eq!(b.database().number("select count(*) from proxied_hashes", &[]), 0, "nothing is written for it alone");
    let answer = bob.submit("/podmin/cases", &[("kind", "post"), ("name", &post), ("ground", "rules"), ("text", "")]);
    assert_eq!(bob.client.get(answer.header("location")).status, 200);
    let known = b.database().texts("select lower(hex(sha256) || ' ' || hex(pdq)) from proxied_hashes");
    let expected = look(&shown);
    assert_eq!(known, [format!("{} {}", hex(&expected.sha256), hex(&expected.pdq.expect("a look").hash))]);
}

fn the_podmin_sees_a_grey_blur_before_the_picture_of_a_case() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    b.add_user("carol");
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), b.user("carol"));
    befriend(&alice, &bob);
    alice.posts_pictures("all", "a view", &[&jpeg(400, 300)]);
    bob.sees("a view");
    carol.posts_pictures("public", "another view", &[&png(90, 60, true)]);
    carol.changes_face(&jpeg(200, 200));
    let database = b.database();
    let photos = database.texts("select guid from every_photo order by id");
    for (guid, size) in photos.iter().zip([(32, 24), (32, 21)]).chain([(&carol.guid(), (32, 32))]) {
        let path = format!("/podmin/preview/{guid}");
        let blurred = bob.client.get(&path);
        assert_eq!((blurred.status, blurred.header("content-type")), (200, "image/png"), "{}", blurred.text());
        let info = png::Decoder::new(std::io::Cursor::new(blurred.body)).read_info().expect("a PNG").info().clone();
        assert_eq!((info.width, info.height, info.color_type), (size.0, size.1, png::ColorType::Grayscale));
        assert!(bob.client.get(&format!("{path}/whole")).body.len() > 60);
        for other in [&path, &format!("{path}/whole")] {
            assert_eq!(carol.client.get(other).status, 404, "for the podmin alone");
            assert_ne!(b.visitor().get(other).status, 200);
        }
    }
    // What is held is seen by nobody but the podmin.
    bans(&b, &scene(1, 320, 240));
    carol.sends("/photos", &[], &[&scene(1, 480, 360)]);
    let page = bob.page(&format!("/podmin/cases/{}", case(&bob)));
    let shown =
        page.attributes("img", "src").into_iter().find(|src| src.starts_with("/podmin/preview/")).expect("a preview");
    assert_eq!(bob.client.get(&shown).status, 200);
    assert_eq!(bob.client.get("/podmin/preview/0123456789abcdef").status, 404);
}

fn a_list_is_looked_at_taken_in_and_out_on_the_page() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    assert_eq!(bob.client.get("/podmin/bank").status, 404, "for the podmin alone");
    let list = format!("{}\n{}\nhello\n", "11".repeat(32), "22".repeat(32)).into_bytes();
    let sends = |fields: &[(&str, &str)]| {
        let page = alice.page("/podmin/bank");
        alice.client.submit_files(&page, "/podmin/bank", fields, &[("file", &list)])
    };
    let fields = [("source", "their list"), ("ground", "terror"), ("kind", "pdq")];
    let looked = sends(&[&fields[..], &[("look", "1")]].concat()).text();
    assert!(looked.contains("2 hashes are in this list.") && looked.contains("Not understood: 3"), "{looked}");
    assert!(!alice.page("/podmin/bank").html.contains("their list"), "it was only looked at");
    assert!(sends(&fields[..1]).text().contains("role=\"alert\""), "a ground must be named");
    assert_eq!(sends(&fields).status, 200);
    assert_eq!(sends(&fields).status, 200);
    let page = alice.page("/podmin/bank").html;
    assert!(page.contains("their list") && page.contains("It knows 2 hashes."), "{page}");
    let number = pod.database().number("select id from bank_lists", &[]).to_string();
    alice.does("/podmin/bank/remove", &[("list", &number)]);
    assert!(!alice.page("/podmin/bank").html.contains("their list"));
    assert_eq!(pod.database().number("select count(*) from bank_pages", &[]), 0);
}
