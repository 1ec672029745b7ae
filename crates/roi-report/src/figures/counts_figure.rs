//! The counts spectrum, with what the model predicts and the residuals.

use std::collections::BTreeMap;

use plotly::Scatter;
use plotly::common::{ErrorData, ErrorType, Marker, Mode};
use plotly::layout::AxisRange;
use roi_fit::fixed;

use crate::figures::drawing::{
    DATA, EXPECTED, Figure, MODEL, PARTS, Shape, all_seen, axis, dashed, layout, line, log_axis, plain, plot,
};

/// Counts and predictions in energy bins.
#[derive(Clone, Debug)]
pub(crate) struct Spectrum {
    pub(crate) name: String,
    /// Edges, MeV.
    pub(crate) energies: Vec<f64>,
    pub(crate) counts: Vec<f64>,
    /// Predicted counts of each source.
    pub(crate) npred: BTreeMap<String, Vec<f64>>,
}

impl Spectrum {
    /// Predicted counts of all sources.
    pub(crate) fn model(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.counts.len()];
        for bins in self.npred.values() {
            sum.iter_mut().zip(bins).for_each(|(sum, n)| *sum += n);
        }
        sum
    }

    /// `(N - M) / sqrt(M)`; not a number where nothing is predicted.
    pub(crate) fn pulls(&self) -> Vec<f64> {
        self.counts.iter().zip(self.model()).map(|(n, m)| (n - m) / m.sqrt()).collect()
    }

    fn centers(&self) -> Vec<f64> {
        self.energies.windows(2).map(|edges| (edges[0] * edges[1]).sqrt()).collect()
    }

    /// Decades that show the counts and the parts that matter: a cut spectrum falls without end.
    fn range(&self) -> AxisRange {
        let model = self.model();
        let all = || self.counts.iter().chain(&model).copied().filter(|n| *n > 0.0);
        let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
        if high > 0.0 { AxisRange::new((0.1 * low).log10(), (2.0 * high).log10()) } else { AxisRange::new(-1.0, 1.0) }
    }

    /// The parts that are drawn for themselves, the largest first, and all others.
    fn parts(&self) -> (Vec<Part<'_>>, Vec<Part<'_>>) {
        let total = |bins: &[f64]| bins.iter().sum::<f64>();
        let mut parts: Vec<Part<'_>> = self.npred.iter().collect();
        parts.sort_by(|a, b| total(b.1).total_cmp(&total(a.1)));
        let rest = parts.split_off(PARTS.len().min(parts.len()));
        (parts, rest)
    }
}

/// A source and its predicted counts.
type Part<'a> = (&'a String, &'a Vec<f64>);

