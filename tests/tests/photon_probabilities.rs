//! The probability of each source for each photon, and what is prepared from made-up photons: HEALPix pixels, setup anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::Path;

use acceptance::photon_lists::{ENERGIES, PhotonList};
use lat_io::{FitsFile, PhotonFile, SourceMapFile};
use roi_fit::{
    Analysis, FitOptions, FitResult, OpenOptions, PrepareOptions, ProbabilityOptions, ProductState, Quiet, prepare,
};
use roi_model::SkyDirection;

fn fitted(analysis: &mut Analysis) -> FitResult {
    let mut options = FitOptions::default();
    (options.update, options.tol) = (false, 1e-6);
    let result = analysis.fit(&options).unwrap();
    assert!(result.fit_success, "{}", result.message);
    result
}

/// The probabilities of the sources of an FT1 copy, row by row.
fn columns(path: &Path, names: &[&str]) -> Vec<Vec<f64>> {
    let file = FitsFile::open(path).unwrap();
    let table = file.table("EVENTS").unwrap();
    names.iter().map(|name| file.read_column(table, name).unwrap()).collect()
}

#[test]
fn probabilities_are_shares_of_the_model_and_sum_to_its_counts() {
    let folder = tempfile::tempdir().unwrap();
    let config = PhotonList::default().write(folder.path()).unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("quadrature", "log-trapezoid")).unwrap();
    let mut analysis = Analysis::open(&config).unwrap();
    fitted(&mut analysis);
    let written = analysis.source_probabilities(&ProbabilityOptions::default()).unwrap();
    let [component] = written.as_slice() else { panic!("{written:?}") };
    assert_eq!(component.path, folder.path().join("ft1_srcprob_00.fits"));

    // The rows are those of the selected photons, with two columns more.
    let [before, after] =
        ["ft1_00.fits", "ft1_srcprob_00.fits"].map(|name| PhotonFile::open(folder.path().join(name)).unwrap());
    assert_eq!((before.rows(), before.row_bytes() + 8), (after.rows(), after.row_bytes()));
    assert_eq!((before.cuts(), before.good_times()), (after.cuts(), after.good_times()));
    for row in 0..before.rows() {
        let [old, new] = [&before, &after].map(|file| file.block(row, 1).unwrap().rows().row(0).to_vec());
        assert_eq!(old[..], new[..old.len()]);
    }

    // By hand from the source maps.
    let counts = lat_io::read_counts_cube(&folder.path().join("ccube_00.fits")).unwrap();
    let maps = SourceMapFile::open(&folder.path().join("srcmap_00.fits")).unwrap();
    let names = ["Pulsar", "iso"];
    let planes = names.map(|name| maps.read(name).unwrap());
    let edges = counts.cube.axis().edges();
    let expected = |name: usize, bin: usize, pixel: usize| {
        let [ny, nx] = counts.grid.shape();
        assert!(pixel < nx * ny);
        let value = |plane: usize| f64::from(planes[name].planes()[[plane, pixel / nx, pixel % nx]]);
        let (low, high) = (edges[bin], edges[bin + 1]);
        let spectrum = analysis.roi().source(names[name]).unwrap().spectrum();
        // The log-trapezoid rule.
        let end = |plane: usize, energy: f64| value(plane) * spectrum.dnde(energy).unwrap() * energy;
        0.5 * (high / low).ln() * (end(bin, low) + end(bin + 1, high))
    };
    let found = columns(&component.path, &names);
    let photons = before.block(0, before.rows()).unwrap();
    let (mut inside, mut worst, mut sums) = (0, 0.0f64, [0.0; 2]);
    for (row, (first, second)) in found[0].iter().zip(&found[1]).enumerate() {
        let photon = photons.photon(row).unwrap();
        let pixel = counts.grid.pixel(&SkyDirection::new(photon.ra, photon.dec).unwrap());
        let (emin, emax) = ENERGIES;
        let probabilities = [*first, *second];
        let (Some(pixel), true) = (pixel, emin <= photon.energy && photon.energy < emax) else {
            assert!(probabilities.iter().all(|p| p.is_nan()), "{photon:?}");
            continue;
        };
        inside += 1;
        assert!((probabilities[0] + probabilities[1] - 1.0).abs() < 1e-6, "{probabilities:?}");
        let bin = edges.partition_point(|edge| *edge <= photon.energy) - 1;
        let by_hand = [0, 1].map(|name| expected(name, bin, pixel));
        let share = by_hand[0] / (by_hand[0] + by_hand[1]);
        worst = worst.max((share - probabilities[0]).abs());
        sums.iter_mut().zip(probabilities).for_each(|(sum, p)| *sum += p);
    }
    println!("{inside} of {} photons inside; probabilities within {worst:.1e} of those by hand", before.rows());
    assert_eq!((inside, before.rows()), (component.inside, component.photons));
    assert!(inside > 500 && inside < before.rows() && worst < 1e-6, "{inside} {worst}");

    // At the maximum the probabilities of a source whose norm is free sum to its predicted counts.
    let report = analysis.loglike_report().unwrap();
    for (name, sum) in names.into_iter().zip(sums) {
        let npred: f64 = report.components[0].npred[name].iter().sum();
        println!("{name}: probabilities sum to {sum:.3}, predicted {npred:.3}");
        assert!((sum - npred).abs() < 1e-3 * npred, "{name}: {sum} {npred}");
        assert!((component.sums[name] - sum).abs() < 1e-6 * sum);
    }
    // Of the file itself nothing is written over.
    let name = folder.path().file_name().unwrap();
    let over = ProbabilityOptions::default().with_out(Some(folder.path().join("..").join(name).join("ft1_00.fits")));
    assert!(analysis.source_probabilities(&over).unwrap_err().to_string().contains("ft1_00.fits"));
    let mut small =
        Analysis::open_by(&config, Box::new(Quiet), &OpenOptions::default().with_max_memory(Some(1 << 30))).unwrap();
    assert!(small.source_probabilities(&ProbabilityOptions::default()).is_ok() && small.loglike().is_ok());
    std::fs::remove_file(folder.path().join("ft1_00.fits")).unwrap();
    let lost = analysis.source_probabilities(&ProbabilityOptions::default()).unwrap_err().to_string();
    assert!(lost.contains("prepare") && lost.contains("cacheft1"), "{lost}");
}

