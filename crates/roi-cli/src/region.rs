//! The options that every command on a region has: which one, with which model, and where its model goes.

use std::path::{Path, PathBuf};

use clap::Args;
use roi_fit::Analysis;

use crate::collisions::Files;
use crate::commands::editing::Editing;
use crate::commands::energies::Energies;
use crate::failure::Failure;
use crate::output::{Output, check_folder};
use crate::provenance::provenance;

/// A region, and what becomes of its model.
#[derive(Args)]
pub(crate) struct Region {
    /// A fermipy config.yaml, the directory that holds one, or an analysis that --write-roi saved beside one
    config: PathBuf,
    /// Take the model of a file instead of the configuration's: a source model XML, or the JSON that --write-roi saved
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Write the model as it ends to a file, or to standard output with `-`
    #[arg(long, value_name = "FILE|-")]
    xml: Option<PathBuf>,
    /// Save the analysis as PREFIX.json, PREFIX.fits and one XML file a component
    #[arg(long, value_name = "PREFIX")]
    write_roi: Option<PathBuf>,
    #[command(flatten)]
    editing: Editing,
    #[command(flatten)]
    energies: Energies,
}

impl Region {
    /// Opens the region.
    pub(crate) fn open(&self, output: &Output) -> Result<Analysis, Failure> {
        self.open_to_write(output, None, &[])
    }

    /// The same for a command that computes fluxes, or does not.
    pub(crate) fn open_for_fluxes(&self, output: &Output, fluxes: bool) -> Result<Analysis, Failure> {
        self.check_outputs(output, None, &[])?;
        self.open_checked(output, fluxes)
    }

    /// Opens the region for a command that writes one more file for each component, and other files by their options, once it is clear that no output destroys another, or an input.
    pub(crate) fn open_to_write(
        &self,
        output: &Output,
        out: Option<&Path>,
        others: &[(&'static str, Option<&Path>)],
    ) -> Result<Analysis, Failure> {
        self.check_outputs(output, out, others)?;
        self.open_checked(output, false)
    }

    /// Refuses outputs that destroy another one, or an input.
    fn check_outputs(
        &self,
        output: &Output,
        out: Option<&Path>,
        others: &[(&'static str, Option<&Path>)],
    ) -> Result<(), Failure> {
        let own = [("--xml", self.xml_file()), ("--write-roi", self.write_roi.as_deref()), ("--out", out)];
        for &(option, path) in own.iter().chain(others) {
            path.map_or(Ok(()), |path| check_folder(option, path))?;
        }
        let (config, model) = self.config_and_model()?;
        let mut files = Files::default();
        let components = files.reads_config(&config).components;
        files.reads_model("--model", model.as_deref());
        for path in self.editing.files() {
            files.reads("--add-source", Some(path));
        }
        files.writes("--json", output.json_file()).writes_model("--xml", self.xml.as_deref());
        files.writes_state("--write-roi", self.write_roi.as_deref(), &components);
        for &(option, path) in others {
            files.writes(option, path);
        }
        files.writes_for_each("--out", out, &components).check()
    }

    fn open_checked(&self, output: &Output, fluxes: bool) -> Result<Analysis, Failure> {
        if self.xml.as_deref() == Some(Path::new("-")) {
            output.hide_text();
        }
        let (config, model) = self.config_and_model()?;
        let mut analysis = output.open(&config, fluxes)?;
        if let Some(model) = &model {
            analysis.load_model(model)?;
        }
        self.energies.apply(&mut analysis)?;
        self.editing.apply(&mut analysis)?;
        Ok(analysis)
    }

    /// Where the results of this region come from.
    pub(crate) fn provenance(&self) -> serde_json::Value {
        let (config, model) =
            self.config_and_model().unwrap_or_else(|_| (config_file(&self.config), self.model.clone()));
        provenance(Some(&config), &model_inputs(model.as_deref(), &self.editing), true)
    }

    /// Every option of the configuration; nothing where it cannot be read.
    pub(crate) fn options(&self) -> serde_json::Value {
        let config = self.config_and_model().ok().and_then(|(config, _)| roi_fit::resolved_config(&config).ok());
        config.unwrap_or_default()
    }

    /// The region as it was named, with its model, what was changed of it, and its energies: what the next command begins with.
    pub(crate) fn words(&self) -> String {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut words = vec![path(&self.config)];
        words.extend(self.model.as_deref().into_iter().flat_map(|model| ["--model".to_owned(), path(model)]));
        words.extend(self.editing.words());
        words.extend(self.energies.words());
        words.iter().map(|word| roi_report::quoted(word)).collect::<Vec<_>>().join(" ")
    }

    /// The configuration and the model. A saved analysis stands for both where a configuration lies beside it.
    fn config_and_model(&self) -> Result<(PathBuf, Option<PathBuf>), Failure> {
        if !is_saved_analysis(&self.config) {
            return Ok((config_file(&self.config), self.model.clone()));
        }
        let saved = self.config.display();
        if let Some(model) = &self.model {
            let text = format!(
                "'{saved}' is a saved analysis, and --model {} another; name the configuration",
                model.display()
            );
            return Err(Failure::Usage(text));
        }
        let config = self.config.with_file_name("config.yaml");
        if !config.is_file() {
            let text = format!(
                "'{saved}' is a saved analysis, and no config.yaml lies beside it; name the configuration, and this with --model"
            );
            return Err(Failure::Usage(text));
        }
        Ok((config, Some(self.config.clone())))
    }

    /// The file of the model, if it is one.
    fn xml_file(&self) -> Option<&Path> {
        self.xml.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// Writes what was asked for.
    pub(crate) fn save(&self, output: &Output, analysis: &mut Analysis) -> Result<(), Failure> {
        match &self.xml {
            Some(path) if path == Path::new("-") => output.plain(&analysis.xml_text()?)?,
            Some(path) => analysis.write_xml(path)?,
            None => {}
        }
        if let Some(prefix) = &self.write_roi {
            analysis.write_roi(prefix)?;
        }
        Ok(())
    }
}

/// The files beside the configuration that a model comes from, and what they are.
pub(crate) fn model_inputs<'a>(model: Option<&'a Path>, editing: &'a Editing) -> Vec<(&'static str, &'a Path)> {
    let added = editing.files().iter().map(|path| ("added sources", path.as_path()));
    model.map(|path| ("model", path)).into_iter().chain(added).collect()
}

/// Whether a file is what `--write-roi` saves.
fn is_saved_analysis(path: &Path) -> bool {
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let text = if is_json { std::fs::read_to_string(path).ok() } else { None };
    let value: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(&text).ok());
    value.is_some_and(|value| value["state"]["format"].is_u64())
}

/// The configuration: in a directory it is its config.yaml.
pub(crate) fn config_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("config.yaml") } else { path.to_owned() }
}
