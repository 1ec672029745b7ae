//! Upper limits by toys: a test that is inverted by draws at each value.

mod inversion;
mod observed;
pub(crate) mod toy_limit_options;
pub(crate) mod toy_limit_result;
pub(crate) mod toy_limit_verb;
mod toy_tests;
