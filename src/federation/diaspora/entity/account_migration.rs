//! A person lives on under another ID. Two forms: the old one is sent by the old identity and carries a signature of
//! the new one, the new form the other way round.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::Fields;
use super::{Profile, read};
use crate::federation::diaspora::scalar;
use crate::model::Handle;

#[derive(Clone, Debug, PartialEq)]
pub struct AccountMigration {
    pub author: Handle,
    /// The new identity's profile.
    pub profile: Profile,
    /// Standard base64, made with the key of the identity that is not the sender.
    pub signature: Option<String>,
    pub old_identity: Option<Handle>,
    /// Where the old photos are now.
    pub remote_photo_path: Option<String>,
}

impl AccountMigration {
    pub const NAME: &str = "account_migration";

    pub fn read(element: &Element) -> Result<AccountMigration, Error> {
        let fields = Fields::of(Self::NAME, element);
        let profile = fields.nested(Profile::NAME).map(Profile::read).transpose()?;
        fields.ensure("profile", profile.is_some())?;
        let migration = AccountMigration {
            author: fields.handle("author")?,
            profile: profile.ok_or(Error::Invalid { entity: Self::NAME, property: "profile" })?,
            signature: fields.optional_text("signature", read::TEXT)?,
            old_identity: fields.optional_handle("old_identity")?,
            remote_photo_path: fields
                .optional("remote_photo_path", |text| scalar::is_path_address(text).then(|| text.to_owned()))?,
        };
        fields
            .ensure("old_identity", migration.author != migration.profile.author || migration.old_identity.is_some())?;
        fields.ensure("profile", migration.old_id() != migration.new_id())?;
        Ok(migration)
    }

    /// The ID that is left.
    pub fn old_id(&self) -> &Handle {
        match &self.old_identity {
            Some(old) if self.author == self.profile.author => old,
            _ => &self.author,
        }
    }

    /// The ID that stays.
    pub fn new_id(&self) -> &Handle {
        &self.profile.author
    }

    /// The identity that did not send this but signed the text below.
    pub fn other(&self) -> &Handle {
        if self.author == *self.new_id() { self.old_id() } else { self.new_id() }
    }

    /// What the other identity signs.
    pub fn signed_text(&self) -> String {
        format!("AccountMigration:{}:{}", self.old_id(), self.new_id())
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        self.profile.write(&mut writer);
        writer.optional("signature", self.signature.as_ref());
        writer.optional("old_identity", self.old_identity.as_ref().map(Handle::as_str));
        writer.optional("remote_photo_path", self.remote_photo_path.as_ref());
        writer.close(Self::NAME);
        writer.finish()
    }
}
