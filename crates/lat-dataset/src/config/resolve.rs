//! From the tree of keys to typed options: defaults, overrides of components, ranges.

use std::cell::RefCell;
use std::path::Path;

use likelihood_core::EnergyIntegration;

use super::component_settings::{
    ComponentConfig, EnergyDispersion, Files, LOG_TRAPEZOID, QUADRATURE, ResponseFunctions,
};
use super::events::events;
use super::exposure::exposure_scaling;
use super::fit_sections::{OptimizerConfig, RoioptConfig};
use super::keys::{Keys, directory};
use super::lightcurve_section::light_curve;
use super::memory_size::memory_size;
use super::model::model;
use super::resolved::Resolved;
use super::schema::components_of;
use super::settings::{Center, Config};
use super::yaml::{Node, Value};
use crate::error::{Error, Result};
use crate::problems::{Problems, Subject};
use lat_response::Frame;

pub(super) fn config(path: &Path, root: &Node, notes: Vec<String>, problems: &mut Problems) -> Result<Option<Config>> {
    let shared = RefCell::new(problems.alike());
    let config = resolved(&Keys { path, layers: vec![root], problems: &shared }, root, notes);
    problems.extend(shared.into_inner());
    problems.take(&Subject::Configuration, config)
}

fn resolved(whole: &Keys<'_>, root: &Node, notes: Vec<String>) -> Result<Config> {
    let path = whole.path;
    let named = match root.get("components") {
        Some(node) => components_of(path, node)?,
        None => Vec::new(),
    };
    let layers: Vec<(String, Vec<&Node>)> = if named.is_empty() {
        vec![("00".to_owned(), vec![root])]
    } else {
        named.into_iter().map(|(name, node)| (name, vec![node, root])).collect()
    };
    let mut components = Vec::with_capacity(layers.len());
    for (name, layers) in &layers {
        let own = Keys { path, layers: layers.clone(), problems: whole.problems };
        components.extend(whole.keep(component(&own, name))?);
    }
    let optimizer = optimizer(OptimizerConfig::default(), whole, "optimizer")?;
    Ok(Config {
        path: path.to_owned(),
        outdir: whole.path_of("fileio", "outdir")?.unwrap_or_else(|| directory(path).to_owned()),
        center: whole.keep(center(whole))?.flatten(),
        roiopt: roiopt(whole, &optimizer)?,
        lightcurve: light_curve(whole)?,
        optimizer,
        max_memory: whole.keep(max_memory(whole))?.flatten(),
        components,
        resolved: Resolved::new(root, &layers)?,
        notes,
    })
}

fn max_memory(keys: &Keys<'_>) -> Result<Option<u64>> {
    let Some(text) = keys.text("optimizer", "max_memory")? else { return Ok(None) };
    let size = memory_size(&text);
    size.map(Some).ok_or_else(|| keys.wrong("optimizer", "max_memory", "a size of memory, such as 2GiB or 1500MB"))
}

