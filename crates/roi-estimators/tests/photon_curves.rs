//! Closure from photon files: photons are drawn, selected, binned and fitted in time bins, and fluxes are those that they were drawn from.
//!
//! `ROI_FIT_PHOTON_CURVES` is the number of light curves of a constant source, 2 without.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::Path;

use roi_estimators::{LightCurve, LightCurveOptions, LightCurveRun, TimeBin, light_curve};
use roi_fit::{Analysis, Quiet, SliceOptions, TimeSlices};
use roi_model::Source;
use roi_simulate::{EventOptions, ResponseFiles, SimulationOptions, observe, write_event_region};

const DAY: f64 = 86_400.0;
/// Begin of the observation, mission time in s.
const START: f64 = 536_457_605.0;
/// The source at the centre of the built-in region.
const SOURCE: &str = "SIM J0534.5+2200";
/// How many times as bright as the built-in region has it: so that it is seen in a day.
const BRIGHT: f64 = 100.0;
/// Least and largest energy, MeV.
const ENERGIES: (f64, f64) = (300.0, 300_000.0);

/// A stretch of days in which the source is so many times as bright as its model says.
type Stretch = (f64, f64);

/// The analysis of photons that were drawn in stretches, one photon file each; its model is the one that they were drawn from, without the flare.
fn observed(folder: &Path, stretches: &[Stretch], seed: u64) -> Analysis {
    let region = SimulationOptions::default().with_sources(2).with_npix(24).with_binsz(0.4).with_ebins(6);
    let short = EventOptions::default().with_days(0.01).with_start(START);
    let (config, _) =
        write_event_region(&region.with_emin(ENERGIES.0), &short, &ResponseFiles::BuiltIn, folder).unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let truth = truth(&config);
    let irfs = lat_io::read_irf_set(folder, "SIMULATED_V1", 3).unwrap();
    let map = |file: &str| Ok(lat_io::read_map_cube(&folder.join(file))?);
    let center = truth.iter().find(|source| source.name() == SOURCE).unwrap().direction().unwrap();
    let (mut start, mut lists) = (START, [String::new(), String::new()]);
    for (number, (days, factor)) in stretches.iter().enumerate() {
        let mut sources = truth.clone();
        brighten(sources.iter_mut().find(|source| source.name() == SOURCE).unwrap(), BRIGHT * factor);
        let events = EventOptions::default()
            .with_seed(1000 * seed + number as u64)
            .with_start(start)
            .with_days(*days)
            .with_cone([center.ra(), center.dec()], 8.0)
            .with_energies(ENERGIES.0, ENERGIES.1);
        let names = ["photons", "spacecraft"].map(|what| format!("{what}_{number}.fits"));
        let paths = names.each_ref().map(|name| folder.join(name));
        observe(&sources, &map, &irfs, &events, paths.each_ref().map(AsRef::as_ref)).unwrap();
        for (list, name) in lists.iter_mut().zip(&names) {
            list.push_str(&[name, "\n"].concat());
        }
        start += days * DAY;
    }
    for (list, name) in lists.iter().zip(["photons.txt", "spacecraft.txt"]) {
        std::fs::write(folder.join(name), list).unwrap();
    }
    std::fs::write(&config, text.replace("photons.fits", "photons.txt").replace("spacecraft.fits", "spacecraft.txt"))
        .unwrap();
    let mut analysis = Analysis::open(&config).unwrap();
    analysis.load_xml(&folder.join("model_true.xml")).unwrap();
    let source = analysis.roi().id_of(SOURCE).unwrap();
    brighten(&mut analysis.roi_mut()[source], BRIGHT);
    analysis
}

/// Multiplies the norm of a source.
fn brighten(source: &mut Source, factor: f64) {
    let norm = source.spectrum().norm_index().unwrap();
    let parameter = &mut source.spectrum_mut().parameters_mut()[norm];
    parameter.set_value(factor * parameter.value()).unwrap();
}

/// The sources that photons are drawn from, with their tables.
fn truth(config: &Path) -> Vec<Source> {
    let read = lat_dataset::Config::read(config).unwrap();
    lat_dataset::read_model_file(&read, &config.with_file_name("model_true.xml")).unwrap().1
}

