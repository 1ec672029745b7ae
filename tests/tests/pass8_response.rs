//! The response functions of today's data (`P8R3_SOURCE_V3`), as they are published, against what the LAT tools made of them: exposure, energy
//! dispersion, source maps, likelihood.
//!
//! Two rules of the tools are followed by default and not by the accurate recipe: all event types have the correction for the trigger rate of the
//! first, and near the axis the energy dispersion has the width at the centre of its table's last bin.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};

use acceptance::data;
use lat_io::SourceMapFile;
use lat_response::{
    Exposure, ExposureLookup, Irf, LivetimeCube, ObservedExposure, ObservedIrfs, Recipe, response_matrix,
};
use ndarray::Axis;
use roi_fit::Analysis;
use roi_model::SkyDirection;
use serde::Deserialize;

const IRFS: &str = "P8R3_SOURCE_V3";
const FRONT_AND_BACK: u32 = 3;

fn response_functions(directory: &Path) -> Vec<Irf> {
    lat_io::read_irf_set(&directory.join("irfs-p8r3-source-v3"), IRFS, FRONT_AND_BACK).unwrap()
}

fn livetime_of(path: &Path) -> LivetimeCube {
    lat_io::read_livetime_cube(path).unwrap()
}

/// A region in a folder of its own, so that nothing is written beside the data.
fn configured(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, text).unwrap();
    path
}

#[derive(Deserialize)]
struct Exposures {
    positions_ra_dec: Vec<[f64; 2]>,
    #[serde(rename = "energies_MeV")]
    energies: Vec<f64>,
    gtexpcube2_cm2s: Vec<f64>,
}

#[test]
fn the_exposure_of_gtexpcube2_is_met() {
    let Some(directory) = data::directory_or_skip("the_exposure_of_gtexpcube2_is_met") else { return };
    let expected: Exposures = data::json(&directory.join("faults/efficiency-first-type/expected.json")).unwrap();
    let livetime = livetime_of(&directory.join("fermitools-roi/ltcube.fits.gz"));
    let irfs = response_functions(&directory);
    let [ra, dec] = expected.positions_ra_dec[0];
    let direction = SkyDirection::new(ra, dec).unwrap();
    let largest_difference = |recipe: Recipe| {
        let observed = ObservedIrfs::new(&livetime, &irfs).with_recipe(recipe);
        let found = ObservedExposure::new(observed, &expected.energies).unwrap().at(&direction).unwrap();
        let pairs = found.iter().zip(&expected.gtexpcube2_cm2s);
        pairs.map(|(found, expected)| (found / expected - 1.0).abs()).fold(0.0, f64::max)
    };
    let (tools, own) = (largest_difference(Recipe::fermitools()), largest_difference(Recipe::accurate()));
    println!("exposure: {tools:.1e} from gtexpcube2's; each event type with its own correction: {own:.1e}");
    // Both are 32-bit floats.
    assert!(tools < 3e-7, "{tools}");
    assert!((5e-4..5e-3).contains(&own), "{own}");
}

#[derive(Deserialize)]
struct OnAxis {
    #[serde(rename = "edges_MeV")]
    edges: Vec<f64>,
    matrix: Vec<Vec<f64>>,
}

