//! Pulls of spectral parameters, coverage of their errors, and the bias of faint norms.

use std::collections::BTreeMap;

use roi_fit::{FitOptions, FitResult, Quiet, Session, fit};
use roi_model::{Parameter, Roi, Source};
use roi_simulate::{SimulationOptions, simulate};

use crate::calibration::draws::{Outcome, Sizes, Stream, draws};
use crate::calibration::pictures::{Panel, histograms};
use crate::calibration::scene::{Scene, norm_of};
use crate::calibration::section::{Section, Table};
use crate::calibration::statistics::{Law, Share, Summary};

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::calibration) enum Kind {
    /// The norm of a point source.
    Norm,
    /// A photon index, or what stands for one.
    Index,
    /// `beta` of a log-parabola.
    Curvature,
    /// The factor in the exponent of a cutoff.
    Cutoff,
    /// The norm of the Galactic component.
    Galactic,
    /// The norm of the isotropic component.
    Isotropic,
}

impl Kind {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Norm, "norm of a point source"),
        (Self::Index, "index"),
        (Self::Curvature, "curvature (`beta`)"),
        (Self::Cutoff, "cutoff (`Expfactor`)"),
        (Self::Galactic, "norm, Galactic"),
        (Self::Isotropic, "norm, isotropic"),
    ];

    fn of(source: &Source, parameter: &str) -> Option<Self> {
        let spectrum = source.spectrum();
        if spectrum.norm_index() == spectrum.index_of(parameter) {
            let is_point = source.direction().is_some();
            let diffuse = if source.name() == "isodiff" { Self::Isotropic } else { Self::Galactic };
            return Some(if is_point { Self::Norm } else { diffuse });
        }
        match parameter {
            "Index" | "Index1" | "IndexS" | "alpha" => Some(Self::Index),
            "beta" => Some(Self::Curvature),
            "Expfactor" | "ExpfactorS" => Some(Self::Cutoff),
            _ => None,
        }
    }

    fn is_diffuse(self) -> bool {
        matches!(self, Self::Galactic | Self::Isotropic)
    }
}

/// What one fit says of one parameter.
#[derive(Clone, Copy, Debug)]
pub(in crate::calibration) struct Pull {
    /// What it is.
    pub kind: Kind,
    /// The TS of its source where counts are as expected.
    pub significance: f64,
    /// `fit - truth`, and the error of the fit.
    pub off: f64,
    /// One standard deviation by the second derivatives.
    pub error: f64,
    /// The true value.
    pub truth: f64,
    /// Whether it ended at a bound, where that error does not say much.
    pub at_bound: bool,
    /// Whether the interval of MINOS holds the truth; a side that was not found ends at the bound of the parameter. Nothing where MINOS did not look.
    pub minos_covers: Option<bool>,
}

/// Everything that was fitted.
#[derive(Clone, Debug, Default)]
pub(in crate::calibration) struct Pulls {
    /// One a parameter and region.
    pub all: Vec<Pull>,
    /// Fits, and those that did not succeed.
    pub failed: Share,
    /// Those that ended at a lower `logL` than the truth has.
    pub(in crate::calibration) below: Share,
    /// What those said, and how often.
    pub why: BTreeMap<String, usize>,
}

/// Years of data of the skies, one after the other.
const YEARS: [f64; 4] = [0.3, 1.0, 5.0, 30.0];
/// What the tolerance of a fit leaves of `logL`.
const TOLERANCE: f64 = 1e-3;
/// Shapes of fainter sources are held.
const SHAPES_FROM: f64 = 10.0;
/// Classes of significance for pulls, and for the bias of norms.
const CLASSES: [(f64, f64, &str); 3] =
    [(10.0, 25.0, "10-25"), (25.0, 100.0, "25-100"), (100.0, f64::INFINITY, "> 100")];
const FAINT: [(f64, f64, &str); 6] = [
    (0.0, 1.0, "< 1"),
    (1.0, 4.0, "1-4"),
    (4.0, 10.0, "4-10"),
    (10.0, 25.0, "10-25"),
    (25.0, 100.0, "25-100"),
    (100.0, f64::INFINITY, "> 100"),
];

/// A truth, and the significance of each of its sources.
struct Sky {
    scene: Scene,
    significance: BTreeMap<String, f64>,
}

