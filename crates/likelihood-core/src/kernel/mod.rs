//! The streaming passes over blocks of filled bins, and what they read.

pub(crate) mod filled;
pub(crate) mod ln;
pub(crate) mod passes;
pub(crate) mod reach;
pub(crate) mod workspace;
