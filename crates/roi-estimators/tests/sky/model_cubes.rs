//! What the fits of an extension predict in every pixel, and what estimators take of memory beside the analysis.

use ndarray::Array3;
use roi_estimators::{Error, EstimatorMemory, ExtensionOptions, LocalizeOptions, SedOptions, extension, localize, sed};
use roi_fit::{PlannedAnalysis, Quiet, Session};

use crate::region::{Pixels, SkyRegion};
use crate::{ONE, TWO};

fn options() -> ExtensionOptions {
    ExtensionOptions::default().with_width_nstep(3).with_save_model_map(true)
}

/// `sum N ln M - sum M`.
fn loglike(counts: &Array3<f32>, model: &Array3<f64>) -> f64 {
    let of_bins = counts.iter().zip(model).filter(|(n, _)| **n > 0.0).map(|(n, m)| f64::from(*n) * m.ln());
    of_bins.sum::<f64>() - model.sum()
}

#[test]
fn the_cubes_of_either_fit_have_its_likelihood() {
    let mut region = SkyRegion::new(&ONE);
    // Off its maximum, so that a fit which frees it changes the others' counts, and the best position another one.
    let norm = region.analysis.roi().source("isotropic").unwrap().spectrum().norm().unwrap().value();
    region.analysis.set_norm("isotropic", 1.1 * norm).unwrap();
    let analysis = &region.analysis;
    let run = |options: &ExtensionOptions| {
        let mut found = extension(analysis.session(), analysis.trial_makers(), "known", options, &mut Quiet).unwrap();
        assert!(found.model_cubes.is_none());
        found.add_model_cubes(analysis).unwrap();
        found
    };
    let counts = analysis.cubes(&[]).unwrap()[0].counts().cube.counts().clone();
    // The others are fitted with either, or the position is.
    for options in [options().with_free_background(true), options().with_fit_position(true)] {
        let found = run(&options);
        let cubes = found.model_cubes.as_ref().unwrap();
        let [point, best] = [&cubes.ptsrc, &cubes.ext].map(|own| loglike(&counts, &own.tot()));
        println!("{point} {} {best} {}", found.loglike_ptsrc, found.loglike_ext);
        assert!((point - found.loglike_ptsrc).abs() < 2e-3 && (best - found.loglike_ext).abs() < 2e-3);
        assert_eq!(cubes.axis.edges(), analysis.session().data().components()[0].axis().edges());
        let named = cubes.named();
        assert_eq!(named[1], ("ext_src_map", cubes.ext.src.clone()));
        assert_eq!(named[3], ("ptsrc_bkg_map", cubes.ptsrc.bkg.clone()));
        assert_eq!((named[5].0, named[5].1.sum()), ("ptsrc_tot_map", cubes.ptsrc.tot().sum()));
    }
    // Without asking there are none.
    assert!(run(&options().with_save_model_map(false)).model_cubes.is_none());
}

#[test]
fn the_cubes_have_the_energies_that_count_and_those_of_components_are_added() {
    let mut region = SkyRegion::new(&[ONE[0], ONE[0]]);
    region.analysis.set_energy_range(Some(1000.0), Some(8000.0)).unwrap();
    let analysis = &region.analysis;
    let mut found = extension(analysis.session(), analysis.trial_makers(), "known", &options(), &mut Quiet).unwrap();
    found.add_model_cubes(analysis).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ext.fits");
    found.write_fits(&path).unwrap();
    let written = std::fs::read(path).unwrap();
    for name in ["EXT_TOT_MAP", "PTSRC_SRC_MAP", "EBOUNDS"] {
        assert!(written.windows(name.len()).any(|text| text == name.as_bytes()), "{name}");
    }
    let cubes = found.model_cubes.unwrap();
    assert_eq!(cubes.axis.edges(), [1000.0, 2000.0, 4000.0, 8000.0]);
    assert_eq!(cubes.ext.src.dim(), (3, 40, 40));
    // As the point is the best, the source predicts what it does in the model: in both components.
    let ratio =
        cubes.ptsrc.src.sum() / analysis.session().data().npred(analysis.roi().source("known").unwrap()).unwrap();
    assert!((ratio - 1.0).abs() < 0.1, "{ratio}");
}

#[test]
fn components_whose_counts_have_no_sum_are_refused_before_any_work() {
    let region = SkyRegion::new(&TWO);
    let analysis = &region.analysis;
    let told = extension(analysis.session(), analysis.trial_makers(), "known", &options(), &mut Quiet).unwrap_err();
    assert!(matches!(told, Error::Option { option: "save_model_map", .. }), "{told}");
}

#[test]
fn the_memory_that_is_told_is_what_estimators_ask_for() {
    for components in [&ONE[..], &TWO[..], &[Pixels::Healpix(4.0)]] {
        let region = SkyRegion::new(components);
        let analysis = &region.analysis;
        let (session, makers) = (analysis.session(), analysis.trial_makers());
        let told = EstimatorMemory::of(session, makers).unwrap();
        // Before the analysis is opened the same is told of it.
        let planned = PlannedAnalysis::read(&region.config()).unwrap();
        assert_eq!(EstimatorMemory::of(planned.session(), planned.trial_makers()).unwrap(), told);
        assert!(planned.memory().peak() > (16 << 20) && planned.limit().is_none());
        let place = |session: &Session| {
            localize(session, makers, "known", &LocalizeOptions::default().with_nstep(0), &mut Quiet).map(drop)
        };
        let width = |session: &Session| {
            let options = ExtensionOptions::default().with_width_nstep(3);
            extension(session, makers, "known", &options, &mut Quiet).map(drop)
        };
        let spectrum = |session: &Session| sed(session, "known", &SedOptions::default()).map(drop);
        // A clone has its data, and rooms of its own.
        let held = (16 << 20) + session.clone().footprint().total() as u64;
        for (what, bytes, run) in [
            ("localize", told.localize, &place as &dyn Fn(&Session) -> Result<(), Error>),
            ("extension", told.extension, &width),
            ("sed", told.sed, &spectrum),
        ] {
            let within = |limit: u64| run(&session.clone().with_memory_limit(Some(limit)));
            within(held + bytes).unwrap();
            let refused = within(held + bytes - 1);
            let Err(Error::Fit(roi_fit::Error::Memory { needed, .. })) = refused else {
                unreachable!("{what}: {bytes} bytes, held {held}: {refused:?}")
            };
            assert_eq!(needed, held + bytes, "{what}");
        }
        // The map of the source with its derivatives, and the images of a TS map in every energy bin, are there in any case.
        let pixels: usize = makers.iter().map(|maker| maker.grid().n_pixels()).sum();
        assert!(told.localize > (4 * 6 * pixels * size_of::<f32>()) as u64 && told.extension >= told.localize);
        if components.len() == 1 && matches!(components[0], Pixels::Image(..)) {
            assert!(told.tsmap > (5 * pixels * size_of::<f64>()) as u64);
        }
        assert!(told.tsmap > 0 && told.sed > 0);
    }
}
