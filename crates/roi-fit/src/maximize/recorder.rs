//! The points at which a likelihood was differentiated, for who logs them.

use std::cell::{Ref, RefCell};

use ndarray::Array2;

/// The last point at which derivatives were taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Point {
    pub(crate) values: Vec<f64>,
    pub(crate) gradient: Vec<f64>,
    /// As they were last taken, at this point or an earlier one.
    pub(crate) hessian: Option<Array2<f64>>,
}

/// Keeps the last point, for who logs it.
#[derive(Debug, Default)]
pub(crate) struct Recorder(RefCell<Point>);

impl Recorder {
    /// The last point; empty when there was none.
    pub(crate) fn last(&self) -> Ref<'_, Point> {
        self.0.borrow()
    }

    /// Derivatives of `logL` at these values.
    pub(crate) fn record(&self, values: &[f64], gradient: &[f64], hessian: Option<&Array2<f64>>) {
        let mut point = self.0.borrow_mut();
        values.clone_into(&mut point.values);
        gradient.clone_into(&mut point.gradient);
        // Not every step takes second derivatives: the last ones stand for the steps until the next.
        if hessian.is_some() {
            point.hessian = hessian.cloned();
        }
    }
}
