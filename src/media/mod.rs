//! Pictures: for now those of other people, shown through this pod so that looking at them tells nobody who looks.

pub mod kind;
pub mod proxy;
