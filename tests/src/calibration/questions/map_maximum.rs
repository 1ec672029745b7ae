//! The maximum of a TS map where there is no source.

use roi_estimators::{TsMapOptions, tsmap};
use roi_fit::{Analysis, FitOptions, Pars, Quiet, Selection};
use roi_simulate::{SimulationOptions, simulate};

use crate::calibration::draws::{Outcome, Sizes, Stream, draws};
use crate::calibration::pictures::{Curve, curves};
use crate::calibration::section::{Section, Table};
use crate::calibration::statistics::{distance, half_chi_square};

/// Pixels on a side, and their width in degrees.
const PIXELS: (usize, f64) = (30, 0.1);
/// Maxima are counted above these.
const TAILS: [f64; 5] = [4.0, 9.0, 12.0, 16.0, 25.0];

/// The largest TS of a map of diffuse emission alone, its norms fitted before.
fn maximum(seed: u64) -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let (npix, binsz) = PIXELS;
    let options = SimulationOptions::default().with_seed(seed).with_sources(0).with_years(3.0).with_emin(1000.0);
    let simulated = simulate(&options.with_npix(npix).with_binsz(binsz).with_ebins(6))?;
    simulated.write_response(folder.path())?;
    let config = simulated.write(folder.path())?;
    let mut analysis = Analysis::open(config)?;
    analysis.free_sources(&Selection::all(), Pars::Norm, true)?;
    analysis.fit(&FitOptions::default().with_update(false))?;
    let map = tsmap(&analysis, &TsMapOptions::default(), &mut Quiet)?;
    Ok(map.ts.iter().copied().fold(0.0, f64::max))
}

/// How many independent places explain the maxima: of `N` places the largest TS lies below `t` with a chance of `F(t)^N`, `F` half a chi-square; the most
/// likely `N` is `-n / sum ln F(t_i)`.
fn trials(maxima: &[f64]) -> f64 {
    -(maxima.len() as f64) / maxima.iter().map(|&ts| half_chi_square(ts).ln()).sum::<f64>()
}

/// The section of the page.
///
/// # Errors
/// When a region cannot be made or written, or a map not be made.
pub(in crate::calibration) fn map_maximum(sizes: Sizes) -> Outcome<Section> {
    let maxima = draws(sizes.maps, Stream::Maximum, |_, seed| maximum(seed))?;
    let trials = trials(&maxima);
    let law = |ts: f64| half_chi_square(ts).powf(trials);
    let n = maxima.len() as f64;
    let mut table = Table::new(&["maximum above", "share of maps", "of so many places", "a single place"]);
    for tail in TAILS {
        let above = maxima.iter().filter(|ts| **ts > tail).count() as f64 / n;
        let chance = 1.0 - half_chi_square(tail);
        table.row(vec![
            tail.to_string(),
            format!("{above:.3}"),
            format!("{:.3}", 1.0 - law(tail)),
            format!("{chance:.1e}"),
        ]);
    }
    let mut sorted = maxima.clone();
    sorted.sort_by(f64::total_cmp);
    let found = sorted.iter().enumerate().map(|(i, &ts)| (ts, 1.0 - (i as f64 + 0.5) / n)).collect();
    let expected = (0..=250).map(|i| 0.1 * f64::from(i)).map(|ts| (ts, 1.0 - law(ts))).collect();
    let lines = [
        Curve { name: format!("{} maps", maxima.len()), points: found, is_law: false },
        Curve { name: format!("{trials:.0} places"), points: expected, is_law: true },
    ];
    let (npix, binsz) = PIXELS;
    let words = format!(
        "The TS map (index 2, from 1 GeV on, 3 years, the diffuse norms fitted before and held) of {npix} x {npix} pixels of {binsz} degrees without any source, {} times. The largest \
TS of a map behaves like that of **{trials:.0} ± {:.0} independent places**, {:.0} a square degree (most likely number; distance of the law {:.3}).",
        maxima.len(),
        trials / n.sqrt(),
        trials / (npix as f64 * binsz).powi(2),
        distance(&maxima, 0.0, law),
    );
    Ok(Section {
        title: "The maximum of a TS map",
        text: format!("{words}\n\n{}\n\n{AFTER}", table.markdown()),
        picture: Some((
            "calibration-maximum.svg",
            "The largest TS of maps without a source",
            curves(("largest TS of a map", "share of maps above"), &lines, false)?,
        )),
    })
}

const AFTER: &str = "The root of the largest TS of a map is not its significance. Take the chance of a single place times the number of places: a peak of 25 in a map of this
size is a chance of 1e-4, one of 16 of one percent. `find-sources` takes 25 (`sqrt_ts_threshold` 5) for that. The number grows with the area, and with the
lowest energy, where the PSF becomes narrow.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_places_is_that_of_independent_ones() {
        // The quantiles of the largest of 100.
        let places: f64 = 100.0;
        let maxima: Vec<f64> = (0..400)
            .map(|i| {
                let p = ((f64::from(i) + 0.5) / 400.0).powf(1.0 / places);
                let (mut low, mut high) = (0.0, 60.0);
                for _ in 0..80 {
                    let middle = 0.5 * (low + high);
                    if half_chi_square(middle) < p { low = middle } else { high = middle }
                }
                low
            })
            .collect();
        assert!((trials(&maxima) / places - 1.0).abs() < 0.01, "{}", trials(&maxima));
    }
}
