//! Positions: against fermipy 1.4.3 on the recorded region, and against a brute-force scan of the likelihood.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "every difference is told")]

mod support;

use std::time::Instant;

use roi_estimators::{Localization, LocalizeOptions, PositionsOptions, TrialSession, fit_positions, localize};
use roi_fit::{Analysis, Quiet, climb};
use roi_model::SkyDirection;
use support::{recorded, recorded_analysis};

fn localized(analysis: &Analysis, name: &str, options: &LocalizeOptions) -> Localization {
    let start = Instant::now();
    let found = localize(analysis.session(), analysis.trial_makers(), name, options, &mut Quiet).unwrap();
    println!("{name}: {:?}; {} {:?}", start.elapsed(), found.to_json(), found.warnings);
    found
}

#[test]
fn src00_is_where_fermipy_finds_it() {
    for (file, free_background) in [("localize_src00.json", false), ("localize_src00_freebkg.json", true)] {
        let Some(analysis) = recorded_analysis("config_edisp0.yaml") else { return };
        let theirs = recorded(file);
        let number = |key: &str| theirs[key].as_f64().unwrap();
        let found = localized(&analysis, "src00", &LocalizeOptions::default().with_free_background(free_background));
        let place = SkyDirection::new(number("ra"), number("dec")).unwrap();
        let ellipse = found.ellipse.unwrap();
        let in_errors = place.separation(&found.position) / ellipse.sigma();
        println!(
            "{file}: {in_errors:.3} errors from theirs; logL {} theirs {}",
            found.loglike_loc,
            number("loglike_loc")
        );
        for (key, ours) in [
            ("pos_err", ellipse.sigma()),
            ("pos_r95", ellipse.r95),
            ("pos_err_semimajor", ellipse.semimajor),
            ("pos_err_semiminor", ellipse.semiminor),
            ("ra_err", ellipse.cel_cov[0][0].sqrt()),
            ("dec_err", ellipse.cel_cov[1][1].sqrt()),
        ] {
            println!("{file} {key}: {ours} theirs {}, ratio {:.4}", number(key), ours / number(key));
            assert!((ours / number(key) - 1.0).abs() < 0.05, "{key}");
        }
        assert!(found.fit_success, "{:?}", found.warnings);
        assert!(in_errors < 0.05, "{in_errors}");
        assert!(found.loglike_loc > number("loglike_loc") - 0.5);
    }
}

#[test]
fn two_sources_of_one_fit_gain_what_each_gains_alone_where_they_do_not_touch() {
    let Some(analysis) = recorded_analysis("config_edisp0.yaml") else { return };
    let names = ["src00", "src03"].map(str::to_owned);
    let (session, makers) = (analysis.session(), analysis.trial_makers());
    let joint = fit_positions(session, makers, &names, &PositionsOptions::default(), &mut Quiet).unwrap();
    assert!(joint.fit_success, "{:?}", joint.warnings);
    let cov = joint.cov.as_ref().unwrap();
    assert_eq!(cov.dim(), (4, 4));
    let mut gain = 0.0;
    for (index, (name, source)) in names.iter().zip(&joint.sources).enumerate() {
        let options = LocalizeOptions::default().with_nstep(0).with_free_background(true);
        let alone = localized(&analysis, name, &options);
        let (own, other) = (source.ellipse.unwrap(), alone.ellipse.unwrap());
        let in_errors = source.position.separation(&alone.position) / other.sigma();
        println!("{name}: {in_errors:.4} errors apart, r95 {} and {}", own.r95, other.r95);
        assert!(in_errors < 0.05 && (own.r95 / other.r95 - 1.0).abs() < 0.02);
        gain += alone.loglike_loc - alone.loglike_base;
        for k in 0..2 {
            let variance = cov[[2 * index + k, 2 * index + k]];
            assert!((variance / own.cel_cov[k][k] - 1.0).abs() < 1e-9);
        }
    }
    let together = joint.loglike_loc - joint.loglike_base;
    println!("gain {together}, alone {gain}; {cov}");
    assert!((together - gain).abs() < 0.05);
    for (k, l) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
        assert!(cov[[k, l]].abs() < 0.05 * (cov[[k, k]] * cov[[l, l]]).sqrt());
    }
}

