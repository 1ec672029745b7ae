//! The verb `goodness`.

use ndarray::Axis;
use rayon::prelude::*;
use roi_fit::ComponentCubes;

use crate::goodness::deviance::{Moments, deviance};
use crate::goodness::goodness_result::{ComponentGoodness, Deviance, Goodness};
use crate::goodness::pull_histogram::PullHistogram;

/// How well counts agree with a model: the deviance of each energy bin, summed over its pixels, and the pulls of the pixels, both beside what Poisson counts of
/// the predicted means would give. So they can be read where pixels hold few counts, too, of which neither is a chi-square nor normal.
///
/// ```
/// use roi_estimators::goodness;
/// // `analysis.cubes(&[])` gives counts and model of an analysis from files.
/// let nothing = goodness(&[]);
/// assert!(nothing.total().p_value().is_none());
/// ```
pub fn goodness(cubes: &[ComponentCubes]) -> Goodness {
    let moments = Moments::new();
    let mut all = Goodness { components: Vec::new(), pulls: PullHistogram::default(), impossible: 0 };
    for cube in cubes {
        let counts = cube.counts().cube.counts();
        let bins: Vec<usize> = cube.bins().filter(|&bin| bin < counts.len_of(Axis(0))).collect();
        let sums: Vec<BinSums> = bins.par_iter().map(|&bin| BinSums::new(cube, bin, &moments)).collect();
        let edges = cube.counts().cube.axis().edges();
        all.components.push(ComponentGoodness {
            name: cube.name().to_owned(),
            energies: edges.get(cube.bins().start..=cube.bins().end).unwrap_or_default().to_vec(),
            counts: sums.iter().map(|sum| sum.counts).collect(),
            npred: sums.iter().map(|sum| sum.npred).collect(),
            deviances: sums.iter().map(|sum| sum.deviance).collect(),
        });
        all.impossible += sums.iter().map(|sum| sum.impossible).sum::<usize>();
        add_pulls(cube, &bins, &mut all.pulls);
    }
    all
}

/// One energy bin.
#[derive(Default)]
struct BinSums {
    counts: f64,
    npred: f64,
    deviance: Deviance,
    impossible: usize,
}

impl BinSums {
    fn new(cube: &ComponentCubes, bin: usize, moments: &Moments) -> Self {
        let mut sums = Self::default();
        let counts = cube.counts().cube.counts().index_axis(Axis(0), bin);
        for (&n, &m) in counts.iter().zip(cube.model().index_axis(Axis(0), bin)) {
            let n = f64::from(n);
            sums.counts += n;
            sums.npred += m;
            if m > 0.0 {
                let [expected, variance] = moments.of(m);
                sums.deviance.add(&Deviance { value: deviance(n, m), expected, variance, npred: m });
            } else if n > 0.0 {
                sums.impossible += 1;
            }
        }
        sums
    }
}

/// Adds the pulls of a component's pixels, energies added.
fn add_pulls(cube: &ComponentCubes, bins: &[usize], pulls: &mut PullHistogram) {
    let counts = cube.counts().cube.counts();
    let [_, ny, nx] = *cube.model().shape() else { return };
    for (y, x) in (0..ny).flat_map(|y| (0..nx).map(move |x| (y, x))) {
        let n: f64 = bins.iter().map(|&bin| f64::from(counts[[bin, y, x]])).sum();
        let m: f64 = bins.iter().map(|&bin| cube.model()[[bin, y, x]]).sum();
        if m > 0.0 {
            pulls.add_counts(n, m);
        }
    }
}
