//! `pappus receipt verify`: whether a receipt or a signed census is genuine, on any machine, without a pod.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Error;
use crate::moderation::census::statement;
use crate::moderation::key::{self, PublicKey};
use crate::moderation::receipt::{self, Receipt};

/// Prints a verdict; fails with the reason when the receipt is not what it says it is.
pub fn verify(file: &Path, key: Option<&str>, item: Option<&str>) -> Result<(), Error> {
    let given = match key {
        Some(text) => Some(
            PublicKey::parse(text)
                .ok_or_else(|| Error::Usage(format!("--key {text}: not a key; it begins with z6Mk")))?,
        ),
        None => None,
    };
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(receipt::MAX).read_to_end(&mut bytes));
    read.map_err(|error| Error::System(format!("{}: {error}", file.display())))?;
    if statement::is_one(&bytes) {
        let (said, made_with) = statement::verify(&bytes, given.as_ref())?;
        if item.is_some_and(|item| item != said.guid) {
            return Err(receipt::Error::OtherItem.into());
        }
        say!("The table is genuine: signed by {} on {}, unchanged.", said.pod, said.at);
        say!("  key       {}", made_with.multibase());
        if given.is_none() {
            say!("            compare it with {}{}", said.pod, key::PATH);
        }
        say!("{}", said.csv.trim_end());
        return Ok(());
    }
    let receipt = receipt::verify(&bytes, given.as_ref())?;
    if item.is_some_and(|item| !receipt.is_about(item)) {
        return Err(receipt::Error::OtherItem.into());
    }
    print(&receipt, given.is_some(), item.is_some());
    Ok(())
}

fn print(receipt: &Receipt, key_was_given: bool, item_was_given: bool) {
    say!("The receipt is genuine: signed, unchanged, and its decision stands in the pod's log.");
    let line = |name: &str, text: &str| say!("  {name:<9} {text}");
    line("pod", &receipt.pod);
    line("key", receipt.key());
    if !key_was_given {
        line("", &format!("compare it with {}{}", receipt.pod, key::PATH));
    }
    line("case", &receipt.case.to_string());
    line("ground", &receipt.ground);
    line("decision", &receipt.action);
    for subject in &receipt.subjects {
        line("about", &format!("{} {}", subject.kind, subject.sealed));
    }
    if item_was_given {
        line("", "the item you named is one of them");
    }
    let times = [
        ("received", Some(&receipt.received_at)),
        ("held", receipt.held_at.as_ref()),
        ("decided", Some(&receipt.decided_at)),
        ("gone", receipt.purged_at.as_ref()),
    ];
    for (name, at) in times {
        line(name, at.map_or("-", String::as_str));
    }
    let shown: Vec<&str> = receipt.still_shown().collect();
    let found =
        if shown.is_empty() { "shown on none".to_owned() } else { format!("still shown on {}", shown.join(", ")) };
    line("surfaces", &format!("{} looked at afterwards, {found}", receipt.surfaces.len()));
    let bytes: u64 = receipt.files.iter().map(|file| file.bytes).sum();
    line("files", &format!("{} deleted, {bytes} bytes", receipt.files.len()));
    line("log", &format!("step {} of {}", receipt.log.index + 1, receipt.log.size));
}
