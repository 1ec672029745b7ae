//! What a change of a source leaves as it is: whatever has nothing to do with what was changed.

use std::collections::BTreeMap;
use std::path::Path;

use roi_fit::{Analysis, ConfiguredModel, Given};
use roi_model::{Parameter, Prior, Roi, SkyDirection, Source, SpatialKind, SpatialModel};
use roi_simulate::{SimulationOptions, simulate};

use crate::region::analysis;

/// A region on disk, from which maps of new places can be made.
fn opened(directory: &Path) -> Analysis {
    let region = simulate(&SimulationOptions::default().with_npix(20).with_ebins(4).with_sources(2)).unwrap();
    region.write_response(directory).unwrap();
    Analysis::open(region.write(directory).unwrap()).unwrap()
}

fn point(analysis: &Analysis) -> String {
    analysis.roi().sources().iter().find(|source| source.spatial().is_point()).unwrap().name().to_owned()
}

/// Half a degree away from where a source stands.
fn aside(source: &Source) -> SkyDirection {
    let place = source.direction().unwrap();
    SkyDirection::new(place.ra(), place.dec() + 0.5).unwrap()
}

/// Does to a source all that can be done to one beside moving it.
fn mark(analysis: &mut Analysis, name: &str) {
    analysis.set_parameter_prior(name, "Index", Some(Prior::gaussian(2.0, 0.3).unwrap())).unwrap();
    analysis.lock_parameter(name, "Scale", true).unwrap();
    analysis.set_apply_edisp(name, false).unwrap();
    let source = analysis.roi_mut().source_mut(name).unwrap();
    source.add_alias("an alias");
    source.set_catalog_values(BTreeMap::from([("Signif_Avg".to_owned(), 7.5)]));
    analysis.zero_source(name).unwrap();
}

fn expect_marks(analysis: &mut Analysis, name: &str, norm: &Parameter) {
    let source = analysis.roi().source("an alias").unwrap();
    assert_eq!(source.name(), name);
    assert_eq!(source.catalog_value("Signif_Avg"), Some(7.5));
    assert!(!source.apply_edisp());
    assert_eq!(source.spectrum().parameter("Index").unwrap().prior(), Some(&Prior::gaussian(2.0, 0.3).unwrap()));
    assert!(analysis.locked_parameters().eq([(name, "Scale")]));
    assert!(analysis.properties(name).unwrap().npred < 1e-6);
    analysis.unzero_source(name).unwrap();
    let back = analysis.roi().source(name).unwrap().spectrum().norm().unwrap();
    assert_eq!(
        (back.value(), back.scale(), back.min(), back.max()),
        (norm.value(), norm.scale(), norm.min(), norm.max())
    );
}

#[test]
fn a_source_that_is_moved_or_reshaped_keeps_what_has_nothing_to_do_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let mut analysis = opened(directory.path());
    let name = point(&analysis);
    let norm = analysis.roi().source(&name).unwrap().spectrum().norm().unwrap().clone();
    let full = analysis.loglike().unwrap();
    mark(&mut analysis, &name);
    let place = aside(analysis.roi().source(&name).unwrap());
    analysis.set_source_spatial("an alias", SpatialModel::disk(place, 0.4).unwrap()).unwrap();
    let source = analysis.roi().source(&name).unwrap();
    assert_eq!((source.spatial().kind(), source.direction()), (SpatialKind::Disk, Some(place)));
    expect_marks(&mut analysis, &name, &norm);
    analysis.remove_priors();
    assert!(analysis.loglike().unwrap() < full, "its counts are elsewhere");

    let (before, state) = (analysis.loglike().unwrap().to_bits(), analysis.roi().state());
    let far = SkyDirection::new(place.ra() + 90.0, place.dec()).unwrap();
    assert!(analysis.set_source_spatial(&name, SpatialModel::point(far).unwrap()).is_err());
    assert!(analysis.set_source_spatial("nobody", SpatialModel::point(place).unwrap()).is_err());
    assert_eq!((analysis.loglike().unwrap().to_bits(), analysis.roi().state()), (before, state));
}

#[test]
fn a_file_tells_the_place_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut analysis = opened(directory.path());
    let name = point(&analysis);
    let before = analysis.roi().source(&name).unwrap().clone();
    let place = aside(&before);
    let file = directory.path().join("place.yaml");
    let text = format!(
        "- {{name: other, ra: {}, dec: {}, SpatialModel: RadialGaussian, Sigma: 0.2, Index: 4}}",
        place.ra(),
        place.dec()
    );
    std::fs::write(&file, text).unwrap();
    analysis.set_source_spatial_of_file(&name, &file).unwrap();
    let source = analysis.roi().source(&name).unwrap();
    assert_eq!(source.spatial().kind(), SpatialKind::Gaussian);
    assert_eq!(source.spectrum().parameters(), before.spectrum().parameters());
    assert!(analysis.roi().source("other").is_err());
    std::fs::write(&file, "[]").unwrap();
    assert!(analysis.set_source_spatial_of_file(&name, &file).is_err());
}