#[test]
fn a_joint_fit_that_does_not_belong_to_an_analysis_leaves_it_as_it_was() {
    let Some(mut analysis) = recorded_analysis("config_edisp0.yaml") else { return };
    let names = ["src00", "src03"].map(str::to_owned);
    let options = PositionsOptions::default();
    let joint = fit_positions(analysis.session(), analysis.trial_makers(), &names, &options, &mut Quiet).unwrap();
    // The first source is there and could be moved, the second is not.
    analysis.delete_source("src03").unwrap();
    let before = (analysis.xml_text().unwrap(), analysis.loglike().unwrap().to_bits());
    joint.apply(&mut analysis).unwrap_err();
    assert_eq!((analysis.xml_text().unwrap(), analysis.loglike().unwrap().to_bits()), before);
}

#[test]
fn the_ellipse_is_that_of_the_scanned_likelihood() {
    let Some(analysis) = recorded_analysis("config_edisp0.yaml") else { return };
    for name in ["src01", "src03"] {
        let found = localized(&analysis, name, &LocalizeOptions::default().with_nstep(0).with_fix_shape(true));
        let ellipse = found.ellipse.unwrap();
        // Least squares of a paraboloid over a fine scan out to 1.5 errors.
        let mut trial = TrialSession::new(analysis.session(), analysis.trial_makers(), name).unwrap();
        let source = trial.source();
        for model in trial.session_mut().roi_mut().sources_mut() {
            model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
        }
        let norm = trial.model().spectrum().norm_index().unwrap();
        trial.session_mut().roi_mut()[source].spectrum_mut().parameters_mut()[norm].set_free(true);
        let center = roi_estimators::TrialPlace::point(found.position);
        let (n, reach) = (9, 1.5 * ellipse.sigma());
        let mut rows = Vec::new();
        for i in 0..n * n {
            let at = |k: i32| reach * (f64::from(k) / f64::from((n - 1) / 2) - 1.0);
            let (x, y) = (at(i % n), at(i / n));
            trial.look_at(center.moved(x, y).unwrap()).unwrap();
            let loglike = climb(trial.session_mut(), None).unwrap().loglike;
            rows.push((
                [1.0, x / reach, y / reach, x * x / reach / reach, x * y / reach / reach, y * y / reach / reach],
                loglike - found.loglike_loc,
            ));
        }
        let mut normal = ndarray::Array2::<f64>::zeros((6, 6));
        let mut right = [0.0; 6];
        for (row, value) in &rows {
            for i in 0..6 {
                right[i] += row[i] * value;
                for j in 0..6 {
                    normal[[i, j]] += row[i] * row[j];
                }
            }
        }
        let inverse = optimizers::inverse(&normal).unwrap();
        let fit: Vec<f64> = (0..6).map(|i| (0..6).map(|j| inverse[[i, j]] * right[j]).sum()).collect();
        let (a, b, c) = (-2.0 * fit[3] / reach / reach, -fit[4] / reach / reach, -2.0 * fit[5] / reach / reach);
        let determinant = a * c - b * b;
        let cov = [[c / determinant, -b / determinant], [-b / determinant, a / determinant]];
        let shift = [fit[1] / reach, fit[2] / reach];
        let (dx, dy) = (cov[0][0] * shift[0] + cov[0][1] * shift[1], cov[1][0] * shift[0] + cov[1][1] * shift[1]);
        println!(
            "{name}: {:?} by scan {cov:?}; the scan's maximum is {:.3} {:.3} errors away",
            ellipse.cel_cov,
            dx / ellipse.sigma(),
            dy / ellipse.sigma()
        );
        for (i, j) in [(0, 0), (1, 1)] {
            assert!((ellipse.cel_cov[i][j] / cov[i][j] - 1.0).abs() < 0.1, "{name} {i}");
        }
        assert!(dx.hypot(dy) < 0.1 * ellipse.sigma());
    }
}
