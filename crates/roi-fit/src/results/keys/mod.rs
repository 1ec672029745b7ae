//! The keys of the result dictionaries, explained: beside each type that becomes one, `KEYS`.

mod of_fits;
mod of_runs;
mod of_sources;

use crate::results::dictionary::ResultKey;

const fn key(name: &'static [&'static str], unit: &'static str, doc: &'static str) -> ResultKey {
    ResultKey::new(name, unit, doc)
}