#[test]
fn healpix_pixels_are_prepared_and_fitted_as_an_image_is() {
    let fits = ["{npix: 60, binsz: 0.15, enumbins: 8}", "{projtype: HPX, hpx_order: 8, roiwidth: 9, enumbins: 8}"].map(
        |binning| {
            let folder = tempfile::tempdir().unwrap();
            let config = PhotonList { days: 2.0, binning, ..PhotonList::default() }.write(folder.path()).unwrap();
            // There is no exposure of the region alone in HEALPix pixels.
            let states = || {
                let products = prepare(&config, &PrepareOptions::default(), &mut Quiet).unwrap().products;
                products
                    .iter()
                    .map(|product| product.state)
                    .filter(|state| *state != ProductState::Unneeded)
                    .collect::<Vec<_>>()
            };
            let n = if binning.contains("HPX") { 6 } else { 7 };
            assert_eq!(
                [states(), states()],
                [vec![ProductState::Missing; n], vec![ProductState::Current; n]],
                "{binning}"
            );
            fitted(&mut Analysis::open(&config).unwrap())
        },
    );
    let [image, healpix] = fits;
    for row in 0..image.values.len() {
        let shift = (image.values[row] - healpix.values[row]).abs() / image.errors[row];
        println!(
            "{}:{}: {} and {}",
            image.src_names[row], image.par_names[row], image.values[row], healpix.values[row]
        );
        // A disk of the same width has a fifth fewer photons.
        assert!(shift < 1.0, "{}:{}: {shift}", image.src_names[row], image.par_names[row]);
    }
}

#[test]
fn setup_makes_anew_what_has_changed_and_forgets_the_fit() {
    let folder = tempfile::tempdir().unwrap();
    let config = PhotonList { days: 2.0, binning: "{npix: 40, binsz: 0.2, enumbins: 6}", ..PhotonList::default() };
    let config = config.write(folder.path()).unwrap();
    let mut analysis = Analysis::open(&config).unwrap();
    let (first, counts) = (analysis.loglike().unwrap(), analysis.loglike_report().unwrap().counts);
    assert!(fitted(&mut analysis).loglike > first);
    let written = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    let (ccube, ltcube) = (written("ccube_00.fits"), written("ltcube_00.fits"));

    // Nothing has changed: nothing is made, and the model is that of the configuration again.
    analysis.setup(false).unwrap();
    assert_eq!(analysis.loglike().unwrap(), first);
    assert_eq!((written("ccube_00.fits"), written("ltcube_00.fits")), (ccube, ltcube));

    // A smaller region has other counts and the same livetime.
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        text.replace("npix: 40", "npix: 30, roiwidth: 8").replace("evtype: 3", "evtype: 3, radius: 6.5"),
    )
    .unwrap();
    analysis.setup(false).unwrap();
    let smaller = analysis.loglike_report().unwrap().counts;
    assert!(smaller < counts && smaller > 0.0, "{smaller} {counts}");
    assert_ne!(written("ccube_00.fits"), ccube);

    // With `overwrite` everything is made anew, to the same end.
    let (before, ltcube) = (analysis.loglike().unwrap(), written("ltcube_00.fits"));
    analysis.setup(true).unwrap();
    assert_eq!(analysis.loglike().unwrap(), before);
    assert_ne!(written("ltcube_00.fits"), ltcube);

    // What cannot be made leaves the analysis as it was.
    std::fs::write(&config, text.replace("photons.fits", "lost.fits")).unwrap();
    assert!(analysis.setup(true).is_err());
    assert_eq!(analysis.loglike().unwrap(), before);
}
