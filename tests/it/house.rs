//! The rules of the house, read off the source: who may know whom, and what stands nowhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pappus::config::SETTINGS;

use crate::support::trials;

trials![
    rooms_know_only_the_rooms_below_them,
    only_the_store_speaks_sql,
    only_writing_names_the_tables_under_the_views,
    only_the_door_knows_tiny_http,
    only_the_client_goes_out,
    the_protocol_knows_no_database_no_network_and_no_clock,
    nobody_panics_because_nobody_reads,
    the_environment_and_the_clock_are_read_in_one_place_each,
    nothing_is_taken_for_granted_that_came_from_outside,
    every_template_and_every_text_is_used_and_every_used_one_is_there,
    every_setting_is_explained,
    every_trial_that_the_documents_name_is_there,
    a_file_holds_one_idea,
    style_and_script_stay_small,
    the_style_reads_both_ways,
    nothing_speaks_of_the_machine_it_was_made_on,
];

/// From the ground up. A room may use those before it, and itself.
const ROOMS: [&str; 20] = [
    "sync",
    "model",
    "net",
    "store",
    "media",
    "social",
    "pod",
    "moderation",
    "backup",
    "federation",
    "web",
    "mail",
    "certificate",
    "service",
    "journal",
    "config",
    "jobs",
    "clerk",
    "cli",
    "main",
];

/// A line of the source that is no comment and no test.
struct Line {
    file: PathBuf,
    number: usize,
    text: String,
}

impl Line {
    fn place(&self) -> String {
        format!("{}:{}: {}", self.file.display(), self.number, self.text.trim())
    }

    /// The room the file belongs to.
    fn room(&self) -> String {
        let first = self.file.iter().nth(1).unwrap_or_default().to_string_lossy().into_owned();
        first.trim_end_matches(".rs").to_owned()
    }

    fn is_in(&self, folder: &str) -> bool {
        self.file.starts_with(folder)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the source").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path.strip_prefix(root()).expect("within the source").to_owned());
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no .{extension} in {folder}");
    found
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(root().join(file)).expect("a text")
}

/// All lines of `src` without comments and tests.
fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for file in files("src", "rs") {
        if file.ends_with("tests.rs") {
            continue;
        }
        let text = text(&file);
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        lines.extend(code.map(|(at, line)| Line { file: file.clone(), number: at + 1, text: line.to_owned() }));
    }
    lines
}

/// No line may say one of these words, except where `allowed`.
fn nobody_says(words: &[&str], allowed: impl Fn(&Line) -> bool) {
    let bad: Vec<String> = lines()
        .iter()
        .filter(|line| words.iter().any(|word| line.text.contains(word)) && !allowed(line))
        .map(Line::place)
        .collect();
    assert!(bad.is_empty(), "{words:?}:\n{}", bad.join("\n"));
}

