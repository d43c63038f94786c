//! Examples, and a property: whatever comes in, only the tags and attributes of the list come out.

use super::*;

fn shown(text: &str) -> String {
    let person = |handle: &Handle| match handle.as_str() {
        "bob@pod.example" => Some(("/people/b0b".to_owned(), "Bob <3".to_owned())),
        _ => None,
    };
    let image = |url: &str| (!url.contains("refused")).then(|| format!("/proxy/{}", url.len()));
    html(text, &World { person: &person, image: &image, prefix: "p1" })
}

#[test]
fn text_reads_as_diaspora_reads_it() {
    for (text, html) in [
        ("a\nb", "<p>a<br>b</p>"),
        ("*a* **b** ~~c~~", "<p><em>a</em> <strong>b</strong> <del>c</del></p>"),
        ("H~2~O, x^2^ and ~ ^", "<p>H<sub>2</sub>O, x<sup>2</sup> and ~ ^</p>"),
        ("~a~ ^b^ ~~c~~ x^ y^", "<p><sub>a</sub> <sup>b</sup> <del>c</del> x^ y^</p>"),
        ("# One\n### Two", "<h3>One</h3><h4>Two</h4>"),
        ("-> <- <-> <3 --> i<30", "<p>→ ← ↔ ♥ --&gt; i♥0</p>"),
        ("`<b>&`", "<p><code>&lt;b&gt;&amp;</code></p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a", "<ol start=\"3\"><li>a</li></ol>"),
    ] {
        assert_eq!(shown(text), html);
    }
}

