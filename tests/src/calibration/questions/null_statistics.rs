//! Test statistics of what is not there: a source at its place, a curved spectrum, a width.

use roi_estimators::{CurvatureOptions, ExtensionOptions, curvature, extension};
use roi_fit::{Quiet, climb};

use crate::calibration::draws::{Outcome, Sizes, Stream, draws};
use crate::calibration::lone::{Lone, Surroundings};
use crate::calibration::pictures::{Curve, curves};
use crate::calibration::section::{Section, Table};
use crate::calibration::statistics::{Law, Share, critical_distance, distance, half_chi_square};

/// Where tails are counted.
const TAILS: [f64; 4] = [4.0, 9.0, 16.0, 25.0];
/// Values below are not told from 0.
const LEAST: f64 = 0.01;
/// Significance of the source whose spectrum or width is looked at.
const BRIGHT: f64 = 100.0;

/// Draws of one test statistic.
#[derive(Clone, Debug)]
struct Sample {
    name: &'static str,
    ts: Vec<f64>,
    /// Whether its law is asserted.
    is_asserted: bool,
}

/// All of them.
#[derive(Clone, Debug)]
pub(in crate::calibration) struct NullStatistics(Vec<Sample>);

/// TS of a source at its place, of which there is none: all norms fitted with it and without.
fn of_nothing(lone: &Lone, seed: u64) -> Outcome<f64> {
    let mut session = lone.scene.draw(seed)?;
    let mut without = session.clone();
    let source = without.roi_mut().source_mut(&lone.name)?;
    source.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    let null = climb(&mut without, None)?;
    // Not from the bound itself, where a climb could rest.
    let source = session.roi_mut().source_mut(&lone.name)?;
    let norm = crate::calibration::scene::norm_of(source)?;
    source.spectrum_mut().parameters_mut()[norm].set_value(1e-3)?;
    let found = climb(&mut session, None)?;
    Ok(2.0 * (found.loglike - null.loglike))
}

fn null_of_years(years: f64, sizes: Sizes) -> Outcome<Vec<f64>> {
    let around = Surroundings { years, neighbours: 2, pixels: (20, 0.2) };
    let lone = Lone::new(around, |place| place)?.with_significance(0.0)?;
    draws(sizes.null, Stream::Null, |_, seed| of_nothing(&lone, seed))
}

/// Draws of all of them.
///
/// # Errors
/// When a region cannot be made, or a fit is refused.
pub(in crate::calibration) fn null_statistics(sizes: Sizes) -> Outcome<NullStatistics> {
    let most = null_of_years(300.0, sizes)?;
    let many = null_of_years(3.0, sizes)?;
    let few = null_of_years(0.03, sizes)?;
    let around = Surroundings { years: 3.0, neighbours: 0, pixels: (20, 0.2) };
    let bright = Lone::new(around, |place| place)?.with_significance(BRIGHT)?;
    let curved = draws(sizes.shapes, Stream::Curvature, |_, seed| {
        let session = bright.scene.draw(seed)?;
        let found = curvature(&session, &bright.name, &CurvatureOptions::default())?;
        Ok([found.lp_ts_curv(), found.ple_ts_curv()])
    })?;
    let fine = Surroundings { pixels: (32, 0.1), ..around };
    let point = Lone::new(fine, |place| place)?.with_significance(BRIGHT)?;
    let widths = draws(sizes.shapes, Stream::Width, |_, seed| {
        let session = point.scene.draw(seed)?;
        let options = ExtensionOptions::default().with_width_nstep(5).with_free_background(true);
        Ok(extension(&session, &point.makers, &point.name, &options, &mut Quiet)?.ts_ext())
    })?;
    let of = |which: usize| curved.iter().filter_map(|found| found[which]).collect();
    let sample = |name, ts, is_asserted| Sample { name, ts, is_asserted };
    Ok(NullStatistics(vec![
        sample("a source, 300 years", most, true),
        sample("a source, 3 years", many, false),
        sample("a source, 0.03 years", few, false),
        sample("`lp_ts_curv`, log-parabola", of(0), false),
        sample("`ple_ts_curv`, cutoff", of(1), false),
        sample("`ts_ext`, Gaussian", widths, false),
    ]))
}

