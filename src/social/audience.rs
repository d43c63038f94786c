//! Who must get a thing (diaspora* protocol, "Who gets what").

use super::Result;
use crate::model::{Outgoing, Person, Post, Target, User};
use crate::store::{Tx, accounts, audience, outbox, people};

/// Everybody elsewhere who must hear of a post by a user and of what happens on it.
pub fn of_post(tx: &Tx, owner: &User, post: &Post) -> Result<Vec<Target>> {
    let targets = if post.public {
        audience::pods_of_post(tx, owner.id, post.id)?
    } else {
        audience::people_of_post(tx, post.id)?
    };
    Ok(targets)
}

/// One person: by their pod's public door for what is public, else encrypted. Nobody when they live here.
pub fn of_person(person: &Person, public: bool) -> Option<Target> {
    let host = person.host.clone()?;
    let url = person.url.clone();
    Some(if public { Target::Pod { host, url } } else { Target::Person { id: person.id, host, url } })
}

/// Tells whom it concerns what a person did under a post. Under a post of ours that is everybody who got the post,
/// except the person's own pod, which has it; under another's post only its author, who passes it on.
pub fn spread(tx: &Tx, post: &Post, author: &Person, what: &Outgoing) -> Result<()> {
    if let Some(owner) = accounts::by_person(tx, post.author)? {
        let mut targets = of_post(tx, &owner, post)?;
        targets.retain(|target| host_of(target) != author.host.as_deref());
        outbox::add(tx, owner.id, what, &targets)?;
    } else if let Some(me) = accounts::by_person(tx, author.id)? {
        let owner = people::get(tx, post.author)?;
        outbox::add(tx, me.id, what, of_person(&owner, post.public).as_slice())?;
    }
    Ok(())
}

fn host_of(target: &Target) -> Option<&str> {
    match target {
        Target::Pod { host, .. } | Target::Person { host, .. } => Some(host),
    }
}
