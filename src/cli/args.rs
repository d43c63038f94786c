//! What was typed.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use super::backup::Lock;
use super::{Error, admin};
use crate::config::{SETTINGS, nearest_of};
use crate::model::picture::HashKind;

/// What to do and with which settings.
pub struct Args {
    pub command: Command,
    pub config: Option<PathBuf>,
    /// Settings given as flags.
    pub settings: Vec<(String, String)>,
}

pub enum Command {
    Help(String),
    Version,
    Serve,
    Setup { name: String, password_file: Option<PathBuf> },
    UserAdd { name: String, password_file: Option<PathBuf> },
    UserList,
    UserPasswd { name: String, password_file: Option<PathBuf> },
    UserSecondStepOff { name: String },
    UserLock { name: String },
    UserUnlock { name: String },
    UserClose { name: String },
    Admin(admin::Deed),
    Export { name: String, to: PathBuf },
    Census { guid: String, all: bool, csv: Option<PathBuf> },
    Import { name: String, archive: PathBuf, photos: Vec<PathBuf>, keep: Keep },
    Backup { to: PathBuf, lock: Lock },
    Restore { from: PathBuf, passphrase_file: Option<PathBuf>, key: Option<PathBuf> },
    VaultKey { again: bool },
    VaultLonger { name: String, days: i64, why: String },
    VaultOpen { file: PathBuf, key: PathBuf, to: Option<PathBuf> },
    ReceiptVerify { file: PathBuf, key: Option<String>, item: Option<String> },
    Bank(Bank),
    Texts { to: PathBuf },
    Doctor,
    Check { repair: bool, sure: bool },
    Config { example: bool },
}

/// What to do with the bank of pictures.
pub enum Bank {
    Import { file: PathBuf, ground: String, kind: Option<HashKind>, look: bool },
    List,
    Remove { what: String },
    Hash { files: Vec<PathBuf> },
}

const COMMANDS: [&str; 17] = [
    "serve", "setup", "user", "admin", "export", "import", "backup", "restore", "census", "receipt", "vault", "bank",
    "texts", "doctor", "check", "config", "help",
];

/// What of the own account stays as it is when an archive is brought in.
#[derive(Clone, Copy, Default)]
pub struct Keep {
    pub profile: bool,
    pub settings: bool,
}

/// Everything on the line, before it is sorted out.
#[derive(Default)]
struct Line {
    words: Vec<String>,
    help: bool,
    version: bool,
    example: bool,
    repair: bool,
    json: bool,
    sure: bool,
    why: Option<String>,
    days: Option<String>,
    name: Option<String>,
    password_file: Option<PathBuf>,
    passphrase: bool,
    passphrase_file: Option<PathBuf>,
    recipient: Option<String>,
    to: Option<PathBuf>,
    user: Option<String>,
    keep: Keep,
    key: Option<String>,
    all: bool,
    again: bool,
    csv: Option<PathBuf>,
    item: Option<String>,
    ground: Option<String>,
    kind: Option<String>,
    look: bool,
    config: Option<PathBuf>,
    settings: Vec<(String, String)>,
}

impl Args {
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Args, Error> {
        let line = Line::read(Parser::from_args(args)).map_err(|error| Error::Usage(error.to_string()))?;
        let command = line.command()?;
        Ok(Args { command, config: line.config, settings: line.settings })
    }
}

