//! Photos: brought, described, posted, shown here and elsewhere, taken back; and pictures that mean harm.

use pappus::web::door::Errand;
use pappus::web::{Method, errand};

use crate::support::double::Double;
use crate::support::picture::{jpeg, jpeg_from_camera, jpeg_of_many_scans, png};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::until;

trials![
    a_photo_with_its_description_reaches_the_other_pod,
    photos_are_described_before_they_are_posted_without_a_script,
    a_photo_has_the_four_sizes_that_other_pods_ask_for,
    what_the_camera_wrote_is_not_kept_and_the_picture_stands_upright,
    what_is_clear_stays_clear,
    a_moving_picture_keeps_moving,
    what_is_no_picture_is_refused_and_the_text_is_not_lost,
    a_small_file_that_says_it_is_huge_is_refused_by_what_it_says,
    a_picture_that_breaks_off_is_refused,
    a_picture_whose_scans_go_over_it_again_and_again_is_refused,
    pictures_behind_one_that_cannot_be_kept_are_not_read,
    pictures_beyond_those_that_may_wait_for_a_post_are_not_read,
    forms_with_files_leave_a_worker_for_everything_else,
    a_photo_of_twelve_megapixels_takes_little_memory,
    a_photo_left_out_is_gone,
    deleting_a_post_deletes_its_pictures_from_the_disk,
    deleting_a_photo_tells_the_other_pods,
    a_post_that_was_nothing_but_a_photo_goes_with_it,
    photos_of_others_cannot_be_used_or_deleted,
    the_photo_page_shows_what_its_reader_may_see,
    a_profile_picture_has_three_sizes_and_is_told_to_contacts,
    the_old_profile_picture_goes_from_the_disk,
    an_own_photo_becomes_the_profile_picture,
    check_names_pictures_that_are_damaged,
];

/// Two pictures one after the other, and what an editor wrote about them.
fn gif() -> Vec<u8> {
    let frame = b"\x21\xf9\x04\x04\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    let again = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
    let comment = b"\x21\xfe\x0eGPS of the cat\0";
    [&head[..], again, comment, frame, frame, b"\x3b"].concat()
}

/// Width and height of a JPEG or PNG.
fn size(picture: &[u8]) -> (u32, u32) {
    let number = |at: usize, length: usize| picture[at..at + length].iter().fold(0, |sum, b| sum * 256 + u32::from(*b));
    if picture.starts_with(b"\x89PNG") {
        return (number(16, 4), number(20, 4));
    }
    let mut at = 2;
    while !matches!(picture[at + 1], 0xc0..=0xc2) {
        at += 2 + number(at + 2, 2) as usize;
    }
    (number(at + 7, 2), number(at + 5, 2))
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Files in the folder of pictures.
fn files(pod: &TestPod) -> usize {
    let shelves = std::fs::read_dir(pod.data().join("photos")).into_iter().flatten().flatten();
    shelves.flat_map(|shelf| std::fs::read_dir(shelf.path()).into_iter().flatten()).count()
}

fn a_photo_with_its_description_reaches_the_other_pod() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    assert_eq!(alice.sends("/photos", &[("text", "look")], &[&jpeg(900, 600)]).status, 200);
    let photo = a.database().text("select guid from photos", &[]).expect("the photo is kept");
    let alt = format!("alt-{photo}");
    alice.does(
        "/posts",
        &[("text", "look"), ("audience", "all"), ("photo", &photo), (&alt, "a dandelion, \"half\" blown away")],
    );
    let seen = bob.sees("look");
    assert!(seen.html.contains("alt=\"a dandelion, &quot;half&quot; blown away\""), "{}", seen.html);
    let path = &bob.pictures_of(&seen.guid)[0];
    assert!(path.starts_with("/proxy/"), "{path}: whose picture it is is not told by who looks at it");
    let picture = bob.client.get(path);
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/jpeg"));
    assert_eq!(size(&picture.body), (900, 600));
}

fn photos_are_described_before_they_are_posted_without_a_script() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let answer = alice.sends("/photos", &[("text", "two *views*"), ("audience", "public")], &[&jpeg(40, 30)]);
    let html = answer.text();
    assert!(html.contains("two *views*"), "the text is still there");
    assert!(html.contains("value=\"public\" checked"), "and so is the audience");
    let first = pod.database().text("select guid from photos", &[]).expect("the photo is kept");
    let alt = format!("alt-{first}");
    let answer = alice.sends("/photos", &[("photo", &first), (&alt, "the left one")], &[&jpeg(30, 40)]);
    assert!(answer.text().contains("the left one"), "descriptions stay when more photos come");
    assert_eq!(answer.text().matches("name=\"photo\"").count(), 2);
}

