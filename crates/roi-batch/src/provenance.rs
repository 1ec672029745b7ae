//! Where a result comes from: program, date, inputs with their digests; and what all result dictionaries of a region have beside their own.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use rayon::prelude::*;
use roi_fit::{Analysis, OptimizeResult, digest_of_file, input_files};
use serde_json::{Value, json};

/// Files above this size are told by size and time alone: a digest of theirs takes longer than many a fit.
const MOST_BYTES: u64 = 256 << 20;

/// The version with the commit that the program was built from, where that is known.
pub const VERSION: &str = env!("ROI_FIT_VERSION");

/// The origin of a result on a region, or on none: program, version, inputs. `with_date` is false where results must not depend on the time. Programs add
/// `options`, what they were asked to do.
pub fn provenance(config: Option<&Path>, others: &[(&str, &Path)], with_date: bool) -> Value {
    let of_config = config.and_then(|config| input_files(config).ok()).unwrap_or_default();
    let of_config = of_config.files.iter().map(|file| (file.what, file.path.as_path()));
    let files: Vec<(&str, &Path)> = of_config.chain(others.iter().copied()).collect();
    let inputs: Vec<Value> = files.par_iter().map(|(what, path)| input(what, path)).collect();
    let mut provenance = json!({
        "program": "roi-fit",
        "version": VERSION,
        "inputs": inputs,
    });
    if let (true, Some(map)) = (with_date, provenance.as_object_mut()) {
        map.insert("date".into(), utc(SystemTime::now()).into());
    }
    provenance
}

/// The dictionary of a command, with that of the optimization before it under `optimize`, what is odd about the data under `warnings`, and
/// where it comes from under `provenance`.
pub fn completed(mut json: Value, analysis: &Analysis, optimized: Option<&OptimizeResult>, provenance: Value) -> Value {
    let Some(map) = json.as_object_mut() else { return json };
    if let Some(optimized) = optimized {
        map.insert("optimize".into(), optimized.to_json());
    }
    map.insert("energy_range".into(), json!(analysis.energy_range()));
    if let Some(warnings) = map.entry("warnings").or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
        warnings.extend(analysis.remarks().map(Value::from));
    }
    map.insert("provenance".into(), provenance);
    json
}

/// A file: where it lies, how large it is, its SHA-256; when it was changed, for one that is too large for a digest.
fn input(what: &str, path: &Path) -> Value {
    let found = std::fs::metadata(path).ok();
    let bytes = found.as_ref().map(std::fs::Metadata::len);
    let is_small = bytes.is_some_and(|bytes| bytes <= MOST_BYTES);
    let digest = is_small.then(|| digest_of_file(path).ok()).flatten();
    let changed = found.filter(|_| digest.is_none()).and_then(|found| found.modified().ok()).map(utc);
    let mut value = json!({ "what": what, "path": path, "bytes": bytes, "sha256": digest });
    if let (Some(changed), Some(map)) = (changed, value.as_object_mut()) {
        map.insert("modified".into(), changed.into());
    }
    value
}

/// A time as ISO 8601 in UTC.
fn utc(time: SystemTime) -> Option<String> {
    let seconds = i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()?;
    Some(DateTime::from_timestamp(seconds, 0)?.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