fn component(keys: &Keys<'_>, name: &str) -> Result<ComponentConfig> {
    unsupported(keys)?;
    let energy = |key: &str, log_key: &str| -> Result<Option<f64>> {
        let positive = |x: &f64| x.is_finite() && *x > 0.0;
        match keys.number("selection", log_key)? {
            Some(_) => {
                let expected = "the logarithm of an energy in MeV, such as 2.5";
                let log = keys.number_in("selection", log_key, expected, |log| positive(&10f64.powf(*log)))?;
                Ok(log.map(|log| 10f64.powf(log)))
            }
            None => keys.number_in("selection", key, "an energy above 0 in MeV", positive),
        }
    };
    let (emin, emax) = (energy("emin", "logemin")?, energy("emax", "logemax")?);
    if let (Some(emin), Some(emax)) = (emin, emax)
        && emin >= emax
    {
        return Err(keys.wrong("selection", "emax", &format!("an energy above emin ({emin} MeV)")));
    }
    let coordsys = match keys.text("binning", "coordsys")?.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None => None,
        Some("CEL") => Some(Frame::Celestial),
        Some("GAL") => Some(Frame::Galactic),
        Some(_) => return Err(keys.wrong("binning", "coordsys", "CEL or GAL")),
    };
    let file = |key: &str| keys.path_of("files", key);
    let either = |key: &str| Ok::<_, Error>(file(key)?.or(keys.path_of("gtlike", key)?));
    Ok(ComponentConfig {
        name: name.to_owned(),
        emin,
        emax,
        coordsys,
        edisp: EnergyDispersion {
            edisp: keys.option("gtlike", &EnergyDispersion::EDISP)?,
            bins: keys.option("gtlike", &EnergyDispersion::BINS)?,
            disable: keys.option("gtlike", &EnergyDispersion::DISABLE)?,
        },
        energy_integration: energy_integration(keys)?,
        exposure: exposure_scaling(keys)?,
        minbinsz: keys.option("gtlike", &ComponentConfig::MINBINSZ)?,
        rfactor: keys.option("gtlike", &ComponentConfig::RFACTOR)?,
        convolve: keys.option("gtlike", &ComponentConfig::CONVOLVE)?,
        resample: keys.option("gtlike", &ComponentConfig::RESAMPLE)?,
        response: response(keys)?,
        events: events(keys)?,
        files: Files {
            ccube: file("ccube")?,
            srcmap: either("srcmap")?,
            bexpmap: either("bexpmap")?,
            psf: file("psf")?,
            drm: file("drm")?,
            ltcube: file("ltcube")?,
            irfs: file("irfs")?,
            wmap: either("wmap")?,
            xml: file("xml")?,
            priors: file("priors")?,
        },
        model: model(keys)?,
    })
}

/// `gtlike.energy_integration`.
fn energy_integration(keys: &Keys<'_>) -> Result<EnergyIntegration> {
    let option = ComponentConfig::ENERGY_INTEGRATION;
    match keys.option("gtlike", &option)?.as_str() {
        LOG_TRAPEZOID => Ok(EnergyIntegration::LogTrapezoid),
        QUADRATURE => Ok(EnergyIntegration::Quadrature),
        _ => Err(keys.wrong("gtlike", option.name, &format!("{LOG_TRAPEZOID} or {QUADRATURE}"))),
    }
}

/// Response functions: `gtlike.irfs`, `selection.evtype` and `convtype`, `data.ltcube`.
fn response(keys: &Keys<'_>) -> Result<ResponseFunctions> {
    let event_types = match (keys.whole("selection", "evtype")?, keys.whole("selection", "convtype")?) {
        (Some(sum), _) => u32::try_from(sum)
            .map_err(|_| keys.wrong("selection", "evtype", "a sum of event types, such as 3 for front and back"))?,
        (None, Some(0)) => 1,
        (None, Some(1)) => 2,
        (None, None | Some(-1)) => 3,
        (None, Some(_)) => return Err(keys.wrong("selection", "convtype", "-1, 0 or 1")),
    };
    // CALDB is no set, but asks the LAT tools to find one that fits the events.
    let name = keys.text("gtlike", "irfs")?.filter(|name| !name.eq_ignore_ascii_case("CALDB"));
    Ok(ResponseFunctions { name, event_types, livetime: keys.path_of("data", "ltcube")? })
}

/// Values that nothing here carries out.
fn unsupported(keys: &Keys<'_>) -> Result<()> {
    let known = |text: &str| ["WCS", "HPX"].iter().any(|kind| text.eq_ignore_ascii_case(kind));
    if keys.text("binning", "projtype")?.is_some_and(|text| !known(&text)) {
        return Err(keys.wrong("binning", "projtype", "WCS or HPX"));
    }
    Ok(())
}