impl Line {
    fn read(mut parser: Parser) -> Result<Line, lexopt::Error> {
        let mut line = Line::default();
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Short('h') | Arg::Long("help") => line.help = true,
                Arg::Short('V') | Arg::Long("version") => line.version = true,
                Arg::Long("example") => line.example = true,
                Arg::Long("repair") => line.repair = true,
                Arg::Long("json") => line.json = true,
                Arg::Long("sure") => line.sure = true,
                Arg::Long("days") => line.days = Some(parser.value()?.string()?),
                Arg::Long("why") => line.why = Some(parser.value()?.string()?),
                Arg::Long("config") => line.config = Some(parser.value()?.into()),
                Arg::Long("name") => line.name = Some(parser.value()?.string()?),
                Arg::Long("ground") => line.ground = Some(parser.value()?.string()?),
                Arg::Long("kind") => line.kind = Some(parser.value()?.string()?),
                Arg::Long("look") => line.look = true,
                Arg::Long("user") => line.user = Some(parser.value()?.string()?),
                Arg::Long("keep-profile") => line.keep.profile = true,
                Arg::Long("keep-settings") => line.keep.settings = true,
                Arg::Long("to") => line.to = Some(parser.value()?.into()),
                Arg::Long("all") => line.all = true,
                Arg::Long("again") => line.again = true,
                Arg::Long("csv") => line.csv = Some(parser.value()?.into()),
                Arg::Long("key") => line.key = Some(parser.value()?.string()?),
                Arg::Long("item") => line.item = Some(parser.value()?.string()?),
                Arg::Long("recipient") => line.recipient = Some(parser.value()?.string()?),
                Arg::Long("passphrase") => line.passphrase = true,
                Arg::Long("passphrase-file") => line.passphrase_file = Some(parser.value()?.into()),
                Arg::Long("password-file") => line.password_file = Some(parser.value()?.into()),
                Arg::Long(flag) => {
                    let name = flag.replace('-', "_");
                    if !SETTINGS.iter().any(|setting| setting.name == name) {
                        return Err(unknown_flag(flag).into());
                    }
                    line.settings.push((name, parser.value()?.string()?));
                }
                Arg::Value(word) => line.words.push(word.string()?),
                Arg::Short(_) => return Err(arg.unexpected()),
            }
        }
        Ok(line)
    }

    fn command(&self) -> Result<Command, Error> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        if self.version {
            return Ok(Command::Version);
        }
        if self.help || words.first() == Some(&"help") {
            return Ok(Command::Help(help(words.iter().find(|word| **word != "help").copied())));
        }
        let password_file = self.password_file.clone();
        match words.as_slice() {
            [] | ["serve"] => Ok(Command::Serve),
            ["setup"] => {
                let name = self
                    .name
                    .clone()
                    .ok_or_else(|| missing("setup: --name NAME is missing, the first part of your diaspora* ID"))?;
                Ok(Command::Setup { name, password_file })
            }
            ["user", "list"] => Ok(Command::UserList),
            ["user", "add", name] => Ok(Command::UserAdd { name: (*name).to_owned(), password_file }),
            ["user", "passwd", name] => Ok(Command::UserPasswd { name: (*name).to_owned(), password_file }),
            ["user", "2fa-off", name] => Ok(Command::UserSecondStepOff { name: (*name).to_owned() }),
            ["user", "lock", name] => Ok(Command::UserLock { name: (*name).to_owned() }),
            ["user", "unlock", name] => Ok(Command::UserUnlock { name: (*name).to_owned() }),
            ["user", "close", name] if self.sure => Ok(Command::UserClose { name: (*name).to_owned() }),
            ["user", "close", _] => {
                Err(missing("user: closing an account deletes what is in it, for ever; say `close NAME --sure`"))
            }
            ["user", ..] => Err(missing(
                "user: say `add NAME`, `list`, `passwd NAME`, `2fa-off NAME`, `lock NAME`, `unlock NAME` or `close NAME --sure`",
            )),
            ["admin", rest @ ..] => {
                let deed = admin::Deed::read(rest, self.json, self.why.as_deref());
                deed.map(Command::Admin).ok_or_else(|| missing(admin::USAGE))
            }
            ["export", name] => {
                let to = self.to.clone().ok_or_else(|| missing("export: --to FOLDER is missing"))?;
                Ok(Command::Export { name: (*name).to_owned(), to })
            }
            ["import", archive, photos @ ..] => {
                let name = self.user.clone().ok_or_else(|| missing("import: --user NAME is missing, who moves in"))?;
                let photos = photos.iter().map(PathBuf::from).collect();
                Ok(Command::Import { name, archive: archive.into(), photos, keep: self.keep })
            }
            ["import"] => Err(missing("import: say `import FILE [PHOTOS…] --user NAME`")),
            ["export", ..] => Err(missing("export: say `export NAME --to FOLDER`")),
            ["backup", to] => Ok(Command::Backup { to: to.into(), lock: self.lock()? }),
            ["backup", ..] => Err(missing("backup: say `backup FILE`")),
            ["restore", from] => Ok(Command::Restore {
                from: from.into(),
                passphrase_file: self.passphrase_file.clone(),
                key: self.key.as_ref().map(PathBuf::from),
            }),
            ["restore", ..] => Err(missing("restore: say `restore FILE --data FOLDER`")),
            ["census", guid] => Ok(Command::Census { guid: (*guid).to_owned(), all: self.all, csv: self.csv.clone() }),
            ["census", ..] => Err(missing("census: say `census GUID`")),
            ["receipt", "verify", file] => {
                Ok(Command::ReceiptVerify { file: file.into(), key: self.key.clone(), item: self.item.clone() })
            }
            ["vault", "key"] => Ok(Command::VaultKey { again: self.again }),
            ["vault", "open", file] => {
                let key = self.key.as_ref().ok_or_else(|| missing("vault: --key KEYFILE is missing"))?;
                Ok(Command::VaultOpen { file: file.into(), key: key.into(), to: self.to.clone() })
            }
            ["vault", "longer", name] => {
                let days = self.days.as_deref().and_then(|days| days.parse().ok());
                let wanted = days.zip(self.why.clone());
                let (days, why) = wanted.ok_or_else(|| missing("vault: --days N and --why TEXT are missing"))?;
                Ok(Command::VaultLonger { name: (*name).to_owned(), days, why })
            }
            ["vault", ..] => Err(missing(
                "vault: say `vault key`, `vault open FILE --key KEYFILE` or `vault longer FILE --days N --why TEXT`",
            )),
            ["receipt", ..] => Err(missing("receipt: say `receipt verify FILE`")),
            ["bank", rest @ ..] => self.bank(rest).map(Command::Bank),
            ["texts"] => {
                let to = self.to.clone().ok_or_else(|| missing("texts: --to FOLDER is missing"))?;
                Ok(Command::Texts { to })
            }
            ["doctor"] => Ok(Command::Doctor),
            ["check"] => Ok(Command::Check { repair: self.repair, sure: self.sure }),
            ["config"] => Ok(Command::Config { example: self.example }),
            [word, ..] if COMMANDS.contains(word) => Err(missing(&format!("{word}: that is more than it takes"))),
            [word, ..] => Err(unknown_command(word)),
        }
    }

    fn lock(&self) -> Result<Lock, Error> {
        match (&self.recipient, &self.passphrase_file, self.passphrase) {
            (None, None, false) => Ok(Lock::None),
            (Some(recipient), None, false) => Ok(Lock::Recipient(recipient.clone())),
            (None, Some(file), false) => Ok(Lock::PassphraseFile(file.clone())),
            (None, None, true) => Ok(Lock::Passphrase),
            _ => Err(missing("backup: one of --recipient, --passphrase and --passphrase-file is enough")),
        }
    }

    fn bank(&self, words: &[&str]) -> Result<Bank, Error> {
        match words {
            ["import", file] => {
                let ground = self.ground.clone().ok_or_else(|| missing("bank import: --ground NAME is missing"))?;
                let kind = match self.kind.as_deref() {
                    Some(kind) => {
                        Some(HashKind::parse(kind).ok_or_else(|| missing("bank import: --kind is sha256 or pdq"))?)
                    }
                    None => None,
                };
                Ok(Bank::Import { file: file.into(), ground, kind, look: self.look })
            }
            ["list"] => Ok(Bank::List),
            ["remove", what] => Ok(Bank::Remove { what: (*what).to_owned() }),
            ["hash", files @ ..] if !files.is_empty() => {
                Ok(Bank::Hash { files: files.iter().map(PathBuf::from).collect() })
            }
            _ => Err(missing("bank: say `import FILE --ground NAME`, `list`, `remove NUMBER|HASH` or `hash PICTURE…`")),
        }
    }
}

