//! Making what is missing or stale, one product after another, each whole or not at all.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lat_events::{GoodTimes, PhotonFiles, Selection, Spacecraft};
use ndarray::ArrayView2;

use super::coadd;
use super::digests::{FileDigests, exposure_inputs, extra_planes, region_inputs};
use super::needs::prepares_events;
use super::plan::{ComponentPlan, instrument, plans};
use super::planned_product::{PlannedProduct, Product, ProductState};
use super::watching::{PrepareStep, PrepareWatch, Reading, Told, Watching, bytes_of};
use crate::component::recipe;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::products::listed;
use lat_io::{FolderLock, SourceMapFile};

/// How long a process waits before it asks again whether it is alone.
const PAUSE: Duration = Duration::from_millis(50);

/// Makes the products of every component from its event files: photons selected (`ft1`), livetime cube, counts cube and, where response functions are
/// named, the exposure of all the sky. What was made here from the same options and inputs stays as it is, with `overwrite` nothing does; what is
/// another program's is taken as it is. Each file appears whole or not at all, so that a run that was interrupted goes on where it stopped; of several
/// processes one makes products in a folder at a time, the others wait and take what stands then.
/// `watch` is told of each product before it is made and of the files that are read for it, and may stop it. Returns all products as they were found; source maps are made later
/// ([`crate::Component::make_source_maps`]).
///
/// # Errors
/// When a key that is needed is not given, an event file cannot be read or used, nothing passes the cuts, or a file cannot be written;
/// [`Error::Stopped`] when it was stopped ([`Error::is_stop`]).
///
/// ```no_run
/// use lat_dataset::PrepareStep;
/// let config = lat_dataset::Config::read("config.yaml".as_ref())?;
/// let mut watch = |step: &PrepareStep<'_>| {
///     if let PrepareStep::Read { product, read, bytes } = step {
///         println!("{}: {read} of {bytes} bytes", product.path.display());
///     }
///     std::ops::ControlFlow::Continue(())
/// };
/// for product in lat_dataset::prepare(&config, false, &mut watch)? {
///     println!("{} {:?}", product.path.display(), product.state);
/// }
/// # Ok::<(), lat_dataset::Error>(())
/// ```
pub fn prepare(config: &Config, overwrite: bool, watch: &mut PrepareWatch<'_>) -> Result<Vec<PlannedProduct>> {
    // Who finds all as it should be makes nothing, and keeps nobody waiting.
    Ok(prepare_in(config, overwrite, watch, None)?.0)
}

/// As [`prepare`], and keeps other processes from the folder of the products until the lock is dropped: for who makes more from them. There is none where
/// there is no such folder.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_and_hold(
    config: &Config,
    overwrite: bool,
    watch: &mut PrepareWatch<'_>,
) -> Result<(Vec<PlannedProduct>, Option<FolderLock>)> {
    let alone = if config.outdir.is_dir() { Some(alone_in(&config.outdir, &Watching::new(watch))?) } else { None };
    prepare_in(config, overwrite, watch, alone)
}

/// As [`prepare`]: when something is to be made, alone in the folder from there on.
fn prepare_in(
    config: &Config,
    overwrite: bool,
    watch: &mut PrepareWatch<'_>,
    mut alone: Option<FolderLock>,
) -> Result<(Vec<PlannedProduct>, Option<FolderLock>)> {
    let watching = Watching::new(watch);
    let mut digests = FileDigests::watched(&watching);
    let (plans, coadded, total) = loop {
        let plans = plans(config, overwrite, &mut digests)?;
        let coadded = coadd::planned(config, &plans, overwrite, &mut digests)?;
        let all = plans.iter().flat_map(|plan| &plan.products).chain(coadded.iter().map(|(product, _)| product));
        let total = all.filter(|product| product.state.is_to_be_made()).count();
        if total == 0 || alone.is_some() {
            break (plans, coadded, total);
        }
        // Planned again, alone: what is planned must still stand when it is made, and another process may be at it.
        lat_io::create_directory(&config.outdir)?;
        alone = Some(alone_in(&config.outdir, &watching)?);
        digests.forget_below(&config.outdir);
    };
    Ok((make_all(config, (plans, coadded), (&watching, total), &mut digests)?, alone))
}

/// The plans of all components, and that of the sum of their counts with what it is made from.
type Planned<'a> = (Vec<ComponentPlan<'a>>, Option<(PlannedProduct, String)>);

