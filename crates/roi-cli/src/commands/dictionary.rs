//! What the result dictionaries of all commands on a region have beside their own.

use roi_fit::{Analysis, OptimizeResult};
use serde_json::{Value, json};

/// The dictionary of a command, with that of the optimization before it under `optimize`, what is odd about the data under `warnings`, and
/// where it comes from under `provenance`.
pub(crate) fn completed(
    mut json: Value,
    analysis: &Analysis,
    optimized: Option<&OptimizeResult>,
    provenance: Value,
) -> Value {
    let Some(map) = json.as_object_mut() else { return json };
    if let Some(optimized) = optimized {
        map.insert("optimize".into(), optimized.to_json());
    }
    map.insert("energy_range".into(), json!(analysis.energy_range()));
    if let Some(warnings) = map.entry("warnings").or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
        warnings.extend(analysis.remarks().map(Value::from));
    }
    map.insert("provenance".into(), provenance);
    if crate::signals::caught().is_some() {
        map.insert("interrupted".into(), true.into());
    }
    json
}
