//! What is fitted with a place: the source's norm and shape, and of the others what the options say.

use roi_fit::Session;
use roi_model::{ParameterId, SourceId};

use crate::error::Result;

/// Which parameters are free while sources are moved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freedom {
    /// Whether what is free of the others stays free.
    pub(crate) free_background: bool,
    /// Within how many degrees of the source norms are free besides.
    pub(crate) free_radius: Option<f64>,
    /// Whether only the norm of the source is free.
    pub(crate) fix_shape: bool,
}

/// Frees and fixes: the sources that are moved keep what is free of them, and their norms are free in any case.
pub(crate) fn set_free(session: &mut Session, moved: &[SourceId], freedom: Freedom) -> Result<()> {
    let roi = session.roi();
    let centers: Vec<_> = moved.iter().filter_map(|source| roi[*source].direction()).collect();
    let mut wanted: Vec<ParameterId> = Vec::new();
    for (id, model) in roi.ids().zip(roi.sources()) {
        let norm = model.spectrum().norm_index();
        let is_near = freedom.free_radius.zip(model.direction()).is_some_and(|(radius, at)| {
            let is_within = centers.iter().any(|center| center.separation(&at) <= radius);
            !model.spatial().is_diffuse_background() && is_within
        });
        for (parameter, own) in model.spectrum().parameters().iter().enumerate() {
            let is_norm = norm == Some(parameter);
            let is_free = if moved.contains(&id) {
                is_norm || (own.is_free() && !freedom.fix_shape)
            } else {
                (own.is_free() && freedom.free_background) || (is_norm && is_near)
            };
            if is_free {
                wanted.push(ParameterId { source: id, parameter });
            }
        }
    }
    for model in session.roi_mut().sources_mut() {
        model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    for id in wanted {
        session.roi_mut().parameter_mut(id)?.set_free(true);
    }
    Ok(())
}
