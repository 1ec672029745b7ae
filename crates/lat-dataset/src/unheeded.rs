//! What a configuration names that has no effect: sources that no model has, a centre off the counts.

use roi_model::{Roi, Source};

use crate::component::Component;
use crate::config::{ComponentConfig, Config, nearest};

/// How alike two names are at least for one to be told beside the other.
const ALIKE: f64 = 0.6;

/// What has no effect, in sentences for the user. `xml` is the file that the model is from, if it was not built.
pub(crate) fn unheeded(config: &Config, roi: &Roi, components: &[Option<Component>], xml: Option<&str>) -> Vec<String> {
    let mut notes = Vec::new();
    for (settings, component) in config.components.iter().zip(components) {
        let place = |note: String| format!("component '{}': {note}", settings.name);
        notes.extend(names(settings, roi.sources()).into_iter().map(&place));
        notes.extend(component.iter().filter_map(|component| center(roi, component)).map(&place));
        if let Some(xml) = xml {
            notes.extend(written(settings, roi.sources(), xml).into_iter().map(&place));
        }
    }
    notes
}

/// Keys of section `gtlike` that name sources which the model does not have.
fn names(settings: &ComponentConfig, sources: &[Source]) -> Vec<String> {
    let disabled = settings.edisp.disable.iter().filter(|_| settings.edisp.is_on());
    let disabled = disabled.map(|name| ("edisp_disable", name));
    let scaled = settings.exposure.sources.iter().map(|(name, _)| ("src_expscale", name));
    let unknown = |(_, name): &(&str, &String)| !sources.iter().any(|source| source.is_named(name));
    let note = |(key, name): (&str, &String)| {
        let near = nearest(name, sources.iter().map(Source::name)).filter(|(alike, _)| *alike > ALIKE);
        let near = near.map(|(_, near)| format!("; did you mean '{near}'?")).unwrap_or_default();
        format!("gtlike.{key} names '{name}', which is no source of the model{near}")
    };
    disabled.chain(scaled).filter(unknown).map(note).collect()
}

/// Sources of `model.sources` that a model from a file does not have.
fn written(settings: &ComponentConfig, sources: &[Source], xml: &str) -> Option<String> {
    let is_lost = |name: &&str| !sources.iter().any(|source| source.is_named(name));
    let lost: Vec<&str> = settings.model.sources.iter().map(|entry| entry.name.as_str()).filter(is_lost).collect();
    if lost.is_empty() {
        return None;
    }
    Some(format!(
        "model.sources has no effect, as the model is that of '{xml}', which lacks {}; add them there, or leave files.xml out",
        lost.join(", ")
    ))
}

/// A centre off the counts: distances from it free and select other sources than those that have counts.
fn center(roi: &Roi, component: &Component) -> Option<String> {
    let grid = &component.counts.grid;
    if grid.pixel(&roi.center()).is_some() {
        return None;
    }
    let away = grid.reference_direction().ok()?.separation(&roi.center());
    Some(format!(
        "the centre of the selection (RA {:.3}, Dec {:.3}) is off the counts cube '{}', {away:.2} deg from its centre; distances are from there",
        roi.center().ra(),
        roi.center().dec(),
        component.products.ccube.display()
    ))
}
