//! Where a result comes from: program, date, inputs with their digests, the command line.

use std::path::Path;

use serde_json::Value;

/// The version with the commit that the program was built from, where that is known.
pub(crate) const VERSION: &str = roi_batch::VERSION;

/// Of a command on a region, or on none. `with_date` is false where results must not depend on the time.
pub(crate) fn provenance(config: Option<&Path>, others: &[(&str, &Path)], with_date: bool) -> Value {
    let mut provenance = roi_batch::provenance(config, others, with_date);
    if let Some(map) = provenance.as_object_mut() {
        // The program's own name depends on where it lies.
        map.insert("options".into(), std::env::args().skip(1).collect());
    }
    provenance
}
