//! Spectra bin by bin: laws that hold on any region, and the recorded answers of fermipy 1.4.3.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use roi_estimators::{Error, SedBin, SedOptions, SedResult, sed};
use roi_fit::Session;
use roi_model::{Parameter, ParameterId, Spectrum};
use support::{fitted_region, point_source};

/// A session whose source is a power law of this index, everything else held, within a bin.
fn in_bin(session: &Session, name: &str, bin: &SedBin) -> (Session, ParameterId) {
    let mut session = session.within_energies(bin.e_min, bin.e_max).unwrap();
    let source = session.roi().id_of(name).unwrap();
    let spectrum = Spectrum::new(
        "PowerLaw",
        vec![
            Parameter::new("Prefactor", 1.0).unwrap().with_scale(1e-13).unwrap(),
            Parameter::new("Index", bin.index).unwrap(),
            Parameter::new("Scale", 1000.0).unwrap(),
        ],
    );
    for model in session.roi_mut().sources_mut() {
        model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    let changed = session.roi()[source].with_spectrum(spectrum.unwrap());
    session.roi_mut()[source] = changed;
    (session, ParameterId { source, parameter: 0 })
}

/// Where `logL`, evaluated as it is and by nothing else, falls to a level, by halving.
fn halved(session: &mut Session, id: ParameterId, level: f64, mut inside: f64, mut outside: f64) -> f64 {
    for _ in 0..80 {
        let middle = 0.5 * (inside + outside);
        session.roi_mut().parameter_mut(id).unwrap().set_value(middle).unwrap();
        if session.loglike().unwrap() < level { outside = middle } else { inside = middle }
    }
    inside
}

fn loglike_at(session: &mut Session, id: ParameterId, x: f64) -> f64 {
    session.roi_mut().parameter_mut(id).unwrap().set_value(x).unwrap();
    session.loglike().unwrap()
}

#[test]
fn maxima_errors_and_limits_are_those_of_the_profile_by_brute_force() {
    // Nothing but the source is fitted, so that the background of the bins is known.
    let mut session = fitted_region();
    for model in session.roi_mut().sources_mut() {
        model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    let name = point_source(&session);
    let options = SedOptions::default().with_ul_confidence(0.9);
    let found = sed(&session, &name, &options).unwrap();
    for bin in &found.bins {
        let (mut session, id) = in_bin(&session, &name, bin);
        let (peak, npred) = (bin.norm.unwrap(), bin.reference.npred);
        let top = loglike_at(&mut session, id, peak);
        for nearby in [0.999 * peak, 1.001 * peak + 1e-3 / npred] {
            assert!(loglike_at(&mut session, id, nearby) <= top + 1e-9, "{bin:?}");
        }
        let far = 10.0 * peak + 1000.0 / npred;
        for (drop, limit) in
            [(1.352_771_727, bin.norm_ul95), (0.821_187, bin.norm_ul), (0.5, bin.norm_err_hi.map(|e| peak + e))]
        {
            let expected = halved(&mut session, id, top - drop, peak, far);
            approx::assert_relative_eq!(limit.unwrap(), expected, max_relative = 1e-6);
        }
        let fall = top - loglike_at(&mut session, id, 0.0);
        approx::assert_abs_diff_eq!(bin.ts, 2.0 * fall, epsilon = 1e-6);
        match bin.norm_err_lo {
            Some(error) => {
                let expected = halved(&mut session, id, top - 0.5, peak, 0.0);
                approx::assert_relative_eq!(peak - error, expected, max_relative = 1e-6);
            }
            None => assert!(fall <= 0.5),
        }
        for (x, dloglike) in bin.norm_scan.iter().zip(&bin.dloglike_scan) {
            approx::assert_abs_diff_eq!(*dloglike, loglike_at(&mut session, id, *x) - top, epsilon = 1e-6);
        }
        assert!(bin.norm_scan[0] == 0.0 && bin.norm_scan.len() == 20 && *bin.dloglike_scan.last().unwrap() < -2.7);
        assert_eq!((bin.fit_status, bin.fit_quality), (0, 3));
    }
}

#[test]
fn the_session_stays_and_the_number_of_threads_changes_no_bit() {
    let session = fitted_region();
    let name = point_source(&session);
    let before = format!("{:?}", session.roi());
    let options = SedOptions::default().with_free_background(true).with_use_local_index(true);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| sed(&session, &name, &options).unwrap())
    };
    let one = with(1);
    assert_eq!(one, with(3));
    assert_eq!(format!("{:?}", session.roi()), before);
    // The index is the slope of the fitted spectrum over the bin.
    let parameters = one.parameters.names.iter().zip(&one.parameters.values);
    let parameters = parameters.map(|(name, value)| Parameter::new(name.as_str(), *value).unwrap()).collect();
    let spectrum = Spectrum::new(&one.spectrum_type, parameters).unwrap();
    for bin in &one.bins {
        let [low, high] = [bin.e_min, bin.e_max].map(|energy| spectrum.dnde(energy).unwrap());
        let slope = (high / low).ln() / (bin.e_max / bin.e_min).ln();
        approx::assert_abs_diff_eq!(bin.index, slope.max(-5.0), epsilon = 1e-6);
    }
}