/// Makes what is to be made, of so many products.
fn make_all(
    config: &Config,
    (plans, coadded): Planned<'_>,
    (watching, total): (&dyn Told, usize),
    digests: &mut FileDigests<'_>,
) -> Result<Vec<PlannedProduct>> {
    let mut done = 0;
    let mut products = Vec::new();
    for plan in plans {
        let maker = Maker { config, plan: &plan, watching };
        for product in plan.products.iter().filter(|product| product.state.is_to_be_made()) {
            watching.go_on(&PrepareStep::Make { product, done, total })?;
            maker.make(product, digests)?;
            done += 1;
        }
        maker.tidy_up()?;
        products.extend(plan.products.iter().cloned());
    }
    if let Some((mut product, inputs)) = coadded {
        if product.state.is_to_be_made() {
            watching.go_on(&PrepareStep::Make { product: &product, done, total })?;
            let counts = products.iter().filter(|product| product.product == Product::Ccube);
            let counts: Vec<PathBuf> = counts.map(|product| product.path.clone()).collect();
            if !coadd::make(&product.path, &counts, &inputs)? {
                (product.state, product.bytes) = (ProductState::Unneeded, 0);
            }
        }
        if product.state == ProductState::Unneeded {
            coadd::remove_own(&product.path)?;
        }
        products.push(product);
    }
    Ok(products)
}

/// As [`prepare`] before a fit: only where the counts of the components are to be made here ([`prepares_events`]), and the products that are there
/// stand when the event files are gone.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_if_wanted(config: &Config, watch: &mut PrepareWatch<'_>) -> Result<Vec<PlannedProduct>> {
    if !prepares_events(config)? {
        return Ok(Vec::new());
    }
    match prepare(config, false, watch) {
        Err(Error::NotFound { path }) if crate::products::all_have_counts(config) => {
            tracing::warn!("'{}' is not there any more: the products that were made from it are used", path.display());
            Ok(Vec::new())
        }
        prepared => prepared,
    }
}

/// Waits until no other process makes products in a folder.
fn alone_in(folder: &Path, watching: &dyn Told) -> Result<FolderLock> {
    let mut is_told = false;
    loop {
        if let Some(alone) = FolderLock::take(folder) {
            return Ok(alone);
        }
        if !is_told {
            tracing::warn!("another process works in '{}': waiting until it has ended", folder.display());
            is_told = true;
        }
        watching.go_on(&PrepareStep::Wait { folder })?;
        std::thread::sleep(PAUSE);
    }
}

struct Maker<'a> {
    config: &'a Config,
    plan: &'a ComponentPlan<'a>,
    watching: &'a dyn Told,
}

