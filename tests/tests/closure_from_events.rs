//! Photons drawn one by one, prepared and fitted as real ones are: what went in comes out, with errors that mean what they say.
//!
//! `ROI_FIT_CLOSURE` is the number of photon lists, 5 of each kind unless it says otherwise; `cargo xtask closure` takes 200.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::Path;
use std::sync::Arc;

use roi_fit::{Analysis, FitOptions, FitResult, PrepareOptions, ProductState, Quiet, prepare};
use roi_model::{FileTable, Parameter, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use roi_simulate::{EventOptions, observe, write_builtin_response};

const CENTER: [f64; 2] = [83.63, 22.01];
const ENERGIES: (f64, f64) = (300.0, 30_000.0);
const DAYS: f64 = 20.0;
/// What is fitted, and the true values.
const TRUTH: [(&str, &str, f64); 3] =
    [("Pulsar", "Prefactor", 2.0), ("Pulsar", "Index", 2.2), ("iso", "Normalization", 1.0)];

/// dN/dE of the isotropic emission at the nodes of its table, cm^-2 s^-1 sr^-1 MeV^-1.
fn table() -> FileTable {
    let energies: Vec<f64> = (0..=40).map(|i| 50.0 * 10f64.powf(f64::from(i) * 0.1)).collect();
    let dnde = energies.iter().map(|energy| 3e-9 * (energy / 1000.0).powf(-2.3)).collect();
    FileTable::new(energies, dnde).unwrap()
}

/// A bright point source and isotropic emission, their parameters free, times these factors.
fn model(factors: [f64; 3]) -> Vec<Source> {
    let [norm, index, iso] = [0, 1, 2].map(|i| TRUTH[i].2 * factors[i]);
    let free = |parameter: Parameter| {
        let mut parameter = parameter;
        parameter.set_free(true);
        parameter
    };
    let parameters = vec![
        free(Parameter::new("Prefactor", norm).unwrap().with_scale(1e-10).unwrap().with_bounds(1e-3, 1e3).unwrap()),
        free(Parameter::new("Index", index).unwrap().with_scale(-1.0).unwrap().with_bounds(0.0, 5.0).unwrap()),
        Parameter::new("Scale", 1000.0).unwrap(),
    ];
    let spectrum = Spectrum::new("PowerLaw", parameters).unwrap();
    let place = SpatialModel::point(SkyDirection::new(CENTER[0], CENTER[1]).unwrap()).unwrap();
    let point = Source::new("Pulsar", SourceType::Point, spectrum, place).unwrap();
    let norm = free(Parameter::new("Normalization", iso).unwrap().with_bounds(1e-3, 1e3).unwrap());
    let spectrum = Spectrum::file_function(norm, "iso.txt", Arc::new(table())).unwrap();
    vec![Source::new("iso", SourceType::Diffuse, spectrum, SpatialModel::isotropic().unwrap()).unwrap(), point]
}

/// Writes photons of a seed, and the configuration that prepares and fits them.
fn observed(folder: &Path, seed: u64, edisp: bool) -> std::path::PathBuf {
    let name = write_builtin_response(folder).unwrap();
    let irfs = lat_io::read_irf_set(folder, name, 3).unwrap();
    let (emin, emax) = ENERGIES;
    let options = EventOptions::default()
        .with_seed(seed)
        .with_days(DAYS)
        .with_cone(CENTER, 8.0)
        .with_energies(emin, emax)
        .with_edisp(edisp);
    let files = ["photons.fits", "spacecraft.fits"].map(|file| folder.join(file));
    let no_map = |_: &str| unreachable!("there is no map in this model");
    observe(&model([1.0; 3]), &no_map, &irfs, &options, [&files[0], &files[1]]).unwrap();
    std::fs::write(folder.join("iso.txt"), table().to_text()).unwrap();
    let start = model([1.2, 1.03, 0.8]);
    std::fs::write(folder.join("model.xml"), roi_model::write_xml("start", &start).unwrap()).unwrap();
    let [ra, dec] = CENTER;
    let text = format!(
        "data: {{evfile: photons.fits, scfile: spacecraft.fits}}\n\
         selection: {{ra: {ra}, dec: {dec}, emin: {emin}, emax: {emax}, zmax: 90, evclass: 128, evtype: 3, \
         filter: 'DATA_QUAL>0 && LAT_CONFIG==1'}}\n\
         binning: {{npix: 60, binsz: 0.15, enumbins: 20}}\n\
         gtlike: {{irfs: {name}, edisp: {edisp}, edisp_bins: 2, energy_integration: quadrature}}\n\
         files: {{xml: model.xml, irfs: .}}\n"
    );
    let config = folder.join("config.yaml");
    std::fs::write(&config, text).unwrap();
    config
}

fn fitted(analysis: &mut Analysis) -> FitResult {
    let mut options = FitOptions::default();
    options.update = false;
    let result = analysis.fit(&options).unwrap();
    assert!(result.fit_success, "{}", result.message);
    result
}

/// How far the fitted values are from the true ones, in errors, in the order of [`TRUTH`].
fn pulls(seed: u64, edisp: bool) -> [f64; 3] {
    let folder = tempfile::tempdir().unwrap();
    let config = observed(folder.path(), seed, edisp);
    let result = fitted(&mut Analysis::open(&config).unwrap());
    TRUTH.map(|(source, parameter, truth)| {
        let is_it = |row: &usize| result.src_names[*row] == source && result.par_names[*row] == parameter;
        let row = (0..result.values.len()).find(is_it).unwrap();
        (result.values[row] - truth) / result.errors[row]
    })
}

fn assert_normal(edisp: bool) {
    let n: u64 = std::env::var("ROI_FIT_CLOSURE").map_or(5, |text| text.parse().unwrap());
    // Each kind has seeds of its own.
    let first = if edisp { 1_000_000 } else { 0 };
    let all: Vec<_> = (first..first + n).map(|seed| pulls(seed, edisp)).collect();
    let number = all.len() as f64;
    for (i, (source, parameter, _)) in TRUTH.into_iter().enumerate() {
        let mean = all.iter().map(|pulls| pulls[i]).sum::<f64>() / number;
        let square = all.iter().map(|pulls| pulls[i] * pulls[i]).sum::<f64>() / number;
        let width = (square - mean * mean).max(0.0).sqrt();
        println!(
            "edisp {edisp}, {source} {parameter}: pulls of {n} photon lists {mean:+.3} +- {:.3}, width {width:.3} +- {:.3}",
            1.0 / number.sqrt(),
            1.0 / (2.0 * number).sqrt()
        );
        assert!(mean.abs() < 3.5 / number.sqrt(), "{source} {parameter}: mean {mean}");
        assert!(
            (square - 1.0).abs() < 3.5 * (2.0 / number).sqrt() + 3.0 / number,
            "{source} {parameter}: mean square {square}"
        );
    }
}

#[test]
fn pulls_from_photons_scatter_by_one() {
    assert_normal(false);
}

#[test]
fn pulls_from_photons_with_dispersed_energies_scatter_by_one() {
    assert_normal(true);
}

/// The demo region from its photons, all of it: what the program writes is what it reads.
#[test]
fn a_simulated_photon_list_is_prepared_once_and_fitted() {
    let folder = tempfile::tempdir().unwrap();
    let config = observed(folder.path(), 7, false);
    let made = prepare(&config, &PrepareOptions::default(), &mut Quiet).unwrap();
    assert!(made.products.iter().all(|product| product.state == ProductState::Missing));
    let again = prepare(&config, &PrepareOptions::default(), &mut Quiet).unwrap();
    assert!(again.products.iter().all(|product| product.state == ProductState::Current));

    let mut analysis = Analysis::open(&config).unwrap();
    let before = analysis.loglike().unwrap();
    let result = fitted(&mut analysis);
    assert!(result.loglike > before);
    // At the maximum the predicted counts of all sources are the counts, for their norms are free.
    let report = analysis.loglike_report().unwrap();
    let predicted: f64 = report.components[0].npred.values().flatten().sum();
    println!("{predicted:.2} of {} photons predicted", report.counts);
    assert!((predicted / report.counts - 1.0).abs() < 1e-4 && report.counts > 500.0);
}
