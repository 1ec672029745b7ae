//! Closed tests of positions and widths, few enough for every run; `examples/closure.rs` makes as many as one wants.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "every difference is told")]

#[path = "support/closure.rs"]
mod closure;

use closure::{Truth, extended, localized};
use lat_response::PsfScale;
use roi_estimators::{
    Error, ExtensionOptions, LocalizeOptions, PositionsOptions, SedOptions, TrialPlace, TrialSession, TrialShape,
    extension, fit_positions, localize, localize_many, sed,
};
use roi_fit::{Quiet, Session, climb};

fn mean_and_rms(pulls: &[f64]) -> (f64, f64) {
    let n = pulls.len() as f64;
    let mean = pulls.iter().sum::<f64>() / n;
    (mean, (pulls.iter().map(|pull| pull * pull).sum::<f64>() / n).sqrt())
}

/// Mean and root mean square of normal numbers, to 3.3 of their errors.
fn are_normal(what: &str, pulls: &[f64]) {
    let (mean, rms) = mean_and_rms(pulls);
    let n = pulls.len() as f64;
    println!(
        "{what}: {} pulls, mean {mean:.3} +- {:.3}, rms {rms:.3} +- {:.3}",
        pulls.len(),
        n.powf(-0.5),
        (2.0 * n).powf(-0.5)
    );
    assert!(mean.abs() < 3.3 / n.sqrt() && (rms - 1.0).abs() < 3.3 / (2.0 * n).sqrt(), "{what}: {mean} {rms}");
}

#[test]
fn positions_are_where_the_truth_is_within_their_errors() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let found: Vec<_> = (1..=16).map(|seed| localized(&truth, seed)).collect();
    are_normal("positions", &found.iter().flat_map(|(pulls, _)| *pulls).collect::<Vec<_>>());
    let covered = found.iter().filter(|(_, is_inside)| *is_inside).count();
    println!("r95 holds {covered} of {}", found.len());
    assert!(covered >= 12);
}

#[test]
fn widths_of_a_disk_and_of_a_gaussian_are_those_of_the_truth_within_their_errors() {
    for (shape, size) in [(TrialShape::Disk, 0.3), (TrialShape::Gaussian, 0.2)] {
        let truth = Truth::new(shape, size, 4.0);
        let found: Vec<(f64, f64)> = (1..=6).map(|seed| extended(&truth, seed, shape)).collect();
        println!("{shape:?}: ts_ext {:?}", found.iter().map(|(_, ts)| *ts).collect::<Vec<_>>());
        assert!(found.iter().all(|(_, ts)| *ts > 25.0));
        are_normal(shape.name(), &found.iter().map(|(pull, _)| *pull).collect::<Vec<_>>());
    }
}

#[test]
fn points_are_no_wider_than_points() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let found: Vec<f64> = (1..=10).map(|seed| extended(&truth, seed, TrialShape::Gaussian).1).collect();
    println!("ts_ext of points {found:?}");
    // Half a chi-square: none below rounding, none beyond a chance of 1e-4.
    assert!(found.iter().all(|ts| (-0.1..13.8).contains(ts)));
}

