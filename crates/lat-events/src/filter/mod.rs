//! Filter expressions on the columns of spacecraft files, in the language of CFITSIO's row filters.

mod operators;
mod parse;
mod program;
mod steps;
#[cfg(test)]
mod tests_of_grammar;

pub use program::Filter;
