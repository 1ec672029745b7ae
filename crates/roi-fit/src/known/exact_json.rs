//! Numbers in JSON to the last bit, and words for those that JSON has no numbers for.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that may be infinite or NaN, which are written as text.
#[derive(Clone, Copy)]
pub(crate) struct Exact(pub(crate) f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(f64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

/// A list of such numbers.
pub(crate) fn list(values: &[f64]) -> Vec<Exact> {
    values.iter().copied().map(Exact).collect()
}

/// The numbers of a list.
pub(crate) fn plain(values: Vec<Exact>) -> Vec<f64> {
    values.into_iter().map(|x| x.0).collect()
}
