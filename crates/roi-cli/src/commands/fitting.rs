//! What `fit` and `batch` share: what is freed, and how it is fitted.

use std::str::FromStr;

use clap::Args;
use roi_fit::{Analysis, FitOptions, Pars, is_spectral_parameter};

use crate::failure::Failure;

/// Smallest and largest value; `None` is an open end.
type Range = (Option<f64>, Option<f64>);

/// Where the help lists what is freed.
const FREEING: &str = "What is free";

/// Where the help lists how it is fitted.
const FITTING: &str = "How it is fitted";

/// What is freed beside what is free in the model.
#[derive(Args, Debug)]
pub(crate) struct Freeing {
    /// Free a source, or some of its parameters: norm, shape, all, or names separated by commas (may be repeated)
    #[arg(help_heading = FREEING, long, value_name = "NAME[:PARS]")]
    free: Vec<String>,
    /// Fix everything before the other options free
    #[arg(help_heading = FREEING, long)]
    fix_all: bool,
    /// Free the sources within this many degrees of the centre (diffuse ones always pass)
    #[arg(help_heading = FREEING, long, value_name = "DEG", allow_negative_numbers = true, value_parser = degrees)]
    distance: Option<f64>,
    /// What the selection frees: norm, shape, all, or names separated by commas [default: all]
    #[arg(help_heading = FREEING, long, value_name = "norm|shape|all|NAMES", value_parser = pars)]
    pars: Option<Pars>,
    /// Free the sources with a TS in this range; either end may be left out, as in `10,`. Unless --optimize-first has computed the TS, it
    /// is that of the model as it stands, which need not be at its maximum
    #[arg(help_heading = FREEING, long, value_name = "LO,HI", allow_hyphen_values = true, value_parser = range)]
    minmax_ts: Option<Range>,
    /// Free the sources with predicted counts in this range
    #[arg(help_heading = FREEING, long, value_name = "LO,HI", allow_hyphen_values = true, value_parser = range)]
    minmax_npred: Option<Range>,
}

impl Freeing {
    /// Refuses `--pars` without a selection, which would be without effect.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.pars.is_some() && !self.plain().selects() {
            let hint = "--pars says what a selection frees; give --distance, --minmax-ts or --minmax-npred too";
            return Err(Failure::Usage(hint.into()));
        }
        Ok(())
    }

    /// Without the command line.
    pub(crate) fn plain(&self) -> roi_batch::Freeing {
        let mut plain = roi_batch::Freeing::default();
        plain.free.clone_from(&self.free);
        plain.fix_all = self.fix_all;
        plain.distance = self.distance;
        plain.pars.clone_from(&self.pars);
        (plain.minmax_ts, plain.minmax_npred) = (self.minmax_ts, self.minmax_npred);
        plain
    }

    /// Frees what was asked for.
    pub(crate) fn apply(&self, analysis: &mut Analysis) -> roi_fit::Result<()> {
        self.plain().apply(analysis)
    }
}

/// What the help of a flag says that `--optimize-first` heeds too.
const ALSO_FIRST: &str = ", also of --optimize-first";

/// How it is fitted.
#[derive(Args, Debug)]
pub(crate) struct Fitting {
    #[arg(help_heading = FITTING, long, value_name = "NAME", help = FitOptions::OPTIMIZER.help(ALSO_FIRST))]
    optimizer: Option<String>,
    #[arg(help_heading = FITTING, long, value_name = "T", allow_negative_numbers = true, help = FitOptions::TOL.help(ALSO_FIRST))]
    tol: Option<f64>,
    #[arg(help_heading = FITTING, long, value_name = "N", help = FitOptions::MAX_ITER.help(""))]
    max_iter: Option<usize>,
    #[arg(help_heading = FITTING, long, value_name = "N", help = FitOptions::MAX_CALLS.help(""))]
    max_calls: Option<usize>,
    #[arg(help_heading = FITTING, long, value_name = "N", help = FitOptions::RETRIES.help(""))]
    retries: Option<usize>,
    #[arg(help_heading = FITTING, long, value_name = "Q", help = FitOptions::MIN_FIT_QUALITY.help(""))]
    min_fit_quality: Option<u8>,
    #[arg(help_heading = FITTING, long, help = FitOptions::MINOS.switch_help())]
    minos: bool,
    #[arg(help_heading = FITTING, long, help = FitOptions::REOPTIMIZE.switch_help())]
    reoptimize: bool,
    /// Do not compute TS and fluxes after the fit
    #[arg(help_heading = FITTING, long)]
    no_update: bool,
}

impl Fitting {
    /// Without the command line.
    pub(crate) fn plain(&self) -> roi_batch::Fitting {
        let mut plain = roi_batch::Fitting::default();
        plain.optimizer.clone_from(&self.optimizer);
        plain.tol = self.tol;
        (plain.max_iter, plain.max_calls, plain.retries) = (self.max_iter, self.max_calls, self.retries);
        plain.min_fit_quality = self.min_fit_quality;
        (plain.minos, plain.reoptimize, plain.no_update) = (self.minos, self.reoptimize, self.no_update);
        plain
    }

    /// The options of the configuration with those of the command line over them.
    pub(crate) fn options(&self, analysis: &Analysis) -> FitOptions {
        self.plain().options(analysis)
    }

    /// Changes those options that hold also for the fits of an optimization.
    pub(crate) fn change(&self, options: &mut FitOptions) {
        self.plain().change(options);
    }
}

/// What a selection frees. A name that no spectrum has frees nothing: it is a slip.
fn pars(text: &str) -> Result<Pars, String> {
    let pars = Pars::from_str(text).map_err(|error| error.to_string())?;
    match &pars {
        Pars::Names(names) => match names.iter().find(|name| !is_spectral_parameter(name)) {
            Some(name) => Err(format!(
                "no spectrum has a parameter '{name}'; expected norm, shape, all, or names such as Prefactor,Index"
            )),
            None => Ok(pars),
        },
        _ => Ok(pars),
    }
}

/// Degrees of a distance.
fn degrees(text: &str) -> Result<f64, &'static str> {
    let degrees: Option<f64> = text.parse().ok();
    degrees.filter(|degrees| degrees.is_finite() && *degrees >= 0.0).ok_or("expected degrees, 0 or more")
}

/// `LO,HI` with either end open.
fn range(text: &str) -> Result<Range, &'static str> {
    let bad = "expected LO,HI, where either may be empty, as in 10, or ,25";
    let (low, high) = text.split_once(',').ok_or(bad)?;
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        number => number.parse().ok().filter(|value: &f64| !value.is_nan()).map(Some).ok_or(bad),
    };
    match (end(low)?, end(high)?) {
        (Some(low), Some(high)) if low > high => Err("expected the lower end first, as in 10,25"),
        ends => Ok(ends),
    }
}
