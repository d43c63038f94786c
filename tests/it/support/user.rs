//! What a person does on the pages of their pod, in one line each.

use super::http::{Answer, Client};
use super::page::{Article, Page};
use super::pod::{PASSWORD, TestPod};
use super::wait::until;

/// Somebody signed in.
pub struct User<'a> {
    pub pod: &'a TestPod,
    pub name: String,
    pub client: Client,
}

impl<'a> User<'a> {
    /// Signs in through the page.
    pub fn sign_in(pod: &'a TestPod, name: &str) -> User<'a> {
        let client = pod.visitor();
        let page = client.page("/login");
        let answer = client.submit(&page, "/login", &[("name", name), ("password", PASSWORD)]);
        assert_eq!(answer.status, 303, "sign in as {name}: {}", answer.text());
        User { pod, name: name.to_owned(), client }
    }

    pub fn handle(&self) -> String {
        self.pod.handle(&self.name)
    }

    pub fn guid(&self) -> String {
        self.pod.database().person(&self.handle()).expect("the person is stored")
    }

    pub fn page(&self, path: &str) -> Page {
        self.client.page(path)
    }

    /// Fills in a form that some page of this person carries.
    pub fn submit(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.client.submit(&self.page("/settings"), action, fields)
    }

    /// A form that must work.
    pub fn does(&self, action: &str, fields: &[(&str, &str)]) {
        let answer = self.submit(action, fields);
        assert_eq!(answer.status, 303, "{action}: {}", answer.text());
    }

    /// Posts to everybody; returns the post's GUID.
    pub fn posts(&self, text: &str) -> String {
        self.posts_to("public", text)
    }

    /// Posts to an audience: `public`, `all` or an aspect.
    pub fn posts_to(&self, audience: &str, text: &str) -> String {
        self.does("/posts", &[("text", text), ("audience", audience)]);
        let guid = self.written("posts", text);
        let shown = self.page("/stream").posts().iter().any(|post| post.guid == guid);
        assert!(shown, "{text} is not in the own stream");
        guid
    }

    /// Comments; returns the comment's GUID.
    pub fn comments(&self, post: &str, text: &str) -> String {
        self.does(&format!("/posts/{post}/comments"), &[("text", text)]);
        let guid = self.written("comments", text);
        let shown = self.thread(post).comments().iter().any(|comment| comment.guid == guid);
        assert!(shown, "{text} is not under the post");
        guid
    }

    /// The GUID of this person's newest post or comment with a text.
    fn written(&self, table: &str, text: &str) -> String {
        let sql = format!(
            "select t.guid from {table} t join people a on a.id = t.author where a.handle = ? and t.text = ? \
             order by t.id desc limit 1"
        );
        self.pod.database().text(&sql, &[&self.handle(), &text]).unwrap_or_else(|| panic!("{text} is not stored"))
    }

    pub fn likes(&self, post: &str) {
        self.does(&format!("/posts/{post}/like"), &[]);
    }

    pub fn unlikes(&self, post: &str) {
        self.does(&format!("/posts/{post}/unlike"), &[]);
    }

    pub fn deletes(&self, post: &str) {
        self.does(&format!("/posts/{post}/delete"), &[]);
    }

    pub fn deletes_comment(&self, comment: &str) {
        self.does(&format!("/comments/{comment}/delete"), &[]);
    }

    /// Reshares a post; returns the reshare's GUID.
    pub fn reshares(&self, post: &str) -> String {
        self.does(&format!("/posts/{post}/reshare"), &[]);
        let sql = "select r.guid from posts r join posts p on p.id = r.root join people a on a.id = r.author \
                   where p.guid = ? and a.handle = ?";
        self.pod.database().text(sql, &[&post, &self.handle()]).expect("the reshare is stored")
    }

    /// The page of a post.
    pub fn thread(&self, post: &str) -> Page {
        self.page(&format!("/posts/{post}"))
    }

    /// Looks somebody up by their diaspora* ID until they are found; returns their GUID.
    pub fn finds(&self, handle: &str) -> String {
        until(&format!("{handle} to be found"), || {
            self.page(&format!("/people?q={}", handle.replace('@', "%40").replace(':', "%3A")));
            self.pod.database().person(handle)
        })
    }

    /// Shares with somebody, in the first aspect; finds them before that.
    pub fn shares_with(&self, handle: &str) {
        let guid = self.finds(handle);
        let aspect = self.aspects().remove(0);
        self.does(&format!("/people/{guid}/aspects"), &[("aspects", &aspect)]);
    }

    pub fn stops_sharing_with(&self, handle: &str) {
        let guid = self.finds(handle);
        self.does(&format!("/people/{guid}/aspects"), &[]);
    }

    /// Ids of the own aspects.
    pub fn aspects(&self) -> Vec<String> {
        let sql = "select cast(a.id as text) from aspects a join users u on u.id = a.user where u.name = ";
        self.pod.database().texts(&format!("{sql}'{}' order by a.position", self.name))
    }

    /// Waits until a post with this text is in the stream.
    pub fn sees(&self, text: &str) -> Article {
        until(&format!("{} to see {text:?}", self.handle()), || self.page("/stream").post(text))
    }

    /// Waits until a comment with this text is under the post.
    pub fn sees_comment(&self, post: &str, text: &str) -> Article {
        until(&format!("{} to see the comment {text:?}", self.handle()), || self.thread(post).comment(text))
    }

    /// Waits until the comment is not under the post any more.
    pub fn misses_comment(&self, post: &str, text: &str) {
        until(&format!("the comment {text:?} to go"), || self.thread(post).comment(text).is_none().then_some(()))
    }

    /// Waits until the post counts so many likes.
    pub fn sees_likes(&self, post: &str, likes: usize) {
        until(&format!("{likes} likes at {}", self.handle()), || {
            let counted = self.thread(post).post("").and_then(|post| post.number("data-likes")).unwrap_or(0);
            (counted == likes).then_some(())
        })
    }

    /// Waits until the post counts so many reshares.
    pub fn sees_reshares(&self, post: &str, reshares: usize) {
        until(&format!("{reshares} reshares at {}", self.handle()), || {
            let counted = self.thread(post).post("").and_then(|post| post.number("data-reshares")).unwrap_or(0);
            (counted == reshares).then_some(())
        })
    }

    /// Waits until the post is gone.
    pub fn misses(&self, post: &str) {
        until(&format!("the post to go at {}", self.handle()), || (self.thread(post).status == 404).then_some(()))
    }

    /// Waits until the notices page says something.
    pub fn is_told(&self, words: &str) {
        until(&format!("{} to be told {words:?}", self.handle()), || {
            self.page("/notifications").html.contains(words).then_some(())
        })
    }

    /// Whether this person shares with `handle` as far as this pod knows it from the other side.
    pub fn is_shared_with_by(&self, handle: &str) -> bool {
        let sql = "select count(*) from sharers s join users u on u.id = s.user join people p on p.id = s.person \
                   where u.name = ? and p.handle = ?";
        self.pod.database().number(sql, &[&self.name, &handle]) == 1
    }
}

/// Two people who share with each other.
pub fn befriend(one: &User, other: &User) {
    one.shares_with(&other.handle());
    other.shares_with(&one.handle());
    until("both to share with each other", || {
        (one.is_shared_with_by(&other.handle()) && other.is_shared_with_by(&one.handle())).then_some(())
    })
}
