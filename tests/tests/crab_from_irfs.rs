//! One week of the Crab from counts, livetime and response functions: exposure, PSF and source maps are our own.
//!
//! The model of the Galactic diffuse emission behind the published fit was not distributed, so its map alone is the LAT tools'.
//!
//! The fit is of 2012, and its map of the Crab was not kept; its map of the whole model was. The tools of that time took a part of the PSF's
//! integral twice (`Recipe::science_tools`), which raised the map of the Crab by 4.6 % at 100 MeV, 1.2 % at 300 MeV. By the rules of today's
//! tools the Crab's flux is a quarter of its error higher than published.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "clippy takes the helpers of a test for library code")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use acceptance::data;
use lat_io::FitsFile;
use lat_response::{
    Exposure, ExposureLookup, Frame, ObservationPsf, ObservedExposure, ObservedIrfs, Recipe, Response, ResponsePsf,
    SkyGrid, SourceMapBuilder, SourceMapOptions, WcsGrid, WcsHeader,
};
use likelihood_core::{ComponentData, Data, SourceMap};
use ndarray::{Array2, Axis};
use roi_fit::{Analysis, FitOptions};
use roi_model::SkyDirection;
use serde::Deserialize;

const CRAB: &str = "Crab";
const ISOTROPIC: &str = "Extragal_diffuse";
const GALACTIC: &str = "Galactic_diffuse";

#[derive(Deserialize)]
struct Reference {
    nll: f64,
    params: BTreeMap<String, (f64, f64)>,
}

/// A fitted parameter: its name in the reference, its source, and its name there.
const PARAMETERS: [(&str, &str, &str); 4] = [
    ("Crab:Integral(1e-7)", CRAB, "Integral"),
    ("Crab:Index", CRAB, "Index"),
    ("Extragal:Normalization", ISOTROPIC, "Normalization"),
    ("Galactic:Value", GALACTIC, "Value"),
];

/// Our source maps of the point source and the isotropic emission, by name.
fn maps(folder: &Path, loaded: &lat_dataset::Loaded, recipe: Recipe) -> Vec<(String, SourceMap)> {
    let counts = &loaded.observation.components[0].counts;
    let livetime = Arc::new(lat_io::read_livetime_cube(&folder.join("ltcube.fits.gz")).unwrap());
    let irfs: Arc<[_]> = lat_io::read_irf_set(folder, "P7SOURCE_V6", 3).unwrap().into();
    let energies = counts.cube.axis().edges().to_vec();
    // As fine as the exposure map of the published fit, and wide enough for what the PSF brings in from outside the counts map.
    let around = WcsHeader::centered([100, 100], 0.5, Frame::Galactic, "CAR", [184.5575, -5.7844]);
    let cube = ObservedExposure::new(ObservedIrfs::new(&livetime, &irfs), &energies)
        .and_then(|exposure| exposure.cube(SkyGrid::Wcs(WcsGrid::new(around)?)))
        .unwrap();
    let psf = ResponsePsf::new(livetime, irfs, energies, recipe);
    let response = Response {
        exposure: Exposure::new(cube, ExposureLookup::Fermitools).unwrap(),
        psf: ObservationPsf::Computed(Arc::new(psf)),
    };
    let grid = counts.grid.clone();
    let mut options = SourceMapOptions::default();
    options.recipe = recipe;
    let builder = SourceMapBuilder::new(&grid, counts.cube.axis(), 0, response, options).unwrap();
    let sources: Vec<_> = loaded.roi.sources().iter().filter(|source| source.name() != GALACTIC).collect();
    let maps = builder.build_all(&sources, &(), &|_| ()).unwrap();
    sources.iter().map(|source| source.name().to_owned()).zip(maps).collect()
}

/// How far a fit is from the published one, in units of the published errors.
fn assert_met(fit: &roi_fit::FitResult, reference: &Reference, case: &str, bars: [f64; 4]) {
    println!("{case}: -lnL {:.3}, published {:.3}", -fit.loglike, reference.nll);
    assert_eq!(fit.fit_quality, 3);
    assert!((-fit.loglike - reference.nll).abs() < 1.0, "{case}: {}", -fit.loglike);
    for ((theirs, source, parameter), bar) in PARAMETERS.into_iter().zip(bars) {
        let (value, error) = reference.params[theirs];
        let row = (0..fit.values.len()).find(|&i| fit.src_names[i] == source && fit.par_names[i] == parameter);
        let found = fit.values[row.unwrap()];
        let sigmas = (found - value) / error;
        println!("{case}: {theirs} {found:.5}, published {value:.5}: {sigmas:+.3} of its error");
        assert!(sigmas.abs() < bar, "{case}: {theirs} {found}, {sigmas} of its error");
    }
}

