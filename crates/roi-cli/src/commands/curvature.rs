//! `roi-fit curvature`.

use clap::Args;
use roi_estimators::{CurvatureFit, CurvatureOptions, curvature};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// Whether the spectrum of a source is curved: a log-parabola and a cutoff against a power law
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit curvature config.yaml 'Mkn 421' --model fit.json --json curvature.json")]
pub(crate) struct Curvature {
    #[command(flatten)]
    region: Region,
    /// Name or alias of the source
    source: String,
    #[command(flatten)]
    first: First,
    #[arg(long, value_name = "B", allow_negative_numbers = true, help = CurvatureOptions::INDEX2.own_help())]
    index2: Option<f64>,
    #[arg(long, help = CurvatureOptions::FREE_INDEX2.switch_help())]
    free_index2: bool,
}

impl Curvature {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open(output)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let defaults = CurvatureOptions::default();
        let index2 = self.index2.unwrap_or(CurvatureOptions::INDEX2.value());
        let options =
            defaults.with_index2(index2).with_free_index2(self.free_index2).with_optimizer(analysis.fit_options());
        let result = curvature(analysis.session(), &self.source, &options)?;

        output.text(format_args!("{:<36} {:>16} {:>12}  fit", result.name, "logL", "TS_curv"));
        let line = |name: &str, fit: &CurvatureFit, ts: Option<f64>| {
            let ts = ts.map_or("---".into(), |ts| format!("{ts:.3}"));
            output.text(format_args!("{name:<36} {:>16.4} {ts:>12}  {}", fit.loglike, fit.message));
        };
        line("PowerLaw", &result.pl, None);
        line("LogParabola", &result.lp, result.lp_ts_curv());
        line("PLSuperExpCutoff4", &result.ple, result.ple_ts_curv());
        if let Some(fit) = &result.ple_free {
            line("PLSuperExpCutoff4, Index2 free", fit, result.ple_free_ts_curv());
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(result.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }
}
