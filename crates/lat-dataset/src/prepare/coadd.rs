//! The counts of all components together, as fermipy's `setup` leaves them: `ccube.fits` beside `ccube_00.fits`.

use std::path::{Path, PathBuf};

use lat_events::GoodTimes;
use lat_io::{BinnedHeader, CountsCubeFile, Cut, FitsFile};
use lat_response::SkyGrid;
use likelihood_core::{CountsCube, EnergyAxis, is_same_energy};
use ndarray::{Array3, Axis};

use super::digests::FileDigests;
use super::plan::ComponentPlan;
use super::planned_product::{PlannedProduct, Product, ProductState};
use crate::config::Config;
use crate::error::{Error, Result};

/// What the product tells in place of a component.
const ALL: &str = "all";

/// The sum that belongs to the counts of several components, and what it is made from; none for one component. It is not needed where components
/// differ in pixels, or have bins that do not fit together; counts that are given have those of their files, whatever the configuration tells.
///
/// # Errors
/// [`Error::NotFound`] where a counts cube is named that is not there; when one that is given cannot be read. What lies in the place of the sum stops
/// nothing, since nothing here reads it: a file that cannot be read is another program's.
pub(super) fn planned(
    config: &Config,
    plans: &[ComponentPlan<'_>],
    overwrite: bool,
    digests: &mut FileDigests<'_>,
) -> Result<Option<(PlannedProduct, String)>> {
    if plans.len() < 2 {
        return Ok(None);
    }
    let path = config.outdir.join("ccube.fits");
    let mut inputs = String::from("1 sum of counts");
    let mut bins = Vec::with_capacity(plans.len());
    for plan in plans {
        let counts = plan.product(Product::Ccube)?;
        let digest = if counts.state == ProductState::Given {
            if !counts.path.exists() {
                return Err(Error::NotFound { path: counts.path.clone() });
            }
            let file = lat_io::read_counts_cube(&counts.path)?;
            bins.push((file.grid, file.cube.axis().clone()));
            digests.of(&counts.path)?
        } else {
            bins.push((plan.rules.grid.clone(), plan.rules.energies.axis().clone()));
            plan.inputs.counts.clone()
        };
        inputs = format!("{inputs} {digest}");
    }
    let inputs = lat_io::digest_of_bytes(inputs.as_bytes());
    let axis = common_axis(&bins.iter().map(|(grid, axis)| (grid, axis)).collect::<Vec<_>>());
    let state = match (&axis, path.exists()) {
        (None, _) => ProductState::Unneeded,
        (_, false) => ProductState::Missing,
        _ => match made_from(&path) {
            None => ProductState::Given,
            Some(found) if found == inputs && !overwrite => ProductState::Current,
            Some(_) => ProductState::Stale,
        },
    };
    let values = axis.zip(bins.first()).map_or(0, |(axis, (grid, _))| axis.n_bins() * grid.n_pixels());
    let bytes = if state.is_to_be_made() || state == ProductState::Current { 4 * values as u64 } else { 0 };
    let component = ALL.to_owned();
    Ok(Some((PlannedProduct { component, product: Product::Coadded, path, state, bytes, seconds: 0.0 }, inputs)))
}

/// What the file in the place of the sum was made from; `None` for another program's.
fn made_from(path: &Path) -> Option<String> {
    lat_io::read_inputs(path).ok().flatten()
}

/// Removes a sum that was made here, of counts that do not belong together any more: it would pass for theirs.
pub(super) fn remove_own(path: &Path) -> Result<()> {
    if path.exists() && made_from(path).is_some() {
        tracing::info!("'{}' is removed: the counts of the components differ in their bins", path.display());
        lat_io::remove_file(path)?;
    }
    Ok(())
}

/// The energy bins of all counts together, whose pixels and bins these are; `None` where they do not fit.
fn common_axis(bins: &[(&SkyGrid, &EnergyAxis)]) -> Option<EnergyAxis> {
    let (first, _) = bins.first()?;
    let alike = bins.iter().all(|(grid, _)| grid.difference(first).is_none());
    if alike { together(bins.iter().map(|(_, axis)| *axis)) } else { None }
}

/// Adds the counts of components and writes them, with the cuts that all of them have passed. `false`: they do not fit, and nothing was written.
pub(super) fn make(path: &Path, counts: &[PathBuf], inputs: &str) -> Result<bool> {
    let cubes: Vec<CountsCubeFile> =
        counts.iter().map(|path| lat_io::read_counts_cube(path)).collect::<lat_io::Result<_>>()?;
    let Some(first) = cubes.first() else { return Ok(false) };
    let axis = common_axis(&cubes.iter().map(|cube| (&cube.grid, cube.cube.axis())).collect::<Vec<_>>());
    let Some(axis) = axis else {
        tracing::warn!("'{}' is not made: the counts of the components differ in their bins", path.display());
        return Ok(false);
    };
    let (_, ny, nx) = first.cube.counts().dim();
    let mut sum = Array3::<f32>::zeros((axis.n_bins(), ny, nx));
    let mut good_times = GoodTimes::default();
    for cube in &cubes {
        let start = first_bin(&axis, cube.cube.axis());
        let planes = sum.axis_iter_mut(Axis(0)).skip(start);
        // Whole numbers of 32-bit floats are exact up to 2^24.
        planes.zip(cube.cube.counts().axis_iter(Axis(0))).for_each(|(mut sum, counts)| sum += &counts);
        good_times = good_times.union(&GoodTimes::new(cube.gti.iter().copied()));
    }
    let told = BinnedHeader {
        cuts: common_cuts(counts)?,
        good_times: good_times.intervals().to_vec(),
        times: good_times.span().unwrap_or_default(),
        exposure: None,
        inputs: Some(inputs.to_owned()),
    };
    let sum = CountsCube::new(axis, sum).map_err(|error| Error::data(path, "PRIMARY".into(), error))?;
    lat_io::write_binned_cube(path, &first.grid, &sum, &told)?;
    Ok(true)
}

/// The cuts that the headers of all files tell.
fn common_cuts(counts: &[PathBuf]) -> Result<Vec<Cut>> {
    let mut common: Option<Vec<Cut>> = None;
    for path in counts {
        let file = FitsFile::open(path)?;
        let cuts = lat_io::read_cuts(&file, file.primary()?)?;
        common = Some(match common {
            None => cuts,
            Some(known) => known.into_iter().filter(|cut| cuts.contains(cut)).collect(),
        });
    }
    Ok(common.unwrap_or_default())
}

/// Bins in which those of all axes are whole ones; `None` where an axis has an edge within a bin of another, or there is a gap.
fn together<'a>(axes: impl Iterator<Item = &'a EnergyAxis> + Clone) -> Option<EnergyAxis> {
    let mut edges: Vec<f64> = axes.clone().flat_map(|axis| axis.edges().iter().copied()).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup_by(|a, b| is_same_energy(*a, *b));
    let all = EnergyAxis::new(edges).ok()?;
    let mut covered = vec![false; all.n_bins()];
    for axis in axes {
        let start = first_bin(&all, axis);
        let same = all.edges().iter().skip(start).zip(axis.edges()).all(|(a, b)| is_same_energy(*a, *b));
        if !same {
            return None;
        }
        covered.iter_mut().skip(start).take(axis.n_bins()).for_each(|covered| *covered = true);
    }
    covered.iter().all(|covered| *covered).then_some(all)
}

