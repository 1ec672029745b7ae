//! Outputs that would destroy one another, or an input: told before any work.

use std::path::{Path, PathBuf};

use roi_fit::{InputFiles, component_path, event_files, input_files, link_target, priors_beside, state_files};

use crate::failure::Failure;

/// What a file holds, as far as it decides what may take its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// A source model, or its priors.
    Model,
    /// A saved analysis.
    State,
    /// Anything else.
    Other,
}

/// A file that an option names.
struct Named {
    what: String,
    path: PathBuf,
    holds: Holds,
}

/// The outputs and inputs of a command.
#[derive(Default)]
pub(crate) struct Files {
    outputs: Vec<Named>,
    inputs: Vec<Named>,
}

impl Files {
    /// A file that an option writes.
    pub(crate) fn writes(&mut self, option: &str, path: Option<&Path>) -> &mut Self {
        self.output(option, path, Holds::Other)
    }

    /// A source model that an option writes, with its priors.
    pub(crate) fn writes_model(&mut self, option: &str, path: Option<&Path>) -> &mut Self {
        self.output(option, path, Holds::Model);
        let priors = path.filter(|path| *path != Path::new("-")).map(priors_beside);
        self.output(option, priors.as_deref(), Holds::Model)
    }

    /// A saved analysis that an option writes, for components of these names.
    pub(crate) fn writes_state(&mut self, option: &str, prefix: Option<&Path>, components: &[String]) -> &mut Self {
        for path in prefix.map(|prefix| state_files(prefix, components)).unwrap_or_default() {
            let holds = match path.extension() {
                Some(ending) if ending == "json" => Holds::State,
                Some(ending) if ending == "xml" => Holds::Model,
                _ => Holds::Other,
            };
            self.output(option, Some(&path), holds);
        }
        self
    }

    /// A file that an option writes, or one a component when there are several.
    pub(crate) fn writes_for_each(&mut self, option: &str, path: Option<&Path>, components: &[String]) -> &mut Self {
        let Some(path) = path.filter(|_| components.len() > 1) else { return self.writes(option, path) };
        for name in components {
            self.writes(option, Some(&component_path(path, name)));
        }
        self
    }

    fn output(&mut self, option: &str, path: Option<&Path>, holds: Holds) -> &mut Self {
        self.outputs.extend(path.map(|path| Named { what: option.to_owned(), path: path.to_owned(), holds }));
        self
    }

    /// A file that is read.
    pub(crate) fn reads(&mut self, what: &str, path: Option<&Path>) -> &mut Self {
        self.inputs.extend(path.map(|path| Named {
            what: what.to_owned(),
            path: path.to_owned(),
            holds: Holds::Other,
        }));
        self
    }

    /// A source model or a saved analysis that is read.
    pub(crate) fn reads_model(&mut self, what: &str, path: Option<&Path>) -> &mut Self {
        let is_xml = |path: &Path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
        self.inputs.extend(path.map(|path| {
            let holds = if is_xml(path) { Holds::Model } else { Holds::State };
            Named { what: what.to_owned(), path: path.to_owned(), holds }
        }));
        self
    }

    /// The files of a configuration. What cannot be listed is told where it is read.
    pub(crate) fn reads_config(&mut self, config: &Path) -> InputFiles {
        let all = input_files(config).unwrap_or_default();
        self.reads("the configuration", Some(config));
        let events = event_files(config).unwrap_or_default();
        for file in all.files.iter().chain(&events) {
            let holds = if matches!(file.what, "xml" | "priors") { Holds::Model } else { Holds::Other };
            self.inputs.push(Named {
                what: format!("the {} of the configuration", file.what),
                path: file.path.clone(),
                holds,
            });
        }
        all
    }

    /// Refuses two outputs of one place, and an output in the place of an input. A model may take the place of the model that was read, a saved
    /// analysis that of a saved analysis. What is no regular file (`/dev/null`, a pipe) is nobody's place.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let places: Vec<Option<PathBuf>> = self.outputs.iter().map(|output| place(&output.path)).collect();
        for (index, (output, own)) in self.outputs.iter().zip(&places).enumerate() {
            let Some(own) = own else { continue };
            let before = self.outputs.iter().zip(&places).take(index);
            if let Some((other, _)) = before.into_iter().find(|(_, place)| place.as_ref() == Some(own)) {
                return Err(Failure::Usage(format!(
                    "{} and {} would both write '{}'; give them different names",
                    other.what,
                    output.what,
                    output.path.display()
                )));
            }
            let is_replaced = |input: &&Named| {
                let is_renewed = input.holds == output.holds && output.holds != Holds::Other;
                !is_renewed && place(&input.path).as_ref() == Some(own)
            };
            if let Some(input) = self.inputs.iter().find(is_replaced) {
                return Err(Failure::Usage(format!(
                    "{} would write '{}' in the place of {}; give it another name",
                    output.what,
                    output.path.display(),
                    input.what
                )));
            }
        }
        Ok(())
    }
}

/// Where a file lies or will lie, however its path is spelled; `-` is standard output. `None` for what cannot be destroyed.
fn place(path: &Path) -> Option<PathBuf> {
    if path == Path::new("-") {
        return Some(path.to_owned());
    }
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return None;
    }
    let place = link_target(path).unwrap_or_else(|_| path.to_owned());
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()).join(place.file_name()?))
}
