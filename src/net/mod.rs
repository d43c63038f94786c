//! The only way out: every outgoing request goes through the guarded client.

pub mod address;
mod client;

pub use client::{Answer, Ask, Client, Error, Options, Rule, Stream};
