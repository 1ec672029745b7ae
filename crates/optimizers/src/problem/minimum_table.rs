//! A result as a table for people.

use super::minimum::Minimum;
use std::fmt;

impl fmt::Display for Minimum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; quality {}", self.status, self.quality)?;
        writeln!(f, "value {:.8e}, estimated distance {:.2e}, {} calls", self.fval, self.edm, self.calls.total())?;
        let width = self.names.iter().map(|name| name.chars().count()).fold("parameter".len(), usize::max);
        writeln!(f, "{:width$}  {:>15}  {:>12}", "parameter", "value", "error")?;
        for (i, name) in self.names.iter().enumerate() {
            let (value, error) = (self.values[i], self.errors[i]);
            let error = if error > 0.0 { format!("{error:.4e}") } else { "-".into() };
            let remark = if self.at_limit.contains(&i) { "  at its bound" } else { "" };
            writeln!(f, "{name:width$}  {value:>15.8e}  {error:>12}{remark}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "{warning}")?;
        }
        Ok(())
    }
}
