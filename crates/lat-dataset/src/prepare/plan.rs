//! Which products of event files are there, which are to be made, and how large they will be.

use std::path::{Path, PathBuf};

use super::digests::{EventFiles, FileDigests, Inputs, exposure_inputs, extra_planes, region_inputs};
use super::durations::Durations;
use super::planned_product::{PlannedProduct, Product, ProductState};
use super::rules::{Rules, center_of};
use crate::component::instrument::{EXPOSURE_SIZE, Instrument};
use crate::config::{ComponentConfig, Config};
use crate::error::{Error, Result};
use crate::products::{candidates, product_path, response_folder};
use lat_events::{PhotonFiles, Spacecraft};
use lat_io::FileSize;
use lat_response::SkyGrid;

/// The products of a component and what they are made from.
pub(super) struct ComponentPlan<'a> {
    pub(super) component: &'a ComponentConfig,
    pub(super) files: EventFiles,
    pub(super) rules: Rules,
    pub(super) inputs: Inputs,
    /// `ft1`, `ltcube`, `ccube`, `bexpmap`, `bexpmap_roi`, in that order.
    pub(super) products: Vec<PlannedProduct>,
}

impl ComponentPlan<'_> {
    pub(super) fn product(&self, product: Product) -> Result<&PlannedProduct> {
        let found = self.products.iter().find(|planned| planned.product == product);
        found.ok_or(Error::Internal { what: "a product is not in the plan" })
    }
}

/// The plans of all components.
pub(super) fn plans<'a>(
    config: &'a Config,
    overwrite: bool,
    digests: &mut FileDigests<'_>,
) -> Result<Vec<ComponentPlan<'a>>> {
    let center = center_of(config)?;
    config
        .components
        .iter()
        .map(|component| {
            let files = EventFiles::named(config, component)?;
            // What is no such file is told before any work.
            PhotonFiles::open(&files.photons)?;
            Spacecraft::open(&files.spacecraft)?;
            let rules = Rules::of(config, component, center)?;
            let inputs = Inputs::of(&rules, &files, digests)?;
            let products = products(config, component, (&files, &rules, &inputs), (overwrite, digests))?;
            Ok(ComponentPlan { component, files, rules, inputs, products })
        })
        .collect()
}

fn products(
    config: &Config,
    component: &ComponentConfig,
    (files, rules, inputs): (&EventFiles, &Rules, &Inputs),
    (overwrite, digests): (bool, &mut FileDigests<'_>),
) -> Result<Vec<PlannedProduct>> {
    let place = Place { config, component, overwrite };
    let durations = Durations::of(&files.photons, &files.spacecraft, rules)?;
    let ltcube = component.files.ltcube.clone().or_else(|| component.response.livetime.clone());
    let ltcube = ltcube.filter(|path| lat_io::may_exist(path));
    let livetime_bytes = {
        let (nside, bins) = (u64::from(rules.livetime.nside()?), rules.livetime.cosine_bins()?.n);
        let row = 4 * (bins * (rules.livetime.azimuth_bins + 1) + 2) as u64;
        2 * 12 * nside * nside * row
    };
    let livetime = place.planned(Product::Ltcube, ltcube.as_deref(), &inputs.livetime, livetime_bytes)?;
    let [ny, nx] = rules.grid.shape();
    let edges = rules.energies.axis().edges().len();
    let counts = place.planned(Product::Ccube, component.files.ccube.as_deref(), &inputs.counts, {
        (nx * ny * (edges - 1) * 4) as u64
    })?;
    let most: lat_io::Result<Vec<_>> = files.photons.iter().map(|path| FileSize::of(path)).collect();
    let most = most?.iter().map(|size| size.bytes as u64).sum();
    let mut photons = place.planned(Product::Ft1, None, &inputs.photons, most)?;
    let is_needed = component.events.cacheft1 || livetime.state.is_to_be_made() || counts.state.is_to_be_made();
    if photons.state.is_to_be_made() && !is_needed {
        (photons.state, photons.bytes) = (ProductState::Unneeded, 0);
    }
    let exposure = place.exposure(&livetime, rules, digests)?;
    let values = usize::try_from(exposure.bytes / 4).unwrap_or(usize::MAX);
    let of_region = place.exposure_of_region(&livetime, rules, digests)?;
    let region_values = usize::try_from(of_region.bytes / 4).unwrap_or(usize::MAX);
    Ok(vec![
        photons.taking(durations.photons(rules)),
        livetime.taking(durations.livetime()),
        counts.taking(durations.counts()),
        exposure.taking(durations.exposure(values)),
        of_region.taking(durations.exposure(region_values)),
    ])
}

/// Where the products of a component lie, and whether they are made anew in any case.
struct Place<'a> {
    config: &'a Config,
    component: &'a ComponentConfig,
    overwrite: bool,
}

