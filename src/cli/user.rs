//! `pappus user`: the accounts of this pod, also while it runs.

use std::path::Path;

use super::{Error, open, secret};
use crate::config::Config;
use crate::model::User;
use crate::moderation::gone;
use crate::pod::now;
use crate::social::{account, password, second_step};
use crate::store::{Store, accounts};

pub fn add(config: &Config, name: &str, password_file: Option<&Path>) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let password = password::hash(&secret::get(password_file)?)?;
    let user = store.write(now(), |tx| {
        let podmin = !accounts::any(tx)?;
        account::create(tx, &account::New { name, password: &password, podmin })
    })?;
    say!("{} lives here now.", user.person.handle);
    Ok(())
}

pub fn list(config: &Config) -> Result<(), Error> {
    let (store, _) = open(config)?;
    for user in store.read(accounts::all)? {
        let locked = if user.locked { "  locked" } else { "" };
        say!("{}{}{locked}", user.person.handle, if user.podmin { "  podmin" } else { "" });
    }
    Ok(())
}

/// Gives a new password and ends all sessions: whoever has the old one is out.
pub fn passwd(config: &Config, name: &str, password_file: Option<&Path>) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let user = find(&store, name)?;
    let password = password::hash(&secret::get(password_file)?)?;
    store.write(now(), |tx| account::change_password(tx, &user, &password, &[]))?;
    say!("{} has a new password and is signed out everywhere.", user.person.handle);
    Ok(())
}

/// Switches the second step off: for who lost the app and the backup codes.
pub fn second_step_off(config: &Config, name: &str) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let user = find(&store, name)?;
    store.write(now(), |tx| second_step::end(tx, &user))?;
    say!("{} signs in with the password alone now.", user.person.handle);
    Ok(())
}

/// Ends all sessions and lets nobody sign in.
pub fn lock(config: &Config, name: &str) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let user = find(&store, name)?;
    store.write(now(), |tx| account::lock(tx, None, &user))?;
    say!("{} is locked and signed out everywhere.", user.person.handle);
    Ok(())
}

pub fn unlock(config: &Config, name: &str) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let user = find(&store, name)?;
    store.write(now(), |tx| account::unlock(tx, &user))?;
    say!("{} can sign in again.", user.person.handle);
    Ok(())
}

/// Closes an account. A running pod tells the network within half a minute, one that does not when it is started.
pub fn close(config: &Config, name: &str) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let user = find(&store, name)?;
    store.write(now(), |tx| {
        gone::person(tx, "shell", user.person.id)?;
        account::close_other(tx, None, &user)
    })?;
    say!("{} is closed.", user.person.handle);
    Ok(())
}

fn find(store: &Store, name: &str) -> Result<User, Error> {
    let user = store.read(|db| accounts::by_name(db, name))?;
    user.ok_or_else(|| Error::Usage(format!("nobody is called {name} here; see `pappus user list`")))
}
