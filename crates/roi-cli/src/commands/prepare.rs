//! `roi-fit prepare`.

use std::path::PathBuf;

use clap::Args;
use indicatif::HumanBytes;
use roi_fit::{PlannedProduct, PrepareOptions, ProductState, prepare};
use serde_json::json;

use crate::collisions::Files;
use crate::failure::Failure;
use crate::output::Output;
use crate::provenance::provenance;
use crate::region::config_file;

/// Make everything that a fit needs from photon and spacecraft files
///
/// Of each component: the photons that the configuration selects (ft1), livetime cube, counts cube, exposure and source maps, under fermipy's names
/// in fileio.outdir. What was made before from the same options and files is kept, what has changed is made anew, and a run that was
/// interrupted goes on where it stopped. Files of other programs are taken as they are. Other commands do the same by themselves when there
/// are no counts yet.
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit prepare config.yaml --dry-run
  roi-fit prepare config.yaml && roi-fit fit config.yaml")]
pub(crate) struct Prepare {
    /// A fermipy config.yaml that names data.evfile and data.scfile, or the directory that holds one
    config: PathBuf,
    /// Tell what would be made, how large and about how long it takes, and make nothing
    #[arg(long)]
    dry_run: bool,
    /// Make also what stands
    #[arg(long)]
    overwrite: bool,
}

impl Prepare {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut files = Files::default();
        files.reads_config(&config_file(&self.config));
        files.writes("--json", output.json_file()).check()?;
        let options = PrepareOptions::default()
            .with_dry_run(self.dry_run)
            .with_overwrite(self.overwrite)
            .with_max_memory(output.max_memory());
        let mut progress = output.progress();
        let prepared = prepare(&config_file(&self.config), &options, progress.as_mut())?;
        drop(progress);
        let width = if self.dry_run { 46 } else { 24 };
        for product in &prepared.products {
            output.text(format_args!(
                "component {}: {:<11} {:<width$} {}",
                product.component,
                product.product.name(),
                told(product, self.dry_run),
                product.path.display()
            ));
        }
        if !self.dry_run {
            output.text(format_args!("prepared in {:.2} s", prepared.seconds));
        }
        let mut json = json!(prepared);
        if let Some(map) = json.as_object_mut() {
            map.insert("provenance".into(), provenance(Some(&config_file(&self.config)), &[], true));
        }
        output.json(|| json)
    }
}

/// What becomes of a product.
fn told(product: &PlannedProduct, dry_run: bool) -> String {
    match product.state {
        ProductState::Current => "kept, as it is current".into(),
        ProductState::Given => "kept, as it is given".into(),
        ProductState::Unneeded => "not needed".into(),
        state if dry_run => {
            let why = if state == ProductState::Stale { "anew" } else { "new" };
            format!("to be made {why}, {}, about {}", HumanBytes(product.bytes), duration(product.seconds))
        }
        ProductState::Stale => "made anew".into(),
        _ => "made".into(),
    }
}

/// A time in words, as roughly as it is known.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "a second".into(),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
