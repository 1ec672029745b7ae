//! Composite sources: the map of one is the sum of its members' maps, each times the member's own spectrum.

use roi_model::{Source, SourceType};

use crate::error::{Error, Result};

/// A source with a spatial model of its own that a map is made for.
pub(crate) struct Part<'a> {
    /// Which of the sources it belongs to: itself, or the composite source that it is a member of.
    pub(crate) owner: usize,
    pub(crate) source: &'a Source,
    /// dN/dE of a member at the energy of each plane, 1/(cm^2 s MeV).
    pub(crate) spectrum: Option<Vec<f64>>,
}

/// The sources that maps are made for: those given, and instead of the composite ones their members.
///
/// Planes whose index is not in `inner` are for energy dispersion; a composite source to which it does not apply needs no spectra there.
///
/// # Errors
/// [`Error::Source`] for a member's spectrum that cannot be evaluated at the planes.
pub(crate) fn parts<'a>(
    sources: &[&'a Source],
    energies: &[f64],
    inner: std::ops::Range<usize>,
) -> Result<Vec<Part<'a>>> {
    let mut parts = Vec::with_capacity(sources.len());
    for (owner, &source) in sources.iter().enumerate() {
        if source.source_type() != SourceType::Composite {
            parts.push(Part { owner, source, spectrum: None });
            continue;
        }
        if source.members().is_empty() {
            return Err(Error::Unsupported {
                what: format!("the composite source '{}' without a member", source.name()),
                remedy: "give it sources of its own, or remove it".into(),
            });
        }
        let range = if source.apply_edisp() { 0..energies.len() } else { inner.clone() };
        for member in source.members() {
            let mut spectrum = vec![0.0; energies.len()];
            let planes = energies.get(range.clone()).zip(spectrum.get_mut(range.clone()));
            let outcome = planes.map_or(Ok(()), |(energies, out)| member.spectrum().evaluate(energies, out));
            outcome.map_err(|error| Error::Source {
                name: format!("{}, member {}", source.name(), member.name()),
                error: Box::new(error.into()),
            })?;
            parts.push(Part { owner, source: member, spectrum: Some(spectrum) });
        }
    }
    Ok(parts)
}

impl Part<'_> {
    /// Adds the map of the part to the sum of its source's parts, which is empty at first.
    pub(crate) fn add(&self, mut map: Vec<f32>, sum: &mut Vec<f32>) {
        if let Some(spectrum) = &self.spectrum {
            let n_pixels = map.len() / spectrum.len().max(1);
            for (plane, flux) in map.chunks_exact_mut(n_pixels.max(1)).zip(spectrum) {
                #[expect(clippy::cast_possible_truncation, reason = "maps are stored in single precision")]
                for value in plane.iter_mut() {
                    *value = (f64::from(*value) * flux) as f32;
                }
            }
        }
        if sum.is_empty() {
            *sum = map;
        } else {
            sum.iter_mut().zip(&map).for_each(|(sum, value)| *sum += value);
        }
    }
}