fn rooms_know_only_the_rooms_below_them() {
    let floor = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut bad = Vec::new();
    for line in lines().iter().filter(|line| line.room() != "lib") {
        let own = floor(&line.room()).unwrap_or_else(|| panic!("{}: a room without a floor", line.place()));
        for (at, _) in line.text.match_indices("crate::") {
            let rest = &line.text[at + 7..];
            let names = match rest.strip_prefix('{') {
                Some(list) => {
                    list.split(['}', ',']).map(|part| part.split(':').next().unwrap_or_default().trim()).collect()
                }
                None => vec![rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()],
            };
            let above = names.into_iter().filter_map(floor).any(|other| other > own);
            if above {
                bad.push(line.place());
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

fn only_the_store_speaks_sql() {
    nobody_says(&["rusqlite", "select ", "insert into ", "delete from ", "pragma "], |line| line.is_in("src/store"));
}

/// Whoever reads a table under a view would see what the podmin holds. Those who must are named here.
fn only_writing_names_the_tables_under_the_views() {
    const READERS: [&str; 7] = [
        "src/store/curbs.rs",
        "src/store/figures.rs",
        "src/store/held.rs",
        "src/store/limits.rs",
        "src/store/photos.rs",
        "src/store/retention.rs",
        "src/store/targets.rs",
    ];
    nobody_says(&["from every_", "join every_"], |line| {
        line.text.contains("delete from every_") || READERS.iter().any(|file| line.is_in(file))
    });
}

fn only_the_door_knows_tiny_http() {
    nobody_says(&["tiny_http"], |line| line.is_in("src/web/door"));
}

fn only_the_client_goes_out() {
    // The watchdog knocks at the pod's own door.
    nobody_says(&["TcpStream::connect", "UdpSocket", "ureq", "lettre", "to_socket_addrs"], |line| {
        line.is_in("src/net")
            || line.is_in("src/service.rs")
            || line.text.contains("ToSocketAddrs")
            || resolves_own(line)
    });
}

/// The settings and the doctor look up the pod's own addresses.
fn resolves_own(line: &Line) -> bool {
    line.text.contains("to_socket_addrs") && (line.is_in("src/config.rs") || line.is_in("src/cli"))
}

fn the_protocol_knows_no_database_no_network_and_no_clock() {
    let words = ["store", "crate::net", "crate::pod", "crate::social", "SystemTime", "now_utc", "Instant::", "std::fs"];
    nobody_says(&words, |line| {
        !line.is_in("src/federation/diaspora") || (line.text.contains("store") && !line.text.contains("::store"))
    });
}

/// `println!` panics when stdout is closed.
fn nobody_panics_because_nobody_reads() {
    nobody_says(&["print!(", "println!("], |_| false);
}

fn the_environment_and_the_clock_are_read_in_one_place_each() {
    nobody_says(&["env::var"], |line| line.is_in("src/config.rs") || line.is_in("src/config"));
    nobody_says(&["SystemTime::now", "now_utc"], |line| line.is_in("src/pod.rs"));
}

/// Where a value cannot be missing whatever comes from outside, and the line says why.
const CERTAIN: [&str; 1] = ["expect(\""];

fn nothing_is_taken_for_granted_that_came_from_outside() {
    nobody_says(&[".unwrap()", "panic!(", "todo!(", "unimplemented!(", "unreachable!(", ".expect("], |line| {
        CERTAIN.iter().any(|reason| line.text.contains(reason))
    });
    // The C library's own heap is told once how to behave.
    nobody_says(&["unsafe "], |line| line.is_in("src/main.rs"));
}

fn every_template_and_every_text_is_used_and_every_used_one_is_there() {
    let code: String = lines().iter().map(|line| line.text.clone() + "\n").collect();
    let templates = files("templates", "html");
    let pages: String = templates.iter().chain(&files("templates", "xml")).map(|file| text(file)).collect();
    for template in &templates {
        let name = template.strip_prefix("templates").expect("a template").to_string_lossy().into_owned();
        let asked = code.matches(&format!("\"{name}\"")).count() + pages.matches(&format!("\"{name}\"")).count();
        // Once in the list of all templates, once where it is used.
        assert!(asked >= 2, "templates/{name} is used nowhere");
    }
    let known = keys();
    let used = |key: &str| {
        let quoted = |text: &str| text.contains(&format!("\"{key}\"")) || text.contains(&format!("'{key}'"));
        // Some are put together: `t("person." ~ person.state)`.
        let family = key.rsplit_once('.').map(|(family, _)| format!("\"{family}."));
        quoted(&code) || quoted(&pages) || family.is_some_and(|start| put_together(&start, &code, &pages))
    };
    let unused: Vec<&String> = known.iter().filter(|key| !used(key)).collect();
    assert!(unused.is_empty(), "texts that nobody uses: {unused:?}");
    let missing: Vec<String> = asked_for(&pages).into_iter().filter(|key| !known.contains(key)).collect();
    assert!(missing.is_empty(), "texts that are missing: {missing:?}");
}

/// Whether a key of this family is built from parts somewhere.
fn put_together(start: &str, code: &str, pages: &str) -> bool {
    // The time's words are chosen by the book; the empty page of a stream is named by its handler.
    let by_hand = start == "\"time." || (start.starts_with("\"empty.") && pages.contains("empty ~"));
    by_hand || pages.contains(&format!("{start}\" ~")) || code.contains(&format!("{start}{{"))
}

/// Keys of the English texts, without plural forms.
fn keys() -> BTreeSet<String> {
    let mut family = String::new();
    let mut keys = BTreeSet::new();
    for line in text(Path::new("templates/text/en.toml")).lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            family = format!("{name}.");
        } else if let Some((key, _)) = line.split_once(" = ") {
            let plural = matches!(key, "one" | "other" | "zero" | "two" | "few" | "many");
            keys.insert(if plural { family.trim_end_matches('.').to_owned() } else { format!("{family}{key}") });
        }
    }
    keys
}

/// Keys that templates name whole: `t("…")`.
fn asked_for(pages: &str) -> Vec<String> {
    let mut asked = Vec::new();
    for (start, quote) in [("t(\"", '"'), ("t('", '\'')] {
        for rest in pages.split(start).skip(1) {
            let key = rest.split(quote).next().unwrap_or_default();
            if !key.is_empty() && !key.ends_with('.') {
                asked.push(key.to_owned());
            }
        }
    }
    asked
}

fn every_setting_is_explained() {
    let manual = text(Path::new("docs/settings.md"));
    for setting in &SETTINGS {
        let variable = format!("PAPPUS_{}", setting.name.to_uppercase());
        let flag = format!("--{}", setting.name.replace('_', "-"));
        for word in [setting.name, &variable, &flag] {
            assert!(manual.contains(&format!("`{word}`")), "docs/settings.md does not explain {word}");
        }
        assert!(!setting.help.is_empty());
    }
}

/// `family::words_of_the_trial`, in backticks, in the tables of what there is and of what it withstands.
fn every_trial_that_the_documents_name_is_there() {
    for (document, least) in [("docs/features.md", 100), ("docs/security.md", 70)] {
        let table = text(Path::new(document));
        let quoted = table.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        let named: Vec<(&str, &str)> =
            quoted.filter_map(|quoted| quoted.split_once("::")).filter(|(family, _)| *family != "family").collect();
        assert!(named.len() > least, "{document} names the trials of its lines, not {}", named.len());
        for (family, trial) in named {
            let path = format!("tests/it/{family}.rs");
            let source = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
            let lists = source.split("trials![").skip(1).filter_map(|rest| rest.split(']').next());
            let in_a_list = lists.flat_map(|list| list.split([',', ';'])).any(|name| name.trim() == trial);
            let listed = in_a_list && source.contains(&format!("fn {trial}() {{"));
            assert!(listed, "{document} names the trial {family}::{trial}, which is not in {path}");
        }
    }
}

fn a_file_holds_one_idea() {
    for file in files("src", "rs") {
        let lines = text(&file).lines().count();
        assert!(lines <= 500, "{} has {lines} lines: what are its two ideas?", file.display());
        assert!(
            text(&file).starts_with("//!") || file.ends_with("tests.rs"),
            "{} does not say what it is",
            file.display()
        );
    }
}

fn style_and_script_stay_small() {
    for (file, max) in [("templates/style.css", 20_000), ("templates/script.js", 25_000)] {
        let length = text(Path::new(file)).len();
        assert!(length <= max, "{file} has {length} bytes");
    }
}

fn the_style_reads_both_ways() {
    let style = text(Path::new("templates/style.css"));
    for side in ["left", "right"] {
        for property in ["margin-", "padding-", "border-", "float: ", "text-align: ", "{", "; "] {
            let physical = format!("{property}{side}");
            let ends = |at: usize| !style[at + physical.len()..].starts_with(|c: char| c.is_alphabetic());
            let found = style.match_indices(&physical).find(|(at, _)| ends(*at));
            assert!(found.is_none(), "style.css says {physical}: start and end are meant");
        }
    }
    // Four values name the sides of the paper, not of the text.
    for property in ["margin", "padding", "inset"] {
        for rest in style.split(&format!("{property}: ")).skip(1) {
            let value = rest.split([';', '}']).next().unwrap_or_default();
            let values: Vec<&str> = value.split_whitespace().collect();
            assert!(values.len() < 4 || values[1] == values[3], "style.css says {property}: {value}");
        }
    }
}

fn nothing_speaks_of_the_machine_it_was_made_on() {
    let everything = [
        ("src", "rs"),
        ("tests/it", "rs"),
        ("benches", "rs"),
        ("fuzz/src", "rs"),
        ("docs", "md"),
        ("templates", "html"),
    ];
    for file in everything.iter().flat_map(|(folder, extension)| files(folder, extension)) {
        let said = text(&file);
        for word in [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("TO", "DO"), concat!("FIX", "ME")] {
            assert!(!said.contains(word), "{} says {word}", file.display());
        }
    }
}