#[test]
fn the_model_of_a_file_moves_sources_and_leaves_what_no_file_holds() {
    let directory = tempfile::tempdir().unwrap();
    let mut analysis = opened(directory.path());
    let name = point(&analysis);
    let norm = analysis.roi().source(&name).unwrap().spectrum().norm().unwrap().clone();
    let place = aside(analysis.roi().source(&name).unwrap());
    let mut moved = opened(directory.path());
    moved.set_source_spatial(&name, SpatialModel::disk(place, 0.3).unwrap()).unwrap();
    let expected = moved.loglike().unwrap();
    let path = directory.path().join("moved.xml");
    moved.write_xml(&path).unwrap();
    analysis.load_xml(&path).unwrap();
    assert_eq!(analysis.roi().source(&name).unwrap().direction(), Some(place));
    assert_eq!(analysis.loglike().unwrap().to_bits(), expected.to_bits(), "the map is that of the new place");

    // The other way round, back to where it was.
    mark(&mut analysis, &name);
    let back = directory.path().join("back.xml");
    let mut there = opened(directory.path());
    // Maps that are made differ from those of the simulator in the seventh digit.
    let spatial = there.roi().source(&name).unwrap().spatial().clone();
    there.set_source_spatial(&name, spatial).unwrap();
    let full = there.loglike().unwrap();
    mark(&mut there, &name);
    there.write_xml(&back).unwrap();
    std::fs::remove_file(lat_io::priors_beside(&back)).unwrap();
    analysis.load_xml(&back).unwrap();
    assert_eq!(analysis.roi().source(&name).unwrap().spatial().kind(), SpatialKind::Point);
    expect_marks(&mut analysis, &name, &norm);
    analysis.remove_priors();
    // Energy dispersion does not act in this region.
    assert_eq!(analysis.loglike().unwrap().to_bits(), full.to_bits());
    // Where the file has the emission, the source is zeroed no longer.
    analysis.zero_source(&name).unwrap();
    analysis.load_xml(&path).unwrap();
    assert_eq!(analysis.roi().source(&name).unwrap().spectrum().norm().unwrap().scale(), norm.scale());
    analysis.unzero_source(&name).unwrap();
    assert_eq!(analysis.roi().source(&name).unwrap().spectrum().norm().unwrap().scale(), norm.scale());
}

#[test]
fn a_saved_analysis_moves_sources_and_leaves_what_the_catalogs_know() {
    let directory = tempfile::tempdir().unwrap();
    let mut saved = opened(directory.path());
    let name = point(&saved);
    let norm = saved.roi().source(&name).unwrap().spectrum().norm().unwrap().clone();
    let place = aside(saved.roi().source(&name).unwrap());
    mark(&mut saved, &name);
    saved.set_source_spatial(&name, SpatialModel::point(place).unwrap()).unwrap();
    saved.write_roi(directory.path().join("saved")).unwrap();
    let mut loaded = opened(directory.path());
    let catalog = BTreeMap::from([("Signif_Avg".to_owned(), 7.5)]);
    loaded.roi_mut().source_mut(&name).unwrap().set_catalog_values(catalog);
    loaded.load_roi(directory.path().join("saved")).unwrap();
    assert_eq!(loaded.roi().source(&name).unwrap().direction(), Some(place));
    expect_marks(&mut loaded, &name, &norm);
}

#[test]
fn a_zeroed_source_stays_so_with_another_spectrum() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let full = analysis.loglike().unwrap();
    analysis.zero_source(&name).unwrap();
    analysis.set_source_spectrum(&name, "LogParabola", &[]).unwrap();
    assert!(analysis.properties(&name).unwrap().npred < 1e-6);
    analysis.set_source_spectrum(&name, "FileFunction", &[]).unwrap();
    assert!(analysis.properties(&name).unwrap().npred < 1e-6);
    let energies = analysis.roi().source(&name).unwrap().spectrum().file_tables()[0].clone();
    analysis.set_source_dnde(&name, energies.values()).unwrap();
    assert!(analysis.properties(&name).unwrap().npred < 1e-6);
    analysis.unzero_source(&name).unwrap();
    approx::assert_relative_eq!(analysis.loglike().unwrap(), full, max_relative = 1e-12);
}

#[test]
fn priors_go_with_the_parameters_that_they_are_of() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let norm = analysis.norm(&name).unwrap();
    analysis.add_gauss_prior(&name, "Prefactor", norm + 1.0, 0.5).unwrap();
    analysis.add_gauss_prior(&name, "Index", 2.2, 0.1).unwrap();
    let before = analysis.loglike().unwrap();
    analysis.set_source_spectrum(&name, "LogParabola", &[]).unwrap();
    approx::assert_relative_eq!(analysis.loglike().unwrap(), before, max_relative = 1e-13);
    let alpha = analysis.roi().source(&name).unwrap().spectrum().parameter("alpha").unwrap().prior().copied().unwrap();
    assert_eq!((alpha.mean(), alpha.sigma()), (2.2, 0.1));
}

