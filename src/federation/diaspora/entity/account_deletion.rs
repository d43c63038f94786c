//! A person closed their account.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::Fields;
use crate::model::Handle;

#[derive(Clone, Debug, PartialEq)]
pub struct AccountDeletion {
    pub author: Handle,
}

impl AccountDeletion {
    pub const NAME: &str = "account_deletion";

    pub fn read(element: &Element) -> Result<AccountDeletion, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(AccountDeletion { author: fields.handle("author")? })
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.close(Self::NAME);
        writer.finish()
    }
}
