//! The plane of two parameters: the objective over a grid of both, all others minimised over or left alone.

use super::explorer::{Effort, Explorer};
use crate::error::{Error, Result};
use crate::problem::minimum::Status;
use crate::problem::observer::Observer;
use ndarray::Array2;

/// Two free parameters by their positions in the problem, each with the values to go through.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'p> {
    /// The first one: a row for each value.
    pub x: (usize, &'p [f64]),
    /// The second one: a column for each value.
    pub y: (usize, &'p [f64]),
}

/// A point of a grid over two parameters.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct PlanePoint {
    /// Value of the first parameter.
    pub x: f64,
    /// Value of the second parameter.
    pub y: f64,
    /// The objective there; infinite where it is not defined.
    pub fval: f64,
    /// Every parameter's value.
    pub values: Vec<f64>,
    /// How the minimisation over the others ended, as in [`ProfilePoint`](crate::ProfilePoint).
    pub status: Status,
    /// Whether the others came to a minimum.
    pub is_minimum: bool,
    /// Whether the objective is clearly lower here than at the minimum explored, which then was not the lowest.
    pub is_new_minimum: bool,
}

impl Explorer<'_> {
    /// The objective over a grid of two free parameters, minimised over the others; rows are values of the first one.
    ///
    /// ```
    /// # use optimizers::{Explorer, Options, Parameter, Plane, Problem, Silent, from_fn, optimizer};
    /// let names = ["x", "y", "z"];
    /// let problem = Problem::new(names.map(|name| Parameter::new(name, 1.0)).to_vec())?;
    /// let mut objective = from_fn(3, |x| 0.5 * (x[0] * x[0] + x[1] * x[1]) + (x[2] - x[0]).powi(2));
    /// let minimum = optimizer("MINUIT")?.minimize(&mut objective, &problem, &Options::default(), &mut Silent)?;
    /// let mut explorer = Explorer::new(&mut objective, &problem, &minimum)?;
    /// let plane = Plane { x: (0, &[-1.0, 0.0, 2.0]), y: (1, &[0.0, 1.0]) };
    /// let grid = explorer.profile_plane(plane, &mut Silent)?;
    /// assert_eq!(grid.dim(), (3, 2));
    /// assert!(grid[[2, 1]].is_minimum && (grid[[2, 1]].fval - 2.5).abs() < 1e-3);
    /// # Ok::<(), optimizers::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when a parameter is not free in the problem or both are the same,
    /// [`Error::InvalidParameter`] for a value outside its bounds, [`Error::Objective`] for a fatal error.
    pub fn profile_plane(&mut self, plane: Plane<'_>, observer: &mut dyn Observer) -> Result<Array2<PlanePoint>> {
        self.go_through(plane, Effort::Judge, observer)
    }

    /// The same, with the others staying at the minimum.
    ///
    /// # Errors
    /// As for [`profile_plane`](Explorer::profile_plane).
    pub fn scan_plane(&mut self, plane: Plane<'_>, observer: &mut dyn Observer) -> Result<Array2<PlanePoint>> {
        self.go_through(plane, Effort::Evaluate, observer)
    }

    fn go_through(
        &mut self,
        Plane { x: (first, rows), y: (second, columns) }: Plane<'_>,
        effort: Effort<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Array2<PlanePoint>> {
        if self.position(first)? == self.position(second)? {
            return Err(Error::InvalidOption {
                name: "plane",
                value: format!("({first}, {second})"),
                reason: "needs two different parameters",
            });
        }
        let mut points = Vec::with_capacity(rows.len() * columns.len());
        for &x in rows {
            for &y in columns {
                let there = self.held_at(&[(first, x), (second, y)], effort, observer)?;
                let (is_minimum, status) = (there.is_minimum(), there.status);
                let is_new_minimum = there.fval < self.clearly_lower();
                let fval = there.fval;
                points.push(PlanePoint { x, y, fval, values: there.values, status, is_minimum, is_new_minimum });
            }
        }
        Array2::from_shape_vec((rows.len(), columns.len()), points).map_err(|shape| Error::InvalidOption {
            name: "plane",
            value: shape.to_string(),
            reason: "needs a grid that fits into memory",
        })
    }
}
