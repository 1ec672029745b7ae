//! A small region in memory, for what is read into one.

use std::sync::LazyLock;

use roi_fit::{Analysis, FitOptions};
use roi_simulate::{SimulationOptions, simulate};
use serde_json::Value;

/// The region before any fit.
static REGION: LazyLock<(roi_fit::Roi, roi_fit::Session)> = LazyLock::new(|| {
    let options = SimulationOptions::default().with_npix(10).with_ebins(3).with_sources(2);
    let simulated = simulate(&options).unwrap_or_else(|error| panic!("no region: {error}"));
    let data = simulated.likelihood().unwrap_or_else(|error| panic!("no data: {error}"));
    let session = roi_fit::Session::new(simulated.start.clone(), data);
    (simulated.start, session)
});

/// A new analysis of it.
pub(crate) fn analysis() -> Analysis {
    let (roi, session) = &*REGION;
    Analysis::new(roi.clone(), session.data().clone()).unwrap_or_else(|error| panic!("no analysis: {error}"))
}

/// The same, fitted.
pub(crate) fn fitted() -> Analysis {
    let mut analysis = analysis();
    analysis.fit(&FitOptions::default()).unwrap_or_else(|error| panic!("no fit: {error}"));
    analysis
}

/// The name of a source that has a position.
pub(crate) fn point_source(analysis: &Analysis) -> String {
    let found = analysis.roi().sources().iter().find(|source| source.direction().is_some());
    found.unwrap_or_else(|| panic!("no point source")).name().to_owned()
}

/// Cuts lists of numbers to their first three entries, so that a seed holds little that is the same again. Lists that belong together stay of one length.
pub(crate) fn shortened(mut json: Value) -> Value {
    match &mut json {
        Value::Array(values) => {
            // A spectrum needs all of its parameters.
            if !values.first().is_some_and(Value::is_object) {
                values.truncate(3);
            }
            *values = std::mem::take(values).into_iter().map(shortened).collect();
        }
        Value::Object(map) => map.values_mut().for_each(|value| *value = shortened(value.take())),
        _ => {}
    }
    json
}
