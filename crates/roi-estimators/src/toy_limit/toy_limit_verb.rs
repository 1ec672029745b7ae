//! The verb `toy_limit`.

use roi_fit::{Analysis, Progress, Session, ToyMaker};
use roi_model::{ParameterId, Source, SourceId};

use crate::error::{Error, Result};
use crate::toy_limit::inversion::invert;
use crate::toy_limit::observed::Observed;
use crate::toy_limit::toy_limit_options::ToyLimitOptions;
use crate::toy_limit::toy_limit_result::{NormLimit, ToyLimit, ToyLimitStatus};
use crate::toy_limit::toy_tests::{Cls, Plain, ToyTests};

/// The share of failed toys above which there is a warning.
const FAILED: f64 = 0.01;

/// The upper limit of a source's norm by toys: the value at which the share of toys whose test statistic is at least that of the data falls to
/// `1 - confidence`. Toys are drawn from the model with the norm at the value and everything else that is free at its maximum there, and fitted as the data
/// were, with the same parameters free. The statistic is `q = 2 (logL at the maximum - logL at the value)`, in both everything else that is free fitted, and 0
/// where the best norm lies above the value: what is brighter than the value is no evidence against it (Cowan, Cranmer, Gross & Vitells 2011, Eur. Phys. J. C 71, 1554, eq. 14;
/// Feldman & Cousins 1998, Phys. Rev. D 57, 3873 for the construction). No law of large numbers is made use of.
///
/// At each value the same random numbers are used, toy by toy, so that the search sees a curve that hardly jumps; what the number of toys leaves uncertain of the limit is the
/// binomial error of the share over its slope. With [`ToyLimitOptions::cls`], the limit at which the share over that of toys without the source falls to
/// `1 - confidence` (Read 2002, J. Phys. G 28, 2693) stands beside it. Results are the same to the last bit for any number of threads, and the analysis is left as it was.
///
/// # Errors
/// When there is no such source, its norm is fixed or it has none, an option is wrong, or there are too few toys for the level; when the model does not come to
/// a maximum, or no toy does; [`Error::Stopped`]; when maps of analysis and maker are not the same; as [`Session::check_memory`].
pub fn toy_limit(
    analysis: &Analysis,
    maker: &ToyMaker,
    name: &str,
    options: &ToyLimitOptions,
    progress: &mut dyn Progress,
) -> Result<ToyLimit> {
    options.check()?;
    let session = analysis.session();
    let id = free_norm(session, session.roi().id_of(name)?)?;
    maker.check(session)?;
    let at_once = rayon::current_num_threads() as u64;
    let toy = session.data().footprint().total() as u64 + session.workspace_bytes();
    session.check_memory("source maps in every bin and one toy a thread", maker.bytes() + at_once * toy)?;

    let source = &session.roi()[id.source];
    let of_one = flux_of_one(analysis, source, id.parameter);
    let observed = Observed::new(session, id)?;
    let asymptotic = observed.asymptotic_limit(options.confidence)?;
    let (norm, alpha) = (observed.best, 1.0 - options.confidence);
    let Some(first) = asymptotic.filter(|first| *first > norm) else {
        return Err(Error::Unseen { source_name: source.name().to_owned() });
    };
    let seeds = (options.seed, options.toys);
    let mut tests = ToyTests::new(observed, maker, source.name().to_owned(), seeds, progress);
    let (limit, status) = NormLimit::of(invert(&mut Plain(&mut tests), (norm, first), alpha)?, of_one);
    let mut cls = None;
    if options.cls {
        let first = limit.norm.unwrap_or(first);
        cls = Some(NormLimit::of(invert(&mut Cls(&mut tests), (norm, first), alpha)?, of_one));
    }
    let mut tested = tests.tested;
    tested.sort_by(|a, b| a.norm.total_cmp(&b.norm));
    let at_limit = tested.iter().find(|tested| limit.norm == Some(tested.norm)).cloned();
    let mut result = ToyLimit {
        name: source.name().to_owned(),
        par_name: source.spectrum().parameters()[id.parameter].name().to_owned(),
        norm,
        status,
        limit,
        asymptotic: NormLimit::new((asymptotic, None), of_one),
        cls,
        at_limit,
        tested,
        refitted: refitted(session, id),
        warnings: Vec::new(),
        config: options.clone(),
    };
    result.warnings = warnings(&result);
    Ok(result)
}

/// The norm of a source, if it is free.
fn free_norm(session: &Session, source: SourceId) -> Result<ParameterId> {
    let model = &session.roi()[source];
    let (source_name, spectrum) = (model.name().to_owned(), model.spectrum());
    let Some(parameter) = spectrum.norm_index() else {
        return Err(Error::NoNorm { source_name, spectrum: spectrum.type_name().to_owned() });
    };
    let norm = &spectrum.parameters()[parameter];
    if !norm.is_free() {
        return Err(Error::FixedNorm { source_name, parameter: norm.name().to_owned() });
    }
    Ok(ParameterId { source, parameter })
}

/// The fluxes of a source per unit of its norm, the scale not applied; `None` where its shape is free, so that they are not proportional to it.
fn flux_of_one(analysis: &Analysis, source: &Source, norm: usize) -> Option<[f64; 2]> {
    let mut source = source.clone();
    let parameters = source.spectrum_mut().parameters_mut();
    let is_free = |(index, parameter): (usize, &roi_model::Parameter)| index != norm && parameter.is_free();
    if parameters.iter().enumerate().any(is_free) {
        return None;
    }
    parameters[norm].set_bounds(0.0, 0.0).ok()?;
    parameters[norm].set_value(1.0).ok()?;
    analysis.flux_of(&source)
}

/// The parameters that are fitted beside the norm.
fn refitted(session: &Session, norm: ParameterId) -> Vec<String> {
    let others = session.roi().free_parameters().into_iter().filter(|id| *id != norm);
    others.filter_map(|id| session.roi().parameter_name(id).ok()).map(|name| name.to_string()).collect()
}

fn warnings(result: &ToyLimit) -> Vec<String> {
    let mut warnings = Vec::new();
    match result.status {
        ToyLimitStatus::Converged => {}
        ToyLimitStatus::NothingAllowed => warnings.push(format!(
            "no limit: the data have fluctuated down so far that {} % of all data lie higher, however faint the source; a limit by CLs (--cls) excludes nothing that the data are not sensitive to",
            100.0 * result.config.confidence
        )),
        ToyLimitStatus::NothingExcluded => {
            warnings.push("no limit: toys exclude no norm, however high; is the source seen at all?".into());
        }
    }
    for tested in &result.tested {
        for (which, share) in [("with", Some(tested.with)), ("without", tested.without)] {
            let Some(share) = share.filter(|share| share.failed as f64 > FAILED * share.toys as f64) else { continue };
            let [low, high] = share.range();
            warnings.push(format!(
                "at a norm of {} the fits of {} of {} toys {which} the source failed: they are in no share, which lies between {low:.4} and {high:.4} whatever they are",
                tested.norm, share.failed, share.toys
            ));
        }
    }
    warnings
}
