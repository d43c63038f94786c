//! The only way out: every outgoing request goes through the guarded client; mails go to the podmin's server.

pub mod address;
mod client;
pub mod mail;
mod server;

pub use client::{Answer, Ask, Client, Error, Options, Rule, Stream};
pub use server::{Reply, Server};
