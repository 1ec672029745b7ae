//! A filter as a program for a stack of numbers.

use lat_io::SpacecraftFile;
use lat_io::{RowColumn, Rows};

use super::parse::{Columns, Parsed, parse};
use super::steps::{Step, run};
use crate::error::{Error, Result};

/// A condition on the columns of a spacecraft file: numbers, `T`, `F`, columns by their names without regard to case; `+ - * / % ** ^`,
/// comparisons (`== != < <= > >=`, `.eq.` and the like), `&& || !` (`.and. .or. .not.`), brackets, and functions such as `ABS`, `MIN`,
/// `SQRT`, `SIN` (radians) and `ANGSEP(ra1,dec1,ra2,dec2)` (degrees). `&&` binds tighter than `||`; a sign and `!` bind tightest.
///
/// ```no_run
/// let file = lat_io::SpacecraftFile::open("spacecraft.fits")?;
/// let filter = lat_events::Filter::compile("DATA_QUAL>0 && LAT_CONFIG==1 && ABS(ROCK_ANGLE)<52", &file)?;
/// assert_eq!(filter.columns(), ["DATA_QUAL", "LAT_CONFIG", "ROCK_ANGLE"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    names: Vec<String>,
    columns: Vec<RowColumn>,
    steps: Vec<Step>,
}

impl Filter {
    /// Understands a condition on the columns of a file.
    ///
    /// # Errors
    /// [`Error::Filter`] with the place of the first fault: what is no expression, a column that the file has not, a number where a
    /// condition is expected or the other way round.
    pub fn compile(text: &str, file: &SpacecraftFile) -> Result<Self> {
        let known = |name: &str| file.column(name).ok().flatten();
        let names = file.column_names().into_iter().map(str::to_owned).collect();
        let parsed = parse(text, Columns::new(&known, names));
        let Parsed { steps, names, columns } =
            parsed.map_err(|(position, reason)| Error::Filter { text: text.to_owned(), position, reason })?;
        Ok(Self { text: text.to_owned(), names, columns, steps })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The columns that it uses, as written.
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// Its value in a row, 1 where it holds. `stack` is what the caller keeps for it.
    pub(crate) fn evaluate(&self, rows: &Rows<'_>, row: usize, stack: &mut Vec<f64>) -> f64 {
        let value = |column: usize| self.columns.get(column).map_or(f64::NAN, |column| rows.number(row, column));
        run(&self.steps, value, stack)
    }
}