impl Maker<'_> {
    fn make(&self, product: &PlannedProduct, digests: &mut FileDigests<'_>) -> Result<()> {
        tracing::info!("component '{}': '{}' is made", product.component, product.path.display());
        let reading = Reading::new(self.watching, product, self.bytes_for(product.product)?);
        match product.product {
            Product::Ft1 => self.photons(&product.path, &reading)?,
            Product::Ltcube => self.livetime(&product.path, &reading)?,
            Product::Ccube => self.counts(&product.path, &reading)?,
            Product::Bexpmap => self.exposure(&product.path, digests)?,
            Product::BexpmapRoi => self.exposure_of_region(&product.path, digests)?,
            // The first is of all components, the others are made later.
            Product::Coadded | Product::Srcmdl | Product::Srcmap => {}
        }
        digests.forget(&product.path);
        Ok(())
    }

    /// Bytes of event files that are read for a product.
    fn bytes_for(&self, product: Product) -> Result<u64> {
        let ComponentPlan { rules, files, .. } = self.plan;
        let spacecraft = bytes_of(&files.spacecraft)?;
        Ok(match product {
            Product::Ft1 if rules.good_times.is_some() => bytes_of(&files.photons)? + spacecraft,
            Product::Ft1 => bytes_of(&files.photons)?,
            Product::Ltcube => spacecraft,
            Product::Ccube => bytes_of(std::slice::from_ref(self.path_of(Product::Ft1)?))? + spacecraft,
            _ => 0,
        })
    }

    fn photons(&self, path: &Path, reading: &Reading<'_>) -> Result<()> {
        let (rules, files) = (&self.plan.rules, &self.plan.files);
        let photons = PhotonFiles::open(&files.photons)?;
        let mut selection = lat_events::select(&photons, &rules.select)?.watched(reading);
        if let Some(options) = &rules.good_times {
            let spacecraft = Spacecraft::open(&files.spacecraft)?.watched(reading);
            let good_times = lat_events::good_times(&selection, &spacecraft, options)?;
            selection = selection.within(good_times);
        }
        Ok(selection.with_inputs(&self.plan.inputs.photons).write(path)?)
    }

    /// The photons that were selected.
    fn selected(&self) -> Result<PhotonFiles> {
        Ok(PhotonFiles::open(&[self.path_of(Product::Ft1)?])?)
    }

    fn path_of(&self, product: Product) -> Result<&PathBuf> {
        Ok(&self.plan.product(product)?.path)
    }

    fn livetime(&self, path: &Path, reading: &Reading<'_>) -> Result<()> {
        let photons = self.selected()?;
        let good_times = photons.good_times();
        let spacecraft = Spacecraft::open(&self.plan.files.spacecraft)?.watched(reading);
        let livetime = lat_events::livetime(&spacecraft, &good_times, &self.plan.rules.livetime)?;
        if is_zero(&livetime.table().livetime.view()) {
            return Err(self.no_livetime(&good_times));
        }
        Ok(livetime.with_inputs(&self.plan.inputs.livetime).write(path)?)
    }

    fn no_livetime(&self, good_times: &GoodTimes) -> Error {
        let component = self.plan.component.name.clone();
        Error::NoLivetime { component, seconds: good_times.total(), files: listed(&self.plan.files.spacecraft) }
    }

    fn counts(&self, path: &Path, reading: &Reading<'_>) -> Result<()> {
        let (rules, photons) = (&self.plan.rules, self.selected()?);
        let spacecraft = Spacecraft::open(&self.plan.files.spacecraft)?.watched(reading);
        let selection = Selection::all(&photons).watched(reading);
        let livetime = lat_events::livetime_within(&spacecraft, selection.good_times())?;
        let cube = lat_events::bin_cube(&selection, &rules.grid, &rules.energies)?;
        self.remove_own_maps()?;
        Ok(cube.with_exposure(livetime).with_inputs(&self.plan.inputs.counts).write(path)?)
    }

    /// Source maps that were made here for other counts go before these are replaced: they hold those counts, and may have other bins.
    fn remove_own_maps(&self) -> Result<()> {
        let path = crate::products::product_path(&self.config.outdir, "srcmap", &self.plan.component.name, "fits");
        if self.plan.component.files.srcmap.is_some() || !path.exists() {
            return Ok(());
        }
        let file = SourceMapFile::open(&path)?;
        if file.names().iter().all(|name| file.inputs(name).is_some()) {
            lat_io::remove_file(&path)?;
        }
        Ok(())
    }

    fn exposure(&self, path: &Path, digests: &mut FileDigests<'_>) -> Result<()> {
        let (component, rules) = (self.plan.component, &self.plan.rules);
        let ltcube = self.path_of(Product::Ltcube)?;
        digests.forget(ltcube);
        let instrument = instrument(self.config, component, ltcube)?;
        let recipe = recipe::of_exposure(instrument.is_first_pass_7());
        let exposure =
            instrument.exposure(rules.energies.axis(), rules.grid.frame(), extra_planes(component), recipe)?;
        let inputs = exposure_inputs(&instrument, component, rules, digests)?;
        Ok(lat_io::write_exposure_from(path, &exposure, Some(&inputs))?)
    }

    fn exposure_of_region(&self, path: &Path, digests: &mut FileDigests<'_>) -> Result<()> {
        let rules = &self.plan.rules;
        let ltcube = self.path_of(Product::Ltcube)?;
        let instrument = instrument(self.config, self.plan.component, ltcube)?;
        let recipe = recipe::of_exposure(instrument.is_first_pass_7());
        let exposure = instrument.exposure_in(rules.grid.clone(), rules.energies.axis(), 0, recipe)?;
        let inputs = region_inputs(&instrument, rules, digests)?;
        Ok(lat_io::write_exposure_from(path, &exposure, Some(&inputs))?)
    }

    /// Removes the photons if they are not to stay.
    fn tidy_up(&self) -> Result<()> {
        let photons = self.plan.products.iter().find(|planned| planned.product == Product::Ft1);
        match photons {
            Some(photons)
                if !self.plan.component.events.cacheft1
                    && photons.state != ProductState::Given
                    && photons.path.exists() =>
            {
                Ok(lat_io::remove_file(&photons.path)?)
            }
            _ => Ok(()),
        }
    }
}

fn is_zero(times: &ArrayView2<'_, f32>) -> bool {
    times.iter().all(|time| *time == 0.0)
}
