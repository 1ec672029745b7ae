//! Commands that run other programs: the tests, the demonstration, the benchmarks, the fuzzer, the comparison with other tools, the
//! Python package, the site, the report in a browser.

pub(crate) mod bench;
pub(crate) mod browser;
pub(crate) mod calibrate;
pub(crate) mod closure;
pub(crate) mod demo;
pub(crate) mod faults;
pub(crate) mod fuzz;
pub(crate) mod mdbook;
pub(crate) mod openblas;
pub(crate) mod parity;
pub(crate) mod python;
pub(crate) mod test;
pub(crate) mod tools;

mod peers;