#[test]
fn the_matrix_of_gtdrm_is_met() {
    let Some(directory) = data::directory_or_skip("the_matrix_of_gtdrm_is_met") else { return };
    let irfs = response_functions(&directory);
    let crab = SkyDirection::new(83.633, 22.014).unwrap();

    let survey = livetime_of(&directory.join("fermitools-roi/ltcube.fits.gz"));
    let counts = lat_io::read_counts_cube(&directory.join("fermitools-roi/ccube.fits.gz")).unwrap();
    let edges = counts.cube.axis().edges().to_vec();
    let theirs =
        lat_io::read_detector_response(&directory.join("fermitools-roi/drm.fits.gz"), counts.cube.axis()).unwrap();
    let on_axis: OnAxis = data::json(&directory.join("drm-on-axis/expected.json")).unwrap();
    let axial = livetime_of(&directory.join("drm-on-axis/ltcube_on_axis.fits"));
    let rows = on_axis.matrix.concat();
    let survey_rows: Vec<f64> = theirs.matrix().iter().copied().collect();
    let cases = [
        (("survey", &survey), (&edges, theirs.n_extra()), (survey_rows, 1e-4)),
        (("on axis", &axial), (&on_axis.edges, 0), (rows, 0.02)),
    ];
    for ((name, livetime), (edges, n_extra), (expected, by_the_other_rule)) in cases {
        let largest_difference = |recipe: Recipe| {
            let observed = ObservedIrfs::new(livetime, &irfs).with_recipe(recipe);
            let found = response_matrix(observed, &crab, edges, n_extra).unwrap();
            assert_eq!(found.len(), expected.len(), "{name}");
            found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        let (tools, own) = (largest_difference(Recipe::fermitools()), largest_difference(Recipe::accurate()));
        println!("response matrix, {name}: {tools:.1e} from gtdrm's; with the width at each inclination: {own:.1e}");
        assert!(tools < 1e-6, "{name}: {tools}");
        assert!(own > by_the_other_rule, "{name}: {own}");
    }
}

#[test]
fn the_source_maps_of_gtsrcmaps_are_met_from_livetime_and_response_functions() {
    let Some(directory) = data::directory_or_skip("the_source_maps_of_gtsrcmaps_are_met") else { return };
    let folder = directory.join("fermitools-roi").canonicalize().unwrap();
    let irfs = response_functions(&directory);
    let livetime = livetime_of(&folder.join("ltcube.fits.gz"));
    // gtsrcmaps looks the exposure up in the pixels of this file.
    let file = lat_io::read_exposure(&folder.join("bexpmap.fits.gz")).unwrap();
    let observed = ObservedExposure::new(ObservedIrfs::new(&livetime, &irfs), file.cube().energies()).unwrap();
    let exposure = observed.cube(file.cube().grid().clone()).unwrap();
    let worst = exposure.planes().iter().zip(file.cube().planes()).map(|(a, b)| f64::from((a / b - 1.0).abs()));
    let worst = worst.fold(0.0, f64::max);
    println!("exposure of all the sky: {worst:.1e}");
    assert!(worst < 1e-6, "{worst}");
    let own = tempfile::tempdir().unwrap();
    lat_io::write_exposure(
        &own.path().join("bexpmap.fits"),
        &Exposure::new(exposure, ExposureLookup::Fermitools).unwrap(),
    )
    .unwrap();

    let text = format!(
        "selection: {{ra: 83.63, dec: 22.01, evtype: 3}}\ngtlike: {{irfs: {IRFS}, edisp: true, edisp_bins: 2}}\n\
         fileio: {{outdir: {out}}}\n\
         files: {{ccube: {roi}/ccube.fits.gz, xml: {roi}/model_true.xml, ltcube: {roi}/ltcube.fits.gz, irfs: {irfs}, \
         bexpmap: bexpmap.fits}}\n",
        out = own.path().display(),
        roi = folder.display(),
        irfs = directory.join("irfs-p8r3-source-v3").canonicalize().unwrap().display(),
    );
    let loaded = lat_dataset::load(&configured(&own, &text)).unwrap();
    let component = &loaded.observation.components[0];
    let sources: Vec<_> = loaded.roi.sources().iter().map(|own| component.model.source(own).unwrap()).collect();
    let theirs = SourceMapFile::open(&folder.join("srcmap.fits.gz")).unwrap();
    let mut worst = Vec::new();
    let compare = |source: &roi_model::Source, found: likelihood_core::SourceMap| {
        let expected = theirs.read(source.name()).unwrap();
        let planes = found.planes().axis_iter(Axis(0)).zip(expected.planes().axis_iter(Axis(0)));
        let difference = |(a, b): (ndarray::ArrayView2<'_, f32>, ndarray::ArrayView2<'_, f32>)| {
            let peak = b.iter().fold(0.0f32, |most, value| most.max(*value));
            a.iter().zip(&b).fold(0.0f32, |most, (a, b)| most.max((a - b).abs())) / peak
        };
        worst.push((planes.map(difference).fold(0.0, f32::max), source.name().to_owned()));
        Ok::<_, lat_dataset::Error>(())
    };
    component.make_source_maps(&sources, &|_| (), compare).unwrap();
    assert_eq!(worst.len(), 22);
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("source maps, largest differences of the peak of a plane: {:?}", &worst[..3]);
    assert!(worst[0].0 < 1e-6, "{worst:?}");
}

#[test]
fn the_likelihood_needs_nothing_but_livetime_and_response_functions() {
    let Some(directory) = data::directory_or_skip("the_likelihood_needs_nothing_but_livetime") else { return };
    let roi = directory.join("fermitools-roi").canonicalize().unwrap();
    let irfs = directory.join("irfs-p8r3-source-v3").canonicalize().unwrap();
    for (edisp, bins) in [(false, 0), (true, 2)] {
        let loglike = |model: &str, files: &str| {
            let folder = tempfile::tempdir().unwrap();
            let text = format!(
                "selection: {{emin: 100, emax: 300000, ra: 83.63, dec: 22.01, evclass: 128, evtype: 3}}\n\
                 gtlike: {{irfs: {IRFS}, edisp: {edisp}, edisp_bins: {bins}}}\n\
                 fileio: {{outdir: {out}}}\n\
                 files: {{ccube: {roi}/ccube.fits.gz, xml: {roi}/{model}, {files}}}\n",
                out = folder.path().display(),
                roi = roi.display(),
            );
            Analysis::open(configured(&folder, &text)).unwrap().loglike().unwrap()
        };
        let computed = format!("ltcube: {}/ltcube.fits.gz, irfs: {}", roi.display(), irfs.display());
        let products = format!("srcmap: {roi}/srcmap.fits.gz, drm: {roi}/drm.fits.gz", roi = roi.display());
        for model in ["model_true.xml", "model_start.xml"] {
            let (found, expected) = (loglike(model, &computed), loglike(model, &products));
            println!("edisp_bins {bins}, {model}: {found:.6}, with the tools' files {expected:.6}");
            assert!((found - expected).abs() < 0.01, "{bins}, {model}: {found} {expected}");
        }
    }
}

#[derive(Deserialize)]
struct Started {
    initial: Initial,
}

#[derive(Deserialize)]
struct Initial {
    #[serde(rename = "logL")]
    loglike: f64,
}

/// What the original likelihood recorded at the start of its fits.
#[test]
fn the_recorded_likelihood_is_met_from_livetime_and_response_functions() {
    let Some(directory) = data::directory_or_skip("the_recorded_likelihood_is_met_from_livetime") else { return };
    let roi = directory.join("fermitools-roi").canonicalize().unwrap();
    let irfs = directory.join("irfs-p8r3-source-v3").canonicalize().unwrap();
    for (edisp, bins, answers) in [(false, 0, "fit_newminuit_edisp0.json"), (true, 2, "fit_newminuit_edisp2.json")] {
        let expected: Started = data::json(&roi.join(answers)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "selection: {{emin: 100, emax: 300000, ra: 83.63, dec: 22.01, evclass: 128, evtype: 3}}\n\
             gtlike: {{irfs: {IRFS}, edisp: {edisp}, edisp_bins: {bins}}}\n\
             fileio: {{outdir: {out}}}\n\
             files: {{ccube: {roi}/ccube.fits.gz, xml: {roi}/model_start.xml, ltcube: {roi}/ltcube.fits.gz, irfs: {irfs}}}\n",
            out = folder.path().display(),
            roi = roi.display(),
            irfs = irfs.display(),
        );
        let found = Analysis::open(configured(&folder, &text)).unwrap().loglike().unwrap();
        println!("edisp_bins {bins}: {found:.6}, recorded {:.6}", expected.initial.loglike);
        assert!((found - expected.initial.loglike).abs() < 0.01, "{found} {}", expected.initial.loglike);
    }
}

/// An exposure map that covers the region alone predicts what one of all the sky does.
#[test]
fn an_exposure_map_of_the_region_alone_leaves_diffuse_emission_bright() {
    let Some(directory) = data::directory_or_skip("an_exposure_map_of_the_region_alone") else { return };
    let inputs = directory.join("faults/roi-only-exposure").canonicalize().unwrap();
    let predicted = |exposure: &str| {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "selection: {{ra: 83.63, dec: 22.01}}\ngtlike: {{edisp: false}}\nfileio: {{outdir: {out}}}\n\
             files: {{ccube: {inputs}/ccube.fits, bexpmap: {inputs}/{exposure}, psf: {inputs}/psf.fits, xml: {inputs}/iso.xml}}\n",
            out = folder.path().display(),
            inputs = inputs.display(),
        );
        let mut analysis = Analysis::open(configured(&folder, &text)).unwrap();
        analysis.loglike_report().unwrap().components[0].npred["iso"].clone()
    };
    let (all_sky, region) = (predicted("bexpmap_allsky.fits"), predicted("bexpmap_roi.fits"));
    println!("isotropic emission: {:?} of {:?}", region.iter().sum::<f64>(), all_sky.iter().sum::<f64>());
    for (bin, (found, expected)) in region.iter().zip(&all_sky).enumerate() {
        // Exposure changes by a few percent over the region; taken as zero beyond it the first bin would be at 0.83.
        assert!((found / expected - 1.0).abs() < 0.01, "bin {bin}: {found} {expected}");
    }
}
