//! Texts, letters and grounds that the podmin wrote in files of their own.

use std::fs;

use crate::cases::removes;
use crate::support::pod::TestPod;
use crate::support::trials;

trials![
    texts_and_grounds_in_files_are_said_instead_of_those_of_the_program,
    a_file_that_cannot_be_understood_stops_the_start_and_says_where,
    what_the_program_writes_out_is_taken_in_again,
];

/// A pod that was set up and does not run, with files in `texts/`.
fn with_texts(files: &[(&str, &str)]) -> TestPod {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    let folder = pod.data().join("texts");
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("written");
    }
    pod
}

fn texts_and_grounds_in_files_are_said_instead_of_those_of_the_program() {
    let english = "[cases]\ntitle = \"Dossiers\"\nnothing = \"x\"\n[ground]\nneighbours = \"Quarrels of neighbours\"\n";
    let grounds = "# mine\n[spam]\nhours = 5\norder_hours = 5\n\n[neighbours]\nlaw = \"§ 906 BGB\"\nhours = 12\norder_hours = 6\n";
    let pod = with_texts(&[("en.toml", english), ("grounds.toml", grounds)]);
    pod.start();
    let alice = pod.user("alice");
    let guid = alice.posts("The hedge is too high");
    let page = alice.page("/podmin/cases/new").html;
    assert!(page.contains("Quarrels of neighbours") && page.contains("Terrorism"), "{page}");
    for ground in ["neighbours", "spam"] {
        let post = alice.posts(ground);
        let fields = [("kind", "post"), ("name", post.as_str()), ("ground", ground), ("text", "")];
        assert_eq!(alice.submit("/podmin/cases", &fields).status, 303);
    }
    let hours = pod.database().texts("select cast((due - opened_at) / 3600 as text) from cases order by id");
    assert_eq!(hours, ["12", "5"]);
    let page = alice.page("/podmin/cases").html;
    assert!(page.contains("Dossiers") && page.contains("Waiting"), "what is not in the file stays: {page}");
    assert!(pod.log().contains("cases.nothing: there is no such text"), "{}", pod.log());
    removes(&alice, "post", &guid);
    let file = pod.file("receipt.json", &alice.client.get("/podmin/cases/3/receipt").text());
    assert!(pod.command(&["receipt", "verify", &file, "--item", &guid]).status.success());
}

fn a_file_that_cannot_be_understood_stops_the_start_and_says_where() {
    for (name, text, said) in [
        ("en.toml", "[cases]\ntitle = Dossiers\n", "line 2"),
        ("en.toml", "[letter]\nheard = \"Dear {name},\"\n", "letter.heard: nothing is filled in for {name}"),
        ("grounds.toml", "[spam]\nhours = 1\n", "order_hours"),
        ("grounds.toml", "[spam]\nhours = 0\norder_hours = 1\n", "[spam]: hours and order_hours"),
        ("grounds.toml", "[spam]\nhours = 1\norder_hours = 1\nvault_dais = 1\n", "vault_dais"),
        ("grounds.toml", "[Our-rules]\nhours = 1\norder_hours = 1\n", "[Our-rules]: a ground is named"),
        ("grounds.toml", "[ours]\nhours = 1\norder_hours = 1\n", "[ours] has no name"),
    ] {
        let pod = with_texts(&[(name, text)]);
        let output = pod.command(&["check"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(name) && told.contains(said), "{text}: {told}");
    }
}

fn what_the_program_writes_out_is_taken_in_again() {
    let pod = with_texts(&[]);
    let folder = pod.data().join("texts").display().to_string();
    assert!(pod.command(&["texts", "--to", &folder]).status.success());
    assert!(fs::read_to_string(pod.data().join("texts/grounds.toml")).expect("written").contains("vault_days = 180"));
    let output = pod.command(&["check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