fn missing(text: &str) -> Error {
    Error::Usage(format!("{text}; `pappus --help` shows how"))
}

fn unknown_command(word: &str) -> Error {
    let hint = nearest_of(word, COMMANDS.into_iter()).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    missing(&format!("there is no command `{word}`{hint}"))
}

fn unknown_flag(flag: &str) -> String {
    let known = SETTINGS.iter().map(|setting| setting.name).chain([
        "config",
        "name",
        "password_file",
        "passphrase",
        "passphrase_file",
        "recipient",
        "to",
        "all",
        "again",
        "csv",
        "user",
        "keep_profile",
        "keep_settings",
        "key",
        "item",
        "ground",
        "kind",
        "look",
        "example",
        "repair",
        "json",
        "sure",
        "why",
        "days",
        "help",
        "version",
    ]);
    let near = nearest_of(&flag.replace('-', "_"), known).map(|near| near.replace('_', "-"));
    let hint = near.map_or(String::new(), |near| format!("; did you mean `--{near}`?"));
    format!("there is no flag `--{flag}`{hint}")
}

const GENERAL: &str = "\
A personal pod for the diaspora* network.

  pappus [serve]            runs the pod
  pappus setup --url URL --name NAME [--password-file F]
                            makes the pod and its first account without a browser
  pappus user add NAME      makes another account
  pappus user list          shows the accounts
  pappus user passwd NAME   gives an account a new password
  pappus user 2fa-off NAME  lets an account in without its second step
  pappus user lock|unlock NAME
                            lets nobody sign in with it until it is unlocked
  pappus user close NAME --sure
                            closes an account for ever
  pappus admin status|cases|pods [--json]
                            shows how the pod is doing, what waits, other pods
  pappus admin decide CASE hold|restore|remove|close --why TEXT
  pappus admin limit SUBJECT suspend|silence|allow, lift SUBJECT
                            the podmin's decisions, also while the pod runs
  pappus export NAME --to FOLDER
                            writes all that an account has, to take it to another pod
  pappus census GUID        asks other pods whether they hold a copy of a removed post
  pappus import FILE [PHOTOS…] --user NAME
                            brings in the archive of an account from another pod
  pappus backup FILE        writes the whole pod into one file, also while it runs
  pappus restore FILE --data FOLDER
                            makes a pod of a backup again, in an empty folder
  pappus receipt verify FILE
                            says whether a receipt of a pod is genuine
  pappus vault key          makes the key of the vault and shows it once
  pappus vault open FILE --key KEYFILE
                            opens a file of the vault, on any machine
  pappus vault longer FILE --days N --why TEXT
                            keeps a file of the vault longer, when an authority asks
  pappus bank import FILE --ground NAME
                            takes in a list of hashes of pictures that are not to be shown
  pappus bank list          shows the lists; `bank remove` takes one out again
  pappus texts --to FOLDER  writes out all texts, letters and grounds, to change some of them
  pappus doctor             looks for mistakes in settings, clock, disk, network
  pappus check [--repair]   looks whether the database and pictures are sound; mends them
  pappus config             shows the settings in force and where they come from
  pappus help [COMMAND]     says more

