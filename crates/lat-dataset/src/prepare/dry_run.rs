//! What a preparation would make, told without making it.

use super::coadd;
use super::digests::FileDigests;
use super::durations::Durations;
use super::model_file;
use super::plan::{ComponentPlan, plans};
use super::planned_product::{PlannedProduct, Product, ProductState};
use super::rules::sources_of;
use crate::component::assemble::Component;
use crate::config::Config;
use crate::error::Result;
use crate::load::load;
use crate::products::product_path;

/// Tells what [`crate::prepare`] would make, in the order in which it would. Nothing is written.
///
/// # Errors
/// When a key that is needed is not given, or an event file cannot be read.
pub fn plan(config: &Config, overwrite: bool) -> Result<Vec<PlannedProduct>> {
    let mut digests = FileDigests::default();
    let mut planned = Vec::new();
    let sources = sources_of(config)?.len();
    let plans = plans(config, overwrite, &mut digests)?;
    let coadded = coadd::planned(config, &plans, overwrite, &mut digests)?;
    let models = models(config, &plans);
    for (index, plan) in plans.into_iter().enumerate() {
        let exposure = plan.product(Product::Bexpmap)?.state != ProductState::Unneeded;
        let durations = Durations::of(&plan.files.photons, &plan.files.spacecraft, &plan.rules)?;
        let srcmap = source_maps(config, &plan, exposure.then_some(sources));
        let values = usize::try_from(srcmap.bytes / 4).unwrap_or(usize::MAX);
        let srcmap = srcmap.taking(durations.source_maps(values));
        let xml = models.as_ref().and_then(|models| models.get(index)).map(String::as_str);
        let model = model_file::planned(config, &plan.component.name, sources, xml)?;
        planned.extend(plan.products);
        planned.push(srcmap);
        if exposure {
            planned.push(model);
        }
    }
    planned.extend(coadded.map(|(product, _)| product));
    Ok(planned)
}

/// The models of all components as XML, where one lies there that they are to be compared with. They are known only where all that they are loaded with
/// is there.
fn models(config: &Config, plans: &[ComponentPlan<'_>]) -> Option<Vec<String>> {
    let place =
        |plan: &ComponentPlan<'_>| product_path(&config.outdir, Product::Srcmdl.name(), &plan.component.name, "xml");
    let is_made = |product: &PlannedProduct| product.product != Product::BexpmapRoi && product.state.is_to_be_made();
    if !plans.iter().any(|plan| place(plan).exists()) || plans.iter().flat_map(|plan| &plan.products).any(is_made) {
        return None;
    }
    // What keeps it from being loaded is told by who fits.
    let loaded = load(&config.path).ok()?;
    let text = |component: &Component| {
        let own = component.model.sources(&loaded.roi).ok()?;
        roi_model::write_xml(loaded.roi.title(), &own).ok()
    };
    loaded.observation.components.iter().map(text).collect()
}

/// The source maps, of which each has a digest of its own: whether they stand is known once all else is there.
fn source_maps(config: &Config, plan: &ComponentPlan<'_>, sources: Option<usize>) -> PlannedProduct {
    let (component, named) = (plan.component, &plan.component.files.srcmap);
    let path = named.clone().unwrap_or_else(|| product_path(&config.outdir, "srcmap", &component.name, "fits"));
    let [ny, nx] = plan.rules.grid.shape();
    let planes = plan.rules.energies.axis().edges().len();
    let counts = |product: &&PlannedProduct| product.product != Product::BexpmapRoi;
    let is_made = plan.products.iter().filter(counts).any(|product| product.state.is_to_be_made());
    let (state, sources) = match sources {
        None => (ProductState::Unneeded, 0),
        Some(_) if named.as_ref().is_some_and(|path| path.exists()) => (ProductState::Given, 0),
        Some(sources) if !path.exists() => (ProductState::Missing, sources),
        Some(sources) if is_made => (ProductState::Stale, sources),
        Some(sources) => (ProductState::Current, sources),
    };
    let bytes = (nx * ny * planes * sources * 4) as u64;
    PlannedProduct::of_source_maps(&component.name, path, state, bytes)
}