#[test]
fn html_is_shown_and_never_obeyed() {
    assert_eq!(shown("<script>alert(1)</script>"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
    assert_eq!(shown("a <b onclick=x>c</b>"), "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>");
    assert_eq!(shown("<div>\n\n*a*"), "<p>&lt;div&gt;</p><p><em>a</em></p>");
    assert_eq!(shown("<div>\n<p>x"), "<p>&lt;div&gt;<br>&lt;p&gt;x</p>");
}

#[test]
fn tags_and_mentions_are_links_but_not_in_code() {
    assert_eq!(shown("#Äpfel!"), "<p><a class=\"tag\" href=\"/tags/%C3%A4pfel\">#Äpfel</a>!</p>");
    assert_eq!(shown("#<3"), "<p><a class=\"tag\" href=\"/tags/%3C3\">#&lt;3</a></p>");
    let bob = "<a class=\"mention\" href=\"/people/b0b\">Bob &lt;3</a>";
    assert_eq!(shown("@{B_o_b; bob@pod.example}"), format!("<p>{bob}</p>"));
    assert_eq!(shown("*@{bob@pod.example}*"), format!("<p><em>{bob}</em></p>"));
    assert_eq!(shown("@{A_l; a_l@pod}"), "<p><a class=\"mention\" href=\"/people?q=a_l@pod\">A_l</a></p>");
    assert_eq!(shown("`@{bob@pod.example} #a`"), "<p><code>@{bob@pod.example} #a</code></p>");
    assert_eq!(shown("@{nobody}"), "<p>@{nobody}</p>");
}

#[test]
fn addresses_are_links_and_lead_only_where_they_may() {
    let link = |href: &str, text: &str| format!("<a href=\"{href}\" rel=\"nofollow noopener noreferrer\">{text}</a>");
    let url = "https://a.example/_b_c_(d)?e=1";
    assert_eq!(shown(&format!("({url})")), format!("<p>({})</p>", link(url, url)));
    assert_eq!(shown(&format!("{url}.")), format!("<p>{}.</p>", link(url, url)));
    assert_eq!(shown("[x](http://a.example)"), format!("<p>{}</p>", link("http://a.example", "x")));
    assert_eq!(
        shown("diaspora://a@b.c/post/1234567890abcdef"),
        format!(
            "<p>{}</p>",
            link("/link?q=diaspora%3A%2F%2Fa@b.c%2Fpost%2F1234567890abcdef", "diaspora://a@b.c/post/1234567890abcdef")
        )
    );
    for dest in [
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "/local",
        "http:x",
        "java\tscript:x",
    ] {
        assert!(!shown(&format!("[x]({dest})")).contains("href"), "{dest}");
    }
}

#[test]
fn pictures_come_through_the_pod_or_not_at_all() {
    assert_eq!(
        shown("![a *b*](http://x.example/y.png \"t\")"),
        "<p><img src=\"/proxy/22\" alt=\"a b\" title=\"t\" loading=\"lazy\"></p>"
    );
    assert_eq!(shown("![a\"b](http://refused.example/)"), "<p>a&quot;b</p>");
    assert_eq!(shown("![a](data:image/png;base64,x)"), "<p>a</p>");
}

#[test]
fn footnotes_stand_at_the_end_with_ids_of_their_own() {
    assert_eq!(
        shown("a[^x]\n\n[^x]: b"),
        "<p>a<sup><a href=\"#fn-p1-1\">1</a></sup></p><ol class=\"footnotes\"><li id=\"fn-p1-1\" value=\"1\"><p>b</p></li></ol>"
    );
}

#[test]
fn a_title_is_made_of_words() {
    assert_eq!(plain("# Hello *you*\n\n@{Bob; bob@pod} says `x`", 99), "Hello you Bob says x");
    assert_eq!(plain("one two three", 8), "one two…");
}

#[test]
fn a_kept_piece_cannot_be_multiplied() {
    let text = format!("https://a.example/{} {}", "x".repeat(20_000), "&#xE000;0&#xE001;".repeat(2_000));
    assert!(shown(&text).len() < 10 * text.len());
}

#[test]
fn whatever_comes_in_only_known_tags_come_out() {
    let mut seed = 0x5eed_u64;
    for _ in 0..4_000 {
        let text = scribble(&mut seed);
        let html = shown(&text);
        if let Err(why) = check(&html) {
            panic!("{why}\nfrom {text:?}\nto {html}");
        }
    }
}

/// A text made of everything that means something to Markdown, HTML or us.
fn scribble(seed: &mut u64) -> String {
    const BITS: [&str; 64] = [
        "*",
        "**",
        "_",
        "`",
        "```\n",
        "~~",
        "#",
        "# ",
        "## ",
        "> ",
        "- ",
        "1. ",
        "\n",
        "\n\n",
        "    ",
        "|",
        "|-|-|\n",
        "|a|b|\n",
        "[",
        "](",
        ")",
        "![",
        "]",
        "<",
        ">",
        "</",
        "<script>",
        "<b a=\"",
        "\"",
        "'",
        "&",
        "&lt;",
        "&#xE000;0&#xE001;",
        "&#0;",
        "\u{e000}0\u{e001}",
        "\u{e000}",
        "\0",
        "[^1]",
        "[^1]: ",
        "[^2]:\n    ",
        "[a]: http://x \"t\n",
        "[a]",
        "@{Bob; bob@pod.example}",
        "@{a_b@c_d}",
        "@{x@y.z}",
        "#tag",
        "#<3",
        "http://a.b/_c_",
        "https://x.y/(z)",
        "javascript:alert(1)",
        "diaspora://a@b/post/1",
        "mailto:a@b",
        "\\",
        "<http://x>",
        "<!--",
        "-->",
        "<?",
        "]]>",
        "->",
        "<->",
        "ä",
        " ",
        "x",
        "***\n",
    ];
    let mut next = |below: usize| {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        usize::try_from(*seed % below as u64).expect("small")
    };
    (0..next(40)).map(|_| 0).collect::<Vec<_>>().iter().map(|_: &u8| BITS[next(64)]).collect()
}

/// Reads HTML as strictly as one can: known tags with known attributes in their order, closed in order.
fn check(html: &str) -> Result<(), String> {
    const PLAIN: [&str; 21] = [
        "p",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "ul",
        "ol",
        "li",
        "em",
        "strong",
        "del",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "sup",
        "a",
    ];
    const REL: &str = "nofollow noopener noreferrer";
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        check_text(&rest[..at])?;
        let end = rest.find('>').ok_or("a tag without end")?;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let attributes = attributes_of(attributes)?;
        let values: Vec<&str> = attributes.iter().map(|(_, value)| *value).collect();
        let names: Vec<&str> = attributes.iter().map(|(name, _)| *name).collect();
        let legal = match (name, names.as_slice()) {
            ("br" | "hr", []) => true,
            ("img", ["src", "alt", "loading"] | ["src", "alt", "title", "loading"]) => values[0].starts_with("/proxy/"),
            ("a", ["href", "rel"] | ["href", "title", "rel"]) => {
                values.last() == Some(&REL)
                    && ["http://", "https://", "mailto:", "/link?q="].iter().any(|s| values[0].starts_with(s))
            }
            ("a", ["class", "href"]) => {
                (values[0] == "tag" && values[1].starts_with("/tags/"))
                    || (values[0] == "mention" && values[1].starts_with("/people"))
            }
            ("a", ["href"]) => values[0].starts_with("#fn-p1-"),
            ("div", ["class", "tabindex"]) => values[0] == "table",
            ("pre", ["tabindex"]) => true,
            ("ol", ["start"]) => values[0].parse::<u64>().is_ok(),
            ("ol", ["class"]) => values[0] == "footnotes",
            ("li", ["id", "value"]) => values[0].starts_with("fn-p1-"),
            ("th" | "td", ["class"]) => values[0] == "end" || values[0] == "centre",
            (name, []) => PLAIN.contains(&name) && name != "a",
            _ => false,
        };
        if !legal {
            return Err(format!("<{tag}>"));
        }
        if name == "a" && open.contains(&"a") {
            return Err("a link in a link".into());
        }
        if !matches!(name, "br" | "hr" | "img") {
            open.push(name);
        }
    }
    check_text(rest)?;
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

fn attributes_of(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or("an attribute without value")?;
        let (value, after) = after.split_once('"').ok_or("a value without end")?;
        check_text(value)?;
        found.push((name, value));
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Ok(found)
}

fn check_text(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('&') {
        if !["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"].iter().any(|e| text[at..].starts_with(e)) {
            return Err(format!("a bare & in {text:?}"));
        }
    }
    if text.contains(['<', '>', '"', '\'']) {
        return Err(format!("not escaped: {text:?}"));
    }
    Ok(())
}

#[test]
fn sound_and_moving_pictures_are_told_from_other_links() {
    let text =
        "https://a.example/x.MP3, [film](https://a.example/y.webm?z=1#t) http://a.example/z.html ftp://a/b.mp3 mp3";
    let found = media(text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], Media { address: "https://a.example/x.MP3", moving: false });
    assert_eq!(found[1], Media { address: "https://a.example/y.webm?z=1#t", moving: true });
}

#[test]
fn an_address_without_end_is_text_however_often_it_begins() {
    let long = format!("https://a.example/{}", "x".repeat(3_000));
    assert!(!shown(&long).contains("<a "), "too long");
    assert!(shown(&long[..2_000]).contains("<a "), "long");
    // Looking for each end to the end of the text would take a minute.
    for text in ["http://".repeat(9_000), format!("http://a{}", ")".repeat(60_000)), "https://".repeat(8_000) + ")"] {
        let text = format!("{text} the end");
        assert!(shown(&text).matches("<a ").count() <= 1);
        assert!(super::first_link(&text).is_none_or(|address| address.len() <= 2_048));
    }
}

#[test]
fn no_text_becomes_much_longer_than_it_is() {
    let wide = |rows: usize| format!("{}|\n{}|\n{}", "|a".repeat(512), "|:-:".repeat(512), "a\n".repeat(rows));
    let title = format!("[a]: http://b.example/ \"{}\"\n\n{}", "<".repeat(4_000), "[a][]".repeat(800));
    for text in [wide(511), wide(30_000), title, "#a ".repeat(20_000), "'".repeat(65_535), "[^1] ".repeat(9_000)] {
        let length = shown(&text).len();
        assert!(length <= 8 * text.len() + 1_100, "{length} of {} bytes: {:.40}", text.len(), text);
    }
    // What people write is a table all the same.
    let table = format!("{}\n|a|b|c|\n|-|-|-|\n{}", "Some words before.\n".repeat(40), "|1|2|\n".repeat(300));
    assert!(shown(&table).contains("<table>"));
    assert_eq!(beginning(&format!("*a* <{}", "b".repeat(400))), format!("<p>a &lt;{}…</p>", "b".repeat(296)));
}
