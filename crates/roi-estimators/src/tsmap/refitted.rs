//! A test source with the norms that are free in the model fitted beside it.

use roi_fit::{Session, TrialMaker, climb};
use roi_model::SkyDirection;

use crate::error::Result;
use crate::trial::memory;
use crate::tsmap::amplitude::Amplitude;
use crate::tsmap::ts_options::TsMapOptions;

/// The name of the source that is looked for.
const NAME: &str = "test source of a TS map";
/// The largest amplitude.
const MOST: f64 = 1e6;

/// A model whose free norms are at their maximum without a test source.
pub(crate) struct Refitted<'a> {
    base: Session,
    loglike: f64,
    makers: &'a [TrialMaker],
    options: &'a TsMapOptions,
}

impl<'a> Refitted<'a> {
    /// What it takes, in bytes: a workspace, and on each thread another with the map of the test source.
    pub(crate) fn bytes(session: &Session, makers: &[TrialMaker]) -> u64 {
        let (threads, workspace) = (rayon::current_num_threads() as u64, session.workspace_bytes());
        workspace + threads * (workspace + memory::of_map(session, makers))
    }

    /// Fits the norms that are free in a session, what is excluded taken out, over the energies of the options.
    pub(crate) fn new(session: &Session, makers: &'a [TrialMaker], options: &'a TsMapOptions) -> Result<Self> {
        let mut base = session.clone();
        for name in &options.exclude {
            base.roi_mut().remove_source(name)?;
        }
        let (low, high) = base.energy_range();
        let [first, last] = options.loge_bounds;
        let edge = |loge: Option<f64>, own: f64| loge.map_or(own, |loge| nearest_edge(session, loge));
        if first.is_some() || last.is_some() {
            base = base.within_energies(edge(first, low), edge(last, high))?;
        }
        for source in base.roi_mut().sources_mut() {
            let norm = source.spectrum().norm_index();
            for (index, parameter) in source.spectrum_mut().parameters_mut().iter_mut().enumerate() {
                let is_free = parameter.is_free() && norm == Some(index);
                parameter.set_free(is_free);
            }
        }
        let loglike = climb(&mut base, None)?.loglike;
        Ok(Self { base: base.on_one_thread(), loglike, makers, options })
    }

    /// The maximum for a test source at a place, and all its predicted counts at amplitude 1.
    pub(crate) fn at(&self, place: SkyDirection) -> Result<(Amplitude, f64)> {
        let mut source = self.options.model.at(NAME, place)?;
        let mut unit = 1.0;
        if let Some(norm) = source.spectrum().norm_index() {
            let parameter = &mut source.spectrum_mut().parameters_mut()[norm];
            unit = parameter.value();
            parameter.set_bounds(0.0, MOST * unit)?;
            parameter.set_free(true);
        }
        let maps =
            self.makers.iter().map(|maker| maker.source_map(&source)).collect::<lat_dataset::Result<Vec<_>>>()?;
        let mut session = self.base.clone();
        session.set_source_maps(NAME, &maps)?;
        let npred = session.data().npred(&source)?;
        session.roi_mut().add_source(source)?;
        let loglike = climb(&mut session, None)?.loglike;
        let id = session.roi().id_of(NAME)?;
        let spectrum = session.roi()[id].spectrum();
        let value = spectrum.norm_index().map_or(0.0, |norm| spectrum.parameters()[norm].value() / unit);
        let ts = (2.0 * (loglike - self.loglike)).max(0.0);
        Ok((Amplitude { ts, value: if ts > 0.0 { value } else { 0.0 } }, npred))
    }
}

/// The edge of the analysis nearest to an energy, MeV.
fn nearest_edge(session: &Session, loge: f64) -> f64 {
    let edges = session.data().components().iter().flat_map(|component| component.axis().edges().to_vec());
    let distance = |edge: &f64| (edge.log10() - loge).abs();
    edges.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(10f64.powf(loge))
}
