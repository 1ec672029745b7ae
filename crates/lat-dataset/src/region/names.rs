//! Names of catalogs, by the files that hold them.

/// The files in which the LAT collaboration published a catalog, newest version first; `None` for what is no name of a catalog.
pub(super) fn known_catalog(name: &str) -> Option<Vec<String>> {
    let versions = |prefix: &str, range: std::ops::RangeInclusive<u32>| -> Vec<String> {
        range.rev().map(|version| format!("{prefix}{version:02}.fit")).collect()
    };
    match name.trim().to_ascii_uppercase().as_str() {
        "2FHL" => Some(versions("gll_psch_v", 8..=9)),
        "3FHL" => Some(versions("gll_psch_v", 11..=13)),
        "3FGL" => Some(versions("gll_psc_v", 14..=16)),
        "FL8Y" => Some((1..=7).rev().map(|version| format!("gll_psc_8year_v{version}.fit")).collect()),
        "4FGL" => Some(versions("gll_psc_v", 17..=22)),
        "4FGL-DR2" => Some(versions("gll_psc_v", 23..=27)),
        "4FGL-DR3" => Some(versions("gll_psc_v", 28..=31)),
        "4FGL-DR4" => Some(versions("gll_psc_v", 32..=38)),
        "FL16Y" => {
            let by_name = (1..=9).rev().map(|version| format!("gll_psc_16year_v{version}.fit"));
            Some(versions("gll_psc_v", 40..=49).into_iter().chain(by_name).collect())
        }
        _ => None,
    }
}
