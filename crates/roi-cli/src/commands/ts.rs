//! `roi-fit ts`.

use clap::Args;
use serde_json::{Map, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// Test statistic of sources at the parameter values of the model
#[derive(Args)]
#[command(after_help = "Examples:\n  roi-fit ts config.yaml\n  roi-fit ts config.yaml 'Mkn 421' --reoptimize")]
pub(crate) struct Ts {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    /// Names or aliases; all sources when none is given
    sources: Vec<String>,
    /// Fit all other free parameters again without the source, instead of rescaling normalisations
    #[arg(long)]
    reoptimize: bool,
    /// Fit the free parameters first; `--reoptimize` always does, as its null hypothesis is a fitted one
    #[arg(long)]
    fit_first: bool,
}

impl Ts {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open(output)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        if self.fit_first || self.reoptimize {
            let mut options = analysis.fit_options();
            options.update = false;
            let result = analysis.fit(&options)?;
            if !result.fit_success {
                return Err(Failure::Fit(result.message));
            }
        }
        let names: Vec<String> = if self.sources.is_empty() {
            analysis.roi().sources().iter().map(|source| source.name().to_owned()).collect()
        } else {
            self.sources.clone()
        };
        let loglike = analysis.loglike()?;
        let null = if self.reoptimize { "refitted" } else { "rescaled norms" };
        output.text(format_args!("logL {loglike:.4}, null hypothesis: {null}\n"));
        let mut sources = Map::new();
        let mut negative = 0;
        for name in names {
            let ts = analysis.ts(&name, self.reoptimize)?;
            negative += usize::from(ts.ts < -0.1);
            let name = analysis.roi().source(&name).map_err(roi_fit::Error::from)?.name().to_owned();
            output.text(format_args!("{name:<30} TS {:>12}   logL0 {:.4}", roi_fit::fixed(ts.ts, 3), ts.loglike_null));
            // JSON has no infinity: null, beside a flag.
            let dictionary = json!({
                "ts": ts.ts,
                "ts_infinite": ts.ts.is_infinite(),
                "loglike_null": ts.loglike_null,
                "ts_definition": ts.definition.as_str(),
            });
            sources.insert(name, dictionary);
        }
        if negative > 0 {
            output.text(format_args!(
                "\n{negative} TS are negative: the model is not at its maximum; --fit-first fits its free parameters"
            ));
        }
        self.region.save(output, &mut analysis)?;
        let json = json!({ "logLike": loglike, "loglike": loglike, "sources": sources });
        output.json(|| completed(json, &analysis, optimized.as_ref(), self.region.provenance()))
    }
}
