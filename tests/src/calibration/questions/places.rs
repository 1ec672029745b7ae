//! Pulls of positions and widths by significance.

use roi_estimators::{ExtensionOptions, LocalizeOptions, TrialPlace, TrialShape, extension, localize};
use roi_fit::Quiet;

use crate::calibration::draws::{Outcome, Sizes, Stream, draws};
use crate::calibration::lone::{Lone, Surroundings};
use crate::calibration::pictures::{Panel, histograms};
use crate::calibration::section::{Section, Table};
use crate::calibration::statistics::{Law, Share, Summary};

/// A TS in the middle of each class, and the class.
const CLASSES: [(f64, &str); 3] = [(16.0, "10-25"), (50.0, "25-100"), (400.0, "> 100")];
/// The sigma of the Gaussian whose width is fitted, degrees.
const SIGMA: f64 = 0.25;
/// How far from its place a position begins, degrees.
const AWAY: f64 = 0.03;
/// The region; its pixels are narrower than the PSF where it is narrow.
const AROUND: Surroundings = Surroundings { years: 3.0, neighbours: 0, pixels: (32, 0.1) };

/// What one class gave.
#[derive(Clone, Debug)]
struct Class {
    name: &'static str,
    ts: f64,
    /// Pulls; two of each position.
    pulls: Vec<f64>,
    /// Whether the circles of 68 and 95 % hold the true place; intervals and limits the true width.
    holds: [Share; 2],
    /// Those that were not found.
    failed: Share,
}

/// Positions and widths.
#[derive(Clone, Debug)]
pub(in crate::calibration) struct Places {
    positions: Vec<Class>,
    widths: Vec<Class>,
}

/// A draw's pulls, and whether the truth is held at 68 and at 95 %; nothing where the fit did not succeed.
type Found = Option<(Vec<f64>, [bool; 2])>;

fn position(lone: &Lone, index: usize, seed: u64) -> Outcome<Found> {
    let mut session = lone.scene.draw(seed)?;
    let (sin, cos) = (index as f64).sin_cos();
    let start = lone.place.moved(AWAY * cos, AWAY * sin)?;
    let id = session.roi().id_of(&lone.name)?;
    let moved = session.roi()[id].with_spatial(start.spatial()?)?;
    session.roi_mut()[id] = moved;
    let options = LocalizeOptions::default().with_nstep(0).with_free_background(true);
    let found = localize(&session, &lone.makers, &lone.name, &options, &mut Quiet)?;
    let Some(ellipse) = found.ellipse else { return Ok(None) };
    let truth = lone.place.direction;
    let (east, north) = found.position.offset(&truth);
    let pulls = vec![-east / ellipse.cel_cov[0][0].sqrt(), -north / ellipse.cel_cov[1][1].sqrt()];
    let away = truth.separation(&found.position);
    Ok(Some((pulls, [away <= ellipse.r68, away <= ellipse.r95])))
}

fn width(lone: &Lone, seed: u64) -> Outcome<Found> {
    let session = lone.scene.draw(seed)?;
    let options = ExtensionOptions::default().with_width_nstep(5).with_free_background(true).with_width_max(2.0);
    let found = extension(&session, &lone.makers, &lone.name, &options, &mut Quiet)?;
    let truth = lone.place.r68();
    if !found.fit_success {
        return Ok(None);
    }
    let off = found.ext - truth;
    let towards = if off > 0.0 { found.ext_err_lo } else { found.ext_err_hi };
    // A width of which no lower error is known reaches down to a point.
    let in_68 = towards.is_none_or(|error| off.abs() <= error);
    let below_limit = found.ext_ul95.is_none_or(|limit| limit >= truth);
    Ok(Some((towards.map(|error| off / error).into_iter().collect(), [in_68, below_limit])))
}

