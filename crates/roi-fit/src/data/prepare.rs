//! From event files to source maps: what `setup` of fermipy does.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use lat_dataset::{Config, MapPlace, PlannedProduct, PrepareStep, Product, ProductState};
use serde::Serialize;

use super::source_maps::{MakeOptions, make_source_maps};
use crate::error::Result;
use crate::known::progress::{Event, Progress};

/// How [`prepare`] goes about.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PrepareOptions {
    /// Make also what stands.
    pub overwrite: bool,
    /// Only tell what would be made.
    pub dry_run: bool,
    /// The most bytes that source maps may take while they are made; that of the configuration (`optimizer.max_memory`) if there is none.
    pub max_memory: Option<u64>,
}

impl PrepareOptions {
    /// Sets [`overwrite`](Self::overwrite).
    #[must_use]
    pub fn with_overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Sets [`dry_run`](Self::dry_run).
    #[must_use]
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Sets [`max_memory`](Self::max_memory).
    #[must_use]
    pub fn with_max_memory(mut self, max_memory: Option<u64>) -> Self {
        self.max_memory = max_memory;
        self
    }
}

/// What [`prepare`] found and did.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Prepared {
    /// The products of all components, as they were found; those that were missing or stale have been made, unless it was a dry run.
    pub products: Vec<PlannedProduct>,
    /// Whether nothing was made because only a plan was asked for.
    pub dry_run: bool,
    /// Seconds.
    pub seconds: f64,
}

/// Makes the products of a configuration from its event files: photons, livetime, counts, exposure ([`lat_dataset::prepare()`]), source maps and
/// the source model as XML. What stands is kept.
///
/// # Errors
/// As [`lat_dataset::prepare()`] and [`make_source_maps`].
pub fn prepare(config: &Path, options: &PrepareOptions, progress: &mut dyn Progress) -> Result<Prepared> {
    let start = Instant::now();
    let read = Config::read(config)?;
    let products = if options.dry_run {
        lat_dataset::plan(&read, options.overwrite)?
    } else {
        let mut watch = |step: &PrepareStep<'_>| tell(progress, step);
        // Nobody else changes what the maps are made from.
        let (mut products, _alone) = lat_dataset::prepare_and_hold(&read, options.overwrite, &mut watch)?;
        products.extend(source_maps(config, &products, options, progress)?);
        products
    };
    Ok(Prepared { products, dry_run: options.dry_run, seconds: start.elapsed().as_secs_f64() })
}

/// Before a fit: [`prepare`] without source maps, where the counts are to be made here. Says what is made.
pub(crate) fn prepare_first(config: &Path, progress: &mut dyn Progress) -> Result<()> {
    let config = Config::read(config)?;
    lat_dataset::prepare_if_wanted(&config, &mut |step: &PrepareStep<'_>| {
        if let PrepareStep::Make { done: 0, total, .. } = step {
            tracing::warn!("{total} product(s) are made from the event files first, see 'prepare'");
        }
        tell(progress, step)
    })?;
    Ok(())
}

fn tell(progress: &mut dyn Progress, step: &PrepareStep<'_>) -> ControlFlow<()> {
    let event = match step {
        PrepareStep::Digest { path, read, bytes } => {
            Event::Reading { what: path.display().to_string(), read: *read, bytes: *bytes }
        }
        PrepareStep::Make { product, done, total } => Event::Product {
            component: product.component.clone(),
            product: product.product.name(),
            done: *done,
            total: *total,
            bytes: product.bytes,
        },
        PrepareStep::Read { product, read, bytes } => {
            let what = format!("component {}: {}", product.component, product.product.name());
            Event::Reading { what, read: *read, bytes: *bytes }
        }
        // The log tells of what has no event.
        _ if progress.is_cancelled() => return ControlFlow::Break(()),
        _ => return ControlFlow::Continue(()),
    };
    let told = progress.event(&event);
    if progress.is_cancelled() { ControlFlow::Break(()) } else { told }
}

/// Makes the source maps that do not stand, where there is something to make them from, and the models beside them.
fn source_maps(
    config: &Path,
    products: &[PlannedProduct],
    options: &PrepareOptions,
    progress: &mut dyn Progress,
) -> Result<Vec<PlannedProduct>> {
    let has_exposure =
        |product: &PlannedProduct| product.product == Product::Bexpmap && product.state != ProductState::Unneeded;
    if !products.iter().any(has_exposure) {
        tracing::warn!(
            "neither exposure nor source maps are made: name the response functions (gtlike: {{irfs: NAME}}) and their folder (files: {{irfs: PATH}}, \
             or the environment variable CALDB)"
        );
        return Ok(Vec::new());
    }
    let loaded = lat_dataset::load(config)?;
    let sources = loaded.roi.sources();
    let mut planned = Vec::new();
    for component in &loaded.observation.components {
        let (path, state) = match component.map_place(&loaded.config) {
            MapPlace::Others(path) => (path, ProductState::Given),
            MapPlace::Ours(path) if !path.exists() => (path, ProductState::Missing),
            MapPlace::Ours(path) if options.overwrite || !component.unmade(sources)?.is_empty() => {
                (path, ProductState::Stale)
            }
            MapPlace::Ours(path) => (path, ProductState::Current),
        };
        let planes: usize = sources.iter().map(|source| component.n_planes(source)).sum();
        let bytes = (planes * component.counts.grid.n_pixels() * 4) as u64;
        planned.push(PlannedProduct::of_source_maps(&component.name, path, state, bytes));
    }
    if planned.iter().any(|product| product.state.is_to_be_made()) {
        let options = MakeOptions::default().with_all(options.overwrite).with_max_memory(options.max_memory);
        make_source_maps(config, &options, progress)?;
    }
    for component in &loaded.observation.components {
        let own = component.model.sources(&loaded.roi)?;
        let xml = roi_model::write_xml(loaded.roi.title(), &own)?;
        planned.push(lat_dataset::write_model(&loaded.config, &component.name, own.len(), &xml)?);
    }
    Ok(planned)
}
