//! The keys of the result dictionaries, explained: beside each type that becomes one, `KEYS`.

mod of_fits;
mod of_runs;
mod of_sources;
