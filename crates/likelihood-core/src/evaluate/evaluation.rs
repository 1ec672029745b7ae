//! The evaluation: value, gradient and Hessian of the binned Poisson likelihood.
//!
//! `logL = sum_filled w N ln M - sum w M`, without the `ln N!` term (LAT binned likelihood); `w` is 1 without weights. The first sum runs
//! over the filled bins, in the passes of [`crate::kernel`]; the second comes from the sums of the source maps' planes, whatever the
//! number of pixels.

use ndarray::Array2;

use crate::data::component::ComponentData;
use crate::data::joint::Data;
use crate::error::{Error, Result};
use crate::evaluate::pass::Pass;
use crate::evaluate::stream::Order;
use crate::evaluate::workspace::{ComponentWork, Workspace};
use crate::kernel::blocks::Threads;
use crate::kernel::buffers::Buffers;
use crate::kernel::passes::{self, Scratch};

impl Data {
    /// `logL` at these values of the free parameters (scaled, in the region's order) for the region that the workspace follows.
    ///
    /// # Errors
    /// When the workspace was made for other data ([`Error::OtherData`]); a value that its parameter does not allow; a spectrum that is not
    /// finite; counts where nothing is predicted ([`Error::UnmodelledCounts`]). The workspace can be used for other values then.
    pub fn value(&self, values: &[f64], work: &mut Workspace) -> Result<f64> {
        work.take(self, values)?;
        self.sum_of_components(work, Order::Value, |_, _| Ok(()))
    }

    /// `logL`, and its first derivatives written to `gradient`, one a free parameter.
    ///
    /// # Errors
    /// As [`Data::value`]; also when `gradient` is not as long as there are free parameters, or a derivative is beyond what a double holds
    /// ([`Error::DerivativesNotFinite`]).
    pub fn gradient(&self, values: &[f64], work: &mut Workspace, gradient: &mut [f64]) -> Result<f64> {
        work.take(self, values)?;
        work.check_length("gradient", gradient.len())?;
        gradient.fill(0.0);
        let value = self.sum_of_components(work, Order::Gradient, |pass, buffers| {
            pass.add_gradient(buffers, gradient);
            Ok(())
        })?;
        if gradient.iter().all(|g| g.is_finite()) { Ok(value) } else { Err(Error::DerivativesNotFinite) }
    }

    /// `logL`, and its first and second derivatives written to `gradient` and `hessian` (a symmetric matrix over the free parameters).
    ///
    /// # Errors
    /// As [`Data::gradient`]; also when a buffer's size is not that of the free parameters.
    pub fn hessian(
        &self,
        values: &[f64],
        work: &mut Workspace,
        gradient: &mut [f64],
        hessian: &mut Array2<f64>,
    ) -> Result<f64> {
        work.take(self, values)?;
        work.check_length("gradient", gradient.len())?;
        work.check_length("rows of the Hessian", hessian.nrows())?;
        work.check_length("columns of the Hessian", hessian.ncols())?;
        gradient.fill(0.0);
        hessian.fill(0.0);
        let value = self.sum_of_components(work, Order::Hessian, |pass, buffers| {
            pass.add_gradient(buffers, gradient);
            pass.add_hessian(buffers, hessian)
        })?;
        let is_finite = gradient.iter().chain(&*hessian).all(|derivative| derivative.is_finite());
        if is_finite { Ok(value) } else { Err(Error::DerivativesNotFinite) }
    }

    /// How many bytes an evaluation of value and gradient reads once at least: counts, the sum of the fixed sources, and what is kept of
    /// each free source within its reach. Divided by the bandwidth of the memory it is the floor of the evaluation's time.
    ///
    /// # Errors
    /// [`Error::OtherData`].
    pub fn bytes_per_pass(&self, work: &Workspace) -> Result<usize> {
        work.check_data(self)?;
        let bytes = |(component, own): (&ComponentData, &ComponentWork)| {
            let views = own.layout.free.views();
            let planes = views.pairs.iter().map(|pair| size_of_val(pair.lower) + size_of_val(pair.upper));
            let columns = views.columns.iter().map(|column| size_of_val(column.values));
            let bins = component.filled().counts.bytes() + size_of_val(own.layout.fixed.model());
            bins + planes.chain(columns).sum::<usize>()
        };
        Ok(self.components().iter().zip(work.components()).map(bytes).sum())
    }

    /// The sum of `logL` over the components; `derive` makes derivatives of each pass.
    fn sum_of_components(
        &self,
        work: &mut Workspace,
        order: Order,
        mut derive: impl FnMut(&Pass<'_>, &mut Buffers) -> Result<()>,
    ) -> Result<f64> {
        let (sources, components, threads) = work.split();
        let mut total = 0.0;
        for (component, ComponentWork { layout, buffers }) in self.components().iter().zip(components) {
            let pass = Pass::new(component, sources, &layout.fixed, &layout.free);
            total += pass.run(buffers, order, threads)?;
            derive(&pass, buffers)?;
        }
        Ok(total)
    }
}

impl Pass<'_> {
    /// Evaluates the spectra and streams the filled bins: `logL` of the component.
    fn run(&self, buffers: &mut Buffers, order: Order, threads: Threads) -> Result<f64> {
        self.weigh(buffers)?;
        if order != Order::Value {
            self.differentiate(buffers)?;
        }
        self.stream(buffers, order, threads);
        self.sum_of_blocks(buffers)
    }

    /// `logL` of the component, once the filled bins are streamed.
    pub(crate) fn sum_of_blocks(&self, buffers: &Buffers) -> Result<f64> {
        let (mut n_ln_m, mut unmodelled) = (0.0, 0.0);
        for sum in &buffers.block_sums {
            n_ln_m += sum.n_ln_m;
            unmodelled += sum.unmodelled;
        }
        if unmodelled > 0.0 && self.component.refuses_unmodelled_bins() {
            return Err(self.first_unmodelled(buffers, unmodelled));
        }
        let value = n_ln_m - self.npred(buffers);
        if value.is_finite() { Ok(value) } else { Err(self.not_finite(value)) }
    }

    fn not_finite(&self, value: f64) -> Error {
        Error::NotFinite { component: self.component.name().to_owned(), value }
    }

    /// The first filled bin that the model leaves empty.
    fn first_unmodelled(&self, buffers: &Buffers, bins: f64) -> Error {
        let filled = self.component.filled();
        let mut scratch = Scratch::new(0);
        let input = self.input(&buffers.weights, &buffers.norms);
        for block in self.component.blocks() {
            let models = passes::model(input.of_bin(block.bin), block, &mut scratch);
            let empty = models.iter().position(|model| model.is_nan() || *model < f64::MIN_POSITIVE);
            if let Some(offset) = empty {
                let (index, model) = (block.range.start + offset, models[offset]);
                let (energy, y, x) = filled.place(index);
                let counts = filled.counts.at(index) / f64::from(self.component.weight(energy, y, x));
                let component = self.component.name().to_owned();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bins")]
                return Error::UnmodelledCounts { component, bins: bins as usize, energy, x, y, counts, model };
            }
        }
        self.not_finite(f64::NAN)
    }
}
