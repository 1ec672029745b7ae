//! What spectra do at their edges, in delicate places of their parameters, and with wrong input.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use roi_model::{Error, Parameter, Spectrum, spectrum_needs, spectrum_types};

#[test]
#[expect(clippy::unreadable_literal, reason = "digits as they were computed")]
fn power_law2_is_accurate_around_index_minus_one() {
    // Value, first and second derivative with respect to the index at 5000 MeV, in eighty-digit arithmetic.
    for (index, expected) in [
        (-1.0, [7.494035153023724e-14, -6.831620778839537e-15, -3.9969560251460037e-13]),
        (-1.000001, [7.494035836165817e-14, -6.831221083182345e-15, -3.9969571193335185e-13]),
        (-1.0000000001, [7.49403515309204e-14, -6.8316207388699735e-15, -3.996956025255427e-13]),
        (-0.9999, [7.493966636969962e-14, -6.871589790481272e-15, -3.9968461538477997e-13]),
        (-1.02, [7.499695873938056e-14, 1.1722121639641664e-15, -4.0008935337119765e-13]),
    ] {
        let values = [("Integral", 3e-9), ("Index", index), ("LowerLimit", 100.0), ("UpperLimit", 3e5)];
        let parameters = values.map(|(name, value)| Parameter::new(name, value).unwrap()).to_vec();
        let spectrum = Spectrum::new("PowerLaw2", parameters).unwrap();
        let mut got = [0.0; 3];
        spectrum.evaluate(&[5000.0], &mut got[..1]).unwrap();
        spectrum.gradient(&[5000.0], &[1], &mut got[1..2]).unwrap();
        spectrum.hessian(&[5000.0], &[1], &mut got[2..]).unwrap();
        for (got, want) in got.into_iter().zip(expected) {
            assert!((got - want).abs() < 1e-13 * want.abs() + 1e-15 * expected[0], "{index}: {got:e} against {want:e}");
        }
    }
}

/// The pulsar spectrum where its exponent, as it is usually written, would lose all digits; and the step at the end of the short series.
#[test]
fn pulsar_cutoff_with_little_steepening() {
    let at = |steepening: f64, energy: f64| {
        let values =
            [("Prefactor", 1.0), ("IndexS", -2.0), ("Scale", 1000.0), ("ExpfactorS", 0.5), ("Index2", steepening)];
        let parameters = values.map(|(name, value)| Parameter::new(name, value).unwrap()).to_vec();
        Spectrum::new("PLSuperExpCutoff4", parameters).unwrap().dnde(energy).unwrap()
    };
    let log_parabola = |energy: f64| {
        let y = (energy / 1000.0f64).ln();
        (-2.0 * y - 0.25 * y * y).exp()
    };
    // It goes over into a log-parabola.
    for energy in [30.0, 1000.0, 5e4, 1e6] {
        for steepening in [0.0, 1e-300, 1e-15, -1e-15] {
            assert!((at(steepening, energy) / log_parabola(energy) - 1.0).abs() < 1e-13);
        }
    }
    // The step at |b y| = 0.01 is d y^2 |u|^3 / 120, no more.
    let y = (1e6f64 / 1000.0).ln();
    let (below, above) = (0.01 * (1.0 - 1e-12) / y, 0.01 * (1.0 + 1e-12) / y);
    let step = (at(above, 1e6) / at(below, 1e6)).ln();
    assert!((step + 0.5 * y * y * 1e-6 / 120.0).abs() < 1e-9, "{step:e}");
}

