//! The tables of a saved analysis as FITS: CATALOG, ROI, SOURCES and PARAMS, as fermipy names them, and the configuration.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header};
use roi_model::{Parameter, Source};
use serde_json::{Value, json};

use crate::analysis::Analysis;
use crate::error::Result;
use crate::known::profile_curve::Profile;
use crate::known::source_properties::SourceProperties;
use crate::profile::profile_options::ProfileOptions;

/// A photon flux.
const PHOTONS: &str = "ph cm-2 s-1";
/// An energy flux.
const ENERGY: &str = "MeV cm-2 s-1";
/// A differential flux.
const DIFFERENTIAL: &str = "ph cm-2 s-1 MeV-1";
/// Parameters in the catalog's lists, as in fermipy; a spectrum with more has longer lists.
const PARAMETERS: usize = 10;

/// Error ellipses of the positions, from the catalog.
const CONFIDENCE: [&str; 6] = [
    "Conf_68_PosAng",
    "Conf_68_SemiMajor",
    "Conf_68_SemiMinor",
    "Conf_95_PosAng",
    "Conf_95_SemiMajor",
    "Conf_95_SemiMinor",
];

/// A source and what is known of it.
type Row<'a> = (&'a Source, &'a SourceProperties);

impl Analysis {
    /// Writes the tables. What is unknown is NaN.
    pub(crate) fn write_tables(&self, path: &Path, loglike: f64) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let mut header = Header::default();
        header.set("LOGLIKE", loglike, "log-likelihood without ln N!");
        writer.table("CATALOG", &header, &self.catalog())?;
        writer.table("ROI", &header, &self.spectra()?)?;
        writer.table("SOURCES", &Header::default(), &self.source_list())?;
        writer.table("PARAMS", &Header::default(), &self.parameter_list())?;
        if let Some(config) = &self.opened.config {
            writer.table("CONFIG", &Header::default(), &configuration(&json!(config.resolved)))?;
        }
        Ok(writer.finish()?)
    }

    /// One row a source that is no diffuse background.
    fn catalog(&self) -> Vec<Column> {
        let unknown = SourceProperties::default();
        let rows: Vec<Row<'_>> = self
            .session
            .roi
            .sources()
            .iter()
            .filter(|source| !source.spatial().is_diffuse_background())
            .map(|source| (source, self.known.of(source.name()).unwrap_or(&unknown)))
            .collect();
        let names = |of: fn(&Source) -> &str| text(rows.iter().map(|(source, _)| of(source)));
        let datum = |name: &str, unit: &str, key: &str| {
            let values = rows.iter().map(|(source, _)| self.source_datum(source, key).unwrap_or(f64::NAN));
            column(name, unit, ColumnValues::Double(values.collect()))
        };
        let mut columns = vec![
            column("Source_Name", "", names(Source::name)),
            column("name", "", names(Source::name)),
            column("SpectrumType", "", names(|source| source.spectrum().type_name())),
            column("SpatialType", "", names(|source| source.spatial().type_name())),
            column("SpatialModel", "", names(|source| source.spatial().type_name())),
            column("SourceType", "", names(|source| source.source_type().as_str())),
            datum("RAJ2000", "deg", "ra"),
            datum("DEJ2000", "deg", "dec"),
            datum("GLON", "deg", "glon"),
            datum("GLAT", "deg", "glat"),
            datum("ts", "", "ts"),
            datum("loglike", "", "loglike"),
            datum("npred", "", "npred"),
            datum("npred_wt", "", "npred_wt"),
            datum("offset", "deg", "offset"),
            datum("pivot_energy", "MeV", "pivot_energy"),
            scan("norm_scan", "", &rows, |scan| &scan.xvals),
            scan("flux_scan", PHOTONS, &rows, |scan| &scan.flux),
            scan("eflux_scan", ENERGY, &rows, |scan| &scan.eflux),
            scan("dloglike_scan", "", &rows, |scan| &scan.dloglike),
            scan("loglike_scan", "", &rows, |scan| &scan.loglike),
        ];
        columns.extend(parameter_columns(&rows));
        columns.extend(catalog_columns(&rows));
        columns.extend(CONFIDENCE.map(|name| datum(name, "deg", name)));
        for (prefix, unit) in [("flux", PHOTONS), ("eflux", ENERGY)] {
            for range in ["", "100", "1000", "10000"] {
                for ending in ["", "_err", "_ul95", "_ul95_profile"] {
                    let key = format!("{prefix}{range}{ending}");
                    columns.push(datum(&key, unit, &key));
                }
            }
        }
        for name in ["dnde", "dnde100", "dnde1000", "dnde10000"] {
            for (ending, unit) in [("", DIFFERENTIAL), ("_err", DIFFERENTIAL), ("_index", "")] {
                let key = format!("{name}{ending}");
                columns.push(datum(&key, unit, &key));
            }
        }
        columns
    }

    /// Counts and predicted counts, as they are and times the likelihood weights: one row a component and energy bin.
    fn spectra(&self) -> Result<Vec<Column>> {
        let (mut names, mut emin, mut emax) = (Vec::new(), Vec::new(), Vec::new());
        let (mut counts, mut predicted) = (Vec::new(), Vec::new());
        let (mut counts_wt, mut predicted_wt) = (Vec::new(), Vec::new());
        for component in self.session.data.components() {
            let mut npred = vec![0.0; component.counts_spectrum().len()];
            let mut npred_wt = npred.clone();
            for source in self.session.roi.sources() {
                npred.iter_mut().zip(component.npred(source)?).for_each(|(sum, n)| *sum += n);
                npred_wt.iter_mut().zip(component.weighted_npred(source)?).for_each(|(sum, n)| *sum += n);
            }
            for edges in component.axis().edges().windows(2) {
                names.push(component.name());
                emin.extend(edges.first());
                emax.extend(edges.last());
            }
            counts.extend_from_slice(component.counts_spectrum());
            predicted.extend(npred);
            counts_wt.extend_from_slice(component.weighted_counts_spectrum());
            predicted_wt.extend(npred_wt);
        }
        Ok(vec![
            column("component", "", text(names.into_iter())),
            column("e_min", "MeV", ColumnValues::Double(emin)),
            column("e_max", "MeV", ColumnValues::Double(emax)),
            column("counts", "", ColumnValues::Double(counts)),
            column("model_counts", "", ColumnValues::Double(predicted)),
            column("counts_wt", "", ColumnValues::Double(counts_wt)),
            column("model_counts_wt", "", ColumnValues::Double(predicted_wt)),
        ])
    }

    fn source_list(&self) -> Vec<Column> {
        let names = |of: fn(&Source) -> &str| text(self.session.roi.sources().iter().map(of));
        vec![
            column("source_name", "", names(Source::name)),
            column("spectrum_type", "", names(|source| source.spectrum().type_name())),
            column("spatialModel_type", "", names(|source| source.spatial().type_name())),
            column("spectrum_file", "", names(|source| source.spectrum().file().unwrap_or_default())),
            column("spatialModel_file", "", names(|source| source.spatial().file().unwrap_or_default())),
        ]
    }

    /// One row a parameter, the spatial ones included; the scale is not applied.
    fn parameter_list(&self) -> Vec<Column> {
        let rows: Vec<_> = self
            .session
            .roi
            .sources()
            .iter()
            .flat_map(|source| {
                let spectral = source.spectrum().parameters().iter().map(move |p| (source, "spectrum", p));
                spectral.chain(source.spatial().parameters().iter().map(move |p| (source, "spatialModel", p)))
            })
            .collect();
        let number = |name: &str, of: fn(&Parameter) -> f64| {
            column(name, "", ColumnValues::Double(rows.iter().map(|(_, _, p)| of(p)).collect()))
        };
        let kind = |(source, group, _): &(&'_ Source, &str, _)| match *group {
            "spectrum" => source.spectrum().type_name().to_owned(),
            _ => source.spatial().type_name().to_owned(),
        };
        vec![
            column("source_name", "", text(rows.iter().map(|(source, _, _)| source.name()))),
            column("name", "", text(rows.iter().map(|(_, _, p)| p.name()))),
            column("group", "", text(rows.iter().map(|(_, group, _)| *group))),
            column("type", "", ColumnValues::Text(rows.iter().map(kind).collect())),
            number("value", Parameter::value),
            number("error", Parameter::error),
            number("scale", Parameter::scale),
            number("min", Parameter::min),
            number("max", Parameter::max),
            column("free", "", ColumnValues::Short(rows.iter().map(|(_, _, p)| i16::from(p.is_free())).collect())),
        ]
    }
}

