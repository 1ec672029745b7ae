//! Photons drawn one by one, prepared and fitted as real ones are: what went in comes out, with errors that mean what they say.
//!
//! `ROI_FIT_CLOSURE` is the number of photon lists of each kind. The 5 that are taken unless it says otherwise tell a chain that is broken from one that
//! works, no more; `cargo xtask closure` takes 200, which see a bias of a quarter of an error.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use acceptance::photon_lists::{PhotonList, TRUTH};
use roi_fit::{Analysis, FitOptions};

/// How far the fitted values are from the true ones, in errors, in the order of [`TRUTH`].
fn pulls(seed: u64, edisp: bool) -> [f64; 3] {
    let folder = tempfile::tempdir().unwrap();
    let config = PhotonList { seed, edisp, ..PhotonList::default() }.write(folder.path()).unwrap();
    let mut options = FitOptions::default();
    options.update = false;
    let result = Analysis::open(&config).unwrap().fit(&options).unwrap();
    assert!(result.fit_success, "seed {seed}: {}", result.message);
    TRUTH.map(|(source, parameter, truth)| {
        let is_it = |row: &usize| result.src_names[*row] == source && result.par_names[*row] == parameter;
        let row = (0..result.values.len()).find(is_it).unwrap();
        (result.values[row] - truth) / result.errors[row]
    })
}

#[expect(clippy::cast_precision_loss, reason = "a count of pulls")]
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
        let (of_mean, of_width) = (1.0 / number.sqrt(), 1.0 / (2.0 * number).sqrt());
        println!(
            "edisp {edisp}, {source} {parameter}: pulls of {n} photon lists: mean {mean:+.3} +- {of_mean:.3}, width {width:.3} +- {of_width:.3}"
        );
        assert!(mean.abs() < 3.5 * of_mean, "{source} {parameter}: mean {mean}");
        assert!((square - 1.0).abs() < 7.0 * of_width + 3.0 / number, "{source} {parameter}: mean square {square}");
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
