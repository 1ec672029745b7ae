//! Components that share one model but not its templates.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

mod common;

use common::Load;
use fixtures::{CONFIG, MODEL, Region, small_counts, small_maps};
use lat_dataset::Component;
use likelihood_core::{ComponentData, SourceMap};
use ndarray::Array3;
use roi_model::{FileTable, Source};

/// A region of two components, the second of which has its own isotropic table, as XML and as section `model`.
fn with_own_table(own: &str, as_xml: bool) -> Region {
    let region = Region::new();
    let copy = |name: &str, to: &str| std::fs::copy(region.path(name), region.path(to)).unwrap();
    copy("ccube_00.fits", "ccube_01.fits");
    copy("srcmap_00.fits.gz", "srcmap_01.fits.gz");
    region.write("iso1.txt", own);
    if as_xml {
        region.write("srcmdl_01.xml", &MODEL.replace("iso.txt", "iso1.txt"));
        region.write("config.yaml", &format!("components: [{{}}, {{}}]\n{CONFIG}"));
    } else {
        std::fs::remove_file(region.path("srcmdl_00.xml")).unwrap();
        region.write(
            "config.yaml",
            &format!(
                "components: [{{model: {{isodiff: iso.txt}}}}, {{model: {{isodiff: iso1.txt}}}}]\n\
                 selection: {{glon: 0.3, glat: -1.25}}\nmodel: {{sources: [{{name: 4FGL J0000.0-0000, glon: 0.3, glat: -1.2}}]}}\n{CONFIG}"
            ),
        );
    }
    region
}

#[test]
fn a_table_of_its_own_acts_as_another_spectrum_of_that_component_alone() {
    let table = "10 3e-6\n300 5e-8\n1000000 4e-12\n";
    let counts = |component: &Component, name: &str, source: &Source, own: bool| {
        let mut likelihood = ComponentData::new("x", &component.counts.cube);
        let map = if own { component.source_map(source, None).unwrap() } else { component.stored_map(name).unwrap() };
        likelihood.add_source_map(name, &map).unwrap();
        likelihood.npred(source).unwrap()
    };
    for as_xml in [true, false] {
        let loaded = with_own_table(table, as_xml).load().unwrap();
        let [first, second] = loaded.observation.components.as_slice() else { panic!("two components") };
        let shared = loaded.roi.source("isodiff").unwrap();
        // The truth: a source with that table, and the map as it is.
        let theirs = second.model.source(shared).unwrap();
        assert!(
            theirs.spectrum().file().unwrap().ends_with("iso1.txt")
                && shared.spectrum().file().unwrap().ends_with("iso.txt")
        );
        let expected = counts(second, "isodiff", &theirs, false);
        let wrong = counts(second, "isodiff", shared, false);
        for ((found, expected), wrong) in counts(second, "isodiff", shared, true).iter().zip(&expected).zip(wrong) {
            assert!((found / expected - 1.0).abs() < 1e-7, "{found} {expected}");
            assert!((wrong / expected - 1.0).abs() > 0.1);
        }
        let all = counts(first, "isodiff", shared, true);
        assert_eq!(all, counts(first, "isodiff", shared, false));
        let point = loaded.roi.source("4FGL J0000.0-0000").unwrap();
        assert_eq!(counts(second, point.name(), point, true), counts(second, point.name(), point, false));
    }
}

#[test]
fn tables_that_do_not_fit_together_are_told_and_surplus_planes_cut() {
    let failure = |own: &str, name: &str| {
        let loaded = with_own_table(own, true).load().unwrap();
        let shared = loaded.roi.source(name).unwrap();
        loaded.observation.components[1]
            .source_map(shared, None)
            .map(|map| map.n_planes())
            .map_err(|error| error.to_string())
    };
    // The axis goes from 100 to 8000 MeV.
    assert!(failure("200 1e-6\n9000 1e-9\n", "isodiff").unwrap_err().contains("100"));
    assert_eq!(failure("90 1e-6\n9000 1e-9\n", "isodiff"), Ok(4));
    let zero = with_own_table("10 1e-6\n1000000 1e-9\n", true);
    zero.write("iso.txt", "10 1e-6\n2000 0\n3000 0\n1000000 1e-9\n");
    let loaded = zero.load().unwrap();
    let told = loaded.observation.components[1]
        .source_map(loaded.roi.source("isodiff").unwrap(), None)
        .unwrap_err()
        .to_string();
    assert!(told.contains("zero at"), "{told}");

    // Two extra planes on each side of a map, of which the table reaches one.
    let counts = small_counts();
    let axis = counts.cube.axis();
    let map = SourceMap::new(Array3::from_elem((8, 4, 5), 1.0)).unwrap();
    for (own, planes) in [("39 1e-6\n65000 1e-9\n", 6), ("1 1e-6\n1000000 1e-9\n", 8)] {
        let loaded = with_own_table(own, true).load().unwrap();
        let shared = loaded.roi.source("isodiff").unwrap();
        let adapted = loaded.observation.components[1].model.adapted(shared, axis, map.clone()).unwrap();
        assert_eq!(adapted.n_planes(), planes);
        let own = FileTable::parse(own).unwrap();
        for (plane, energy) in adapted.planes().outer_iter().skip((planes - 4) / 2).zip(axis.edges()) {
            let ratio = own.dnde(*energy).unwrap() / shared.spectrum().dnde(*energy).unwrap();
            assert!((f64::from(plane[[0, 0]]) / ratio - 1.0).abs() < 1e-7);
        }
    }
}

#[test]
fn a_component_may_lack_a_source() {
    let region = with_own_table("10 1e-6\n1000000 1e-9\n", false);
    region.write("limb.txt", "10 1e-6\n1000000 1e-9\n");
    let text = std::fs::read_to_string(region.path("config.yaml")).unwrap();
    region.write("config.yaml", &text.replace("{isodiff: iso1.txt}", "{isodiff: iso1.txt, limbdiff: limb.txt}"));
    // It has no source map in the component that has the source, and needs none in the other.
    region.fails_with(&["01", "limbdiff"]);
    let maps = small_maps().into_iter().chain([("limbdiff".to_owned(), small_maps().remove(0).1)]);
    lat_io::write_source_maps(&region.path("srcmap_01.fits.gz"), &small_counts(), &mut maps.into_iter()).unwrap();
    let loaded = region.load().unwrap();
    let limb = loaded.roi.source("limbdiff").unwrap();
    let sum =
        |component: usize| loaded.observation.components[component].source_map(limb, None).unwrap().planes().sum();
    assert_eq!(sum(0), 0.0);
    assert!(sum(1) > 0.0);
    let sources = loaded.observation.components[0].model.sources(&loaded.roi).unwrap();
    assert!(sources.len() == 2 && sources.iter().all(|source| source.name() != "limbdiff"));
}
