//! Results as objects of Python. A dictionary stays one; a list of numbers becomes an array of numpy, in which what is not defined is NaN.

use std::collections::BTreeMap;

use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use roi_fit::SourceProperties;
use serde_json::{Number, Value};

/// A result as an object.
pub(crate) fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Number(number) => scalar(py, number),
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => list(py, items)?,
        Value::Object(map) => {
            let dict = PyDict::new(py);
            for (key, value) in map {
                dict.set_item(key, object(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// A result that is a dictionary.
pub(crate) fn dictionary<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyDict>> {
    Ok(object(py, value)?.cast_into::<PyDict>()?)
}

fn scalar<'py>(py: Python<'py>, number: &Number) -> Bound<'py, PyAny> {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), ..) => PyInt::new(py, whole).into_any(),
        (_, Some(whole), _) => PyInt::new(py, whole).into_any(),
        (.., real) => PyFloat::new(py, real.unwrap_or(f64::NAN)).into_any(),
    }
}

fn list<'py>(py: Python<'py>, items: &[Value]) -> PyResult<Bound<'py, PyAny>> {
    if let Some(flags) = all(items, Value::as_bool) {
        return Ok(PyArray1::from_vec(py, flags).into_any());
    }
    if let Some(whole) = all(items, Value::as_i64) {
        return Ok(PyArray1::from_vec(py, whole).into_any());
    }
    if let Some(numbers) = all(items, real) {
        return Ok(PyArray1::from_vec(py, numbers).into_any());
    }
    if let Some(rows) = rows(items) {
        return Ok(PyArray2::from_vec2(py, &rows)?.into_any());
    }
    let items = items.iter().map(|item| object(py, item)).collect::<PyResult<Vec<_>>>()?;
    Ok(PyList::new(py, items)?.into_any())
}

/// Every item as one kind of value, if each is; none of an empty list.
fn all<T>(items: &[Value], of: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    if items.is_empty() {
        return None;
    }
    items.iter().map(of).collect()
}

/// A number, or NaN for what is not defined.
fn real(value: &Value) -> Option<f64> {
    if value.is_null() { Some(f64::NAN) } else { value.as_f64() }
}

/// The rows of a matrix, if the items are lists of numbers of one length.
fn rows(items: &[Value]) -> Option<Vec<Vec<f64>>> {
    let rows = all(items, |item| all(item.as_array()?, real))?;
    let width = rows.first()?.len();
    rows.iter().all(|row| row.len() == width).then_some(rows)
}

/// What is known of a source. Infinities, which JSON has not, are put in their places.
pub(crate) fn properties<'py>(py: Python<'py>, known: &SourceProperties) -> PyResult<Bound<'py, PyDict>> {
    let dict = dictionary(py, &known.to_json())?;
    for (key, value) in [("ts", known.ts), ("loglike_null", known.loglike_null)] {
        if let Some(value) = value.filter(|value| !value.is_finite()) {
            dict.set_item(key, value)?;
        }
    }
    if let Some(flux) = &known.model_flux {
        let of_model = dictionary(py, &flux.to_json())?;
        of_model.set_item("dnde_ferr", PyArray1::from_slice(py, &flux.dnde_ferr))?;
        dict.set_item("model_flux", of_model)?;
    }
    Ok(dict)
}

/// What is known of several sources, by their names.
pub(crate) fn all_properties<'py>(
    py: Python<'py>,
    known: &BTreeMap<String, SourceProperties>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, known) in known {
        dict.set_item(name, properties(py, known)?)?;
    }
    Ok(dict)
}