#[test]
fn fluxes_are_log_trapezoids() {
    let values = [("Prefactor", 1e-12), ("Index", -2.0), ("Scale", 1000.0)];
    let parameters = values.map(|(name, value)| Parameter::new(name, value).unwrap().with_free(true)).to_vec();
    let spectrum = Spectrum::new("PowerLaw", parameters).unwrap();
    let (emin, emax) = (100.0, 300_000.0f64);
    // E^-2: the integrand in ln E is E^-1; the trapezoid rule multiplies it by (h/2) coth(h/2).
    let bias = |points: f64| {
        let h = (emax / emin).ln() / (points - 1.0);
        0.5 * h / (0.5 * h).tanh()
    };
    let exact = 1e-12 * 1e6 * (1.0 / emin - 1.0 / emax);
    assert!((spectrum.flux(emin, emax).unwrap() / exact / bias(100.0) - 1.0).abs() < 1e-12);
    // E^2 dN/dE is flat, so the energy flux is exact.
    let energy_flux = 1e-12 * 1e6 * (emax / emin).ln();
    assert!((spectrum.energy_flux(emin, emax).unwrap() / energy_flux - 1.0).abs() < 1e-12);
    let gradient = spectrum.flux_gradient(emin, emax, &[0, 1]).unwrap();
    assert!((gradient[0] * 1e-12 / exact / bias(1000.0) - 1.0).abs() < 1e-12);
    // d/dg of the integral of E^g: integral of ln(E/Es) times the spectrum; the quadrature is off by 1.4e-5.
    let log = |e: f64| -(1.0 + (e / 1000.0).ln()) / e;
    let slope = 1e-12 * 1e6 * (log(emax) - log(emin));
    assert!((gradient[1] / slope - 1.0).abs() < 3e-5, "{} {slope}", gradient[1]);
    let gradient = spectrum.energy_flux_gradient(emin, emax, &[1]).unwrap();
    let slope = 1e-6 * 0.5 * ((emax / 1000.0).ln().powi(2) - (emin / 1000.0).ln().powi(2));
    assert!((gradient[0] / slope - 1.0).abs() < 3e-5, "{} {slope}", gradient[0]);
}

/// The spectrum with these true values.
fn spectrum_with(type_name: &str, values: &[(&str, f64)]) -> Spectrum {
    let parameters = values.iter().map(|&(name, value)| Parameter::new(name, value).unwrap()).collect();
    Spectrum::new(type_name, parameters).unwrap()
}

#[test]
fn edges_belong_where_they_should() {
    let band = [("Prefactor", 1.0), ("Index", -2.0), ("Scale", 100.0), ("Emin", 100.0), ("Emax", 1000.0)];
    let band = spectrum_with("EnergyBand::PowerLaw", &band);
    let values = [99.9, 100.0, 1000.0, 1000.1].map(|e| band.dnde(e).unwrap() > 0.0);
    assert_eq!(values, [false, true, true, false]);

    // At a break the upper index holds: its derivative there is that of the segment above.
    let broken = [
        ("Normalization", 1.0),
        ("Index0", -1.5),
        ("Index1", -2.0),
        ("Index2", -3.0),
        ("Break0", 100.0),
        ("Break1", 1000.0),
    ];
    let broken = spectrum_with("MultipleBPL", &broken);
    assert!(
        (broken.log_slope(100.0).unwrap() + 2.0).abs() < 1e-14
            && (broken.log_slope(1000.0).unwrap() + 3.0).abs() < 1e-14
    );
    assert!((broken.log_slope(99.9).unwrap() + 1.5).abs() < 1e-14);
    assert!((broken.dnde(1000.0).unwrap() / broken.dnde(999.999_999).unwrap() - 1.0).abs() < 1e-8);
    let broken = [("Prefactor", 1.0), ("Index1", -1.5), ("Index2", -2.0), ("BreakValue", 100.0)];
    let broken = spectrum_with("BrokenPowerLaw", &broken);
    assert!((broken.log_slope(100.0).unwrap() + 2.0).abs() < 1e-14);

    // The reference gives zero at exactly these two energies.
    let cutoff = [
        ("Prefactor", 3.0),
        ("Index1", -1.5),
        ("Index2", -2.0),
        ("BreakValue", 100.0),
        ("Eabs", 1000.0),
        ("P1", 500.0),
    ];
    let cutoff = spectrum_with("BPLExpCutoff", &cutoff);
    assert_eq!(cutoff.dnde(100.0).unwrap(), 3.0);
    assert!((cutoff.log_slope(100.0).unwrap() + 2.0).abs() < 1e-14);
    assert!((cutoff.dnde(1000.0).unwrap() - 0.03).abs() < 1e-15);

    let knots =
        [("IndexL", -1.0), ("IndexH", -3.0), ("dNdE0", 2.0), ("dNdE1", 0.01), ("Energy0", 100.0), ("Energy1", 1000.0)];
    let knots = spectrum_with("PiecewisePowerLaw", &knots);
    for (energy, value) in [(50.0, 4.0), (100.0, 2.0), (1000.0, 0.02), (2000.0, 0.0025)] {
        assert!((knots.dnde(energy).unwrap() / value - 1.0).abs() < 1e-14, "{energy}");
    }
}

