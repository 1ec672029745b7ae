//! The tables of goodness of fit and of counts.

use roi_estimators::{Deviance, Goodness};

use crate::figures::counts_figure::Spectrum;
use crate::input::report_input::ReportInput;
use crate::page::shown::{decimal, power};

/// A row of the table.
pub(crate) struct GoodnessRow {
    pub(crate) name: String,
    pub(crate) counts: String,
    pub(crate) npred: String,
    pub(crate) deviance: String,
    pub(crate) expected: String,
    pub(crate) pull: String,
    pub(crate) p_value: String,
}

/// All components and energies, and their sum.
pub(crate) fn goodness_rows(goodness: &Goodness) -> Vec<GoodnessRow> {
    let mut rows = Vec::new();
    let has_several = goodness.components.len() > 1;
    for component in &goodness.components {
        for (at, deviance) in component.deviances.iter().enumerate() {
            let Some([low, high]) = component.energies.get(at..at + 2) else { continue };
            let of = if has_several { format!("{}: ", component.name) } else { String::new() };
            let name = format!("{of}{} to {} MeV", decimal(*low, 0), decimal(*high, 0));
            rows.push(row(name, (component.counts[at], component.npred[at]), deviance));
        }
    }
    let sum = |of: fn(&roi_estimators::ComponentGoodness) -> f64| goodness.components.iter().map(of).sum::<f64>();
    let both = (sum(|own| own.counts.iter().sum()), sum(|own| own.npred.iter().sum()));
    rows.push(row("all".to_owned(), both, &goodness.total()));
    rows
}

fn row(name: String, (counts, npred): (f64, f64), deviance: &Deviance) -> GoodnessRow {
    GoodnessRow {
        name,
        counts: decimal(counts, 0),
        npred: decimal(npred, 1),
        deviance: decimal(deviance.value, 1),
        expected: format!("{} \u{b1} {}", decimal(deviance.expected, 1), decimal(deviance.variance.sqrt(), 1)),
        pull: deviance.pull().map_or_else(|| crate::page::shown::UNKNOWN.to_owned(), |pull| decimal(pull, 2)),
        p_value: power(deviance.p_value(), 2),
    }
}

/// The counts spectra: that of all components together where their bins are the same, then each for itself where there are several.
pub(crate) fn spectra(input: &ReportInput) -> Vec<Spectrum> {
    let components: Vec<Spectrum> = input
        .loglike
        .components
        .iter()
        .map(|own| Spectrum {
            name: format!("component {}", own.name),
            energies: own.energies.clone(),
            counts: own.counts.clone(),
            npred: own.npred.clone(),
        })
        .collect();
    let Some(first) = components.first() else { return components };
    if components.len() == 1 || components.iter().any(|own| own.energies != first.energies) {
        return components;
    }
    let mut all = Spectrum { name: "all components".to_owned(), ..first.clone() };
    for own in &components[1..] {
        all.counts.iter_mut().zip(&own.counts).for_each(|(sum, n)| *sum += n);
        for (name, bins) in &own.npred {
            let sums = all.npred.entry(name.clone()).or_insert_with(|| vec![0.0; bins.len()]);
            sums.iter_mut().zip(bins).for_each(|(sum, n)| *sum += n);
        }
    }
    std::iter::once(all).chain(components).collect()
}
