//! Filter expressions on the columns of spacecraft files, in the language of CFITSIO's row filters.

mod operators;
mod parse;
mod program;
mod steps;

pub use program::Filter;