#[test]
fn a_free_background_widens_errors_and_is_held_by_its_priors() {
    let session = fitted_region();
    let name = point_source(&session);
    let run = |options: SedOptions| sed(&session, &name, &options).unwrap();
    let held = run(SedOptions::default());
    let tight = run(SedOptions::default().with_free_background(true).with_cov_scale(Some(1e-4)));
    let free = run(SedOptions::default().with_free_background(true).with_cov_scale(None));
    for ((held, tight), free) in held.bins.iter().zip(&tight.bins).zip(&free.bins) {
        assert_eq!((free.fit_status, tight.fit_status), (0, 0), "{free:?}");
        // Held at the fit without the source: below the background of the fit with it, by a little.
        approx::assert_relative_eq!(tight.norm_err.unwrap(), held.norm_err.unwrap(), max_relative = 0.3);
        assert!(free.correlation.len() > 1 && held.correlation.len() == 1);
    }
    let wider: f64 = free.bins.iter().zip(&held.bins).map(|(f, h)| f.norm_err.unwrap() / h.norm_err.unwrap()).sum();
    assert!(wider > 1.01 * held.bins.len() as f64);
    // No prior is left behind.
    assert!(session.roi().parameters().all(|(_, parameter)| parameter.prior().is_none()));
}

#[test]
fn bins_may_be_joined_at_edges_of_the_analysis_only() {
    let session = fitted_region();
    let name = point_source(&session);
    let edges = session.data().components()[0].axis().edges().to_vec();
    let loges: Vec<f64> = [0, 2, 6].iter().map(|&at: &usize| (edges[at].log10() * 1e5).round() / 1e5).collect();
    let found = sed(&session, &name, &SedOptions::default().with_loge_bins(Some(loges))).unwrap();
    assert_eq!(found.bins.iter().map(|bin| bin.e_max).collect::<Vec<_>>(), [edges[2], edges[6]]);
    let single = sed(&session, &name, &SedOptions::default()).unwrap();
    let counts = |bins: &[SedBin]| bins.iter().map(|bin| bin.counts).sum::<f64>();
    assert_eq!(counts(&found.bins), counts(&single.bins));
    let between = 0.5 * (edges[1].log10() + edges[2].log10());
    let refused = sed(&session, &name, &SedOptions::default().with_loge_bins(Some(vec![edges[0].log10(), between])));
    let words = refused.unwrap_err().to_string();
    assert!(words.contains(&format!("{:.6} and {:.6}", edges[1].log10(), edges[2].log10())), "{words}");
    for bad in [vec![edges[0].log10()], vec![edges[2].log10(), edges[1].log10()], vec![f64::NAN, 3.0]] {
        assert!(sed(&session, &name, &SedOptions::default().with_loge_bins(Some(bad))).is_err());
    }
}

