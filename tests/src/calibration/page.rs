//! `docs/calibration.md` as a whole.

use std::fmt::Write;
use std::path::Path;

use crate::calibration::draws::{Outcome, Sizes};
use crate::calibration::questions::coverage::limits;
use crate::calibration::questions::map_maximum::map_maximum;
use crate::calibration::questions::null_statistics::null_statistics;
use crate::calibration::questions::places::places;
use crate::calibration::questions::pulls::pulls;
use crate::calibration::questions::settings::settings;
use crate::calibration::questions::toy_coverage::toy_limits;
use crate::calibration::section::{Section, Table};
use crate::calibration::statistics::Law;

/// All that is measured: what the page says, and the laws that must hold.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    /// The parts of the page.
    pub sections: Vec<Section>,
    /// The laws.
    pub laws: Vec<Law>,
}

impl Calibration {
    /// Measures everything; `told` is called with a word on each part before it begins.
    ///
    /// # Errors
    /// When a region cannot be made or evaluated.
    pub fn measure(sizes: Sizes, mut told: impl FnMut(&str)) -> Outcome<Self> {
        let mut all = Self::default();
        told("pulls");
        let found = pulls(sizes)?;
        all.sections.extend(found.sections()?);
        all.laws.extend(found.laws());
        told("limits");
        let found = limits(sizes)?;
        all.sections.push(found.section()?);
        all.laws.extend(found.laws());
        told("limits by toys");
        let found = toy_limits(sizes)?;
        all.sections.push(found.section());
        all.laws.extend(found.laws());
        told("TS of what is not there");
        let found = null_statistics(sizes)?;
        all.sections.push(found.section()?);
        all.laws.extend(found.laws());
        told("maxima of TS maps");
        all.sections.push(map_maximum(sizes)?);
        told("positions and widths");
        let found = places(sizes)?;
        all.sections.push(found.section()?);
        all.laws.extend(found.laws());
        told("energy dispersion and weights");
        let (section, laws) = settings(sizes)?;
        all.sections.push(section);
        all.laws.extend(laws);
        Ok(all)
    }

    /// The laws that do not hold, in words.
    pub fn broken(&self) -> Vec<String> {
        let is_broken = |law: &&Law| !law.holds();
        let words = |law: &Law| {
            let (low, high) = (law.expected - law.below, law.expected + law.above);
            format!("{}: {:.4}, which should lie between {low:.4} and {high:.4}", law.what, law.found)
        };
        self.laws.iter().filter(is_broken).map(words).collect()
    }

    /// The page. `how` tells by which command it was made, and how long that took.
    pub fn page(&self, how: &str) -> String {
        let mut text = format!("{HEAD}\n{how}\n");
        for Section { title, text: body, picture } in &self.sections {
            let picture = picture.as_ref().map(|(file, what, _)| format!("\n![{what}](pictures/{file})\n"));
            // A `String` takes whatever is written.
            let _ = write!(text, "\n## {title}\n\n{body}\n{}", picture.unwrap_or_default());
        }
        let mut table = Table::new(&["what", "found", "expected", "at least", "at most"]);
        for law in &self.laws {
            let bounds = [law.found, law.expected, law.expected - law.below, law.expected + law.above];
            let numbers = bounds.map(|x| if x.is_finite() { format!("{x:.4}") } else { String::new() });
            table.row([vec![law.what.clone()], numbers.to_vec()].concat());
        }
        // As above.
        let _ = write!(text, "\n## What must hold\n\n{MUST_HOLD}\n\n{}\n{TAIL}", table.markdown());
        text
    }

    /// Writes the page, and its pictures in the folder `pictures` beside it.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, page: &Path, how: &str) -> Outcome<()> {
        let folder = page.parent().unwrap_or(Path::new("."));
        let put = |path: &Path, text: &str| {
            std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        for (file, _, svg) in self.sections.iter().filter_map(|section| section.picture.as_ref()) {
            put(&folder.join("pictures").join(file), svg)?;
        }
        Ok(put(page, &self.page(how))?)
    }
}

const HEAD: &str = "# Calibration

Whether the numbers mean what they say: counts are drawn from known truths, fitted by the program's own verbs, and what comes out is laid beside the law that it
should follow. Where a law fails, the page says where, by how much, and what to use instead. Counts are drawn from what the likelihood itself expects of a
truth: what is measured here is the statistics of maximum likelihood, not a model of the sky or of the instrument. Comparisons with other programs are in
[validation.md](validation.md), and `cargo xtask closure` goes the whole way from photons on. Errors of numbers are
one standard deviation of the number of draws; several parameters of one region are not quite independent.
";

const MUST_HOLD: &str = "Where there are counts enough for the laws of large numbers, they are asserted, by `cargo xtask calibrate` and with fewer draws by its short form and the
ordinary tests: bounds are four standard deviations of the number of draws, and what is said beside them in the code for the second order (0.1 of a mean pull and
0.03 of a width at a TS of 100, 0.01 to 0.02 of a coverage). These were fixed before the first run. Afterwards: mean and width are of pulls within 5, and the share beyond (at most 0.003)
and that no fit ends below the truth were added; that at most 1 % of the fits are refused was dropped (it is 2.9 %, see above); the TS of no source is asserted at 300 years, not
at 3, where the law holds as well; the bright source of the section before was made bright.";

const TAIL: &str = "
## Not measured

Spectra bin by bin; regions of real size with hundreds of sources (the regions here are small, so that there can be thousands); errors of the
model, which no draw from the model can show.
";