impl Sky {
    fn new(index: usize) -> Outcome<Self> {
        let years = YEARS[index % YEARS.len()];
        let options = SimulationOptions::default().with_seed(Stream::Pulls.seed(index)).with_years(years);
        let simulated = simulate(&options.with_sources(4).with_npix(24).with_binsz(0.2).with_ebins(8))?;
        let mut scene = Scene::of(&simulated)?;
        let is_norm = |source: &Source, parameter: &Parameter| {
            Ok(source.spectrum().index_of(parameter.name()) == Some(norm_of(source)?))
        };
        scene.free(is_norm)?;
        let mut significance = BTreeMap::new();
        for source in scene.roi().sources() {
            significance.insert(source.name().to_owned(), scene.significance(source.name())?);
        }
        scene.free(|source, parameter| {
            let is_bright = significance.get(source.name()).is_some_and(|ts| *ts >= SHAPES_FROM);
            let is_shape = source.direction().is_some() && Kind::of(source, parameter.name()).is_some();
            Ok(is_norm(source, parameter)? || (is_bright && is_shape))
        })?;
        Ok(Self { scene, significance })
    }

    /// What the fit of one draw says, and whether it ended below the truth; or why it did not succeed.
    fn fitted(&self, seed: u64) -> Outcome<Result<(Vec<Pull>, bool), String>> {
        let mut session = self.scene.draw(seed)?;
        let of_truth = session.loglike()?;
        leave_truth(&mut session)?;
        let options = FitOptions::default().with_update(false).with_minos(true);
        let found = fit(&mut session, &options, &mut Quiet)?;
        if !found.fit_success {
            return Ok(Err(found.message));
        }
        let rows = 0..found.values.len();
        let pulls: Option<Vec<Pull>> = rows.map(|row| self.pull(&found, row)).collect();
        let is_below = found.loglike < of_truth - TOLERANCE;
        Ok(Ok((pulls.ok_or("a parameter of the fit that the truth does not have")?, is_below)))
    }

    fn pull(&self, found: &FitResult, row: usize) -> Option<Pull> {
        let (source, parameter) = (self.scene.roi().source(&found.src_names[row]).ok()?, &found.par_names[row]);
        let truth = source.spectrum().parameters().get(source.spectrum().index_of(parameter)?)?.value();
        let off = found.values[row] - truth;
        // Below the truth by no more than the interval reaches up, above it by no more than it reaches down.
        let covers =
            |[down, up]: [Option<f64>; 2]| up.is_none_or(|up| off >= -up) && down.is_none_or(|down| off <= -down);
        let minos_covers = found.minos.as_ref().map(|intervals| covers(intervals[row]));
        Some(Pull {
            kind: Kind::of(source, parameter)?,
            significance: *self.significance.get(source.name())?,
            off,
            error: found.errors[row],
            truth,
            at_bound: found.at_limit.contains(&row),
            minos_covers,
        })
    }
}

/// Norms and indices off the truth, as those of a catalog are.
fn leave_truth(session: &mut Session) -> Outcome<()> {
    let roi: &mut Roi = session.roi_mut();
    for (place, id) in roi.free_parameters().into_iter().enumerate() {
        let is_norm = roi[id.source].spectrum().norm_index() == Some(id.parameter);
        let sign = if place % 2 == 0 { 1.0 } else { -1.0 };
        let parameter = roi.parameter_mut(id)?;
        let (low, high) = parameter.bounds();
        let off = if is_norm { parameter.value() * (1.0 + 0.2 * sign) } else { parameter.value() + 0.05 * sign };
        parameter.set_value(off.clamp(low, high))?;
    }
    Ok(())
}

/// Fits `sizes.pulls` regions, draws of `sizes.skies` skies.
///
/// # Errors
/// When a region cannot be made, or a fit is refused.
pub(in crate::calibration) fn pulls(sizes: Sizes) -> Outcome<Pulls> {
    let skies = draws(sizes.skies, Stream::Pulls, |index, _| Sky::new(index))?;
    let fitted = draws(sizes.pulls, Stream::Pulls, |index, seed| {
        // Beyond the seeds of the skies.
        skies[index % skies.len()].fitted(seed + (1 << 32))
    })?;
    let failed = Share::of(fitted.iter().map(Result::is_err));
    let mut why: BTreeMap<String, usize> = BTreeMap::new();
    for message in fitted.iter().filter_map(|found| found.as_ref().err()) {
        *why.entry(message.clone()).or_default() += 1;
    }
    let below = Share::of(fitted.iter().flatten().map(|(_, is_below)| *is_below));
    Ok(Pulls { all: fitted.into_iter().flatten().flat_map(|(pulls, _)| pulls).collect(), failed, below, why })
}

