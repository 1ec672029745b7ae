//! What is done with each region of a batch, as plain data: how its model is changed, what is free, how it is fitted. Programs make one of their own
//! words, and all come to the same numbers and the same bytes.

pub(crate) mod editing;
pub(crate) mod energies;
pub(crate) mod fit_task;
pub(crate) mod fitting;
pub(crate) mod freeing;
