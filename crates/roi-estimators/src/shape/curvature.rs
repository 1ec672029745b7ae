//! Whether the spectrum of a source is curved: fits of a power law, a log-parabola and a power law with a cutoff.

use lat_dataset::{Definition, Range};
use roi_fit::{FitOptions, Quiet, Session, fit};
use roi_model::{Parameter, SourceId, Spectrum, power_of_ten};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};

/// Where spectra that are no power laws are compared with one, MeV.
const PIVOT: f64 = 1000.0;

/// Options of [`curvature`], with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CurvatureOptions {
    /// [`CurvatureOptions::INDEX2`].
    #[serde(rename = "Index2")]
    pub index2: f64,
    /// [`CurvatureOptions::FREE_INDEX2`].
    #[serde(rename = "free_Index2")]
    pub free_index2: bool,
    /// How each spectrum is fitted.
    pub optimizer: FitOptions,
}

impl Default for CurvatureOptions {
    fn default() -> Self {
        Self {
            index2: Self::INDEX2.value(),
            free_index2: Self::FREE_INDEX2.value(),
            optimizer: FitOptions::default().with_update(false),
        }
    }
}

impl CurvatureOptions {
    /// The exponent of the cutoff.
    pub const INDEX2: Definition<f64> = Definition::new("Index2", 0.6667, "Index2 of the power law with a cutoff.")
        .within(Range::new("a number from 0.1 to 1", |x| (0.1..=1.0).contains(&x)));
    /// Whether it is fitted.
    pub const FREE_INDEX2: Definition<bool> =
        Definition::new("free_Index2", false, "Fit the cutoff once more with Index2 free.");

    /// Sets [`index2`](Self::index2).
    #[must_use]
    pub fn with_index2(mut self, index2: f64) -> Self {
        self.index2 = index2;
        self
    }

    /// Sets [`free_index2`](Self::free_index2).
    #[must_use]
    pub fn with_free_index2(mut self, free_index2: bool) -> Self {
        self.free_index2 = free_index2;
        self
    }

    /// Sets [`optimizer`](Self::optimizer).
    #[must_use]
    pub fn with_optimizer(mut self, optimizer: FitOptions) -> Self {
        self.optimizer = optimizer;
        self
    }
}

/// One spectrum that was fitted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurvatureFit {
    /// `logL` at the end.
    pub loglike: f64,
    /// Whether the fit was good enough.
    pub fit_success: bool,
    /// Its quality, 0 to 3.
    pub fit_quality: u8,
    /// Its status, 0 when all is well.
    pub fit_status: i32,
    /// The status in words.
    pub message: String,
}

/// What [`curvature`] returns. Each statistic is twice the gain in `logL` over the power law, `None` when one of the two fits was not good
/// enough.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Curvature {
    /// The source.
    pub name: String,
    /// The power law.
    pub pl: CurvatureFit,
    /// The log-parabola, beta from 0 to 1.
    pub lp: CurvatureFit,
    /// The power law with a cutoff.
    pub ple: CurvatureFit,
    /// The same with its `Index2` free, if that was asked for.
    pub ple_free: Option<CurvatureFit>,
    /// The options.
    pub config: CurvatureOptions,
}

impl Curvature {
    /// Of the log-parabola.
    pub fn lp_ts_curv(&self) -> Option<f64> {
        self.ts(&self.lp)
    }

    /// Of the power law with a cutoff.
    pub fn ple_ts_curv(&self) -> Option<f64> {
        self.ts(&self.ple)
    }

    /// Of the same with its `Index2` free.
    pub fn ple_free_ts_curv(&self) -> Option<f64> {
        self.ts(self.ple_free.as_ref()?)
    }

    fn ts(&self, curved: &CurvatureFit) -> Option<f64> {
        (self.pl.fit_success && curved.fit_success).then_some(2.0 * (curved.loglike - self.pl.loglike))
    }

    /// The dictionary with fermipy's keys, and `fits`: status and quality of each.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "ts_curv": self.lp_ts_curv(),
            "lp_ts_curv": self.lp_ts_curv(),
            "ple_ts_curv": self.ple_ts_curv(),
            "ple_free_ts_curv": self.ple_free_ts_curv(),
            "loglike_pl": self.pl.loglike,
            "loglike_lp": self.lp.loglike,
            "loglike_ple": self.ple.loglike,
            "loglike_ple_free": self.ple_free.as_ref().map(|fit| fit.loglike),
            "Index2": self.config.index2,
            "fits": { "pl": self.pl, "lp": self.lp, "ple": self.ple, "ple_free": self.ple_free },
            "config": self.config,
        })
    }
}