impl Pulls {
    fn of(&self, kind: Kind, (low, high): (f64, f64)) -> Vec<Pull> {
        let is_it = |pull: &&Pull| pull.kind == kind && (low..high).contains(&pull.significance);
        self.all.iter().filter(is_it).copied().collect()
    }

    /// Laws that hold however few counts there are: of bright sources and of diffuse components, all kinds together. The slack of mean and width is what
    /// a maximum of likelihood is off by in the second order where it stands 10 standard deviations from 0.
    pub(in crate::calibration) fn laws(&self) -> Vec<Law> {
        let bright: Vec<Pull> =
            self.all.iter().filter(|pull| pull.significance > 100.0 && !pull.at_bound).copied().collect();
        let mut laws = Vec::new();
        if let Some(found) = Summary::of(&values(&bright)) {
            laws.extend(Law::normal("pulls above a TS of 100", found, (0.1, 0.03)));
        }
        laws.push(Law::share("68 % errors (HESSE) above a TS of 100", hesse(&bright), 0.6827, 0.02));
        laws.push(Law::share("68 % errors (MINOS) above a TS of 100", minos(&bright), 0.6827, 0.02));
        laws.push(Law {
            what: "fits that ended below the logL of the truth".into(),
            found: self.below.value(),
            expected: 0.0,
            below: 0.0,
            above: 0.0,
        });
        laws
    }

    /// The sections of the page.
    ///
    /// # Errors
    /// When a picture cannot be drawn.
    pub(in crate::calibration) fn sections(&self) -> Outcome<Vec<Section>> {
        Ok(vec![self.section_of_pulls()?, self.section_of_bias()])
    }

    fn section_of_pulls(&self) -> Outcome<Section> {
        let head = [
            "parameter",
            "TS",
            "pulls",
            "mean",
            "width",
            "beyond 5",
            "D",
            "D of 1 %",
            "HESSE covers",
            "MINOS covers",
            "at a bound",
        ];
        let mut table = Table::new(&head);
        let mut panels = Vec::new();
        for (kind, name) in Kind::ALL {
            let everything = [(0.0, f64::INFINITY, "any")];
            let classes: &[(f64, f64, &str)] = if kind.is_diffuse() { &everything } else { &CLASSES };
            for &(low, high, class) in classes {
                let found = self.of(kind, (low, high));
                let inside: Vec<Pull> = found.iter().filter(|pull| !pull.at_bound).copied().collect();
                let Some(summary) = Summary::of(&values(&inside)) else { continue };
                let at_bound = Share::of(found.iter().map(|pull| pull.at_bound));
                let mut row = vec![name.to_owned(), class.to_owned()];
                row.extend(summary.cells());
                row.extend([hesse(&inside).words(), minos(&found).words(), format!("{:.3}", at_bound.value())]);
                table.row(row);
                panels.push(Panel { title: format!("{}, TS {class}", name.replace('`', "")), values: values(&inside) });
            }
        }
        Ok(Section {
            title: "Pulls and errors of spectral parameters",
            text: format!("{}\n\n{}\n\n{PULLS_AFTER}", self.words(), table.markdown()),
            picture: Some((
                "calibration-pulls.svg",
                "Pulls of every kind of parameter beside the normal law",
                histograms(&panels)?,
            )),
        })
    }

    fn words(&self) -> String {
        let Share { hits, n } = self.failed;
        let why: Vec<String> = self.why.iter().map(|(message, times)| format!("{times} times \"{message}\"")).collect();
        let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
        format!("{n} regions were fitted; {hits} fits did not succeed{why}. {PULLS_BEFORE}")
    }

