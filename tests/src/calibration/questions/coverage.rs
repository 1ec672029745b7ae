//! How often upper limits lie above the truth, at no signal and at faint ones.

use roi_fit::{Analysis, FitOptions, ProfileOptions, parameter_limits};

use crate::calibration::draws::{Outcome, Sizes, Stream, draws};
use crate::calibration::lone::{Lone, Surroundings};
use crate::calibration::pictures::{Curve, curves};
use crate::calibration::section::{Section, Table};
use crate::calibration::statistics::{Law, Share};

/// Confidence levels.
const LEVELS: [f64; 3] = [0.90, 0.95, 0.99];
/// True signals, in standard deviations.
const SIGNALS: [f64; 4] = [0.0, 1.0, 3.0, 5.0];
/// Years of data (many counts, and few), and neighbours.
const CASES: [(f64, usize); 3] = [(3.0, 2), (0.03, 2), (0.03, 0)];
/// Two-sided probability of the errors that come with limits; nothing is made of them here.
const ERRORS: f64 = 0.6827;

/// What was found at one exposure and one signal.
#[derive(Clone, Copy, Debug)]
struct Coverage {
    case: (f64, usize),
    signal: f64,
    /// Of the limits on the profile, by level.
    profile: [Share; 3],
    /// Of the program's own at 95 % with everything refitted, and with the others held.
    refitted: Share,
    held: Share,
    /// Limits that were not found.
    unknown: usize,
}

/// All that was found.
#[derive(Clone, Debug)]
pub(in crate::calibration) struct Limits(Vec<Coverage>);

/// The limits of one draw: on the profile by level, and those of the update.
struct Found {
    profile: [Option<f64>; 3],
    refitted: Option<f64>,
    held: Option<f64>,
}

fn limits_of(lone: &Lone, seed: u64) -> Outcome<Found> {
    let session = lone.scene.draw(seed)?;
    let mut analysis = Analysis::new(session.roi().clone(), session.data().clone())?;
    let fit = analysis.fit(&FitOptions::default().with_min_fit_quality(0))?;
    let properties = fit.sources.get(&lone.name).ok_or("a source that is free and has no properties")?;
    let (held, refitted) =
        (properties.norm_limits.and_then(|limits| limits.ul), properties.number("norm_ul95_profile"));
    let profile = analysis.profile_norm(&lone.name, &ProfileOptions::default().with_reoptimize(true))?;
    let limit = |level: f64| parameter_limits(&profile.xvals, &profile.dloglike, level, ERRORS).ul;
    Ok(Found { profile: LEVELS.map(limit), refitted, held })
}

fn coverage((years, neighbours): (f64, usize), signal: f64, sizes: Sizes) -> Outcome<Coverage> {
    let around = Surroundings { years, neighbours, pixels: (20, 0.2) };
    let lone = Lone::new(around, |place| place)?.with_significance(signal * signal)?;
    let truth = lone.norm()?;
    let found = draws(sizes.limits, Stream::Limits, |_, seed| limits_of(&lone, seed))?;
    let covers = |limit: Option<f64>| limit.map(|limit| limit >= truth);
    let profile = [0, 1, 2].map(|level| Share::of(found.iter().filter_map(|found| covers(found.profile[level]))));
    Ok(Coverage {
        case: (years, neighbours),
        signal,
        profile,
        refitted: Share::of(found.iter().filter_map(|found| covers(found.refitted))),
        held: Share::of(found.iter().filter_map(|found| covers(found.held))),
        unknown: found.iter().filter(|found| found.refitted.is_none()).count(),
    })
}

/// Coverage at every exposure and signal.
///
/// # Errors
/// When a region cannot be made, or a fit is refused.
pub(in crate::calibration) fn limits(sizes: Sizes) -> Outcome<Limits> {
    let mut all = Vec::new();
    for case in CASES {
        for signal in SIGNALS {
            all.push(coverage(case, signal, sizes)?);
        }
    }
    Ok(Limits(all))
}

impl Limits {
    /// Of many counts: never less than the level where there is no signal, and the level from three standard deviations on.
    pub(in crate::calibration) fn laws(&self) -> Vec<Law> {
        let mut laws = Vec::new();
        for found in self.0.iter().filter(|found| found.case.0 >= 1.0) {
            let profile = LEVELS.into_iter().zip(found.profile).map(|(level, share)| ("limits", level, share));
            for (which, level, share) in profile.chain([("`ul95_profile`", 0.95, found.refitted)]) {
                let what = format!("{which} at {level} and {} sigma", found.signal);
                let law = Law::share(what, share, level, 0.01);
                laws.push(if found.signal < 3.0 { law.or_more() } else { law });
            }
        }
        laws
    }

    /// The section of the page.
    ///
    /// # Errors
    /// When the picture cannot be drawn.
    pub(in crate::calibration) fn section(&self) -> Outcome<Section> {
        let mut table = Table::new(&[
            "years",
            "neighbours",
            "signal",
            "90 %",
            "95 %",
            "99 %",
            "`ul95_profile`",
            "`ul95`, others held",
            "draws",
            "without a limit",
        ]);
        for found in &self.0 {
            let (years, neighbours) = found.case;
            let mut row = vec![years.to_string(), neighbours.to_string(), format!("{} sigma", found.signal)];
            row.extend(found.profile.map(Share::words));
            row.extend([found.refitted.words(), found.held.words()]);
            row.extend([(found.refitted.n + found.unknown).to_string(), found.unknown.to_string()]);
            table.row(row);
        }
        let mut lines = Vec::new();
        for case in [CASES[0], CASES[2]] {
            let years = case.0;
            for (which, level) in LEVELS.into_iter().enumerate() {
                let of_case = self.0.iter().filter(|found| found.case == case);
                let points = of_case.map(|found| (found.signal, found.profile[which].value())).collect();
                lines.push(Curve { name: format!("{:.0} %, {years} years", level * 100.0), points, is_law: false });
            }
        }
        for level in LEVELS {
            lines.push(Curve { name: String::new(), points: vec![(0.0, level), (5.0, level)], is_law: true });
        }
        let axes = ("true signal in standard deviations", "share of limits above the truth");
        Ok(Section {
            title: "Coverage of upper limits",
            text: format!("{BEFORE}\n\n{}\n\n{AFTER}", table.markdown()),
            picture: Some((
                "calibration-limits.svg",
                "Coverage of upper limits by true signal",
                curves(axes, &lines, false)?,
            )),
        })
    }
}

const BEFORE: &str = "A power law in the middle of 20 x 20 pixels of 0.2 degrees and 8 energy bins, two neighbours or none, Galactic and isotropic emission; all norms are free.
Its true signal is 0 or so bright that its TS is the square of the standard deviations told. The limits at 90, 95 and 99 % are those of the profile with
the others refitted (`profile --reoptimize`), where `logL` has fallen by `z^2 / 2`; the other two are what `fit` reports. What the limits are, and how often they cover
for diffuse norms and free shapes: [limits.md](limits.md). 0.03 years are some days: few bins have more than one count.";

const AFTER: &str = "**At no signal a limit covers always**, because it is never below 0: the level is a promise that is kept with too much, as it is by every
limit from a likelihood ratio with a bound. At one standard deviation limits at 95 and 99 % still cover more than they say, as no fit lies below 0; from three on they
cover what they say to about 2 %, and not worse with few counts. Limits with the others held are what fermipy reports; they cover the less the more a source is
correlated with the rest, here little: see [limits.md](limits.md) for diffuse norms and free shapes, where they are wrong. Limits by toys, a test that is inverted by draws at
each value, have the level that they say: [limits.md](limits.md#limits-by-toys).";