";

/// The general help, or that of a command.
fn help(command: Option<&str>) -> String {
    let text = match command {
        Some("serve") => "pappus [serve]: runs the pod until it is told to stop (Ctrl+C, SIGTERM).\n\n",
        Some("setup") => {
            "pappus setup --url URL --name NAME [--password-file F]: makes the pod and its first account.\n\
             Doing it again changes nothing. Without a file the password is asked for.\n\n"
        }
        Some("user") => {
            "pappus user add NAME | list | passwd NAME [--password-file F] | 2fa-off NAME\n\
             | lock NAME | unlock NAME | close NAME --sure: the accounts of this pod.\n\
             They can be changed while the pod runs.\n\n"
        }
        Some("admin") => {
            "pappus admin status|cases|pods [--json]: how the pod is doing, which cases wait, other pods.\n\
             pappus admin decide CASE hold|restore|remove|close --why TEXT: decides; the author reads the reason.\n\
             pappus admin limit SUBJECT suspend|silence|allow, pappus admin lift SUBJECT: limits an account\n\
             (a diaspora* ID) or a pod (its host).\n\
             They work while the pod runs, which notices within half a minute, and while it does not.\n\n"
        }
        Some("export") => {
            "pappus export NAME --to FOLDER|FILE: writes an account's archive (with its key: keep it like a password)\n\
             and its pictures as zip files. Any diaspora* pod can bring them in.\n\n"
        }
        Some("census") => {
            "pappus census GUID [--all] [--csv FILE]: asks the pods of those who took part in a public post that was held\n\
             or removed here whether they hold a copy; with --all every known pod. No pod is asked more often than every\n\
             15 minutes. Writes what they answered as CSV. It can be used while the pod runs.\n\n"
        }
        Some("backup") => {
            "pappus backup FILE [--recipient age1…|--passphrase|--passphrase-file F]: writes everything that the pod needs\n\
             to live on elsewhere into one tar file, with the keys of all accounts: keep it like a password, or seal it (age).\n\
             The pod may run meanwhile. FILE `-` is standard output, F `-` standard input.\n\n"
        }
        Some("restore") => {
            "pappus restore FILE --data FOLDER [--passphrase-file F|--key KEYFILE]: examines a backup from end to end, and\n\
             makes a pod of it in an empty folder. FILE `-` is standard input. A passphrase is asked for when it is needed.\n\n"
        }
        Some("vault") => {
            "pappus vault key [--again]: makes the key with which what law says must be kept of removed things can be opened,\n\
             and prints it once. Keep it away from this machine: the pod itself cannot open what it keeps. With --again\n\
             a new key takes the place of one that is lost; what was kept until then needs the old one.\n\
             pappus vault open FILE --key KEYFILE [--to OUT]: opens a file of the vault, on any machine. Without --to it\n\
             is written to standard output.\n\
             pappus vault longer FILE --days N --why TEXT: keeps a file of the vault longer than the law says by itself, when\n\
             an authority or a court asks for that; the case says so.\n\n"
        }
        Some("receipt") => {
            "pappus receipt verify FILE [--key KEY] [--item ITEM]: checks the signature of a receipt and that its decision\n\
             is in the log of the pod, without asking anybody. KEY is the key that the pod must have signed with; the pod\n\
             shows it at /.well-known/advisory-key. ITEM is the GUID of a post, comment or photo, a diaspora* ID, a pod, or\n\
             the SHA-256 of a file: the receipt must be about it. Fails when something is wrong.\n\n"
        }
        Some("bank") => {
            "pappus bank import FILE --ground NAME [--kind sha256|pdq] [--look]: takes in a list, a hash a line or CSV.\n\
             It takes the place of the one of the same name. --look only says what is in it.\n\
             pappus bank list | remove NUMBER|HASH: the lists that are there; takes a list or a hash out.\n\
             pappus bank hash PICTURE…: SHA-256, PDQ and its quality.\n\n"
        }
        Some("import") => {
            "pappus import FILE [PHOTOS…] --user NAME [--keep-profile] [--keep-settings]: brings in an archive of diaspora*\n\
             (.json, .json.gz or .zip) and zip files of photos; the account NAME here lives on as the one in it. Its\n\
             contacts are told. It may be done again, and goes on where it was interrupted; the pod may run meanwhile.\n\n"
        }
        Some("texts") => {
            "pappus texts --to FOLDER: writes out the texts of all languages (en.toml, de.toml; the letters are below [letter],\n\
             [census_letter] and [mail]) and the grounds (grounds.toml). To change some, put files of the same names into\n\
             `texts` of the data folder, with nothing but the lines that are to be other, and start the pod again.\n\n"
        }
        Some("doctor") => {
            "pappus doctor: looks for mistakes and says what to do about each. Fails when one is found.\n\n"
        }
        Some("check") => {
            "pappus check: reads the whole database and looks whether it and the pictures are sound. Fails when not.\n\
             pappus check --repair: mends what can be mended while the pod is stopped, and says what was lost. A damaged\n\
             database is kept beside the new one. With --sure it goes on when all pictures are gone.\n\n"
        }
        Some("config") => {
            "pappus config: shows the settings in force and where they come from.\n\
             pappus config --example: prints a file with all settings and their manual.\n\n"
        }
        _ => GENERAL,
    };
    let mut text =
        format!("{text}Settings, for every command; also as PAPPUS_NAME in the environment or in a file:\n\n");
    text.push_str("  --config FILE\n      Read settings from this TOML file.\n");
    for setting in &SETTINGS {
        let flag = setting.name.replace('_', "-");
        text.push_str(&format!("  --{flag} …\n      {} ({})\n", setting.help, or_none(setting.default)));
    }
    text
}

fn or_none(default: &str) -> &str {
    if default.is_empty() { "none" } else { default }
}
