//! What `fit` and `batch` share: what is freed, and how it is fitted.

use std::str::FromStr;

use clap::Args;
use roi_fit::{Analysis, FitOptions, Pars, Selection, is_spectral_parameter};

use super::editing::source_and_pars;
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
        if self.pars.is_some() && !self.selects() {
            let hint = "--pars says what a selection frees; give --distance, --minmax-ts or --minmax-npred too";
            return Err(Failure::Usage(hint.into()));
        }
        Ok(())
    }

    /// Whether there is a selection of sources.
    fn selects(&self) -> bool {
        self.distance.is_some() || self.minmax_ts.is_some() || self.minmax_npred.is_some()
    }

    /// In words, as they were given: for what depends on them.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.free.iter().map(|place| format!("--free '{place}'")).collect();
        words.extend(self.fix_all.then(|| "--fix-all".to_owned()));
        words.extend(self.distance.map(|degrees| format!("--distance {degrees}")));
        words.extend(self.pars.as_ref().map(|pars| format!("--pars {}", pars_words(pars))));
        words.extend(self.minmax_ts.map(|range| format!("--minmax-ts {}", range_words(range))));
        words.extend(self.minmax_npred.map(|range| format!("--minmax-npred {}", range_words(range))));
        words
    }

    /// Frees what was asked for.
    pub(crate) fn apply(&self, analysis: &mut Analysis) -> roi_fit::Result<()> {
        if self.fix_all {
            analysis.fix_all()?;
        }
        for place in &self.free {
            let (name, pars) = source_and_pars(analysis, place)?;
            analysis.free_source(name, true, &pars)?;
        }
        if self.selects() {
            let mut selection = self.distance.map_or_else(Selection::all, Selection::within);
            selection.minmax_ts = self.minmax_ts.unwrap_or_default();
            selection.minmax_npred = self.minmax_npred.unwrap_or_default();
            if self.minmax_ts.is_some() {
                analysis.compute_missing_ts()?;
            }
            analysis.free_sources(&selection, self.pars.clone().unwrap_or(Pars::All), true)?;
        }
        Ok(())
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
    /// The options of the configuration with those of the command line over them.
    pub(crate) fn options(&self, analysis: &Analysis) -> FitOptions {
        let mut options = analysis.fit_options();
        self.change(&mut options);
        options.max_iter = self.max_iter.unwrap_or(options.max_iter);
        options.max_calls = self.max_calls;
        options.retries = self.retries.unwrap_or(options.retries);
        options.min_fit_quality = self.min_fit_quality.unwrap_or(options.min_fit_quality);
        options.minos = self.minos;
        options.reoptimize = self.reoptimize;
        options.update = !self.no_update;
        options
    }

    /// In words, as they were given: for what depends on them.
    pub(crate) fn words(&self) -> Vec<String> {
        let switch = |name: &str, is_on: bool| is_on.then(|| name.to_owned());
        [
            self.optimizer.as_ref().map(|name| format!("--optimizer {name}")),
            self.tol.map(|tol| format!("--tol {tol:?}")),
            self.max_iter.map(|n| format!("--max-iter {n}")),
            self.max_calls.map(|n| format!("--max-calls {n}")),
            self.retries.map(|n| format!("--retries {n}")),
            self.min_fit_quality.map(|quality| format!("--min-fit-quality {quality}")),
            switch("--minos", self.minos),
            switch("--reoptimize", self.reoptimize),
            switch("--no-update", self.no_update),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Changes those options that hold also for the fits of an optimization.
    pub(crate) fn change(&self, options: &mut FitOptions) {
        if let Some(optimizer) = &self.optimizer {
            options.optimizer.clone_from(optimizer);
        }
        options.tol = self.tol.unwrap_or(options.tol);
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

/// What a selection frees, in words.
fn pars_words(pars: &Pars) -> String {
    match pars {
        Pars::Norm => "norm".into(),
        Pars::Shape => "shape".into(),
        Pars::Names(names) => names.join(","),
        Pars::All => "all".into(),
    }
}

/// `LO,HI` again.
fn range_words((low, high): Range) -> String {
    let [low, high] = [low, high].map(|end| end.map_or_else(String::new, |end| end.to_string()));
    format!("{low},{high}")
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
