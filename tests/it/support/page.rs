//! Reading a page by the few marks in its HTML that are a promise to programs.

/// A page as it came.
#[derive(Debug)]
pub struct Page {
    pub path: String,
    pub status: u16,
    pub html: String,
}

/// An article on a page: a post or a comment.
#[derive(Debug)]
pub struct Article {
    pub guid: String,
    pub html: String,
}

impl Page {
    /// The token of the page's forms.
    pub fn csrf(&self) -> String {
        let found = self.tags("input").into_iter().find(|tag| attribute(tag, "name") == Some("csrf"));
        let tag = found.unwrap_or_else(|| panic!("{} ({}): no form\n{}", self.path, self.status, self.html));
        attribute(tag, "value").unwrap_or_default().to_owned()
    }

    /// The value of the first field of a name.
    pub fn field(&self, name: &str) -> Option<String> {
        let tag = self.tags("input").into_iter().find(|tag| attribute(tag, "name") == Some(name))?;
        let value = attribute(tag, "value")?.replace("&quot;", "\"").replace("&#39;", "'");
        Some(value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    }

    /// Posts in the order of the page.
    pub fn posts(&self) -> Vec<Article> {
        self.articles("post")
    }

    /// Comments in the order of the page.
    pub fn comments(&self) -> Vec<Article> {
        self.articles("comment")
    }

    /// The post that contains a text.
    pub fn post(&self, text: &str) -> Option<Article> {
        self.posts().into_iter().find(|post| post.html.contains(text))
    }

    /// The comment that contains a text.
    pub fn comment(&self, text: &str) -> Option<Article> {
        self.comments().into_iter().find(|comment| comment.html.contains(text))
    }

    /// The values of an attribute of all tags of a name that carry it, in the order of the page.
    pub fn attributes(&self, tag: &str, name: &str) -> Vec<String> {
        self.tags(tag).into_iter().filter_map(|tag| attribute(tag, name)).map(str::to_owned).collect()
    }

    /// The first number that some tag carries in an attribute, e.g. `data-unread`.
    pub fn number(&self, name: &str) -> Option<usize> {
        number(&self.html, name)
    }

    fn tags(&self, name: &str) -> Vec<&str> {
        let open = format!("<{name}");
        let starts = self.html.match_indices(&open).map(|(at, _)| &self.html[at..]);
        starts.filter_map(|rest| rest.split('>').next()).collect()
    }

    /// An article reaches from its tag to the next article of its kind.
    fn articles(&self, class: &str) -> Vec<Article> {
        let open = format!("<article class=\"{class}");
        let parts = self.html.split(&open).skip(1).filter(|part| part.starts_with(['"', ' ']));
        let guid = |part: &str| attribute(part.split('>').next().unwrap_or_default(), "data-guid").map(str::to_owned);
        parts.filter_map(|part| Some(Article { guid: guid(part)?, html: part.to_owned() })).collect()
    }
}

impl Article {
    /// A count the article carries, e.g. `data-likes`.
    pub fn number(&self, name: &str) -> Option<usize> {
        number(&self.html, name)
    }
}

fn number(html: &str, name: &str) -> Option<usize> {
    attribute(html, name)?.parse().ok()
}

/// The value of the first attribute of this name.
fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let start = html.find(&format!(" {name}=\""))? + name.len() + 3;
    html[start..].split('"').next()
}
