//! The fit's status in words, and what to do about it.

use roi_fit::{FitResult, fixed, scientific};

use crate::input::report_input::ReportInput;
use crate::input::sky_image::ImageKind;

/// How serious a status is; the page has a colour and a word for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Nothing is to be done.
    Good,
    /// Something may be improved.
    Note,
    /// The numbers must not be used as they are.
    Bad,
}

impl Level {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Note => "Look at this",
            Self::Bad => "Not usable",
        }
    }
}

/// Something to know and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Advice {
    pub(crate) level: Level,
    pub(crate) text: String,
    /// What to type; empty for nothing.
    pub(crate) command: String,
}

impl Advice {
    fn new(level: Level, text: impl Into<String>) -> Self {
        Self { level, text: text.into(), command: String::new() }
    }

    fn with(mut self, command: String) -> Self {
        self.command = command;
        self
    }
}

/// All that is to be said, the most serious first.
pub(crate) fn advice(input: &ReportInput) -> Vec<Advice> {
    let mut all = match &input.fit {
        Some(fit) => of_fit(fit, &input.command),
        None => without_fit(input),
    };
    all.extend(of_optimization(input));
    all.extend(of_maps(input));
    all.extend(of_goodness(input));
    all.extend(input.remarks.iter().map(|remark| Advice::new(Level::Note, remark.as_str())));
    all.extend(input.problems.iter().map(|problem| {
        let of = if problem.source.is_empty() { String::new() } else { format!(" of {}", problem.source) };
        Advice::new(Level::Note, format!("The {}{of} could not be made: {}", problem.what, problem.message))
    }));
    all.sort_by_key(|advice| std::cmp::Reverse(advice.level));
    all
}

fn of_fit(fit: &FitResult, command: &str) -> Vec<Advice> {
    let n = fit.values.len();
    let attempts = fit.niter;
    if !fit.fit_success {
        let text = format!(
            "The fit failed ({}; quality {}), and every parameter is as it was before it. Another optimizer or fewer free parameters often help: optimize first, or free only norms.",
            fit.message, fit.fit_quality
        );
        return vec![
            Advice::new(Level::Bad, text).with(format!("roi-fit fit {command} --optimize-first --optimizer NEWTON")),
        ];
    }
    let gain = fixed(fit.dloglike, 2);
    let made = format!(
        "The fit of {n} parameters succeeded after {attempts} attempt(s) and gained {gain} in ln L: {}.",
        fit.message
    );
    let edm = if fit.edm.is_finite() {
        format!(" (estimated distance to it: {} in ln L)", scientific(fit.edm, 1))
    } else {
        String::new()
    };
    let first = match fit.fit_quality {
        3 => Advice::new(Level::Good, format!("{made} Quality 3 of 3: the maximum{edm} and the covariance are accurate.")),
        2 => Advice::new(Level::Note, format!("{made} Quality 2 of 3: the covariance had to be made positive definite, so errors may be wrong. Fix what the data do not constrain, or let MINOS find the errors."))
            .with(format!("roi-fit fit {command} --minos")),
        quality => Advice::new(Level::Bad, format!("{made} Quality {quality} of 3: errors are an approximation at best. Use another optimizer, which has an exact covariance."))
            .with(format!("roi-fit fit {command} --optimizer NEWTON")),
    };
    let mut all = vec![first];
    all.extend(fit.at_limit.iter().filter_map(|&row| {
        let (source, parameter) = (fit.src_names.get(row)?, fit.par_names.get(row)?);
        let value = scientific(*fit.true_values().get(row)?, 3);
        let text = format!("{parameter} of {source} ended at a bound (true value {value}): its error is that of one side at most. Widen the bound if physics allows it, or fix the parameter.");
        Some(Advice::new(Level::Note, text))
    }));
    all.extend(fit.warnings.iter().map(|warning| Advice::new(Level::Note, warning.as_str())));
    all
}

fn without_fit(input: &ReportInput) -> Vec<Advice> {
    let n = input.roi.free_parameters().len();
    let known = input.sources.values().filter(|source| source.ts.is_some()).count();
    let text = format!(
        "No fit was made for this report: it shows the model as it was given, with {n} free parameters. TS is known of {known} of {} sources, from the fits before.",
        input.roi.sources().len()
    );
    vec![Advice::new(Level::Note, text).with(format!("roi-fit report {} --fit-first", input.command))]
}

fn of_optimization(input: &ReportInput) -> Option<Advice> {
    let optimized = input.optimized.as_ref()?;
    let failed = optimized.n_failed();
    let gain = fixed(optimized.dloglike, 2);
    let text = format!("The region was optimized first: {} fits gained {gain} in ln L.", optimized.steps.len());
    Some(match failed {
        0 => Advice::new(Level::Good, text),
        n => Advice::new(Level::Note, format!("{text} {n} of them failed, and their parameters are as before.")),
    })
}

/// What maps show that the model has not.
fn of_maps(input: &ReportInput) -> Vec<Advice> {
    let mut all = Vec::new();
    let of = |kind: ImageKind| input.images.iter().find(|image| image.kind == kind).map(|image| &image.all);
    let highest = of(ImageKind::Ts).and_then(|all| all.highest);
    if let Some((ts, place)) = highest.filter(|(ts, _)| *ts >= 25.0) {
        let (ra, dec) = (fixed(place.ra(), 2), fixed(place.dec(), 2));
        let text =
            format!("The TS map reaches {} at RA {ra}, Dec {dec}: the model may lack a source there.", fixed(ts, 1));
        all.push(
            Advice::new(Level::Note, text).with(format!("roi-fit find-sources {} --xml found.xml", input.command)),
        );
    }
    let range = of(ImageKind::Significance).and_then(|all| all.range);
    if let Some((low, high)) = range.filter(|(low, high)| *low <= -5.0 || *high >= 5.0) {
        let text = format!(
            "Residuals reach from {} to {} sigma: the model does not describe the counts everywhere. Look at the residual map.",
            fixed(low, 1),
            fixed(high, 1)
        );
        all.push(Advice::new(Level::Note, text));
    }
    all
}

fn of_goodness(input: &ReportInput) -> Option<Advice> {
    let goodness = input.goodness.as_ref()?;
    if goodness.impossible > 0 {
        let text = format!(
            "{} bins have counts where the model predicts none: no likelihood allows that.",
            goodness.impossible
        );
        return Some(Advice::new(Level::Note, text));
    }
    let pull = goodness.total().pull()?;
    let words = format!("the deviance lies {} sigma from what a true model would give", fixed(pull, 1));
    let text = if pull.abs() < 3.0 {
        return Some(Advice::new(Level::Good, format!("Counts and model agree: {words}.")));
    } else if pull > 0.0 {
        let chance = goodness.total().p_value().map(|p| format!(" (probability {})", scientific(p, 1)));
        let chance = chance.unwrap_or_default();
        format!("Counts and model do not agree: {words}{chance}. The table of goodness of fit shows at which energies.")
    } else {
        format!(
            "Counts scatter less about the model than Poisson counts do: {words}. The model may follow the counts themselves."
        )
    };
    Some(Advice::new(Level::Note, text))
}

/// The most serious level there is.
pub(crate) fn worst(all: &[Advice]) -> Level {
    all.iter().map(|advice| advice.level).max().unwrap_or(Level::Good)
}