fn class((ts, name): (f64, &'static str), found: Vec<Found>) -> Class {
    let failed = Share::of(found.iter().map(Option::is_none));
    let found: Vec<_> = found.into_iter().flatten().collect();
    let holds = [0, 1].map(|which| Share::of(found.iter().map(|(_, holds)| holds[which])));
    Class { name, ts, pulls: found.into_iter().flat_map(|(pulls, _)| pulls).collect(), holds, failed }
}

/// Draws of both.
///
/// # Errors
/// When a region cannot be made, or a fit is refused.
pub(in crate::calibration) fn places(sizes: Sizes) -> Outcome<Places> {
    let mut all = Places { positions: Vec::new(), widths: Vec::new() };
    for (ts, name) in CLASSES {
        let lone = Lone::new(AROUND, |place| place)?.with_significance(ts)?;
        let found = draws(sizes.places, Stream::Positions, |index, seed| position(&lone, index, seed))?;
        all.positions.push(class((ts, name), found));
        let wide = |place: TrialPlace| TrialPlace { shape: TrialShape::Gaussian, size: SIGMA, ..place };
        let lone = Lone::new(AROUND, wide)?.with_significance(ts)?;
        let found = draws(sizes.places, Stream::Widths, |_, seed| width(&lone, seed))?;
        all.widths.push(class((ts, name), found));
    }
    Ok(all)
}

impl Places {
    /// Of positions of bright sources.
    pub(in crate::calibration) fn laws(&self) -> Vec<Law> {
        let mut laws = Vec::new();
        for class in self.positions.iter().filter(|class| class.ts > 100.0) {
            laws.extend(
                Summary::of(&class.pulls)
                    .into_iter()
                    .flat_map(|found| Law::normal("positions above a TS of 100", found, (0.0, 0.05))),
            );
            laws.push(Law::share("95 % circles above a TS of 100", class.holds[1], 0.95, 0.01));
        }
        laws
    }

    /// The section of the page.
    pub(in crate::calibration) fn section(&self) -> Outcome<Section> {
        let mut table = Table::new(&[
            "what",
            "TS",
            "draws",
            "pulls",
            "mean",
            "width",
            "beyond 5",
            "D",
            "D of 1 %",
            "68 % holds",
            "95 % holds",
            "not found",
        ]);
        let mut panels = Vec::new();
        for (what, classes) in [("position", &self.positions), ("width", &self.widths)] {
            for class in classes {
                let Some(summary) = Summary::of(&class.pulls) else { continue };
                let mut row = vec![what.to_owned(), class.ts.to_string(), class.failed.n.to_string()];
                row.extend(summary.cells());
                row.extend(class.holds.map(Share::words));
                row.push(class.failed.hits.to_string());
                table.row(row);
                panels.push(Panel { title: format!("{what}, TS {}", class.name), values: class.pulls.clone() });
            }
        }
        Ok(Section {
            title: "Positions and widths",
            text: format!("{BEFORE}\n\n{}\n\n{AFTER}", table.markdown()),
            picture: Some((
                "calibration-places.svg",
                "Pulls of positions and widths beside the normal law",
                histograms(&panels)?,
            )),
        })
    }
}

const BEFORE: &str = "A power law in 32 x 32 pixels of 0.1 degrees, 8 energy bins, 3 years, fitted together with the norms of the diffuse emission. `localize` begins 0.03 degrees
beside the true place; its pulls are those along right ascension and declination, and the circles are `pos_r68` and `pos_r95`. `extension` fits the width of
a Gaussian with a sigma of 0.25 degrees at its true place; a pull takes the error on the side of the truth, the interval is that of the two errors, and the limit is
`ext_ul95`. Where no lower error is known (the likelihood does not fall by 0.5 down to a point), there is no pull, and the interval reaches down to 0.";

const AFTER: &str = "Positions of bright sources follow the law. Near the threshold the likelihood of a position is no paraboloid: some are refused (not found), `localize` warns
(`deviation`) and gives the contour (`pos_contour`), which is what to use then. Pulls of the width of a source of a TS of 16 are a third too wide, and its limit
holds less often than it should: below a TS of 25 a width is hardly more than a hint.";