/// A light curve in bins of a day.
fn curve(analysis: &Analysis, days: u32) -> LightCurve {
    let day = |day: u32| START + DAY * f64::from(day);
    let bins: Vec<(f64, f64)> = (0..days).map(|number| (day(number), day(number + 1))).collect();
    let slices = TimeSlices::open(analysis, &bins, &SliceOptions::default(), &mut Quiet).unwrap();
    let options = LightCurveOptions::default().with_systematic(0.0);
    let found = light_curve(analysis, SOURCE, &slices, &options, LightCurveRun::new(&mut Quiet)).unwrap();
    // Not a photon is lost, the last one at the end of all good time included.
    let counts: f64 = found.bins.iter().map(|bin| bin.counts).sum();
    assert_eq!(counts, analysis.likelihood().total_counts());
    found
}

/// Flux and error of a bin in parts of the true flux.
fn relative(analysis: &Analysis, bin: &TimeBin) -> (f64, f64) {
    let (emin, emax) = analysis.energy_range();
    let truth = analysis.roi().source(SOURCE).unwrap().spectrum().flux(emin, emax).unwrap();
    (bin.number("flux_fixed").unwrap() / truth, bin.number("flux_err_fixed").unwrap() / truth)
}

#[test]
fn fluxes_of_bins_from_photon_files_scatter_about_the_true_one_by_their_errors() {
    let number: u64 = std::env::var("ROI_FIT_PHOTON_CURVES").map_or(2, |text| text.parse().unwrap());
    let (mut pulls, mut chances) = (Vec::new(), Vec::new());
    for seed in 1..=number {
        let folder = tempfile::tempdir().unwrap();
        let analysis = observed(folder.path(), &[(12.0, 1.0)], seed);
        let found = curve(&analysis, 12);
        pulls.extend(found.bins.iter().map(|bin| relative(&analysis, bin)).map(|(flux, error)| (flux - 1.0) / error));
        chances.push(found.variability.p_value.unwrap());
    }
    let n = pulls.len() as f64;
    let mean = pulls.iter().sum::<f64>() / n;
    let rms = (pulls.iter().map(|pull| (pull - mean) * (pull - mean)).sum::<f64>() / n).sqrt();
    let low = chances.iter().filter(|chance| **chance < 0.05).count();
    println!(
        "{number} light curves from photon files: {n} pulls, mean {mean:+.3} +- {:.3}, rms {rms:.3} +- {:.3}; {low} chances below 0.05",
        n.powf(-0.5),
        (2.0 * n).powf(-0.5)
    );
    // A chance of 1e-3; a bin with fewer counts has a smaller error, so that the mean pull is a little below 0.
    let expected = 0.05 * number as f64;
    assert!((low as f64) < expected + 3.3 * expected.sqrt() + 0.5, "{chances:?}");
    assert!(mean.abs() < 0.1 + 3.3 / n.sqrt() && (rms - 1.0).abs() < 0.05 + 3.3 / (2.0 * n).sqrt(), "{mean} {rms}");
}

#[test]
fn a_flare_in_photon_files_is_recovered_in_its_bins() {
    let folder = tempfile::tempdir().unwrap();
    let analysis = observed(folder.path(), &[(3.0, 1.0), (1.0, 6.0), (2.0, 2.5), (2.0, 1.0)], 77);
    let found = curve(&analysis, 8);
    for (bin, factor) in found.bins.iter().zip([1.0, 1.0, 1.0, 6.0, 2.5, 2.5, 1.0, 1.0]) {
        let (flux, error) = relative(&analysis, bin);
        println!("{factor}: {flux:.3} +- {error:.3} of the true flux");
        assert!((flux - factor).abs() < 4.0 * error, "{factor}: {flux} +- {error}");
        assert!(error < 0.4 * factor, "{factor}: {error}");
    }
    assert!(found.variability.p_value.unwrap() < 1e-10);
    let edges: Vec<f64> = found.blocks.iter().skip(1).map(|block| ((block.tmin - START) / DAY).round()).collect();
    assert_eq!(edges, [3.0, 4.0, 6.0]);
}