impl Place<'_> {
    /// A product whose inputs are known.
    fn planned(&self, product: Product, named: Option<&Path>, inputs: &str, bytes: u64) -> Result<PlannedProduct> {
        let (path, state) = if let Some(path) = named {
            (path.to_owned(), ProductState::Given)
        } else {
            let (path, made_from) = self.found(product)?;
            let state = match made_from {
                Found::Nothing => ProductState::Missing,
                Found::Others => ProductState::Given,
                Found::MadeFrom(found) if found == inputs && !self.overwrite => ProductState::Current,
                Found::MadeFrom(_) => ProductState::Stale,
            };
            (path, state)
        };
        Ok(self.product(product, path, state, bytes))
    }

    /// The exposure, whose inputs are known once the livetime cube is there.
    fn exposure(
        &self,
        livetime: &PlannedProduct,
        rules: &Rules,
        digests: &mut FileDigests<'_>,
    ) -> Result<PlannedProduct> {
        let edges = rules.energies.axis().edges().len() + 2 * extra_planes(self.component);
        let bytes = (EXPOSURE_SIZE[0] * EXPOSURE_SIZE[1] * edges * 4) as u64;
        if let Some(path) = &self.component.files.bexpmap {
            return Ok(self.product(Product::Bexpmap, path.clone(), ProductState::Given, bytes));
        }
        self.computed(Product::Bexpmap, bytes, livetime, |instrument| {
            exposure_inputs(instrument, self.component, rules, digests)
        })
    }

    /// The exposure in the pixels of the counts; HEALPix pixels have none, as with fermipy.
    fn exposure_of_region(
        &self,
        livetime: &PlannedProduct,
        rules: &Rules,
        digests: &mut FileDigests<'_>,
    ) -> Result<PlannedProduct> {
        let path = || product_path(&self.config.outdir, Product::BexpmapRoi.name(), &self.component.name, "fits");
        if !matches!(rules.grid, SkyGrid::Wcs(_)) {
            return Ok(self.product(Product::BexpmapRoi, path(), ProductState::Unneeded, 0));
        }
        let bytes = (rules.grid.n_pixels() * rules.energies.axis().edges().len() * 4) as u64;
        self.computed(Product::BexpmapRoi, bytes, livetime, |instrument| region_inputs(instrument, rules, digests))
    }

    /// What is computed from livetime and response functions, of which `inputs` gives the digest.
    fn computed(
        &self,
        product: Product,
        bytes: u64,
        livetime: &PlannedProduct,
        inputs: impl FnOnce(&Instrument) -> Result<String>,
    ) -> Result<PlannedProduct> {
        let (path, found) = self.found(product)?;
        let instrument = instrument(self.config, self.component, &livetime.path)?;
        let state = match found {
            Found::Others => ProductState::Given,
            _ if !instrument.is_there() => ProductState::Unneeded,
            Found::Nothing => ProductState::Missing,
            Found::MadeFrom(_) if livetime.state.is_to_be_made() || self.overwrite => ProductState::Stale,
            Found::MadeFrom(found) if inputs(&instrument)? == found => ProductState::Current,
            Found::MadeFrom(_) => ProductState::Stale,
        };
        Ok(self.product(product, path, state, bytes))
    }

    fn found(&self, product: Product) -> Result<(PathBuf, Found)> {
        let tried = candidates(&self.config.outdir, product.name(), &self.component.name, "fits");
        let Some(path) = lat_io::first_found(tried) else {
            return Ok((
                product_path(&self.config.outdir, product.name(), &self.component.name, "fits"),
                Found::Nothing,
            ));
        };
        let made_from = match lat_io::read_inputs(&path) {
            // Nothing here reads it: what is no such file stops nothing.
            Err(_) if product == Product::BexpmapRoi => None,
            made_from => made_from?,
        };
        Ok((path, made_from.map_or(Found::Others, Found::MadeFrom)))
    }

    fn product(&self, product: Product, path: PathBuf, state: ProductState, bytes: u64) -> PlannedProduct {
        let bytes = if state.is_to_be_made() || state == ProductState::Current { bytes } else { 0 };
        PlannedProduct { component: self.component.name.clone(), product, path, state, bytes, seconds: 0.0 }
    }
}

/// What lies in the place of a product.
enum Found {
    Nothing,
    /// A file of another program.
    Others,
    /// A file that was made here, from inputs with this digest.
    MadeFrom(String),
}

/// What the exposure is made with.
pub(super) fn instrument(config: &Config, component: &ComponentConfig, ltcube: &Path) -> Result<Instrument> {
    Ok(Instrument::new(config, component, Some(ltcube.to_owned()), response_folder(config, component)?))
}
