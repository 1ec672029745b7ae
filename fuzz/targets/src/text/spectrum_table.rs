//! Tables in text: isotropic templates, optical depths, dark matter yields, radial profiles; lists of files.

use roi_model::{DarkMatterTable, EblTable, EnergyUnit, FileTable};

use crate::with_file::with_named;

/// What the file of an input is called.
const FILE: &str = "table.txt";

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(table) = FileTable::parse(text) {
        interpolates(&table);
    }
    for unit in [EnergyUnit::MeV, EnergyUnit::GeV] {
        if let Ok(table) = EblTable::parse(text, unit) {
            for energy in [0.0, 1.0, 1e4, 123_456.0, 1e9] {
                for redshift in [0.0, 0.1, 0.5, 3.0] {
                    let depth = table.optical_depth(energy, redshift).unwrap_or(0.0);
                    assert!(depth >= 0.0 && depth.is_finite(), "depth {depth} at {energy} MeV, redshift {redshift}");
                }
            }
        }
    }
    let _ = DarkMatterTable::parse(text);
    // What reads files: a profile, and a list of them.
    with_named(FILE, data, |path| {
        let named =
            |error: lat_io::Error| assert!(error.to_string().contains(FILE), "an error without its file: {error}");
        if let Ok(profile) = lat_io::read_radial_profile(path).map_err(named) {
            for theta in [0.0, 1e-9, 0.5, 10.0, 180.0] {
                assert!(profile.value(theta) >= 0.0, "{} at {theta} deg", profile.value(theta));
            }
        }
        let _ = lat_io::file_list(path).map_err(named);
    });
}

/// Between two rows lies something between their values.
fn interpolates(table: &FileTable) {
    for (energies, values) in table.energies().windows(2).zip(table.values().windows(2)) {
        let (&[e0, e1], &[f0, f1]) = (energies, values) else { continue };
        for energy in [e0, 0.5 * e0 + 0.5 * e1, e1] {
            let dnde = table.dnde(energy).unwrap_or_else(|error| panic!("{energy} is in the table: {error}"));
            // The second term: numbers so small have no digits to spare.
            let tolerance = 1e-9 * f0.max(f1) + 1e-323;
            let lowest = if f0.min(f1) == 0.0 { 0.0 } else { f0.min(f1) - tolerance };
            assert!(
                (lowest..=f0.max(f1) + tolerance).contains(&dnde),
                "{dnde:?} at {energy:?} between {f0:?} and {f1:?}"
            );
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "# energy dN/dE error\n30 1e-8 0\n100\t2.5e-9\n1000,1e-10,0\n\n1e6 1e-16\n",
        "3.3e1 0\n4.4e1 1e-9\n4.5e1 0.0\n",
        "# redshifts are:0.1, 0.5,1.0\n10 0 0.1 0.2\nskipped\n100 0.01 1 2\n1000 0.1 10 20\n",
        "0.1 0.25 3e-5 7\n1 2 3\n",
        "# profile\n0 1\n0.5, 0.5\n1 0\n",
        "# list\n\n@/dev/null\ntable.txt\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(crate) const WORDS: &[&str] = &[
    "\n",
    " ",
    "\t",
    ",",
    "#",
    "\r\n",
    "\r",
    "0",
    "1e-320",
    "1e308",
    "1.7976931348623157e308",
    "-1",
    "NaN",
    "inf",
    "-0",
    "1e-8",
    "100",
    "100.00000000000001",
    "1000",
    "1e",
    "+",
    "infinity",
    "\u{a0}",
    "\u{2003}",
    "ä",
    "# redshifts are:",
    "0.1,0.5\n",
    "10 0 0.1\n",
];
