//! Pages: one thing a person can do, one function.

pub mod account;
pub mod archive;
pub mod aspect;
pub mod comment;
pub mod composer;
pub mod contact;
pub mod conversation;
pub mod embed;
pub mod forgotten;
pub mod home;
pub mod info;
pub mod invite;
pub mod link;
pub mod mail;
pub mod notice;
pub mod people;
pub mod photo;
pub mod picture;
pub mod post;
pub mod profile;
pub mod second_step;
pub mod security;
pub mod settings;
pub mod setup;
pub mod stream;