/// The resolved configuration: one row a section, its content as JSON.
fn configuration(resolved: &Value) -> Vec<Column> {
    let sections = || resolved.as_object().into_iter().flatten();
    let contents = sections().map(|(_, content)| printable(&content.to_string()));
    vec![
        column("section", "", ColumnValues::Text(sections().map(|(name, _)| printable(name)).collect())),
        column("json", "", ColumnValues::Text(contents.collect())),
    ]
}

/// JSON in printable ASCII, which is all that FITS texts may hold.
fn printable(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && !c.is_ascii_control() {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            text += &["\\u", &format!("{unit:04x}")].concat();
        }
    }
    text
}

/// Points of the sources' profiles; NaN for those without one, or at the end of a shorter one.
fn scan(name: &str, unit: &str, rows: &[Row<'_>], of: fn(&Profile) -> &Vec<f64>) -> Column {
    let lists = || rows.iter().map(|(_, properties)| properties.scan.as_ref().map_or(&[][..], |scan| of(scan)));
    let width = lists().map(<[f64]>::len).max().unwrap_or(0).max(ProfileOptions::default().npts);
    column(name, unit, doubles(width, lists().map(<[f64]>::to_vec)))
}

/// Names, true values and errors of the parameters, in lists of one length.
fn parameter_columns(rows: &[Row<'_>]) -> [Column; 3] {
    let parameters = || rows.iter().map(|(source, _)| source.spectrum().parameters());
    let width = parameters().map(<[Parameter]>::len).max().unwrap_or(0).max(PARAMETERS);
    let names = parameters().flat_map(|list| {
        let names = list.iter().map(|p| p.name().to_owned());
        names.chain(std::iter::repeat(String::new())).take(width)
    });
    let of = |value: fn(&Parameter) -> f64| doubles(width, parameters().map(|list| list.iter().map(value).collect()));
    let error = |p: &Parameter| if p.is_free() { p.true_error() } else { f64::NAN };
    [
        column("param_names", "", ColumnValues::Texts { width, values: names.collect() }),
        column("param_values", "", of(Parameter::true_value)),
        column("param_errors", "", of(error)),
    ]
}

/// Parameters under the names of the LAT catalogs. Spectral indices count positive for falling spectra. `Pivot_Energy` is missing: FITS
/// column names differ by more than case, and `pivot_energy` is that of the error band.
fn catalog_columns(rows: &[Row<'_>]) -> Vec<Column> {
    let of = |name: &str, unit: &str, sign: f64, parameters: &[&str]| {
        let value = |(source, _): &Row<'_>| {
            let spectrum = source.spectrum();
            let found = parameters.iter().find_map(|parameter| spectrum.parameter(parameter));
            found.map_or(f64::NAN, |p| p.true_value() * sign)
        };
        column(name, unit, ColumnValues::Double(rows.iter().map(value).collect()))
    };
    vec![
        of("Flux_Density", DIFFERENTIAL, 1.0, &["Prefactor", "norm"]),
        {
            // alpha is positive already.
            let mut index = of("Spectral_Index", "", -1.0, &["Index", "Index1", "IndexS"]);
            let alpha = of("", "", 1.0, &["alpha"]);
            if let (ColumnValues::Double(values), ColumnValues::Double(alpha)) = (&mut index.values, alpha.values) {
                values.iter_mut().zip(alpha).filter(|(value, _)| value.is_nan()).for_each(|(value, a)| *value = a);
            }
            index
        },
        of("beta", "", 1.0, &["beta"]),
        of("Exp_Index", "", 1.0, &["Index2"]),
        of("Cutoff", "MeV", 1.0, &["Cutoff"]),
        of("Expfactor", "", 1.0, &["Expfactor", "Expfactor2", "ExpfactorS"]),
    ]
}

/// Lists of one length, the shorter ones ended with NaN.
fn doubles(width: usize, lists: impl Iterator<Item = Vec<f64>>) -> ColumnValues {
    let values = lists.flat_map(|list| list.into_iter().chain(std::iter::repeat(f64::NAN)).take(width)).collect();
    ColumnValues::Doubles { width, values }
}

fn column(name: &str, unit: &str, values: ColumnValues) -> Column {
    Column { name: name.to_owned(), unit: unit.to_owned(), values }
}

fn text<'a>(texts: impl Iterator<Item = &'a str>) -> ColumnValues {
    ColumnValues::Text(texts.map(str::to_owned).collect())
}
