//! Optimizers by name.

use super::builtin::{Drmnfb, Drmngb, Lbfgs, LevenbergMarquardt, Newton, Simplex};
use super::minuit::{Minuit, NewMinuit};
use super::optimizer::Optimizer;
use crate::error::{Error, Result};

/// The built-in optimizers.
fn builtin() -> Vec<Box<dyn Optimizer>> {
    vec![
        Box::new(Minuit),
        Box::new(NewMinuit),
        Box::new(Newton),
        Box::new(LevenbergMarquardt),
        Box::new(Lbfgs),
        Box::new(Drmngb),
        Box::new(Drmnfb),
        Box::new(Simplex),
    ]
}

/// Optimizers by name, in any case.
///
/// ```
/// use optimizers::{Registry, optimizer};
/// assert_eq!(optimizer("Minuit")?.name(), "MINUIT");
/// let unknown = optimizer("minit").err().expect("no such optimizer");
/// assert!(unknown.to_string().contains("MINUIT, NEWMINUIT, NEWTON"));
/// # Ok::<(), optimizers::Error>(())
/// ```
pub struct Registry {
    optimizers: Vec<Box<dyn Optimizer>>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { optimizers: builtin() }
    }
}

impl Registry {
    /// Adds an optimizer.
    ///
    /// # Errors
    /// [`Error::DuplicateOptimizer`] when its name is taken.
    pub fn register(&mut self, optimizer: Box<dyn Optimizer>) -> Result<()> {
        if self.position(optimizer.name()).is_some() {
            return Err(Error::DuplicateOptimizer { name: optimizer.name().to_owned() });
        }
        self.optimizers.push(optimizer);
        Ok(())
    }

    /// The optimizer of a name.
    ///
    /// # Errors
    /// [`Error::UnknownOptimizer`], which lists the known names.
    pub fn get(&self, name: &str) -> Result<&dyn Optimizer> {
        match self.position(name) {
            Some(k) => Ok(self.optimizers[k].as_ref()),
            None => Err(self.unknown(name)),
        }
    }

    /// Every registered name.
    pub fn names(&self) -> Vec<&str> {
        self.optimizers.iter().map(|optimizer| optimizer.name()).collect()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.optimizers.iter().position(|optimizer| optimizer.name().eq_ignore_ascii_case(name.trim()))
    }

    fn unknown(&self, name: &str) -> Error {
        Error::UnknownOptimizer { name: name.to_owned(), known: self.names().into_iter().map(str::to_owned).collect() }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Registry").field(&self.names()).finish()
    }
}

/// A new registry of the built-in optimizers.
pub fn registry() -> Registry {
    Registry::default()
}

/// The built-in optimizer of a name, in any case.
///
/// # Errors
/// [`Error::UnknownOptimizer`], which lists the known names.
pub fn optimizer(name: &str) -> Result<Box<dyn Optimizer>> {
    let mut registry = registry();
    match registry.position(name) {
        Some(k) => Ok(registry.optimizers.swap_remove(k)),
        None => Err(registry.unknown(name)),
    }
}
