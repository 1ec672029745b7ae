//! Parameters that come in numbers: Index0, Index1, ...

use std::ops::RangeInclusive;

use crate::spectrum::family::Declared;

/// The LAT tools allow a hundred parameters; it also keeps a wild number in a name from asking for endless ones.
const HIGHEST: i32 = 99;

/// The highest n among names of the form `prefix` n.
pub(crate) fn highest(names: &[&str], prefix: &str) -> Option<i32> {
    let numbers = names.iter().filter_map(|name| name.strip_prefix(prefix)?.parse::<i32>().ok());
    numbers.filter(|n| (0..=HIGHEST).contains(n)).max()
}

/// Declarations of `prefix` n, for each n of a range.
pub(crate) fn numbered(
    prefix: &str,
    range: RangeInclusive<i32>,
    declare: impl Fn(i32) -> Declared,
) -> impl Iterator<Item = Declared> {
    range.map(move |n| declare(n).named(format!("{prefix}{n}")))
}

/// Whether the values increase strictly.
pub(crate) fn increasing(name: &str, values: &[f64]) -> Result<(), String> {
    match values.windows(2).zip(1..).find(|(pair, _)| !matches!(pair, [a, b] if a < b)) {
        None => Ok(()),
        Some((pair, k)) => Err(format!("{name}{k} is not above {name}{}: {pair:?}; they must increase", k - 1)),
    }
}