fn a_photo_has_the_four_sizes_that_other_pods_ask_for() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts_pictures("public", "large", &[&jpeg(1600, 1200)]);
    let path = alice.pictures_of(&post).remove(0);
    let (folder, name) = path.rsplit_once('/').expect("a path");
    let sizes = [("", 1600, 1200), ("scaled_full_", 700, 525), ("thumb_large_", 300, 225), ("thumb_medium_", 100, 75)];
    for (prefix, width, height) in sizes.into_iter().chain([("thumb_small_", 50, 50)]) {
        let answer = pod.visitor().get(&format!("{folder}/{prefix}{name}"));
        assert_eq!(answer.status, 200, "{prefix}");
        assert_eq!(size(&answer.body), (width, height), "{prefix}");
        assert_eq!(answer.header("content-type"), "image/jpeg");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    for strange in ["thumb_huge_", "../", "%2e%2e/"] {
        assert_eq!(pod.visitor().get(&format!("{folder}/{strange}{name}")).status, 404, "{strange}");
    }
    // A small picture answers to all names, too.
    let post = alice.posts_pictures("public", "tiny", &[&jpeg(60, 20)]);
    let path = alice.pictures_of(&post).remove(0);
    let (folder, name) = path.rsplit_once('/').expect("a path");
    for prefix in ["", "scaled_full_", "thumb_large_", "thumb_medium_"] {
        assert_eq!(size(&pod.visitor().get(&format!("{folder}/{prefix}{name}")).body), (60, 20));
    }
}

fn what_the_camera_wrote_is_not_kept_and_the_picture_stands_upright() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    for (orientation, expected) in [(1, (120, 80)), (3, (120, 80)), (6, (80, 120)), (8, (80, 120))] {
        let text = format!("held {orientation}");
        let post = alice.posts_pictures("public", &text, &[&jpeg_from_camera(120, 80, orientation)]);
        let picture = alice.client.get(&alice.pictures_of(&post)[0]).body;
        assert_eq!(size(&picture), expected, "orientation {orientation}");
        assert!(!contains(&picture, "GPS") && !contains(&picture, "Exif"));
    }
    let post = alice.posts_pictures("public", "drawn", &[&png(20, 20, true)]);
    assert!(!contains(&alice.client.get(&alice.pictures_of(&post)[0]).body, "GPS"));
}

fn what_is_clear_stays_clear() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts_pictures("public", "glass", &[&png(30, 20, true)]);
    let picture = alice.client.get(&alice.pictures_of(&post)[0]);
    assert_eq!(picture.header("content-type"), "image/png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture.body)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("pixels");
    assert_eq!(pixels[..4], [10, 200, 10, 40]);
}

fn a_moving_picture_keeps_moving() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts_pictures("public", "it moves", &[&gif()]);
    let picture = alice.client.get(&alice.pictures_of(&post)[0]);
    assert_eq!(picture.header("content-type"), "image/gif");
    let frames = picture.body.windows(3).filter(|bytes| bytes == b"\x21\xf9\x04").count();
    assert_eq!(frames, 2);
    assert!(contains(&picture.body, "NETSCAPE2.0") && !contains(&picture.body, "GPS"));
}

fn what_is_no_picture_is_refused_and_the_text_is_not_lost() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let script = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for picture in [&script[..], b"%PDF-1.7", b"\0", b"GIF89a", b"\xff\xd8\xff"] {
        let answer = alice.sends("/posts", &[("text", "my long thoughts"), ("audience", "public")], &[picture]);
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("role=\"alert\"") && answer.text().contains("my long thoughts"));
        assert!(answer.text().contains("value=\"public\" checked"));
    }
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 0);
    assert_eq!(files(&pod), 0);
}

fn a_small_file_that_says_it_is_huge_is_refused_by_what_it_says() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let mut drawn = png(8, 8, false);
    // Width and height stand at 16 and 20; the checksum of that chunk at 29.
    drawn[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let mut crc = flate2::Crc::new();
    crc.update(&drawn[12..29]);
    drawn[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let mut moving = gif();
    moving[6..10].copy_from_slice(&[0xff; 4]);
    let mut seen = jpeg(16, 16);
    let frame = seen.windows(2).position(|bytes| bytes == [0xff, 0xc0]).expect("a frame");
    seen[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    let before = pod.status("VmHWM");
    for picture in [drawn, moving, seen] {
        let answer = alice.sends("/posts", &[("text", "boom"), ("audience", "public")], &[&picture]);
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains("role=\"alert\""));
    }
    let grown = pod.status("VmHWM") - before;
    assert!(grown < 4096, "{grown} KiB for pictures that were refused");
}

fn a_picture_that_breaks_off_is_refused() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    for whole in [jpeg(200, 200), png(200, 200, false), png(200, 200, true), gif()] {
        let answer =
            alice.sends("/posts", &[("text", "half"), ("audience", "public")], &[&whole[..whole.len() * 2 / 3]]);
        assert_eq!(answer.status, 422, "{}", answer.text());
    }
    assert_eq!(files(&pod), 0, "nothing is left of it");
}

