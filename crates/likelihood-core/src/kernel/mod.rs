//! The streaming passes over blocks of filled bins, and what they read.

pub(crate) mod along_norms;
pub(crate) mod blocks;
pub(crate) mod buffers;
pub(crate) mod filled;
pub(crate) mod input;
pub(crate) mod ln;
pub(crate) mod near_and_far;
pub(crate) mod passes;
pub(crate) mod reach;
