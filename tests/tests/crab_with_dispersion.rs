//! The Crab at 400 GeV to 2.5 TeV: two components with energy dispersion, opened without source maps, beside the predicted counts of gammapy.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::Path;

use fixtures::write_drm;
use lat_io::{CountsCubeFile, SourceMapFile};
use lat_response::plane_energies;
use likelihood_core::{
    ComponentData, CountsCube, DetectorResponse, Dispersion, EnergyAxis, EnergyIntegration, Settings, SourceMap,
};
use ndarray::{Array2, Array3, Axis};
use roi_fit::Analysis;

const EDGES: usize = 3;
const PLANES: usize = 5;

/// The folder of the products, copied so that source maps can be written beside them; `None` without the data.
fn copied() -> Option<tempfile::TempDir> {
    let data = acceptance::data::directory_or_skip("crab_with_dispersion")?;
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(data.join("crab-400gev")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
    }
    Some(directory)
}

fn answers() -> serde_json::Value {
    let data = fixtures::data_directory().unwrap();
    acceptance::data::json(&data.join("reference/gammapy-crab.json")).unwrap()
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[expect(clippy::print_stdout, reason = "how close it comes is worth a look")]
fn check(what: &str, found: &[f64], expected: &[f64], bar: f64) {
    let ratios: Vec<f64> = found.iter().zip(expected).map(|(f, e)| f / e - 1.0).collect();
    println!("{what}: {found:?} and {expected:?}, {ratios:.5?}");
    assert!(found.len() == expected.len() && ratios.iter().all(|r| r.abs() < bar), "{what}: {ratios:?}");
}

/// The Crab of gammapy's models: norm, index, pivot energy in MeV, and where it is.
struct Crab {
    prefactor: f64,
    index: f64,
    pivot: f64,
    place: [f64; 2],
}

impl Crab {
    fn of(answers: &serde_json::Value) -> Self {
        let parameter = |name: &str| answers["crab_params"][name][0].as_f64().unwrap();
        Self {
            prefactor: 1e-3 * parameter("amplitude"),
            index: parameter("index"),
            pivot: 1e3 * parameter("reference"),
            place: [parameter("lon_0"), parameter("lat_0")],
        }
    }

    fn dnde(&self, energy: f64) -> f64 {
        self.prefactor * (energy / self.pivot).powf(-self.index)
    }
}

/// Opens the inner two energy bins of both components, energy dispersion over a window of one bin, with more of section `gtlike`.
fn open(folder: &Path, crab: &Crab, gtlike: &str) -> Analysis {
    let Crab { prefactor, index, pivot, place: [ra, dec] } = crab;
    let files = [0, 1].map(|component| {
        format!(
            "  - selection: {{evtype: {}}}\n    model: {{isodiff: iso_P8R3_SOURCEVETO_V3_PSF{component}_v1.txt}}\n    \
             files: {{ccube: inner_{component}.fits, drm: inner_drm_{component}.fits, bexpmap: bexpmap_0{component}.fits, \
             psf: psf_0{component}.fits}}\n",
            4 << component
        )
    });
    let text = format!(
        "selection: {{glon: 184.55465500348814, glat: -5.783339352016454}}\n\
         gtlike: {{edisp: true, edisp_bins: 1, edisp_disable: [isodiff]{gtlike}}}\n\
         model: {{sources: [{{name: Crab, ra: {ra}, dec: {dec}, SpectrumType: PowerLaw, Index: {index}, Prefactor: {prefactor:e}, Scale: {pivot}}}]}}\n\
         components:\n{}",
        files.concat()
    );
    let config = folder.join("inner.yaml");
    std::fs::write(&config, text).unwrap();
    Analysis::open(&config).unwrap()
}

/// Gammapy folds the true bins with the matrix as it is, and drops the outer measured bins (`edisp_bins` 1 of its reader). That is a window
/// of one extra bin on each side of a counts cube of the inner bins.
///
/// Gammapy integrates the spectrum in each true bin; the rule of the LAT likelihood is too coarse for that at 5 bins per decade, where it is
/// some 5 % high. So the likelihood is held against gammapy with `energy_integration: quadrature`, and by its default against its own rule
/// folded with the matrix in its window. That window leaves out the true bin two steps up, which gammapy counts (0.8 %).
#[test]
fn two_components_with_energy_dispersion_predict_what_gammapy_does() {
    let Some(directory) = copied() else { return };
    let folder = directory.path();
    let answers = &answers()["fermipy_tests"]["edisp_bins=1"];
    let model = Crab::of(answers);
    let matrices = [0, 1].map(|component| crop(folder, component));
    let [analysis, quadrature] = ["", ", energy_integration: quadrature"].map(|gtlike| open(folder, &model, gtlike));
    let crab = analysis.roi().source("Crab").unwrap();
    let isotropic = analysis.roi().source("isodiff").unwrap();
    for (component, matrix) in matrices.iter().enumerate() {
        let file = SourceMapFile::open(&folder.join(format!("srcmap_0{component}.fits"))).unwrap();
        let energies = plane_energies(file.axis(), 1).unwrap();
        let planes = sums(&file.read("Crab").unwrap());
        assert_eq!((planes.len(), energies.len()), (PLANES, PLANES));
        let [fine, coarse] = [64, 1].map(|steps| {
            let dnde = |energy| model.dnde(energy);
            let bin = |k: usize| true_counts([energies[k], energies[k + 1]], [planes[k], planes[k + 1]], steps, dnde);
            (0..PLANES - 1).map(bin).collect::<Vec<f64>>()
        });
        // `reach`: how many true bins on each side of a measured one count.
        let fold = |counts: &[f64], reach: usize| -> Vec<f64> {
            let measured = |m: usize| {
                let terms = counts.iter().zip(matrix).enumerate().filter(|(k, _)| k.abs_diff(m + 1) <= reach);
                terms.map(|(_, (n, row))| n * f64::from(row[m])).sum()
            };
            (0..2).map(measured).collect()
        };
        let dataset = &answers["datasets"][component];
        let check = |what: &str, found: &[f64], expected: &[f64], bar: f64| {
            check(&format!("component {component}, {what}"), found, expected, bar);
        };
        check("true counts", &fine, &numbers(&dataset["npred_before_edisp_true"]["crab"]), 0.01);
        check("measured counts", &fold(&fine, 2), &numbers(&dataset["npred"]["crab"]), 0.01);
        let npred = analysis.likelihood().components()[component].npred(crab).unwrap();
        check("the likelihood", &npred, &fold(&coarse, 1), 1e-5);

        let likelihood = &quadrature.likelihood().components()[component];
        let npred = likelihood.npred(crab).unwrap();
        check("by quadrature", &npred, &fold(&fine, 1), 2e-5);
        check("by quadrature, beside gammapy", &npred, &numbers(&dataset["npred"]["crab"]), 0.01);
        let iso_npred = likelihood.npred(isotropic).unwrap();
        let total: Vec<f64> = npred.iter().zip(&iso_npred).map(|(crab, isotropic)| crab + isotropic).collect();
        check("all sources by quadrature, beside gammapy", &total, &numbers(&dataset["npred_total"]), 0.01);

        // The isotropic emission falls like E^-4, so it matters that gammapy multiplies by the exposure at the centre of a bin (a straight
        // line between the edges): 1.2 % and 2.1 % less than what the exposure averages to.
        let map = file.read("isodiff").unwrap();
        let planes = sums(&SourceMap::new(map.at_edges(EDGES, 10, 10).unwrap().to_owned()).unwrap());
        let spectrum = isotropic_spectrum(&folder.join(format!("iso_P8R3_SOURCEVETO_V3_PSF{component}_v1.txt")));
        let [averaged, at_centre] = [true, false].map(|is_averaged| -> Vec<f64> {
            let bin = |k: usize| {
                let edges = [energies[k + 1], energies[k + 2]];
                let centre = 0.5 * (planes[k] + planes[k + 1]);
                let planes = if is_averaged { [planes[k], planes[k + 1]] } else { [centre; 2] };
                true_counts(edges, planes, 64, &spectrum)
            };
            (0..2).map(bin).collect()
        });
        check("isotropic", &iso_npred, &averaged, 2e-3);
        let name = format!("isotropic_P8R3_SOURCEVETO_V3_PSF{component}_v1");
        check("isotropic as gammapy does it, beside gammapy", &at_centre, &numbers(&dataset["npred"][&name]), 0.01);
    }
}

/// All four bins, folded with the whole matrix as gammapy does: a window that leaves nothing out, with true bins beyond the range that never
/// migrate into it.
#[test]
fn all_energies_folded_with_the_whole_matrix_predict_what_gammapy_does() {
    const EXTRA: usize = 3;
    const EDISP_BINS: i64 = 3;
    let Some(directory) = copied() else { return };
    let folder = directory.path();
    let answers = &answers()["fermipy_tests"]["edisp_bins=0"];
    for component in 0..2 {
        crop(folder, component);
    }
    let analysis = open(folder, &Crab::of(answers), "");
    let crab = analysis.roi().source("Crab").unwrap();
    for component in 0..2 {
        let counts = lat_io::read_counts_cube(&folder.join(format!("ccube_0{component}.fits"))).unwrap().cube;
        let response =
            lat_io::read_detector_response(&folder.join(format!("drm_0{component}.fits")), counts.axis()).unwrap();
        let map = SourceMapFile::open(&folder.join(format!("srcmap_0{component}.fits"))).unwrap();
        let map = map.read("Crab").unwrap();
        let (bins, planes) = (counts.axis().n_bins(), map.n_planes());
        assert_eq!((response.matrix().dim(), planes), ((bins, bins), bins + 1));
        let inside = |l: usize, n: usize| (EXTRA..EXTRA + n).contains(&l);
        let matrix = Array2::from_shape_fn((bins + 2 * EXTRA, bins), |(l, k)| {
            if inside(l, bins) { response.matrix()[[l - EXTRA, k]] } else { 0.0 }
        });
        let map = Array3::from_shape_fn((planes + 2 * EXTRA, 10, 10), |(l, y, x)| {
            if inside(l, planes) { map.planes()[[l - EXTRA, y, x]] } else { 0.0 }
        });
        let settings = Settings::default()
            .with_dispersion(Dispersion::from_bins(&DetectorResponse::new(matrix).unwrap(), EDISP_BINS).unwrap())
            .with_energy_integration(EnergyIntegration::Quadrature);
        let mut likelihood = ComponentData::with_settings("00", &counts, settings).unwrap();
        likelihood.add_source_map("Crab", &SourceMap::new(map).unwrap()).unwrap();
        let npred = likelihood.npred(crab).unwrap();
        let expected = numbers(&answers["datasets"][component]["npred"]["crab"]);
        check(&format!("component {component}, whole matrix"), &npred, &expected, 0.01);
    }
}

fn sums(map: &SourceMap) -> Vec<f64> {
    map.planes().outer_iter().map(|plane| plane.iter().copied().map(f64::from).sum()).collect()
}

/// The table of an isotropic template, power laws between its rows.
fn isotropic_spectrum(path: &Path) -> impl Fn(f64) -> f64 + use<> {
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| -> [f64; 2] {
        let mut numbers = line.split_whitespace().map(|word| word.parse::<f64>().unwrap().ln());
        [numbers.next().unwrap(), numbers.next().unwrap()]
    };
    let rows: Vec<[f64; 2]> = text.lines().map(row).collect();
    move |energy| {
        let x = energy.ln();
        let above = rows.partition_point(|row| row[0] < x).clamp(1, rows.len() - 1);
        let ([x0, y0], [x1, y1]) = (rows[above - 1], rows[above]);
        (y0 + (y1 - y0) * (x - x0) / (x1 - x0)).exp()
    }
}

/// Counts in a true bin: spectrum times the sums of the planes. With one step the log trapezoid of the likelihood, with many the integral.
fn true_counts([e0, e1]: [f64; 2], [m0, m1]: [f64; 2], steps: u32, dnde: impl Fn(f64) -> f64) -> f64 {
    let at = |step: u32| {
        let fraction = f64::from(step) / f64::from(steps);
        let energy = e0 * (e1 / e0).powf(fraction);
        energy * dnde(energy) * m0 * (m1 / m0).powf(fraction)
    };
    let width = (e1 / e0).ln() / f64::from(steps);
    (0..steps).map(|step| 0.5 * width * (at(step) + at(step + 1))).sum()
}

/// Writes the inner two energy bins of a component's counts and the columns of its matrix for them, which are returned.
#[expect(clippy::cast_possible_truncation, reason = "the matrix came from 32-bit floats")]
fn crop(folder: &Path, component: usize) -> Vec<Vec<f32>> {
    let counts = lat_io::read_counts_cube(&folder.join(format!("ccube_0{component}.fits"))).unwrap();
    let axis = counts.cube.axis();
    let response = lat_io::read_detector_response(&folder.join(format!("drm_0{component}.fits")), axis).unwrap();
    let matrix: Vec<Vec<f32>> =
        response.matrix().outer_iter().map(|row| [row[1], row[2]].map(|value| value as f32).to_vec()).collect();
    write_drm(&folder.join(format!("inner_drm_{component}.fits")), axis.edges(), &matrix);
    let inner = counts.cube.counts().slice_axis(Axis(0), (1..3).into()).to_owned();
    let cube = CountsCube::new(EnergyAxis::new(axis.edges()[1..4].to_vec()).unwrap(), inner).unwrap();
    let counts = CountsCubeFile { cube, ..counts };
    lat_io::write_counts_cube(&folder.join(format!("inner_{component}.fits")), &counts).unwrap();
    matrix
}