fn a_picture_whose_scans_go_over_it_again_and_again_is_refused() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let small = jpeg_of_many_scans(160, 160);
    assert_eq!(alice.sends("/photos", &[], &[&small]).status, 200, "few pixels are few however often they are read");
    let large = jpeg_of_many_scans(8000, 8000);
    assert!(large.len() < 10_000, "{} bytes", large.len());
    let answer = alice.sends("/photos", &[("text", "my words")], &[&large]);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("too many pixels") && answer.text().contains("my words"), "{}", answer.text());
}

fn pictures_behind_one_that_cannot_be_kept_are_not_read() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let answer = alice.sends("/photos", &[("text", "three")], &[&jpeg(40, 30), b"no picture", &jpeg(30, 40)]);
    assert_eq!(answer.status, 422);
    assert_eq!(pod.database().number("select count(*) from photos", &[]), 1);
    let kept = pod.database().text("select guid from photos", &[]).expect("the first is kept");
    assert!(answer.text().contains(&kept) && answer.text().contains("three"), "and stands in the form");
}

fn pictures_beyond_those_that_may_wait_for_a_post_are_not_read() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let gif = gif();
    assert_eq!(alice.sends("/photos", &[], &[&gif[..]; 50]).status, 200);
    let answer = alice.sends("/photos", &[], &[b"no picture"]);
    assert!(answer.status == 422 && answer.text().contains("50"), "{}", answer.text());
    assert!(!answer.text().contains("no picture that can be shown"), "what it is was not even looked at");
    assert_eq!(pod.database().number("select count(*) from photos", &[]), 50);
}

fn forms_with_files_leave_a_worker_for_everything_else() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let folders = [folder.to_owned(), format!("{folder}/parts")];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder").flatten());
    let html: String = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
    let mut forms = 0;
    for form in html.split("<form").skip(1).filter_map(|form| form.split("</form>").next()) {
        if form.contains("multipart/form-data") {
            forms += 1;
            for path in form.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert_eq!(errand(Method::Post, path, 300_000), Some(Errand::Heavy), "{path}");
            }
        }
    }
    assert!(forms > 4, "{forms} forms");
}

fn a_photo_of_twelve_megapixels_takes_little_memory() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.posts_pictures("public", "warm up", &[&jpeg(64, 64)]);
    let photo = jpeg(4000, 3000);
    let before = pod.status("VmHWM");
    for number in 0..3 {
        alice.posts_pictures("public", &format!("number {number}"), &[&photo]);
    }
    let grown = pod.status("VmHWM") - before;
    assert!(grown <= 12 << 10, "{grown} KiB more than before");
}

fn a_photo_left_out_is_gone() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.sends("/photos", &[], &[&jpeg(40, 30)]);
    let photo = pod.database().text("select guid from photos", &[]).expect("the photo is kept");
    assert!(files(&pod) > 0);
    let answer = alice.sends("/photos", &[("photo", &photo), ("drop", &photo), ("text", "without it")], &[]);
    assert!(!answer.text().contains("name=\"photo\"") && answer.text().contains("without it"));
    assert_eq!(files(&pod), 0);
}

fn deleting_a_post_deletes_its_pictures_from_the_disk() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts_pictures("public", "two", &[&jpeg(800, 600), &png(20, 20, false)]);
    let paths = alice.pictures_of(&post);
    assert_eq!(paths.len(), 2);
    alice.deletes(&post);
    until("the files to go", || (files(&pod) == 0).then_some(()));
    for path in paths {
        assert_eq!(pod.visitor().get(&path).status, 404);
    }
}

fn deleting_a_photo_tells_the_other_pods() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    let post = alice.posts_pictures("public", "one of two", &[&jpeg(80, 60), &jpeg(60, 80)]);
    let sent = far.hears("status_message", &post).xml;
    assert_eq!(sent.matches("<photo>").count(), 2, "{sent}");
    assert!(sent.contains(&format!("<remote_photo_path>{}/uploads/images/</remote_photo_path>", pod.url)), "{sent}");
    let photo = pod.database().text("select guid from photos order by id", &[]).expect("a photo");
    alice.does(&format!("/photos/{photo}/delete"), &[]);
    let letter = far.hears("retraction", &photo);
    assert!(letter.xml.contains("<target_type>Photo</target_type>"), "{}", letter.xml);
    assert_eq!(alice.pictures_of(&post).len(), 1);
}