    fn section_of_bias(&self) -> Section {
        let mut table = Table::new(&[
            "TS",
            "norms",
            "mean (fit - truth) in sigma",
            "mean fit / truth",
            "the same, weights 1 / error^2",
            "mean pull",
            "at the bound",
        ]);
        for (low, high, class) in FAINT {
            let found = self.of(Kind::Norm, (low, high));
            let sigma: Vec<f64> = found.iter().map(|pull| pull.off / pull.truth * pull.significance.sqrt()).collect();
            let ratio: Vec<f64> = found.iter().map(|pull| 1.0 + pull.off / pull.truth).collect();
            let inside: Vec<Pull> = found.iter().filter(|pull| !pull.at_bound).copied().collect();
            let (Some(sigma), Some(ratio), Some(pull)) =
                (Summary::of(&sigma), Summary::of(&ratio), Summary::of(&values(&inside)))
            else {
                continue;
            };
            let at_bound = Share::of(found.iter().map(|pull| pull.at_bound));
            // What an average with the usual weights comes to.
            let weighted = |pull: &Pull| (pull.truth / pull.error).powi(2);
            let sum: f64 = inside.iter().map(weighted).sum();
            let average = inside.iter().map(|pull| weighted(pull) * (1.0 + pull.off / pull.truth)).sum::<f64>() / sum;
            let mean = |summary: &Summary| format!("{:+.3} ± {:.3}", summary.mean, summary.mean_error());
            table.row(vec![
                class.to_owned(),
                sigma.n.to_string(),
                mean(&sigma),
                format!("{:.3} ± {:.3}", ratio.mean, ratio.mean_error()),
                format!("{average:.3}"),
                mean(&pull),
                format!("{:.3}", at_bound.value()),
            ]);
        }
        Section {
            title: "Bias of faint norms",
            text: format!("{BIAS_BEFORE}\n\n{}\n\n{BIAS_AFTER}", table.markdown()),
            picture: None,
        }
    }
}

fn values(pulls: &[Pull]) -> Vec<f64> {
    pulls.iter().map(|pull| pull.off / pull.error).collect()
}

fn hesse(pulls: &[Pull]) -> Share {
    Share::of(pulls.iter().map(|pull| pull.off.abs() <= pull.error))
}

fn minos(pulls: &[Pull]) -> Share {
    Share::of(pulls.iter().filter_map(|pull| pull.minos_covers))
}

const PULLS_BEFORE: &str = "Each has four point sources of four families among Galactic and isotropic emission (24 x 24 pixels of 0.2 degrees, 8 energy
bins, 0.3 to 30 years). All norms are free, and of sources with a TS of 10 and more the shapes: index, curvature, cutoff. The fits begin off the truth.
A pull is `(fit - truth) / error`. TS is that of the truth, at counts as expected: it does not depend on the draw, so that a class selects no
fluctuations. `D` is the largest distance between the distribution of the pulls and the normal one (Kolmogorov, Smirnov), beside what is exceeded
by 1 % of samples of that size. Parameters at a bound have no pull; the errors of HESSE and MINOS should cover 0.683.";

const PULLS_AFTER: &str = "Where there are counts enough, the law holds: for what belongs to a source of a TS above 100. Elsewhere the likelihood is no parabola, which its maximum and
its second derivatives do not tell. Shapes of sources with a TS of 10 to 25 are hardly known: curvature and cutoff run to their bounds, or nothing constrains
them (such fits are refused: quality 2), and their pulls are a quarter too wide. A norm is that at one energy of a spectrum that may become very steep, and then lies
many of its errors from the truth (beyond 5; such pulls count in `D`, not in mean and width). Galactic and isotropic emission
look alike in regions as small as these, and where one parameter ends at its bound, the errors of what is correlated with it are those with it held there: of the Galactic norms that are off by
more than three errors nearly all stand beside an isotropic norm at its bound of 0.001. Their pulls are 8 % too wide. None of this is a matter of the search: no fit
ended at a lower `logL` than that of the truth. Use MINOS (`fit --minos`) for a parameter that is less than five errors from 0 or from a bound; hold shapes of
sources below a TS of 25; and where a fit says that a parameter is at its bound, do not quote the errors of those that it is correlated with.";

const BIAS_BEFORE: &str =
    "The norms of the same fits, all of them, also those at the bound of 0. One sigma is `truth / sqrt(TS)`.";

const BIAS_AFTER: &str = "A norm cannot be negative. Of a source of one sigma or less, what would be below 0 is put to 0, and the mean is too
high; from a TS of 10 on the fit is right on the average. **An average with weights `1 / error^2` is biased**: a norm that fluctuates downward has a smaller error, and with it
more weight; with shapes free, single norms of spectra that ran steep have an error of nearly nothing and outweigh all others (the row of 10 to 25). To average faint
sources add their likelihoods (the profiles of `fit` and of `sed`), not their values.";