#[test]
fn what_has_no_meaning_is_refused_by_name() {
    let session = fitted_region();
    let name = point_source(&session);
    let refuse = |options: SedOptions, word: &str| {
        let words = sed(&session, &name, &options).unwrap_err().to_string();
        assert!(words.contains(word), "{words}");
    };
    refuse(SedOptions::default().with_ul_confidence(1.0), "ul_confidence");
    refuse(SedOptions::default().with_bin_index(f64::NAN), "bin_index");
    refuse(SedOptions::default().with_cov_scale(Some(-1.0)), "cov_scale");
    refuse(SedOptions::default().with_free_radius(Some(f64::INFINITY)), "free_radius");
    refuse(SedOptions::default().with_llscan_npts(1), "llscan_npts");
    refuse(SedOptions::default().with_free_pars(vec!["nothing".into()]), "free_pars");
    assert!(matches!(sed(&session, "nobody", &SedOptions::default()), Err(Error::Model(_))));
}

#[test]
fn bins_without_counts_have_the_limit_of_a_straight_line_and_a_source_that_nothing_sees_is_refused() {
    let session = support::empty_region();
    let name = point_source(&session);
    let found = sed(&session, &name, &SedOptions::default()).unwrap();
    for bin in &found.bins {
        assert_eq!((bin.norm, bin.ts, bin.counts, bin.fit_status), (Some(0.0), 0.0, 0.0, 0));
        approx::assert_relative_eq!(bin.norm_ul95.unwrap(), 1.352_771_727 / bin.reference.npred, max_relative = 1e-6);
        approx::assert_relative_eq!(bin.norm_err.unwrap(), 0.5 / bin.reference.npred, max_relative = 1e-6);
        assert_eq!(bin.norm_err_lo, None);
    }
    let session = support::unseen_region();
    assert!(matches!(sed(&session, "unseen", &SedOptions::default()), Err(Error::Unseen { .. })));
}

#[test]
fn files_hold_what_the_result_has() {
    let session = fitted_region();
    let name = point_source(&session);
    let found: SedResult = sed(&session, &name, &SedOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source_sed.fits");
    found.write_fits(&path).unwrap();
    let file = lat_io::FitsFile::open(&path).unwrap();
    assert_eq!(file.primary().unwrap().header().text("SRCNAME"), Some(name.as_str()));
    let config = file.primary().unwrap().header().text("CONFIG").unwrap().to_owned();
    assert!(config.contains("\"use_local_index\":false"), "{config}");
    let table = file.table("SED").unwrap();
    assert_eq!(table.header().real("UL_CONF"), Some(0.95));
    let norms = file.read_column(table, "norm").unwrap();
    assert_eq!(norms, found.bins.iter().map(|bin| bin.norm.unwrap()).collect::<Vec<_>>());
    let scans = file.read_column(table, "norm_scan").unwrap();
    assert_eq!(scans.len(), 20 * found.bins.len());
    let column = |table: &str, name: &str| file.read_column(file.table(table).unwrap(), name).unwrap();
    assert_eq!(column("PARAMS", "value").len(), found.parameters.names.len());
    assert_eq!(column("MODEL_FLUX", "energy").len(), 50);

    let path = folder.path().join("source_sed.ecsv");
    found.write_ecsv(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# %ECSV 1.0\n# ---\n"));
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), found.bins.len() + 1);

    let json = found.to_json();
    assert_eq!(json["norm"].as_array().unwrap().len(), found.bins.len());
    let flux = json["flux_ul95"][0].as_f64().unwrap();
    assert_eq!(flux, found.bins[0].norm_ul95.unwrap() * found.bins[0].reference.flux);
}
