//! Commands that run other programs: the tests, the demonstration, the benchmarks, the fuzzer, the comparison with other tools, the
//! report in a browser, the Python package.

pub(crate) mod bench;
pub(crate) mod browser;
pub(crate) mod closure;
pub(crate) mod demo;
pub(crate) mod fuzz;
pub(crate) mod openblas;
pub(crate) mod parity;
pub(crate) mod python;
pub(crate) mod test;

mod peers;
