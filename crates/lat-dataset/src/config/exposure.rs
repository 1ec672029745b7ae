//! Corrections of the exposure: `gtlike.expscale` and `gtlike.src_expscale`.

use super::component_settings::ExposureScaling;
use super::keys::Keys;
use super::yaml::Value;
use crate::error::Result;

/// The corrections of a component.
pub(super) fn exposure_scaling(keys: &Keys<'_>) -> Result<ExposureScaling> {
    let valid = |x: &f64| x.is_finite() && *x >= 0.0;
    let mut scaling = ExposureScaling {
        all: keys.number_in("gtlike", "expscale", "0 or a number above", valid)?,
        sources: Vec::new(),
    };
    let Some((_, node)) = keys.get("gtlike", "src_expscale") else { return Ok(scaling) };
    let refuse = || keys.wrong("gtlike", "src_expscale", "a mapping from source names to 0 or a number above");
    if !matches!(node.value, Value::Map(_)) {
        return Err(refuse());
    }
    for entry in node.entries() {
        let factor = match entry.node.value {
            Value::Number(x) => Some(x),
            Value::Whole(n) => Some(n as f64),
            _ => None,
        };
        scaling.sources.push((entry.key.clone(), factor.filter(valid).ok_or_else(refuse)?));
    }
    Ok(scaling)
}