fn a_post_that_was_nothing_but_a_photo_goes_with_it() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts_pictures("public", "", &[&jpeg(80, 60)]);
    let photo = pod.database().text("select guid from photos", &[]).expect("a photo");
    assert_eq!(alice.page(&format!("/photos/{photo}/delete")).status, 200);
    alice.does(&format!("/photos/{photo}/delete"), &[]);
    assert_eq!(alice.thread(&post).status, 404);
    assert_eq!(files(&pod), 0);
}

fn photos_of_others_cannot_be_used_or_deleted() {
    let pod = TestPod::new("alice");
    pod.add_user("eve");
    let (alice, eve) = (pod.user("alice"), pod.user("eve"));
    alice.sends("/photos", &[], &[&jpeg(40, 30)]);
    let photo = pod.database().text("select guid from photos", &[]).expect("the photo is kept");
    let stolen = eve.submit("/posts", &[("text", ""), ("audience", "public"), ("photo", &photo)]);
    assert_eq!(stolen.status, 422);
    eve.submit("/photos", &[("drop", &photo)]);
    alice.does("/posts", &[("text", "mine"), ("audience", "public"), ("photo", &photo)]);
    assert_eq!(eve.submit(&format!("/photos/{photo}/delete"), &[]).status, 403);
    assert_eq!(alice.pictures_of(&alice.sees("mine").guid).len(), 1);
}

fn the_photo_page_shows_what_its_reader_may_see() {
    let pod = TestPod::new("alice");
    pod.add_user("eve");
    let (alice, eve) = (pod.user("alice"), pod.user("eve"));
    alice.posts_pictures("public", "for all", &[&jpeg(40, 30)]);
    alice.posts_pictures("all", "for few", &[&jpeg(40, 30)]);
    alice.sends("/photos", &[], &[&jpeg(40, 30)]);
    let page = format!("/people/{}/photos", alice.guid());
    let seen = |html: &str| html.matches("class=\"pic\"").count();
    assert_eq!(seen(&alice.page(&page).html), 2, "what was not posted is not shown");
    assert_eq!(seen(&eve.page(&page).html), 1);
    assert_eq!(seen(&pod.visitor().page(&page).html), 1);
}

fn a_profile_picture_has_three_sizes_and_is_told_to_contacts() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    alice.changes_face(&jpeg(800, 600));
    let letter = far.hears("profile", "thumb_large_");
    for (element, side) in [("image_url", 300), ("image_url_medium", 100), ("image_url_small", 50)] {
        let begin = format!("<{element}>{}", pod.url);
        let rest = letter.xml.split(&begin).nth(1).unwrap_or_else(|| panic!("{element}: {}", letter.xml));
        let path = rest.split('<').next().unwrap_or_default();
        assert_eq!(size(&pod.visitor().get(path).body), (side, side), "{element}");
    }
    let moving = alice.client.submit_files(&alice.page("/profile"), "/profile", &[], &[("face", &gif())]);
    assert_eq!(moving.status, 422);
}

fn the_old_profile_picture_goes_from_the_disk() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.changes_face(&jpeg(300, 300));
    let one = files(&pod);
    alice.changes_face(&jpeg(400, 400));
    assert_eq!(files(&pod), one);
    let page = alice.page("/profile");
    let answer = alice.client.submit_files(&page, "/profile", &[("no_face", "1")], &[]);
    assert_eq!(answer.status, 303);
    assert_eq!(files(&pod), 0);
}

fn an_own_photo_becomes_the_profile_picture() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let page = alice.page("/stream");
    let fields = [("text", "me"), ("audience", "public")];
    assert_eq!(alice.client.submit_files(&page, "/posts", &fields, &[("photos", &jpeg(800, 600))]).status, 303);
    let photo = pod.database().text("select guid from photos", &[]).expect("a photo");
    let action = format!("/photos/{photo}/face");
    assert!(alice.page(&format!("/people/{}/photos", alice.guid())).html.contains(&action));
    assert_eq!(bob.submit(&action, &[]).status, 404, "others do not wear it");
    alice.does(&action, &[]);
    let face = pod.database().text("select image_large from people where handle = ?", &[&alice.handle()]);
    let face = face.expect("a picture").replace(&pod.url, "");
    assert_eq!(size(&pod.visitor().get(&face).body), (300, 300));
}

fn check_names_pictures_that_are_damaged() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts_pictures("public", "look", &[&jpeg(80, 60)]);
    let path = alice.pictures_of(&post).remove(0);
    let name = path.rsplit('/').next().expect("a name").to_owned();
    assert!(pod.stop());
    assert!(pod.command(&["check"]).status.success());
    let file = pod.data().join("photos").join(&name[..2]).join(&name);
    let bytes = std::fs::read(&file).expect("the picture lies where it should");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("half of it");
    let told = pod.command(&["check"]);
    assert!(!told.status.success());
    assert!(String::from_utf8_lossy(&told.stdout).contains(&name), "{}", String::from_utf8_lossy(&told.stdout));
}