/// Fits a source, found by name or alias, with a power law, and from there with a log-parabola and with `PLSuperExpCutoff4`; what else is
/// free in the model
/// takes part in every fit. The session is left as it was.
///
/// A source that is no power law begins as one with its dN/dE at 1 GeV and an index of 2.
///
/// # Errors
/// When there is no such source, an option is wrong, or the likelihood of a start cannot be evaluated.
pub fn curvature(session: &Session, name: &str, options: &CurvatureOptions) -> Result<Curvature> {
    CurvatureOptions::INDEX2.check(&options.index2)?;
    let mut session = session.clone();
    let source = session.roi().id_of(name)?;
    let name = session.roi()[source].name().to_owned();
    let own = session.roi()[source].spectrum();
    let start = if own.type_name() == "PowerLaw" { own.clone() } else { power_law(own)? };
    let pl = fitted(&mut session, source, freed(start, &["Prefactor", "Index"]), options)?;
    let line = session.roi()[source].spectrum().clone();
    let lp = fitted(&mut session.clone(), source, log_parabola(&line)?, options)?;
    let ple = fitted(&mut session.clone(), source, cutoff(&line, options.index2, false)?, options)?;
    let ple_free = if options.free_index2 {
        Some(fitted(&mut session.clone(), source, cutoff(&line, options.index2, true)?, options)?)
    } else {
        None
    };
    Ok(Curvature { name, pl, lp, ple, ple_free, config: options.clone() })
}

/// Fits with another spectrum; a fit that is good enough stays in the session.
fn fitted(
    session: &mut Session,
    source: SourceId,
    spectrum: Spectrum,
    options: &CurvatureOptions,
) -> Result<CurvatureFit> {
    let changed = session.roi()[source].with_spectrum(spectrum);
    session.roi_mut()[source] = changed;
    let fitted = fit(session, &options.optimizer.clone().with_update(false), &mut Quiet)?;
    Ok(CurvatureFit {
        loglike: fitted.loglike,
        fit_success: fitted.fit_success,
        fit_quality: fitted.fit_quality,
        fit_status: fitted.fit_status,
        message: fitted.message,
    })
}

/// A spectrum of which these parameters alone are free.
fn freed(mut spectrum: Spectrum, free: &[&str]) -> Spectrum {
    for parameter in spectrum.parameters_mut() {
        let is_free = free.contains(&parameter.name());
        parameter.set_free(is_free);
    }
    spectrum
}

/// A power law with the present dN/dE at 1 GeV.
fn power_law(own: &Spectrum) -> Result<Spectrum> {
    let dnde = own.dnde(PIVOT)?;
    let scale = power_of_ten(dnde);
    let value = (dnde / scale).clamp(1e-5, 1e3);
    Ok(Spectrum::new(
        "PowerLaw",
        vec![
            Parameter::new("Prefactor", value)?.with_scale(scale)?.with_bounds(1e-5, 1e3)?,
            Parameter::new("Index", 2.0)?.with_scale(-1.0)?.with_bounds(0.0, 5.0)?,
            Parameter::new("Scale", PIVOT)?,
        ],
    )?)
}

/// A parameter of a power law under another name.
fn renamed(line: &Spectrum, from: &str, to: &str) -> Result<Parameter> {
    let missing = || Error::Option { option: "source", found: line.type_name().into(), expected: "a power law" };
    let old = line.parameter(from).ok_or_else(missing)?;
    Ok(Parameter::new(to, old.value())?.with_scale(old.scale())?.with_bounds(old.min(), old.max())?)
}

/// The log-parabola of a power law, without curvature.
fn log_parabola(line: &Spectrum) -> Result<Spectrum> {
    let index = renamed(line, "Index", "Index")?.true_value();
    let spectrum = Spectrum::new(
        "LogParabola",
        vec![
            renamed(line, "Prefactor", "norm")?,
            Parameter::new("alpha", (-index).clamp(-5.0, 5.0))?.with_bounds(-5.0, 5.0)?,
            Parameter::new("beta", 0.0)?.with_bounds(0.0, 1.0)?,
            renamed(line, "Scale", "Eb")?,
        ],
    )?;
    Ok(freed(spectrum, &["norm", "alpha", "beta"]))
}

/// A power law with a slight cutoff.
fn cutoff(line: &Spectrum, index2: f64, free_index2: bool) -> Result<Spectrum> {
    let spectrum = Spectrum::new(
        "PLSuperExpCutoff4",
        vec![
            renamed(line, "Prefactor", "Prefactor")?,
            renamed(line, "Index", "IndexS")?,
            renamed(line, "Scale", "Scale")?,
            Parameter::new("ExpfactorS", 0.1)?.with_bounds(0.0, 10.0)?,
            Parameter::new("Index2", index2)?.with_bounds(0.1, 1.0)?,
        ],
    )?;
    let free = ["Prefactor", "IndexS", "ExpfactorS", "Index2"];
    Ok(freed(spectrum, if free_index2 { &free } else { &free[..3] }))
}
