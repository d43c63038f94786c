//! pappus: a personal pod for the diaspora* social network.
//!
//! To read the pod in an evening, go `pod` → `web/routes` → `web/pages/post` → `social/post` →
//! `store/posts` → `federation/inbox` → `federation/diaspora/envelope` → `social/comment` →
//! `federation/outbox`. `ARCHITECTURE.md` draws the rooms.

#![forbid(unsafe_code)]

pub mod backup;
pub mod certificate;
pub mod clerk;
pub mod cli;
pub mod config;
pub mod federation;
pub mod jobs;
pub mod journal;
pub mod mail;
pub mod media;
pub mod model;
pub mod moderation;
pub mod net;
pub mod pod;
pub mod service;
pub mod social;
pub mod store;
mod sync;
pub mod web;
