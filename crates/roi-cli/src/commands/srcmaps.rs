//! `roi-fit srcmaps`.

use std::path::PathBuf;

use clap::Args;
use roi_fit::{MakeOptions, make_source_maps};
use serde_json::json;

use crate::collisions::Files;
use crate::failure::Failure;
use crate::output::{Output, check_folder};
use crate::provenance::provenance;
use crate::region::config_file;

/// Make source maps from exposure, PSF and templates and write them as gtsrcmaps does
///
/// Other commands do the same by themselves when there is no source map file, or when it lacks a source; what a map was made from is
/// remembered, and it is made anew when that changes. Maps of gtsrcmaps are taken as they are.
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit srcmaps config.yaml
  roi-fit srcmaps config.yaml --all --out accurate.fits --accurate")]
pub(crate) struct Srcmaps {
    /// A fermipy config.yaml; each component needs ccube, and bexpmap and psf or else ltcube and irfs
    config: PathBuf,
    /// The file to write [in fileio.outdir]; with several components, its name is added
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Make all maps anew, also those that stand
    #[arg(long)]
    all: bool,
    /// As accurate as the inputs, instead of with the approximations of gtsrcmaps; makes all maps
    #[arg(long)]
    accurate: bool,
}

impl Srcmaps {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        self.out.as_deref().map_or(Ok(()), |path| check_folder("--out", path))?;
        let config = config_file(&self.config);
        let mut files = Files::default();
        let components = files.reads_config(&config).components;
        files
            .writes("--json", output.json_file())
            .writes_for_each("--out", self.out.as_deref(), &components)
            .check()?;
        let options = MakeOptions::default()
            .with_out(self.out.clone())
            .with_all(self.all)
            .with_accurate(self.accurate)
            .with_max_memory(output.max_memory());
        let mut progress = output.progress();
        let made = make_source_maps(&config, &options, progress.as_mut())?;
        drop(progress);
        for component in &made {
            output.text(format_args!(
                "component {}: {} map(s) made in {:.2} s, {} kept, written to {}",
                component.component,
                component.made.len(),
                component.seconds,
                component.kept,
                component.path.display()
            ));
        }
        output.json(|| json!({ "components": made, "provenance": provenance(Some(&config), &[], true) }))
    }
}