#[test]
fn numbered_parameters_are_counted_and_must_increase() {
    let build = |names: &[(&str, f64)]| {
        let parameters = names.iter().map(|&(name, value)| Parameter::new(name, value).unwrap()).collect();
        Spectrum::new("MultipleBPL", parameters)
    };
    let all = [
        ("Normalization", 1.0),
        ("Index0", -1.0),
        ("Index1", -2.0),
        ("Index2", -2.5),
        ("Break0", 9.0),
        ("Break1", 10.0),
    ];
    assert_eq!(build(&all).unwrap().parameters().len(), 6);
    assert!(matches!(build(&all[..5]), Err(Error::MissingParameter { parameter, .. }) if parameter == "Break1"));
    assert!(matches!(build(&all[..4]), Err(Error::MissingParameter { parameter, .. }) if parameter == "Break0"));
    let mut falling = all;
    falling[5].1 = 9.0;
    let error = build(&falling).unwrap_err().to_string();
    assert!(error.contains("Break1 is not above Break0"), "{error}");
    // A wild number asks for nothing.
    let wild = [&all[..], &[("Index4000000000", 1.0)]].concat();
    assert!(matches!(build(&wild), Err(Error::UnknownParameter { .. })));
}

#[test]
fn unknown_types_have_hints() {
    let hint = |name: &str| match Spectrum::with_defaults(name) {
        Err(Error::UnknownSpectrum { nearest, .. }) => nearest[0].clone(),
        _ => String::new(),
    };
    assert_eq!(hint("PowerLow2"), "PowerLaw2");
    assert_eq!(hint("EblAttn::LogParabola"), "EblAtten::LogParabola");
    assert_eq!(hint("ScaleFactor::Logparabola"), "ScaleFactor::LogParabola");
    assert!(matches!(
        Spectrum::with_defaults("ScaleFactor::ScaleFactor::PowerLaw"),
        Err(Error::UnknownSpectrum { .. })
    ));
    for needy in ["FileFunction", "DMFitFunction", "EblAtten::PowerLaw", "EnergyBand::FileFunction"] {
        assert!(matches!(Spectrum::with_defaults(needy), Err(Error::File { .. })), "{needy}");
    }
}

#[test]
fn bad_energies_are_errors() {
    let spectrum = Spectrum::with_defaults("PowerLaw").unwrap();
    for energy in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(spectrum.dnde(energy), Err(Error::InvalidEnergy { .. })));
        assert!(matches!(spectrum.log_slope(energy), Err(Error::InvalidEnergy { .. })));
        assert!(matches!(spectrum.flux(energy, 1e3), Err(Error::InvalidEnergy { .. })));
    }
    assert!(matches!(spectrum.evaluate(&[1.0], &mut []), Err(Error::Length { .. })));
    assert!(matches!(spectrum.gradient(&[1.0], &[3], &mut [0.0]), Err(Error::Index { .. })));
    assert!(matches!(spectrum.hessian(&[1.0], &[0, 3], &mut [0.0; 3]), Err(Error::Index { .. })));
    spectrum.gradient(&[], &[0, 1], &mut []).unwrap();
    let mut steep = Spectrum::with_defaults("PowerLaw").unwrap();
    steep.parameters_mut()[1].set_value(-1e6).unwrap();
    let error = steep.dnde(0.1).unwrap_err().to_string();
    assert!(error.contains("PowerLaw") && error.contains("Index = -1000000.0"), "{error}");
}

#[test]
fn a_norm_is_a_factor_of_every_spectrum_but_one() {
    for type_name in spectrum_types() {
        let needs = spectrum_needs(type_name).unwrap();
        if needs.spectrum || needs.dark_matter {
            continue;
        }
        for wrapper in ["", "ScaleFactor::"] {
            let mut spectrum = Spectrum::with_defaults(&format!("{wrapper}{type_name}")).unwrap();
            let Some(norm) = spectrum.norm_index() else {
                assert!(!spectrum.is_proportional_to_norm());
                continue;
            };
            // On both sides of 8e6 MeV, where the branches of BrokenPowerLaw3 cross; there others have overflowed.
            let last = if type_name == "BrokenPowerLaw3" { 5e7 } else { 9e4 };
            let energies = [150.0, 2e3, 2e4, last];
            let [mut before, mut after] = [[0.0; 4]; 2];
            spectrum.evaluate(&energies, &mut before).unwrap();
            let value = spectrum.parameters()[norm].value();
            spectrum.parameters_mut()[norm].set_value(2.0 * value).unwrap();
            spectrum.evaluate(&energies, &mut after).unwrap();
            let is_factor = before.iter().zip(after).all(|(a, b)| (b - 2.0 * a).abs() <= 1e-12 * b.abs());
            assert_eq!(spectrum.is_proportional_to_norm(), is_factor, "{type_name}");
            assert_eq!(is_factor, type_name != "BrokenPowerLaw3");
        }
    }
}