/// The sum of parts.
fn together(parts: &[Part<'_>], bins: usize) -> Vec<f64> {
    (0..bins).map(|bin| parts.iter().filter_map(|(_, own)| own.get(bin)).sum()).collect()
}

/// The figure of a spectrum.
pub(crate) fn counts_figure(id: &str, spectrum: &Spectrum) -> Figure {
    let x = log_axis("energy [MeV]").anchor("y2");
    let y = log_axis("counts per bin").domain(&[0.32, 1.0]).range(spectrum.range());
    let pulls_axis = axis("(N - M) / &#8730;M").domain(&[0.0, 0.26]);
    let mut plot = plot(layout(x, y).y_axis2(pulls_axis));
    let centers = all_seen(spectrum.centers());
    let (parts, others) = spectrum.parts();
    for (at, (name, bins)) in parts.into_iter().enumerate() {
        let trace = Scatter::new(centers.clone(), positive(bins)).name(plain(name)).mode(Mode::Lines);
        plot.add_trace(trace.line(line(PARTS[at % PARTS.len()], 1.2)));
    }
    if !others.is_empty() {
        let (n, bins) = (others.len(), together(&others, spectrum.counts.len()));
        let trace = Scatter::new(centers.clone(), positive(&bins)).name(format!("{n} other sources"));
        plot.add_trace(trace.mode(Mode::Lines).line(dashed(EXPECTED, 1.2)));
    }
    let model = spectrum.model();
    let trace = Scatter::new(centers.clone(), positive(&model)).name("model").mode(Mode::Lines);
    plot.add_trace(trace.line(line(MODEL, 2.5)));
    let errors: Vec<f64> = spectrum.counts.iter().map(|n| n.sqrt()).collect();
    let data = Scatter::new(centers.clone(), positive(&spectrum.counts)).name("counts").mode(Mode::Markers);
    plot.add_trace(data.marker(Marker::new().color(DATA).size(7)).error_y(bars(errors)));
    let pulls = spectrum.pulls();
    let points = Scatter::new(centers.clone(), all_seen(pulls.iter().copied())).name("residual").y_axis("y2");
    let points = points.mode(Mode::Markers).marker(Marker::new().color(DATA).size(6)).show_legend(false);
    plot.add_trace(points.error_y(bars(vec![1.0; pulls.len()])));
    let ends: Vec<f64> = [spectrum.energies.first(), spectrum.energies.last()].into_iter().flatten().copied().collect();
    let zero = Scatter::new(all_seen(ends), vec![Some(0.0); 2]).name("no residual").y_axis("y2").show_legend(false);
    plot.add_trace(zero.mode(Mode::Lines).line(dashed(MODEL, 1.5)));
    Figure {
        id: id.to_owned(),
        plot,
        title: format!("Counts spectrum: {}", spectrum.name),
        label: words(spectrum, &pulls),
        caption: CAPTION.to_owned(),
        shape: Shape::Wide,
    }
}

const CAPTION: &str = "Counts with the root of their number as error, the model and its largest parts; below, counts less model in units of the root of the model.";

fn words(spectrum: &Spectrum, pulls: &[f64]) -> String {
    let (counts, model) = (spectrum.counts.iter().sum::<f64>(), spectrum.model().iter().sum::<f64>());
    let largest = pulls.iter().copied().filter(|pull| pull.is_finite()).max_by(|a, b| a.abs().total_cmp(&b.abs()));
    let largest =
        largest.map_or_else(String::new, |pull| format!("; the largest residual is {} sigma", fixed(pull, 1)));
    format!(
        "Counts spectrum, {}: {} energy bins, {} counts, {} predicted{largest}.",
        spectrum.name,
        spectrum.counts.len(),
        fixed(counts, 0),
        fixed(model, 1)
    )
}

/// What a logarithmic axis can show.
fn positive(values: &[f64]) -> Vec<Option<f64>> {
    all_seen(values.iter().map(|value| if *value > 0.0 { *value } else { f64::NAN }))
}

fn bars(errors: Vec<f64>) -> ErrorData {
    let errors = errors.into_iter().map(|error| crate::figures::drawing::seen(error).unwrap_or(0.0)).collect();
    ErrorData::new(ErrorType::Data).array(errors).color(DATA).thickness(1.2).width(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sources_are_drawn_together_and_nothing_is_lost() {
        let npred: BTreeMap<String, Vec<f64>> =
            (0..12).map(|i| (format!("S{i:02}"), vec![f64::from(i), 1.0])).collect();
        let spectrum = Spectrum { name: "00".into(), energies: vec![1e2, 1e3, 1e4], counts: vec![70.0, 0.0], npred };
        let (parts, others) = spectrum.parts();
        assert_eq!((parts.len(), others.len(), parts[0].0.as_str()), (8, 4, "S11"));
        let others = together(&others, 2);
        let sum: f64 = parts.iter().map(|(_, bins)| bins[0]).sum::<f64>() + others[0];
        assert_eq!((sum, spectrum.model()[0]), (66.0, 66.0));
        assert!((spectrum.pulls()[0] - 4.0 / 66.0_f64.sqrt()).abs() < 1e-12);
    }
}
