//! Section `lightcurve` as options.

use super::fit_sections::LightcurveConfig;
use super::keys::Keys;
use super::slice_options::{SliceMaps, SliceOptions};
use super::yaml::{Node, Value};
use crate::error::Result;

const SECTION: &str = "lightcurve";

/// What `time_bins` may be.
const TIMES: &str = "rising mission times in s (edges of bins), or pairs [begin, end]";

/// The section, with defaults where it is silent.
pub(super) fn light_curve(keys: &Keys<'_>) -> Result<LightcurveConfig> {
    let absent = LightcurveConfig::default();
    Ok(LightcurveConfig {
        binsz: keys.option(SECTION, &LightcurveConfig::BINSZ)?,
        nbins: keys.option(SECTION, &LightcurveConfig::NBINS)?,
        time_bins: keys.keep(time_bins(keys))?.unwrap_or(absent.time_bins),
        use_scaled_srcmap: keys.option(SECTION, &LightcurveConfig::USE_SCALED_SRCMAP)?,
        source_maps: keys.keep(source_maps(keys))?.unwrap_or(absent.source_maps),
        psf_tolerance: keys.option(SECTION, &SliceOptions::PSF_TOLERANCE)?,
        shape_ts_threshold: keys.option(SECTION, &LightcurveConfig::SHAPE_TS_THRESHOLD)?,
        free_background: keys.option(SECTION, &LightcurveConfig::FREE_BACKGROUND)?,
        free_diffuse: keys.option(SECTION, &LightcurveConfig::FREE_DIFFUSE)?,
        free_radius: keys.option(SECTION, &LightcurveConfig::FREE_RADIUS)?,
        free_sources: keys.option(SECTION, &LightcurveConfig::FREE_SOURCES)?,
        free_params: keys.option(SECTION, &LightcurveConfig::FREE_PARAMS)?,
        max_free_sources: keys.option(SECTION, &LightcurveConfig::MAX_FREE_SOURCES)?,
        systematic: keys.option(SECTION, &LightcurveConfig::SYSTEMATIC)?,
        ul_confidence: keys.option(SECTION, &LightcurveConfig::UL_CONFIDENCE)?,
        ul_ts_threshold: keys.option(SECTION, &LightcurveConfig::UL_TS_THRESHOLD)?,
    })
}

/// How source maps are made; `use_scaled_srcmap` scales them where nothing else is said.
fn source_maps(keys: &Keys<'_>) -> Result<SliceMaps> {
    let option = SliceOptions::SOURCE_MAPS;
    match keys.given(SECTION, &option)? {
        Some(text) => text.parse().map_err(|_| keys.wrong(SECTION, option.name, "automatic, exact or scaled")),
        None if keys.option(SECTION, &LightcurveConfig::USE_SCALED_SRCMAP)? => Ok(SliceMaps::Scaled),
        None => Ok(SliceMaps::default()),
    }
}

/// Bins from edges, or from pairs with gaps between them. Whether they overlap is told where bins are used.
fn time_bins(keys: &Keys<'_>) -> Result<Vec<(f64, f64)>> {
    let Some((_, node)) = keys.get(SECTION, "time_bins") else { return Ok(Vec::new()) };
    let bins = match &node.value {
        Value::List(items) if items.is_empty() => Some(Vec::new()),
        Value::List(items) => pairs(items).or_else(|| edges(items)),
        _ => None,
    };
    bins.ok_or_else(|| keys.wrong(SECTION, "time_bins", TIMES))
}

fn pairs(items: &[Node]) -> Option<Vec<(f64, f64)>> {
    let pair = |item: &Node| match &item.value {
        Value::List(ends) => match &ends[..] {
            [begin, end] => Some((begin.value.number()?, end.value.number()?)),
            _ => None,
        },
        _ => None,
    };
    items.iter().map(pair).collect()
}

fn edges(items: &[Node]) -> Option<Vec<(f64, f64)>> {
    let edges: Option<Vec<f64>> = items.iter().map(|item| item.value.number()).collect();
    edges.filter(|edges| edges.len() > 1).map(|edges| edges.windows(2).map(|pair| (pair[0], pair[1])).collect())
}
