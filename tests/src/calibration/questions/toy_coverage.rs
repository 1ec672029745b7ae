//! How often limits by toys lie above the truth, where few counts and the bound at 0 make the asymptotic ones wrong.

use roi_estimators::{NormLimit, ToyLimitOptions, toy_limit};
use roi_fit::{Analysis, Quiet, ToyMaker};

use crate::calibration::draws::{Outcome, Sizes, Stream, draws};
use crate::calibration::lone::{Lone, Surroundings};
use crate::calibration::section::{Section, Table};
use crate::calibration::statistics::{Law, Share};

/// Confidence level of the limits.
const LEVEL: f64 = 0.95;
/// Years of data, neighbours, and true signals in standard deviations.
const CASES: [(f64, usize, f64); 3] = [(0.03, 2, 1.0), (0.03, 2, 3.0), (3.0, 2, 1.0)];
/// Toys at each value of the norm.
const TOYS: usize = 200;
/// What the few toys of a limit may change of the coverage.
const SLACK: f64 = 0.01;

/// What was found at one exposure and one signal.
#[derive(Clone, Copy, Debug)]
struct Coverage {
    case: (f64, usize, f64),
    toys: Share,
    cls: Share,
    asymptotic: Share,
    /// Draws of which the toys allow no source at all.
    nothing_allowed: usize,
    /// Toys whose fits failed, of how many.
    failed: Share,
}

/// All that was found.
#[derive(Clone, Debug)]
pub(in crate::calibration) struct ToyLimits(Vec<Coverage>);

/// The limits of one draw: by toys, by CLs, from the fall of `logL`; and the toys that failed, of how many.
struct Found {
    limits: [Option<f64>; 3],
    failed: (usize, usize),
}

fn limits_of(lone: &Lone, maker: &ToyMaker, seed: u64) -> Outcome<Found> {
    let session = lone.scene.draw(seed)?;
    let analysis = Analysis::new(session.roi().clone(), session.data().clone())?;
    let options = ToyLimitOptions::default().with_toys(TOYS).with_confidence(LEVEL).with_cls(true).with_seed(seed);
    let found = toy_limit(&analysis, maker, &lone.name, &options, &mut Quiet)?;
    let cls = found.cls.and_then(|(limit, _): (NormLimit, _)| limit.norm);
    let drawn = found.tested.iter().map(|tested| tested.with.toys + tested.without.map_or(0, |without| without.toys));
    Ok(Found { limits: [found.limit.norm, cls, found.asymptotic.norm], failed: (found.failed(), drawn.sum()) })
}

fn coverage(case: (f64, usize, f64), sizes: Sizes) -> Outcome<Coverage> {
    let (years, neighbours, signal) = case;
    let around = Surroundings { years, neighbours, pixels: (20, 0.2) };
    let lone = Lone::new(around, |place| place)?.with_significance(signal * signal)?;
    let (truth, maker) = (lone.norm()?, lone.scene.toy_maker()?);
    let found = draws(sizes.toys, Stream::Toys, |_, seed| limits_of(&lone, &maker, seed))?;
    // Where nothing above 0 is allowed, the truth is not covered.
    let covers =
        |which: usize| Share::of(found.iter().map(|found| found.limits[which].is_some_and(|limit| limit >= truth)));
    let sum = |of: fn(&Found) -> usize| found.iter().map(of).sum();
    Ok(Coverage {
        case,
        toys: covers(0),
        cls: covers(1),
        asymptotic: covers(2),
        nothing_allowed: found.iter().filter(|found| found.limits[0].is_none()).count(),
        failed: Share { hits: sum(|found| found.failed.0), n: sum(|found| found.failed.1) },
    })
}

/// Coverage at every exposure and signal.
///
/// # Errors
/// When a region cannot be made, or a limit not be sought.
pub(in crate::calibration) fn toy_limits(sizes: Sizes) -> Outcome<ToyLimits> {
    Ok(ToyLimits(CASES.into_iter().map(|case| coverage(case, sizes)).collect::<Outcome<_>>()?))
}

impl ToyLimits {
    /// The level, neither more nor less, whatever the counts; CLs at least.
    pub(in crate::calibration) fn laws(&self) -> Vec<Law> {
        let mut laws = Vec::new();
        for found in &self.0 {
            let (years, _, signal) = found.case;
            let what = |which: &str| format!("{which} at {LEVEL}, {years} years and {signal} sigma");
            laws.push(Law::share(what("limits by toys"), found.toys, LEVEL, SLACK));
            laws.push(Law::share(what("limits by CLs"), found.cls, LEVEL, SLACK).or_more());
        }
        laws
    }

    /// The section of the page.
    pub(in crate::calibration) fn section(&self) -> Section {
        let mut table = Table::new(&[
            "years",
            "neighbours",
            "signal",
            "toys",
            "CLs",
            "fall of `logL`",
            "draws",
            "nothing allowed",
            "toys that failed",
        ]);
        for found in &self.0 {
            let (years, neighbours, signal) = found.case;
            let mut row = vec![years.to_string(), neighbours.to_string(), format!("{signal} sigma")];
            row.extend([found.toys, found.cls, found.asymptotic].map(Share::words));
            row.extend([found.toys.n, found.nothing_allowed].map(|n| n.to_string()));
            row.push(format!("{} of {}", found.failed.hits, found.failed.n));
            table.row(row);
        }
        let text = format!("{BEFORE}\n\n{}\n\n{AFTER}", table.markdown());
        Section { title: "Coverage of limits by toys", text, picture: None }
    }
}

const BEFORE: &str = "The same source, and the limits at 95 % of `roi-fit limit` with 200 toys at each value ([limits.md](limits.md#limits-by-toys)), by CLs (`--cls`), and from the fall of `logL` with
the others refitted, of the same draws. All norms are fitted again in each toy.";

const AFTER: &str = "Limits by toys cover what they say, with few counts and beside the bound, where those from the fall of `logL` cover too much. That takes its price: of a faint source one draw in twenty has a limit below the
truth, in some of them no source at all is allowed (`nothing allowed`). Who does not want to exclude what the data are not sensitive to takes the limits by CLs, which cover more than they say.";