fn center(keys: &Keys<'_>) -> Result<Option<Center>> {
    if let Some(target) = keys.text("selection", "target")? {
        return Ok(Some(Center::Target(target)));
    }
    for (lon, lat, frame) in [("ra", "dec", Frame::Celestial), ("glon", "glat", Frame::Galactic)] {
        match (keys.number("selection", lon)?, keys.number("selection", lat)?) {
            (None, None) => {}
            (Some(x), Some(y)) => {
                let direction = frame
                    .direction(x, y)
                    .map_err(|error| keys.wrong("selection", lat, &format!("a direction in degrees ({error})")))?;
                return Ok(Some(Center::Direction(direction)));
            }
            (Some(_), None) => return Err(keys.wrong("selection", lon, &format!("it together with {lat}"))),
            (None, Some(_)) => return Err(keys.wrong("selection", lat, &format!("it together with {lon}"))),
        }
    }
    Ok(None)
}

fn optimizer(base: OptimizerConfig, keys: &Keys<'_>, section: &str) -> Result<OptimizerConfig> {
    Ok(OptimizerConfig {
        optimizer: keys.given(section, &OptimizerConfig::OPTIMIZER)?.unwrap_or(base.optimizer),
        tol: keys.given(section, &OptimizerConfig::TOL)?.unwrap_or(base.tol),
        max_iter: keys.given(section, &OptimizerConfig::MAX_ITER)?.unwrap_or(base.max_iter),
        init_lambda: keys.given(section, &OptimizerConfig::INIT_LAMBDA)?.unwrap_or(base.init_lambda),
        retries: keys.given(section, &OptimizerConfig::RETRIES)?.unwrap_or(base.retries),
        min_fit_quality: keys.given(section, &OptimizerConfig::MIN_FIT_QUALITY)?.unwrap_or(base.min_fit_quality),
        verbosity: keys.given(section, &OptimizerConfig::VERBOSITY)?.unwrap_or(base.verbosity),
    })
}

fn roiopt(keys: &Keys<'_>, base: &OptimizerConfig) -> Result<RoioptConfig> {
    let nested = keys.get("roiopt", "optimizer").map(|(_, node)| node);
    let optimizer = match nested {
        None => base.clone(),
        Some(node) if matches!(node.value, Value::Map(_)) => {
            keys.keep(nested_optimizer(keys, node, base))?.unwrap_or_else(|| base.clone())
        }
        Some(_) => {
            let refused = keys.wrong("roiopt", "optimizer", "a mapping with keys of section 'optimizer'");
            keys.keep(Err(refused))?.unwrap_or_else(|| base.clone())
        }
    };
    Ok(RoioptConfig {
        npred_frac: keys.option("roiopt", &RoioptConfig::NPRED_FRAC)?,
        npred_threshold: keys.option("roiopt", &RoioptConfig::NPRED_THRESHOLD)?,
        shape_ts_threshold: keys.option("roiopt", &RoioptConfig::SHAPE_TS_THRESHOLD)?,
        max_free_sources: keys.option("roiopt", &RoioptConfig::MAX_FREE_SOURCES)?,
        skip: keys.option("roiopt", &RoioptConfig::SKIP)?,
        optimizer,
    })
}

/// `roiopt.optimizer` holds the keys of section `optimizer`: read them as if they stood there.
fn nested_optimizer(outer: &Keys<'_>, node: &Node, base: &OptimizerConfig) -> Result<OptimizerConfig> {
    let entry = super::yaml::Entry { key: "optimizer".into(), line: node.line, node: node.clone() };
    let wrapped = Node { line: node.line, value: Value::Map(vec![entry]) };
    super::schema::check(outer.path, &wrapped, &mut outer.problems.borrow_mut())?;
    let keys = Keys { path: outer.path, layers: vec![&wrapped], problems: outer.problems };
    if keys.get("optimizer", "max_memory").is_some() {
        return Err(keys.wrong("optimizer", "max_memory", "it in section 'optimizer' itself: there is one limit"));
    }
    optimizer(base.clone(), &keys, "optimizer")
}
