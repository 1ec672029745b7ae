//! How often upper limits at 95 % lie above the truth, in simulated regions: those with the others held (`flux_ul95`, fermipy's definition) and those
//! with all that is free refitted (`flux_ul95_profile`).
//!
//! `COVERAGE_DRAWS=1000 cargo test -p acceptance --test coverage -- --nocapture` measures with as many draws of the counts; the numbers in
//! `docs/limits.md` come from it.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;

use acceptance::calibration::scene::Scene;
use roi_fit::{Analysis, FitOptions, Pars, Selection, Session};
use roi_simulate::{SimulationOptions, simulate};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Points,
    Galactic,
    Isotropic,
}

/// What `docs/limits.md` says, from 1000 draws: kind, whether shapes are free, and the coverage with the others held and refitted.
const DOCUMENTED: [(Kind, bool, f64, f64); 6] = [
    (Kind::Points, false, 0.929, 0.942),
    (Kind::Galactic, false, 0.737, 0.947),
    (Kind::Isotropic, false, 0.719, 0.943),
    (Kind::Points, true, 0.588, 0.939),
    (Kind::Galactic, true, 0.798, 0.972),
    (Kind::Isotropic, true, 0.548, 0.920),
];

/// How often limits lay above the truth, and how many there were.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    held: usize,
    refitted: usize,
    all: usize,
    /// Limits with a status other than "converged".
    unknown: usize,
}

impl Tally {
    fn share(covering: usize, all: usize) -> (f64, f64) {
        let share = covering as f64 / all as f64;
        (share, (share * (1.0 - share) / all as f64).sqrt())
    }
}

/// The region at its truth.
fn truth() -> Scene {
    let options = SimulationOptions::default().with_sources(4).with_npix(30).with_ebins(8).with_years(3.0);
    Scene::of(&simulate(&options).unwrap()).unwrap()
}

fn analysis(session: &Session) -> Analysis {
    Analysis::new(session.roi().clone(), session.data().clone()).unwrap()
}

/// Coverage of the limits on the flux over the whole range, by kind of source.
fn coverage(truth: &Scene, shapes: bool, seeds: std::ops::Range<u64>) -> BTreeMap<Kind, Tally> {
    let at_truth = analysis(&truth.asimov().unwrap());
    let mut tallies: BTreeMap<Kind, Tally> = BTreeMap::new();
    for seed in seeds {
        let mut analysis = analysis(&truth.draw(seed).unwrap());
        analysis.free_sources(&Selection::all(), Pars::Norm, true).unwrap();
        let points: Vec<String> =
            analysis.roi().sources().iter().filter(|s| s.spatial().is_point()).map(|s| s.name().to_owned()).collect();
        if shapes {
            analysis.free_sources_by_name(&points, true, &Pars::Shape).unwrap();
        }
        let result = analysis.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
        for (name, properties) in &result.sources {
            let kind = match name.as_str() {
                "isodiff" => Kind::Isotropic,
                _ if points.contains(name) => Kind::Points,
                _ => Kind::Galactic,
            };
            let tally = tallies.entry(kind).or_default();
            let flux = properties.fluxes["flux"];
            // The flux of a template that is in memory alone is not known; it goes with the norm.
            let norm = || {
                let spectrum = truth.roi().source(name).unwrap().spectrum();
                let right = spectrum.parameters()[spectrum.norm_index().unwrap()].value();
                (right, properties.norm_limits.unwrap().ul, properties.number("norm_ul95_profile"))
            };
            let (right, held, refitted) = match at_truth.properties(name).unwrap().fluxes["flux"].value {
                Some(right) => (right, flux.ul95, flux.ul95_profile),
                None => norm(),
            };
            tally.all += 1;
            tally.held += usize::from(held.is_some_and(|limit| limit >= right));
            tally.refitted += usize::from(refitted.is_some_and(|limit| limit >= right));
            tally.unknown += usize::from(refitted.is_none());
        }
    }
    tallies
}

#[test]
fn limits_cover_as_often_as_the_documentation_says() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |value| value.parse().unwrap());
    let (first, draws) = (number("COVERAGE_SEED", 1), number("COVERAGE_DRAWS", 100));
    let truth = truth();
    for shapes in [false, true] {
        for (kind, tally) in coverage(&truth, shapes, first..first + draws) {
            let known = tally.all - tally.unknown;
            let (held, held_error) = Tally::share(tally.held, tally.all);
            let (refitted, error) = Tally::share(tally.refitted, known);
            println!(
                "{kind:?}, shapes {}: held {held:.3} +- {held_error:.3}, refitted {refitted:.3} +- {error:.3} of {known} ({} without)",
                if shapes { "free" } else { "fixed" },
                tally.unknown
            );
            let documented = DOCUMENTED.iter().find(|row| row.0 == kind && row.1 == shapes).unwrap();
            for (found, documented) in [(held, documented.2), (refitted, documented.3)] {
                // Three standard deviations of a region's draws; limits of sources of one draw are not independent.
                let spread = 3.0 * (documented * (1.0 - documented) / draws as f64).sqrt();
                assert!((found - documented).abs() < spread, "{kind:?}, shapes free {shapes}: {found}, {documented}");
            }
            assert!(tally.unknown * 20 <= tally.all, "{kind:?}: {} of {} without a limit", tally.unknown, tally.all);
        }
    }
}
