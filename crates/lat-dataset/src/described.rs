//! What a product is made from, as text for a digest.

use serde::Serialize;

use crate::error::{Error, Result};

/// Options and grids in words that change only with what they say: the JSON of their types, in which finite numbers keep every bit. Those that are not
/// finite all become `null`.
///
/// # Errors
/// None for types that are structures, tuples, lists and unit variants: those of this crate's callers.
pub(crate) fn described(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| Error::Internal { what: "what a product is made from is no JSON" })
}
