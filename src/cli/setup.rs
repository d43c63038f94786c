//! `pappus setup`: the whole set-up without a browser. Doing it twice does it once.

use std::path::Path;

use super::{Error, open, secret};
use crate::config::Config;
use crate::pod::now;
use crate::social::{account, password};
use crate::store::{self, accounts};

pub fn run(config: &Config, name: &str, password_file: Option<&Path>) -> Result<(), Error> {
    if !config.is_given("url") {
        return Err(Error::Usage(
            "setup: --url URL is missing, the address of the pod; it can never change".to_owned(),
        ));
    }
    let (store, pod) = open(config)?;
    let known = store.read(|db| Ok::<_, store::Error>((accounts::by_name(db, name)?, accounts::any(db)?)))?;
    match known {
        (Some(user), _) => {
            say!("This pod is set up already; {} lives here.", user.person.handle);
            return Ok(());
        }
        (None, true) => {
            return Err(Error::Usage(format!(
                "setup: this pod is set up already, for somebody else than {name}; see `pappus user`"
            )));
        }
        (None, false) => {}
    }
    let password = password::hash(&secret::get(password_file)?)?;
    let user = store.write(now(), |tx| account::create_first(tx, name, &password))?;
    say!("This pod is {}. {} lives here now; start it with `pappus serve`.", pod.url, user.person.handle);
    Ok(())
}