#[test]
fn the_published_fit_is_met_without_a_source_map_of_its_sources() {
    let Some(directory) = data::directory_or_skip("crab_from_irfs") else { return };
    let folder = directory.join("crab-p7v6");
    let reference: Reference = data::json(&folder.join("p7v6_gtlike_reference.json")).unwrap();
    let loaded = lat_dataset::load(&folder.join("config.yaml")).unwrap();
    let component = &loaded.observation.components[0];
    // By the other rules the Crab's flux alone is more than a fifth of its error away.
    for (tools, recipe, bars) in [
        ("of Pass 7", Recipe::science_tools(), [0.1; 4]),
        ("today's", Recipe::fermitools(), [0.3, 0.2, 0.2, 0.2]),
        ("accurate", Recipe::accurate(), [0.3, 0.2, 0.2, 0.2]),
    ] {
        let mut likelihood = ComponentData::new("00", &component.counts.cube);
        for (name, map) in &maps(&folder, &loaded, recipe) {
            likelihood.add_source_map(name, map).unwrap();
        }
        likelihood.add_source_map(GALACTIC, &component.source_maps.as_ref().unwrap().read(GALACTIC).unwrap()).unwrap();
        let likelihood = Data::new(vec![likelihood]).unwrap();
        let mut analysis = Analysis::new(loaded.roi.clone(), likelihood).unwrap();
        let fit = analysis.fit(&FitOptions::default()).unwrap();
        assert_met(&fit, &reference, tools, bars);
    }
}

/// The tools kept the map of their fitted model, summed over energy. Without the diffuse emission, whose maps are there, it is their map of
/// the Crab.
#[test]
fn the_published_model_map_less_its_diffuse_emission_is_the_map_of_the_crab() {
    let Some(directory) = data::directory_or_skip("crab_from_irfs") else { return };
    let folder = directory.join("crab-p7v6");
    let reference: Reference = data::json(&folder.join("p7v6_gtlike_reference.json")).unwrap();
    let loaded = lat_dataset::load(&folder.join("config.yaml")).unwrap();
    let component = &loaded.observation.components[0];
    let mut roi = loaded.roi.clone();
    for (theirs, source, parameter) in PARAMETERS {
        let spectrum = roi.source_mut(source).unwrap().spectrum_mut();
        spectrum.parameter_mut(parameter).unwrap().set_value(reference.params[theirs].0).unwrap();
    }
    let summed = |name: &str, map: &SourceMap| -> Array2<f64> {
        let mut likelihood = ComponentData::new("00", &component.counts.cube);
        likelihood.add_source_map(name, map).unwrap();
        likelihood.model_map(roi.source(name).unwrap(), map).unwrap().sum_axis(Axis(0))
    };
    let file = FitsFile::open(folder.join("modmap.fits.gz")).unwrap();
    let image = file.read_image_f32(file.primary().unwrap()).unwrap();
    let mut theirs = image.pixels.into_dimensionality::<ndarray::Ix2>().unwrap().mapv(f64::from);
    for name in [ISOTROPIC, GALACTIC] {
        theirs -= &summed(name, &component.source_maps.as_ref().unwrap().read(name).unwrap());
    }
    let position = SkyDirection::new(83.6331, 22.0145).unwrap();
    let separation = |pixel: usize| component.counts.grid.direction(pixel).unwrap().separation(&position);
    let separations: Vec<f64> = (0..theirs.len()).map(separation).collect();
    let ring = |map: &Array2<f64>, from: f64, to: f64| -> f64 {
        map.iter().zip(&separations).filter(|(_, at)| (from..to).contains(*at)).map(|(value, _)| value).sum()
    };
    let rings = [0.0, 0.3, 1.0, 2.0, 4.0, 7.5];
    for (tools, recipe, bar) in [("of Pass 7", Recipe::science_tools(), 1e-3), ("today's", Recipe::fermitools(), 0.03)]
    {
        let maps = maps(&folder, &loaded, recipe);
        let (name, map) = maps.iter().find(|(name, _)| name == CRAB).unwrap();
        let ours = summed(name, map);
        for pair in rings.windows(2) {
            let (expected, found) = (ring(&theirs, pair[0], pair[1]), ring(&ours, pair[0], pair[1]));
            let difference = found / expected - 1.0;
            println!(
                "{tools}, {} to {} deg: {found:.2} counts, theirs {expected:.2}: {difference:+.5}",
                pair[0], pair[1]
            );
            assert!(difference.abs() < bar, "{tools}, {pair:?}: {difference}");
        }
    }
}

/// As a user has it: the configuration names counts, livetime and response functions, and the source map file holds the two diffuse maps only.
/// No exposure, no PSF.
#[test]
fn a_configuration_without_exposure_and_psf_meets_the_published_fit() {
    let Some(directory) = data::directory_or_skip("crab_from_irfs") else { return };
    let reference: Reference = data::json(&directory.join("crab-p7v6/p7v6_gtlike_reference.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(directory.join("crab-p7v6")).unwrap() {
        let (name, path) = entry.map(|entry| (entry.file_name(), entry.path())).unwrap();
        let kept = ["aeff", "psf", "edisp", "cntmap", "crab_model", "isotrop", "ltcube", "srcmap.fits"];
        if kept.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            std::fs::copy(path, folder.path().join(name)).unwrap();
        }
    }
    let config = "\
gtlike: {irfs: P7SOURCE_V6, edisp: false}
data: {ltcube: ltcube.fits.gz}
files: {ccube: cntmap.fits.gz, srcmap: srcmap.fits.gz, irfs: ., xml: crab_model.xml}
";
    std::fs::write(folder.path().join("config.yaml"), config).unwrap();
    let mut analysis = Analysis::open(folder.path().join("config.yaml")).unwrap();
    let fit = analysis.fit(&FitOptions::default()).unwrap();
    assert_met(&fit, &reference, "by configuration", [0.05; 4]);
}
