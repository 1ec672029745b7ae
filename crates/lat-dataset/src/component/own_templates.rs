//! What a component has of its own in a model whose parameters it shares: the files of its templates.
//!
//! An isotropic spectrum, for example, belongs to an event type, and so to a component; its normalisation belongs to the analysis. A region
//! holds one spectrum a source. Where a component's table differs, its source map is multiplied by the ratio of the two tables at the energy
//! of each plane. Only the product of map and spectrum at these energies enters the predicted counts, so this is the same as another spectrum,
//! but for the rounding of the map to single precision.

use std::collections::BTreeMap;
use std::path::Path;

use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::{Axis, Slice};
use roi_model::{Parameter, Roi, Source, SpatialModel, Spectrum};

use crate::error::{Error, Result};

/// The templates of one component that differ from those of the region, by source.
#[derive(Clone, Debug, Default)]
pub struct ComponentModel {
    own: BTreeMap<String, Own>,
}

/// What a component has of its own of a source.
#[derive(Clone, Debug)]
enum Own {
    /// The component does not have the source.
    Absent,
    Templates(Box<Templates>),
}

/// Templates that differ from the region's.
#[derive(Clone, Debug)]
struct Templates {
    spectrum: Option<Spectrum>,
    spatial: Option<SpatialModel>,
}

impl ComponentModel {
    /// Whether the component lacks this source of the region.
    pub fn is_absent(&self, name: &str) -> bool {
        matches!(self.own.get(name), Some(Own::Absent))
    }

    /// Whether the component has a spectral table of its own for this source.
    pub fn has_own_spectrum(&self, name: &str) -> bool {
        matches!(self.own.get(name), Some(Own::Templates(own)) if own.spectrum.is_some())
    }

    /// Forgets what the component has of its own of a source: another one takes its name, which all components share.
    pub fn forget(&mut self, name: &str) {
        self.own.remove(name);
    }

    /// A source of the region as the component has it: with its own files, and the region's parameters.
    ///
    /// # Errors
    /// When the spectrum of the region has become one of another type.
    pub fn source(&self, shared: &Source) -> Result<Source> {
        match self.own.get(shared.name()) {
            Some(Own::Templates(own)) => shared
                .with_templates(own.spectrum.as_ref(), own.spatial.as_ref())
                .map_err(|error| own_template(shared, error)),
            _ => Ok(shared.clone()),
        }
    }

    /// The region's sources as the component has them, those that it lacks left out.
    ///
    /// # Errors
    /// As [`ComponentModel::source`].
    pub fn sources(&self, roi: &Roi) -> Result<Vec<Source>> {
        roi.sources().iter().filter(|source| !self.is_absent(source.name())).map(|source| self.source(source)).collect()
    }

    /// The source map of a component's source as it must be under the region's spectrum: each plane times the ratio of the component's table to
    /// the region's at the energy of the plane. Planes beyond the edges of the axis (for energy dispersion) that a table does not reach are cut off.
    ///
    /// # Errors
    /// When a table does not reach the axis, or the region's is zero where the component's is not.
    pub fn adapted(&self, shared: &Source, axis: &EnergyAxis, map: SourceMap) -> Result<SourceMap> {
        let Some(Own::Templates(own)) = self.own.get(shared.name()) else { return Ok(map) };
        let Some(own) = &own.spectrum else { return Ok(map) };
        let edges = axis.edges();
        let extra = map.planes().len_of(Axis(0)).saturating_sub(edges.len()) / 2;
        let wide = axis.extended(extra).map_err(|error| Error::planes(shared.name(), WITH_OWN_TABLE, error))?;
        let mut cut = 0;
        let ratios = loop {
            let energies = wide.edges().iter().skip(cut).take(edges.len() + 2 * (extra - cut));
            match energies.map(|&energy| ratio(own, shared, energy)).collect::<Result<Vec<f64>>>() {
                Err(error) if cut < extra && is_outside(&error) => cut += 1,
                outcome => break outcome?,
            }
        };
        let whole = map.planes();
        let mut adapted = whole.slice_axis(Axis(0), Slice::from(cut..whole.len_of(Axis(0)) - cut)).to_owned();
        for (mut plane, ratio) in adapted.outer_iter_mut().zip(ratios) {
            #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
            plane.mapv_inplace(|value| (f64::from(value) * ratio) as f32);
        }
        SourceMap::new(adapted).map_err(|error| Error::planes(shared.name(), WITH_OWN_TABLE, error))
    }
}

fn own_template(shared: &Source, source: roi_model::Error) -> Error {
    Error::OwnTemplate { source_name: shared.name().to_owned(), source: Box::new(source) }
}