impl NullStatistics {
    /// Of a source in many counts.
    pub(in crate::calibration) fn laws(&self) -> Vec<Law> {
        let mut laws = Vec::new();
        for sample in self.0.iter().filter(|sample| sample.is_asserted) {
            for tail in [0.1, 1.0, 4.0, 9.0] {
                let expected = 1.0 - half_chi_square(tail);
                laws.push(Law::share(
                    format!("TS of {} above {tail}", sample.name),
                    sample.above(tail),
                    expected,
                    0.005,
                ));
            }
        }
        laws
    }

    /// The section of the page.
    ///
    /// # Errors
    /// When the picture cannot be drawn.
    pub(in crate::calibration) fn section(&self) -> Outcome<Section> {
        let mut table = Table::new(&["TS of", "draws", "0", "D", "D of 1 %", "> 4", "> 9", "> 16", "> 25"]);
        let mut expected =
            vec!["half a chi-square".to_owned(), String::new(), "0.5".into(), String::new(), String::new()];
        expected.extend(TAILS.map(|tail| format!("{:.2e}", 1.0 - half_chi_square(tail))));
        table.row(expected);
        let mut lines = Vec::new();
        for sample in &self.0 {
            let n = sample.ts.len();
            let at_zero = Share::of(sample.ts.iter().map(|ts| *ts <= LEAST));
            let apart = distance(&sample.ts, LEAST, half_chi_square);
            let mut row = vec![sample.name.to_owned(), n.to_string(), at_zero.words()];
            row.extend([format!("{apart:.3}"), format!("{:.3}", critical_distance(n))]);
            row.extend(TAILS.map(|tail| {
                let Share { hits, n } = sample.above(tail);
                format!("{hits} ({:.1e})", hits as f64 / n as f64)
            }));
            table.row(row);
            lines.push(Curve { name: sample.name.replace('`', ""), points: sample.survival(), is_law: false });
        }
        let law = (1..=160).map(|i| 0.1 * f64::from(i)).map(|ts| (ts, 1.0 - half_chi_square(ts))).collect();
        lines.push(Curve { name: "half a chi-square".into(), points: law, is_law: true });
        let picture = curves(("TS", "share of draws above"), &lines, true)?;
        Ok(Section {
            title: "Test statistics of what is not there",
            text: format!("{BEFORE}\n\n{}\n\n{AFTER}", table.markdown()),
            picture: Some((
                "calibration-null.svg",
                "Test statistics of what is not there, and half a chi-square",
                picture,
            )),
        })
    }
}

impl Sample {
    fn above(&self, ts: f64) -> Share {
        Share::of(self.ts.iter().map(|found| *found > ts))
    }

    /// The share above each of its values, the largest ones each, the others thinned.
    fn survival(&self) -> Vec<(f64, f64)> {
        let mut sorted: Vec<f64> = self.ts.iter().copied().filter(|ts| *ts > LEAST).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let all = self.ts.len() as f64;
        let mut points = Vec::new();
        let mut rank = 0;
        while let Some(&ts) = sorted.get(rank) {
            points.push((ts, (rank + 1) as f64 / all));
            rank += 1 + rank / 12;
        }
        points
    }
}

const BEFORE: &str = "A source of norm 0 is fitted at a known place, its spectrum fixed, the norms of two neighbours and of the diffuse emission fitted with it and
without it. Curvature is looked for in a power law, a width in a point, each with a TS of 100. Of each statistic one
parameter more is fitted, whose true value is the bound of what is allowed; half of the draws should be 0 (here: below 0.01, which 0.54 of them should be), and the others a chi-square of one
degree of freedom.";

const AFTER: &str = "A TS at a place that was chosen before is what it should be: its root is the significance in standard deviations. With
few counts it is 0 more often than in half of the draws, as photons come one by one; its tail, which counts, is that of the law. A place that was found on a map is another question, see the
next section. `ts_curv` is that of fermipy: `beta` is not below 0, nor `Expfactor`, so that half a chi-square is its law, not a whole one. Above 4 it is found between the two: take a whole chi-square of
one degree of freedom for its chance, which is on the safe side. The light curve's `TS_var` is measured by `cargo xtask closure`: see [light-curves.md](light-curves.md).";
