//! What the result dictionaries of all commands on a region have beside their own.

use roi_fit::{Analysis, OptimizeResult};
use serde_json::Value;

/// The dictionary of a command, see [`roi_batch::completed`]; one that a signal interrupted says so.
pub(crate) fn completed(
    json: Value,
    analysis: &Analysis,
    optimized: Option<&OptimizeResult>,
    provenance: Value,
) -> Value {
    let mut json = roi_batch::completed(json, analysis, optimized, provenance);
    if let (Some(map), Some(_)) = (json.as_object_mut(), crate::signals::caught()) {
        map.insert("interrupted".into(), true.into());
    }
    json
}