#[test]
fn ts_ext_is_twice_the_gain_of_a_fit_as_wide_as_found_over_one_of_a_point() {
    let truth = Truth::new(TrialShape::Disk, 0.3, 4.0);
    let point = TrialPlace::point(truth.place.direction);
    let session = truth.draw_displaced(2, point);
    let options = ExtensionOptions::default().with_spatial_model(TrialShape::Disk).with_width_nstep(3);
    let found = extension(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
    let disk = TrialPlace { shape: TrialShape::Disk, size: found.ext / TrialShape::Disk.r68_of_size(), ..point };
    let fitted = |place: TrialPlace| {
        let mut trial = TrialSession::at(&session, &truth.makers, &truth.name, place).unwrap();
        let source = trial.source();
        for id in trial.session().roi().ids().filter(|id| *id != source).collect::<Vec<_>>() {
            let parameters = trial.session_mut().roi_mut()[id].spectrum_mut().parameters_mut();
            for parameter in parameters.iter_mut() {
                parameter.set_free(false);
            }
        }
        climb(trial.session_mut(), None).unwrap().loglike
    };
    let ts = 2.0 * (fitted(disk) - fitted(point));
    println!("ts_ext {}, of two fits {ts}", found.ts_ext());
    assert!(ts > 25.0 && (found.ts_ext() - ts).abs() < 1e-3);
}

#[test]
fn the_widths_of_energy_bins_lie_on_the_likelihood_of_their_bins_and_together_give_that_of_all() {
    let truth = Truth::new(TrialShape::Gaussian, 0.2, 4.0);
    let point = TrialPlace::point(truth.place.direction);
    let session = truth.draw_displaced(4, point);
    let options = ExtensionOptions::default().with_width_nstep(3).with_fit_ebin(true).with_width_max(2.0);
    let found = extension(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
    let edges = session.data().components()[0].axis().edges();
    assert_eq!(found.ebins.len(), edges.len() - 1);
    // The norm is that of the whole range in all bins: their likelihoods at one width add up to that of the whole range.
    let norm = found.source().unwrap().spectrum().parameters()[0].value();
    let at = |(low, high): (f64, f64), r68: f64| {
        let mut within = session.within_energies(low, high).unwrap();
        let id = within.roi().id_of(&truth.name).unwrap();
        within.roi_mut()[id].spectrum_mut().parameters_mut()[0].set_value(norm).unwrap();
        let place = TrialPlace::of_r68(truth.place.direction, TrialShape::Gaussian, r68);
        TrialSession::at(&within, &truth.makers, &truth.name, place).unwrap().session_mut().loglike().unwrap()
    };
    let (mut sum, mut weights, mut mean) = (0.0, 0.0, 0.0);
    for (bin, pair) in found.ebins.iter().zip(edges.windows(2)) {
        assert_eq!([bin.e_min, bin.e_max], [pair[0], pair[1]]);
        let here = at((pair[0], pair[1]), bin.ext().max(1e-3));
        let gain = 2.0 * (here - bin.loglike_ptsrc);
        println!(
            "{:.0} MeV: {:.3} {:?}, ts_ext {:.3}, by itself {gain:.3}",
            bin.e_min,
            bin.ext(),
            bin.ext_err(),
            bin.ts_ext()
        );
        assert!((bin.ts_ext() - gain).abs() < 1e-3 && bin.ts_ext() > -0.1);
        sum += at((pair[0], pair[1]), found.ext);
        if let Some(error) = bin.ext_err().filter(|_| bin.ext() > 0.0) {
            (weights, mean) = (weights + error.powi(-2), mean + bin.ext() * error.powi(-2));
        }
    }
    assert!((sum - found.loglike_ext).abs() < 1e-3, "{sum} {}", found.loglike_ext);
    assert!((mean / weights - found.ext).abs() < 3.0 * found.ext_err.unwrap(), "{} {}", mean / weights, found.ext);
}

#[test]
fn the_contour_of_a_source_that_is_no_paraboloid_lies_where_its_profile_has_fallen() {
    // Weak sources: the second derivatives tell little of where logL has fallen by 3.
    let trials = [0.3, 0.15, 0.07].into_iter().flat_map(|brightness| (1..=8).map(move |seed| (brightness, seed)));
    let contours = trials.into_iter().find_map(|(brightness, seed)| {
        let truth = Truth::new(TrialShape::Point, 0.0, brightness);
        let session = truth.draw(seed);
        let options = LocalizeOptions::default().with_nstep(0).with_dtheta_max(1.0);
        let found = localize(&session, &truth.makers, &truth.name, &options, &mut Quiet).ok()?;
        println!("{brightness} {seed}: {} {:?} {:?}", found.fit_success, found.deviation, found.warnings);
        (found.fit_success && found.pos_contour.len() > 12).then_some((truth, session, found))
    });
    let (truth, session, found) = contours.unwrap();
    println!("deviation {:?}, {} points", found.deviation, found.pos_contour.len());
    assert!(found.deviation.unwrap() > 0.2 && found.warnings.iter().any(|warning| warning.contains("pos_contour")));
    let mut trial = TrialSession::new(&session, &truth.makers, &truth.name).unwrap();
    for [ra, dec] in found.pos_contour {
        trial.look_at(TrialPlace::point(roi_model::SkyDirection::new(ra, dec).unwrap())).unwrap();
        let fall = found.loglike_loc - climb(trial.session_mut(), None).unwrap().loglike;
        assert!((fall - 2.995_732).abs() < 0.02, "{ra} {dec}: {fall}");
    }
}

#[test]
fn positions_of_one_fit_are_those_of_the_sources_alone_where_they_do_not_touch() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let session = truth.draw(6);
    let names = [truth.name.clone()];
    let options = PositionsOptions::default();
    let joint = fit_positions(&session, &truth.makers, &names, &options, &mut Quiet).unwrap();
    let options = LocalizeOptions::default().with_nstep(0).with_free_background(true);
    let alone = localize(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
    assert!(joint.fit_success && alone.fit_success, "{:?} {:?}", joint.warnings, alone.warnings);
    let (own, other) = (&joint.sources[0], alone.ellipse.unwrap());
    assert!(own.position.separation(&alone.position) < 1e-3 * other.sigma());
    assert!((joint.loglike_loc - alone.loglike_loc).abs() < 1e-6);
    assert!((own.ellipse.unwrap().r95 / other.r95 - 1.0).abs() < 1e-3);
    // Side by side it is the same, and what has no position does not keep others from theirs.
    let names = [truth.name.clone(), "galdiff".to_owned()];
    let both = localize_many(&session, &truth.makers, &names, &options, &mut Quiet).unwrap();
    assert_eq!(both.found().map(roi_estimators::Localization::to_json).collect::<Vec<_>>(), [alone.to_json()]);
    assert!(matches!(both.sources[1].found, Err(Error::NoPlace { .. })));
}

#[test]
fn results_are_the_same_bits_for_any_number_of_threads() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let session = truth.draw(3);
    let run = || {
        let options = LocalizeOptions::default().with_nstep(3).with_free_background(true);
        let place = localize(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
        let options = ExtensionOptions::default().with_width_nstep(3).with_fit_position(true);
        let width = extension(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
        let options = ExtensionOptions::default().with_width_nstep(3).with_fit_ebin(true);
        let widths = extension(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
        let (names, options) = ([truth.name.clone()], PositionsOptions::default());
        let joint = fit_positions(&session, &truth.makers, &names, &options, &mut Quiet).unwrap();
        (place.to_json(), width.to_json(), widths.to_json(), joint.to_json())
    };
    let [one, three] =
        [1, 3].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run));
    assert_eq!(one, three);
}

#[test]
fn a_source_that_may_not_go_where_it_is_says_so_and_has_no_errors() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let session = truth.draw_displaced(5, truth.place.moved(0.3, 0.0).unwrap());
    let options = LocalizeOptions::default().with_dtheta_max(0.1).with_nstep(0);
    let found = localize(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
    assert!(!found.fit_success && !found.fit_inbounds && found.ellipse.is_none(), "{:?}", found.to_json());
    assert!(found.warnings.iter().any(|warning| warning.contains("dtheta_max")), "{:?}", found.warnings);
    assert!(found.to_json()["pos_r95"].is_null() && found.pos_offset() <= 0.1 + 1e-9);
}

#[test]
fn what_cannot_be_localized_is_told_before_any_work() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let options = LocalizeOptions::default();
    let refused = |session: &Session| {
        localize(session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap_err().to_string()
    };
    let outside = truth.draw_displaced(1, truth.place.moved(9.0, 0.0).unwrap());
    assert!(refused(&outside).contains("outside the map of component 00"), "{}", refused(&outside));
    let mut dark = truth.draw(1);
    let id = dark.roi().id_of(&truth.name).unwrap();
    let norm = dark.roi()[id].spectrum().norm_index().unwrap();
    dark.roi_mut()[id].spectrum_mut().parameters_mut()[norm].set_value(0.0).unwrap();
    assert!(refused(&dark).contains("norm of 0"), "{}", refused(&dark));
    let error = extension(&dark, &truth.makers, "galdiff", &ExtensionOptions::default(), &mut Quiet).unwrap_err();
    assert!(matches!(error, Error::NoPlace { .. }), "{error}");
}

#[test]
fn what_takes_more_memory_than_there_may_be_is_refused_before_any_work() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let session = truth.draw(1);
    let held = session.footprint().total() as u64;
    let limited = |limit: u64| session.clone().with_memory_limit(Some(limit));
    let (name, makers) = (&truth.name, &truth.makers);
    let place = |session: &Session| {
        let options = LocalizeOptions::default().with_nstep(0);
        localize(session, makers, name, &options, &mut Quiet).map(drop)
    };
    let width = |session: &Session| {
        let options = ExtensionOptions::default().with_width_nstep(3);
        extension(session, makers, name, &options, &mut Quiet).map(drop)
    };
    let joint = |session: &Session| {
        fit_positions(session, makers, std::slice::from_ref(name), &PositionsOptions::default(), &mut Quiet).map(drop)
    };
    let spectrum = |session: &Session| sed(session, name, &SedOptions::default()).map(drop);
    for run in [&place as &dyn Fn(&Session) -> Result<(), Error>, &width, &joint, &spectrum] {
        let told = run(&limited(held + (16 << 20) + 1000)).unwrap_err().to_string();
        assert!(told.contains("--max-memory"), "{told}");
        run(&limited(1 << 30)).unwrap();
    }
}

#[test]
fn a_point_behind_a_wider_psf_is_extended_until_its_psf_is_told() {
    let wider = PsfScale::new(vec![2.0, 3.0, 4.0], vec![0.2, 0.5, 0.5]).unwrap();
    let truth = Truth::seen_through(TrialShape::Point, 0.0, 4.0, Some(&wider));
    let session = truth.draw(3);
    let options = ExtensionOptions::default().with_width_nstep(3);
    let of = |options: &ExtensionOptions| extension(&session, &truth.makers, &truth.name, options, &mut Quiet).unwrap();
    let (as_it_is, told) = (of(&options), of(&options.clone().with_psf_scale_fn(Some(wider.clone()))));
    println!("ts_ext {} and {}, ext {} and {}", as_it_is.ts_ext(), told.ts_ext(), as_it_is.ext, told.ext);
    assert!(as_it_is.ts_ext() > 15.0 && as_it_is.ext > 0.05);
    assert!((-0.1..13.8).contains(&told.ts_ext()));
    // The counts were drawn with the map that the point has then: its likelihood is that of the model with that map, its norm fitted.
    let drawn = climb(&mut session.clone(), None).unwrap().loglike;
    assert!((told.loglike_ptsrc - drawn).abs() < 1e-6, "{} {drawn}", told.loglike_ptsrc);
    // What is not of the scaled PSF is the same.
    assert_eq!((told.loglike_init, told.loglike_base), (as_it_is.loglike_init, as_it_is.loglike_base));
    // Position and energy bins see it, too.
    let moved = truth.draw_displaced(3, truth.place.moved(0.03, 0.02).unwrap());
    let both = options.with_psf_scale_fn(Some(wider)).with_fit_position(true).with_fit_ebin(true);
    let found = extension(&moved, &truth.makers, &truth.name, &both, &mut Quiet).unwrap();
    assert!((-0.1..13.8).contains(&found.ts_ext()) && found.loglike_ptsrc >= drawn - 1e-3);
    let bins: f64 = found.ebins.iter().map(roi_estimators::EnergyWidth::ts_ext).sum();
    println!("at its place ts_ext {}, sum of bins {bins}", found.ts_ext());
    assert!(bins < 30.0, "{bins}");
}

#[test]
fn a_width_behind_another_psf_is_not_taken_over() {
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let scale = PsfScale::new(vec![3.0], vec![0.1]).unwrap();
    let options = ExtensionOptions::default().with_psf_scale_fn(Some(scale)).with_update(true);
    let error = extension(&truth.draw(1), &truth.makers, &truth.name, &options, &mut Quiet).unwrap_err().to_string();
    assert!(error.contains("update") && error.contains("psf_scale_fn"), "{error}");
}
