//! Numbers in JSON to the last bit, and words for those that JSON has no numbers for: each module here serves a kind of field, as
//! `#[serde(with = "...")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that may be infinite or NaN, which are written as text.
#[derive(Clone, Copy)]
struct Exact(f64);

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

/// A number that may not be known.
pub(crate) mod option {
    use super::{Deserialize, Deserializer, Exact, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the form that serde calls")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Exact).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Exact>::deserialize(deserializer)?.map(|exact| exact.0))
    }
}

/// A list of numbers.
pub(crate) mod list {
    use super::{Deserialize, Deserializer, Exact, Serializer};

    pub(crate) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().copied().map(Exact))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Exact>::deserialize(deserializer)?.into_iter().map(|exact| exact.0).collect())
    }
}

/// A square matrix, as its rows.
pub(crate) mod square {
    use ndarray::Array2;

    use super::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(matrix: &Array2<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(matrix.outer_iter().map(|row| row.to_vec()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Array2<f64>, D::Error> {
        from_rows(&Vec::<Vec<f64>>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }

    pub(super) fn from_rows(rows: &[Vec<f64>]) -> Result<Array2<f64>, String> {
        let n = rows.len();
        if rows.iter().any(|row| row.len() != n) {
            return Err(format!("a covariance of {n} rows is not {n} x {n}; the file is damaged, save again"));
        }
        Ok(Array2::from_shape_fn((n, n), |(i, j)| rows[i][j]))
    }
}

/// A square matrix that may not be known.
pub(crate) mod optional_square {
    use ndarray::Array2;

    use super::{Deserialize, Deserializer, Serialize, Serializer, square};

    #[expect(clippy::ref_option, reason = "the form that serde calls")]
    pub(crate) fn serialize<S: Serializer>(matrix: &Option<Array2<f64>>, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = matrix.as_ref().map(|m| m.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>());
        rows.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Array2<f64>>, D::Error> {
        let rows = Option::<Vec<Vec<f64>>>::deserialize(deserializer)?;
        rows.map(|rows| square::from_rows(&rows)).transpose().map_err(serde::de::Error::custom)
    }
}
