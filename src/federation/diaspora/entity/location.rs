//! Where something is; only nested.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::{self, Fields};

#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    pub address: String,
    /// Decimal degrees as written; never checked by anybody.
    pub lat: String,
    /// Decimal degrees as written.
    pub lng: String,
}

impl Location {
    pub const NAME: &str = "location";

    pub fn read(element: &Element) -> Result<Location, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(Location {
            address: fields.present_text("address", read::LINE)?,
            lat: fields.text("lat", read::LINE)?,
            lng: fields.text("lng", read::LINE)?,
        })
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.open(Self::NAME);
        writer.text("address", &self.address);
        writer.text("lat", &self.lat);
        writer.text("lng", &self.lng);
        writer.close(Self::NAME);
    }
}