#[test]
fn a_locked_parameter_is_fixed_whatever_is_told_of_the_new_spectrum() {
    let mut analysis = analysis();
    let name = point(&analysis);
    analysis.lock_parameter(&name, "Index", true).unwrap();
    let free = Given { value: Some(2.5), free: Some(true), ..Given::default() };
    analysis.set_source_spectrum(&name, "PowerLaw2", &[("Index", free)]).unwrap();
    assert!(!analysis.roi().source(&name).unwrap().spectrum().parameter("Index").unwrap().is_free());
    assert!(analysis.locked_parameters().eq([(name.as_str(), "Index")]));
}

#[test]
fn a_model_without_data_takes_sources_of_another_as_they_are() {
    let mut analysis = analysis();
    let name = point(&analysis);
    analysis.add_gauss_prior(&name, "Index", 2.0, 0.3).unwrap();
    let all = ConfiguredModel::of(analysis.roi());
    let mut model = all.clone();
    model.clear().unwrap();
    assert!(model.roi().sources().is_empty() && model.roi().center() == all.roi().center());
    assert!(model.take(&all, &[name.clone(), "nobody".to_owned()], true).is_err());
    assert!(model.roi().sources().is_empty(), "nothing changes on an error");
    model.take(&all, std::slice::from_ref(&name), true).unwrap();
    let index =
        |model: &ConfiguredModel| model.roi().source(&name).unwrap().spectrum().parameter("Index").unwrap().clone();
    assert!(model.roi().sources().len() == 1 && index(&model).prior().is_some());
    // One that is there stays, or is replaced and found by its old names, too.
    let mut other = all.clone();
    let source = other.delete_source(&name).unwrap();
    let mut renamed =
        Source::new("renamed", source.source_type(), source.spectrum().clone(), source.spatial().clone()).unwrap();
    renamed.add_alias(name.to_uppercase());
    renamed.spectrum_mut().parameter_mut("Index").unwrap().set_value(3.0).unwrap();
    let other = ConfiguredModel::of(&Roi::new(other.roi().center(), vec![renamed]).unwrap());
    model.take(&other, &[], false).unwrap();
    assert!(model.roi().sources()[0].name() == name && index(&model).value() != 3.0);
    model.take(&other, &[], true).unwrap();
    assert!(model.roi().sources()[0].name() == "renamed" && index(&model).value() == 3.0);
    model.take(&all, &[], true).unwrap();
    assert_eq!(model.roi().sources().len(), all.roi().sources().len());
}

#[test]
fn a_source_that_left_comes_back_with_the_map_of_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let mut analysis = opened(directory.path());
    let name = point(&analysis);
    let full = analysis.loglike().unwrap();
    analysis.write_xml(&path("here.xml")).unwrap();
    let mut other = opened(directory.path());
    let place = aside(other.roi().source(&name).unwrap());
    other.set_source_spatial(&name, SpatialModel::point(place).unwrap()).unwrap();
    let elsewhere = other.loglike().unwrap();
    assert!(elsewhere < full - 1.0);
    other.write_xml(&path("elsewhere.xml")).unwrap();
    other.delete_source(&name).unwrap();
    other.write_xml(&path("without.xml")).unwrap();

    for without in [true, false] {
        let leave = |analysis: &mut Analysis| {
            if without {
                analysis.load_xml(&path("without.xml")).unwrap();
            } else {
                analysis.delete_source(&name).unwrap();
            }
        };
        leave(&mut analysis);
        analysis.load_xml(&path("elsewhere.xml")).unwrap();
        assert_eq!(analysis.loglike().unwrap().to_bits(), elsewhere.to_bits(), "{without}");
        leave(&mut analysis);
        analysis.load_xml(&path("here.xml")).unwrap();
        // Maps that are made differ from those of the simulator in the seventh digit.
        approx::assert_relative_eq!(analysis.loglike().unwrap(), full, max_relative = 1e-6);
    }
}

#[test]
fn another_spectrum_leaves_other_sources_zeroed() {
    let mut analysis = analysis();
    let names: Vec<String> =
        analysis.roi().sources().iter().filter(|s| s.spatial().is_point()).map(|s| s.name().to_owned()).collect();
    let [zeroed, other, ..] = &names[..] else { panic!("two points are wanted") };
    let norm = analysis.roi().source(zeroed).unwrap().spectrum().norm().unwrap().clone();
    analysis.zero_source(zeroed).unwrap();
    analysis.set_parameter_scale(zeroed, norm.name(), 3.0 * norm.scale()).unwrap();
    analysis.set_source_spectrum(other, "LogParabola", &[]).unwrap();
    analysis.unzero_source(zeroed).unwrap();
    assert_eq!(analysis.roi().source(zeroed).unwrap().spectrum().norm().unwrap().scale(), norm.scale());
}