/// What cannot be done with a source map whose planes do not allow it.
const WITH_OWN_TABLE: &str = "cannot be used with the table that a component has of its own";

/// Whether a table does not reach an energy.
fn is_outside(error: &Error) -> bool {
    matches!(error, Error::OwnTemplate { source, .. } if matches!(**source, roi_model::Error::EnergyOutsideTable { .. }))
}

/// The ratio of the component's table to the region's at an energy.
fn ratio(own: &Spectrum, shared: &Source, energy: f64) -> Result<f64> {
    let factor = |spectrum: &Spectrum| spectrum.table_factor(energy).map_err(|error| own_template(shared, error));
    match (factor(own)?, factor(shared.spectrum())?) {
        (0.0, 0.0) => Ok(1.0),
        (own, 0.0) => Err(Error::ZeroTable { source_name: shared.name().to_owned(), energy, own }),
        (own, shared) => Ok(own / shared),
    }
}

/// Joins the sources of components: each source as the first component that has it, and what the others have of their own.
///
/// # Errors
/// When a source is of another type, or has another type of spectrum or spatial model, in one of the components; `path` names the file.
pub(crate) fn combine(path: &Path, by_component: &[Vec<Source>]) -> Result<(Vec<Source>, Vec<ComponentModel>)> {
    let mut shared: Vec<Source> = Vec::new();
    for source in by_component.iter().flatten() {
        if !shared.iter().any(|known| known.name() == source.name()) {
            shared.push(source.clone());
        }
    }
    let mut models = Vec::with_capacity(by_component.len());
    for sources in by_component {
        let mut own = BTreeMap::new();
        for known in &shared {
            let found = match sources.iter().find(|source| source.name() == known.name()) {
                None => Some(Own::Absent),
                Some(source) => templates(path, known, source)?,
            };
            if let Some(found) = found {
                own.insert(known.name().to_owned(), found);
            }
        }
        models.push(ComponentModel { own });
    }
    Ok((shared, models))
}

/// What a component's source has of its own against the region's; `None` for nothing.
fn templates(path: &Path, shared: &Source, source: &Source) -> Result<Option<Own>> {
    let refuse = |what: String| Error::Unsupported {
        path: path.to_owned(),
        what: format!("source '{}' with {what} in different components", shared.name()),
        remedy: "give it one spectrum and one spatial model everywhere; only the files of its templates may differ"
            .into(),
    };
    if shared.source_type() != source.source_type() {
        return Err(refuse(format!("types {} and {}", shared.source_type().as_str(), source.source_type().as_str())));
    }
    let (ours, theirs) = (shared.spectrum(), source.spectrum());
    if ours.type_name() != theirs.type_name() || ours.parameters().len() != theirs.parameters().len() {
        return Err(refuse(format!("spectra {} and {}", ours.type_name(), theirs.type_name())));
    }
    if shared.spatial().type_name() != source.spatial().type_name() {
        return Err(refuse(format!(
            "spatial models {} and {}",
            shared.spatial().type_name(),
            source.spatial().type_name()
        )));
    }
    let names = |spectrum: &Spectrum| (spectrum.file().map(str::to_owned), spectrum.scaling_file().map(str::to_owned));
    let other_files = names(ours) != names(theirs);
    // Without a table to compare (dark matter yields), nothing tells how the two differ.
    if other_files && (ours.file_tables().is_empty() || theirs.file_tables().is_empty()) {
        return Err(refuse(format!("spectra {} of different files", ours.type_name())));
    }
    let same_members = shared.members().len() == source.members().len()
        && shared.members().iter().zip(source.members()).all(|(a, b)| {
            a.name() == b.name() && names(a.spectrum()) == names(b.spectrum()) && same_place(a.spatial(), b.spatial())
        });
    if !same_members {
        return Err(refuse("members of different templates".into()));
    }
    let other_tables = other_files || ours.file_tables() != theirs.file_tables();
    let spectrum = other_tables.then(|| theirs.clone());
    let spatial = (!same_place(shared.spatial(), source.spatial())).then(|| source.spatial().clone());
    let nothing = spectrum.is_none() && spatial.is_none();
    Ok((!nothing).then(|| Own::Templates(Box::new(Templates { spectrum, spatial }))))
}

/// Whether two spatial models of one type are the same.
fn same_place(a: &SpatialModel, b: &SpatialModel) -> bool {
    let values = |model: &SpatialModel| model.parameters().iter().map(Parameter::true_value).collect::<Vec<_>>();
    a.type_name() == b.type_name() && a.file() == b.file() && values(a) == values(b)
}