/// The bin of an axis with which another begins.
fn first_bin(all: &EnergyAxis, axis: &EnergyAxis) -> usize {
    let lowest = axis.edges().first().copied().unwrap_or(0.0);
    all.edges().iter().position(|edge| is_same_energy(*edge, lowest)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(edges: &[f64]) -> EnergyAxis {
        EnergyAxis::new(edges.to_vec()).unwrap()
    }

    #[test]
    fn bins_fit_together_where_they_are_the_same_ones() {
        let joined = |axes: &[EnergyAxis]| together(axes.iter()).map(|axis| axis.edges().to_vec());
        let (low, high) = (axis(&[100.0, 300.0, 1000.0]), axis(&[300.0, 1000.0, 3000.0]));
        assert_eq!(joined(&[high.clone(), low.clone()]).unwrap(), [100.0, 300.0, 1000.0, 3000.0]);
        assert_eq!(joined(&[low.clone(), axis(&[1000.0, 3000.0])]).unwrap(), [100.0, 300.0, 1000.0, 3000.0]);
        // 32-bit keV of a header are the same energy.
        assert_eq!(joined(&[low.clone(), axis(&[100.000_01, 300.000_01, 1000.0])]).unwrap().len(), 3);
        // An edge within a bin, and a gap.
        assert_eq!(joined(&[low.clone(), axis(&[100.0, 200.0, 1000.0])]), None);
        assert_eq!(joined(&[low, axis(&[2000.0, 3000.0])]), None);
    }
}
