//! Catalogs by name, and what is wrong with one.

use std::path::Path;

use lat_dataset::{Config, Error};
use lat_io::Catalog;
use proptest::prelude::*;

use super::*;

#[test]
fn catalogs_by_name_are_looked_for_and_the_newest_version_taken() {
    let dir = tempfile::tempdir().unwrap();
    let config = |name: &str| {
        let text = format!("selection: {{ra: 10, dec: -20}}\nmodel: {{catalogs: [{name}], diffuse_dir: [more]}}");
        Config::parse(&dir.path().join("config.yaml"), &text).unwrap()
    };
    let found = lat_dataset::build_region(&config("3FGL")).unwrap_err().to_string();
    for word in ["3FGL", "gll_psc_v16.fit", "model.catalogs", "more"] {
        assert!(found.contains(word), "{found}");
    }
    std::fs::create_dir(dir.path().join("more")).unwrap();
    let place = |to: &str, index: f64| {
        let (_made, path) =
            made_up("3FGL", "PowerLaw", &[&THREE_FGL[..1], &[("Spectral_Index", "", index)], &THREE_FGL[2..]].concat());
        std::fs::copy(path, dir.path().join(to)).unwrap();
    };
    let index = |name: &str| -> f64 {
        let roi = lat_dataset::build_region(&config(name)).unwrap().roi;
        roi.sources()[0].spectrum().parameter("Index").unwrap().value()
    };
    place("more/gll_psc_v14.fit", 1.4);
    assert_eq!(index("3fgl"), 1.4);
    place("gll_psc_v16.fit", 1.6);
    assert_eq!(index("3FGL"), 1.6);
    assert_eq!(index("more/gll_psc_v14.fit"), 1.4);
    place("plain.fits", 2.5);
    assert_eq!(index("plain.fits"), 2.5);
    assert!(matches!(lat_dataset::build_region(&config("none.fits")), Err(Error::NotFound { .. })));
}

#[test]
fn what_is_wrong_is_told() {
    let (_dir, path) = made_up("3FGL", "PowerLaw", &THREE_FGL[1..]);
    assert!(
        matches!(Catalog::read(&path, &[]), Err(lat_io::Error::MissingColumn { column, .. }) if column == "Flux_Density")
    );
    let (_dir, path) = made_up("5FGL", "PowerLaw", &[("Flux_Density", "", 1.0)]);
    assert!(matches!(Catalog::read(&path, &[]), Err(lat_io::Error::Keyword { found, .. }) if found == "5FGL"));
    let (_dir, path) = made_up("3FGL", "BandFunction", &THREE_FGL);
    let text = Catalog::read(&path, &[]).unwrap_err().to_string();
    assert!(text.contains("BandFunction") && text.contains("row 1"), "{text}");

    // Numbers that cannot be are told with the source, and only when it is asked for.
    let (_dir, path) = made_up("3FGL", "LogParabola", &THREE_FGL);
    let catalog = Catalog::read(&path, &[]).unwrap();
    let error = catalog.source(&catalog.entries()[0], None).unwrap_err();
    assert!(matches!(&error, lat_io::Error::CatalogSource { name, .. } if name == "A B"), "{error}");
    assert!(matches!(Catalog::read(Path::new("/no/such.fit"), &[]), Err(lat_io::Error::NotFound { .. })));

    let (_dir, path) = made_up("3FGL", "PowerLaw", &THREE_FGL);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    assert!(matches!(Catalog::read(&path, &[]), Err(lat_io::Error::Truncated { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_number_makes_a_catalog_panic(x in prop::num::f64::ANY, which in 0usize..6, kind in 0usize..3) {
        let mut columns = THREE_FGL;
        columns[which].2 = x;
        let (_dir, path) = made_up("3FGL", ["PowerLaw", "LogParabola", "PLSuperExpCutoff"][kind], &columns);
        let catalog = Catalog::read(&path, &[]).unwrap();
        if let Ok(source) = catalog.source(&catalog.entries()[0], None) {
            for parameter in source.spectrum().parameters() {
                prop_assert!(parameter.true_value().is_finite());
            }
        }
    }
}
