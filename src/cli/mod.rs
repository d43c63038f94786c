//! The command line.

/// Prints a line. Whoever closed stdout (`pappus config | head`) does not want to read it, and what else is to be done
/// is done.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

/// The same on stderr.
macro_rules! complain {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($part)*);
    }};
}

mod admin;
mod archive;
mod args;
mod backup;
mod bank;
mod census;
mod check;
mod doctor;
mod line;
mod listen;
mod receipt;
mod repair;
mod secret;
mod serve;
mod setup;
mod texts;
mod user;
mod vault;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::{self, Config, SETTINGS};
use crate::media::folder::Folder;
use crate::model::Timestamp;
use crate::net::mail::{self, Mailer};
use crate::store::{self, OpenError, Store, pod};
use crate::{pod as clock, social};
use args::{Args, Command};

/// Why a command failed; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] config::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("folder {0}: {1}; make it writable for this user, or name another with --data")]
    Folder(PathBuf, std::io::Error),
    #[error(
        "database {}: it is missing or empty, and nothing was changed; look whether this is the right folder and its disk is there, else move the folder away and restore the last backup",
        .0.display()
    )]
    NoDatabase(PathBuf),
    #[error(
        "folder {0}: {1} pictures that should be there are not, and none was forgotten. Look whether its disk is mounted; if they are lost for good, add --sure"
    )]
    NoPictures(PathBuf, usize),
    #[error("texts in {0}: {1}")]
    Texts(PathBuf, String),
    #[error("folder {0}: another pappus is running on it; stop that one first, or name another folder with --data")]
    Running(PathBuf),
    #[error(
        "this pod is {stored} and stays it: its address is part of every diaspora* ID on it. Start it with --url {stored}, or a new pod in another folder with --data"
    )]
    OtherUrl { stored: String },
    #[error("database: {0}")]
    Store(#[from] store::Error),
    #[error("{0}")]
    Social(#[from] social::Error),
    #[error(transparent)]
    Receipt(#[from] crate::moderation::receipt::Error),
    #[error("password: {0}")]
    Password(String),
    #[error(transparent)]
    Backup(#[from] crate::backup::Error),
    #[error(transparent)]
    Door(#[from] crate::web::door::Error),
    #[error("certificate: {0}")]
    Certificate(#[from] crate::certificate::pair::Error),
    #[error(transparent)]
    Net(#[from] crate::net::Error),
    #[error(transparent)]
    Mail(#[from] crate::net::mail::Error),
    #[error("{0}")]
    System(String),
}

/// Runs the program; the message of an error goes to stderr.
pub fn main() -> ExitCode {
    match Args::read(std::env::args_os().skip(1)).and_then(run) {
        Ok(code) => code,
        Err(error) => {
            complain!("pappus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<ExitCode, Error> {
    let load = || Config::load(&args.settings, args.config.as_deref());
    match &args.command {
        Command::Help(text) => say!("{}", text.trim_end()),
        Command::Version => say!("pappus {}", env!("CARGO_PKG_VERSION")),
        Command::Serve => serve::run(load()?)?,
        Command::Setup { name, password_file } => setup::run(&load()?, name, password_file.as_deref())?,
        Command::UserAdd { name, password_file } => user::add(&load()?, name, password_file.as_deref())?,
        Command::UserList => user::list(&load()?)?,
        Command::UserPasswd { name, password_file } => user::passwd(&load()?, name, password_file.as_deref())?,
        Command::UserSecondStepOff { name } => user::second_step_off(&load()?, name)?,
        Command::UserLock { name } => user::lock(&load()?, name)?,
        Command::UserUnlock { name } => user::unlock(&load()?, name)?,
        Command::UserClose { name } => user::close(&load()?, name)?,
        Command::Admin(deed) => admin::run(&load()?, deed)?,
        Command::Import { name, archive, photos, keep } => archive::import(&load()?, name, archive, photos, *keep)?,
        Command::Export { name, to } => archive::export(&load()?, name, to)?,
        Command::Backup { to, lock } => backup::make(&load()?, to, lock)?,
        Command::Restore { from, passphrase_file, key } => {
            backup::restore(&load()?, from, passphrase_file.as_deref(), key.as_deref())?;
        }
        Command::ReceiptVerify { file, key, item } => receipt::verify(file, key.as_deref(), item.as_deref())?,
        Command::Bank(deed) => bank::run(&load()?, deed)?,
        Command::Census { guid, all, csv } => census::run(&load()?, guid, *all, csv.as_deref())?,
        Command::VaultLonger { name, days, why } => vault::keep_longer(&load()?, name, *days, why)?,
        Command::VaultKey { again } => vault::key(&load()?, *again)?,
        Command::VaultOpen { file, key, to } => vault::open_file(file, key, to.as_deref())?,
        Command::Texts { to } => texts::write(to)?,
        Command::Doctor => return Ok(doctor::run(load())),
        Command::Check { repair: false, .. } => return check::run(&load()?),
        Command::Check { repair: true, sure } => return repair::run(&load()?, *sure),
        Command::Config { example: true } => say!("{}", config::example().trim_end()),
        Command::Config { example: false } => print_config(&load()?),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_config(config: &Config) {
    for (setting, (value, origin)) in SETTINGS.iter().zip(&config.origins) {
        say!("{} = {value:?}    # {origin}", setting.name);
    }
}

/// Opens the pod in the data folder, makes it when it is new, and settles what its address is.
fn open(config: &Config) -> Result<(Store, pod::Pod), Error> {
    make_folder(config)?;
    texts::load(config)?;
    // A new pod in the place of one whose database was lost would soon remove all pictures.
    if !has_database(config) && !Folder::new(config.photos()).names_before(Timestamp(i64::MAX)).is_empty() {
        return Err(Error::NoDatabase(config.database()));
    }
    let store = Store::open(&config.database())?;
    let pod = store.write(clock::now(), |tx| settle_address(tx, config))?;
    Ok((store, pod))
}

/// Makes the data folder when it is new.
fn make_folder(config: &Config) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&config.data);
    made.map_err(|error| Error::Folder(config.data.clone(), error))
}

/// Whether there is a database that anything was ever written into.
fn has_database(config: &Config) -> bool {
    fs::metadata(config.database()).is_ok_and(|file| file.len() > 0)
}

/// What sends mails for the pod at `url`; nothing when the settings name no server.
fn mailer(config: &Config, url: &str) -> Result<Option<Mailer>, Error> {
    let Some(server) = &config.smtp_url else { return Ok(None) };
    let host = social::account::authority(url);
    let options = mail::Options { url: server, from: &config.mail_from, host, ca_file: config.ca_file.as_deref() };
    Ok(Some(Mailer::new(&options)?))
}

/// The address is the stored one once somebody lives here; before, the configured one.
fn settle_address(tx: &store::Tx, config: &Config) -> Result<pod::Pod, Error> {
    let Some(mut known) = pod::get(tx)? else {
        let new = pod::Pod { url: config.url.clone(), secret: random()?, identity: random()? };
        pod::add(tx, &new)?;
        return Ok(new);
    };
    if known.url == config.url {
        return Ok(known);
    }
    if store::accounts::any(tx)? {
        return if config.is_given("url") { Err(Error::OtherUrl { stored: known.url }) } else { Ok(known) };
    }
    pod::set_url(tx, &config.url)?;
    known.url.clone_from(&config.url);
    Ok(known)
}

/// 32 random bytes.
fn random() -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::System(format!("no random numbers: {error}")))?;
    Ok(bytes)
}
