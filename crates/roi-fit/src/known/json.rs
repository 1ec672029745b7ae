//! Vectors and matrices as JSON, which has no infinity and no NaN: both are `null`.

use ndarray::{Array1, Array2};
use serde_json::Value;

use crate::known::source_properties::json_number;

pub(crate) fn vector(values: &Array1<f64>) -> Value {
    values.iter().map(|&v| json_number(Some(v))).collect()
}

pub(crate) fn matrix(values: Option<&Array2<f64>>) -> Value {
    values.map_or(Value::Null, |m| {
        m.outer_iter().map(|row| row.iter().map(|&v| json_number(Some(v))).collect::<Value>()).collect()
    })
}
