//! The tables of a saved analysis as FITS: CATALOG, ROI, SOURCES and PARAMS, as fermipy names them.

use std::path::Path;

use lat_io::fits::{Column, ColumnValues, FitsWriter, Header};
use roi_model::parameter::Parameter;
use roi_model::source::Source;

use crate::analysis::Analysis;
use crate::error::Result;
use crate::properties::SourceProperties;

/// Fluxes of the catalog table and their units.
const FLUXES: [(&str, &str); 8] = [
    ("flux", "ph cm-2 s-1"),
    ("flux100", "ph cm-2 s-1"),
    ("flux1000", "ph cm-2 s-1"),
    ("flux10000", "ph cm-2 s-1"),
    ("eflux", "MeV cm-2 s-1"),
    ("eflux100", "MeV cm-2 s-1"),
    ("eflux1000", "MeV cm-2 s-1"),
    ("eflux10000", "MeV cm-2 s-1"),
];

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
        Ok(writer.finish()?)
    }

    /// One row a source that is no diffuse background.
    fn catalog(&self) -> Vec<Column> {
        let unknown = SourceProperties::default();
        let rows: Vec<(&Source, &SourceProperties)> = self
            .roi
            .sources()
            .iter()
            .filter(|source| !source.spatial().is_diffuse_background())
            .map(|source| (source, self.properties.get(source.name()).unwrap_or(&unknown)))
            .collect();
        let names = |of: fn(&Source) -> &str| text(rows.iter().map(|(source, _)| of(source)));
        let angle = |name: &str, key: &str| {
            let angles = rows.iter().map(|(source, _)| self.source_datum(source, key).unwrap_or(f64::NAN));
            column(name, "deg", ColumnValues::Double(angles.collect()))
        };
        let number = |name: &str, unit: &str, of: &dyn Fn(&SourceProperties) -> Option<f64>| {
            let values = rows.iter().map(|(_, properties)| of(properties).unwrap_or(f64::NAN));
            column(name, unit, ColumnValues::Double(values.collect()))
        };
        let mut columns = vec![
            column("Source_Name", "", names(Source::name)),
            column("SpectrumType", "", names(|source| source.spectrum().type_name())),
            column("SpatialType", "", names(|source| source.spatial().type_name())),
            column("SourceType", "", names(|source| source.source_type().as_str())),
            angle("RAJ2000", "ra"),
            angle("DEJ2000", "dec"),
            angle("GLON", "glon"),
            angle("GLAT", "glat"),
            angle("offset", "offset"),
            number("ts", "", &|p| p.ts),
            number("npred", "", &|p| Some(p.npred)),
        ];
        for (name, unit) in FLUXES {
            columns.push(number(name, unit, &|p| p.fluxes.get(name)?.value));
            columns.push(number(&format!("{name}_err"), unit, &|p| p.fluxes.get(name)?.error));
        }
        for name in ["dnde", "dnde100", "dnde1000", "dnde10000"] {
            columns.push(number(name, "ph cm-2 s-1 MeV-1", &|p| p.dnde.get(name)?.value));
            columns.push(number(&format!("{name}_index"), "", &|p| p.dnde_index.get(name).copied()));
        }
        columns
    }

    /// Counts and predicted counts: one row a component and energy bin.
    fn spectra(&self) -> Result<Vec<Column>> {
        let (mut names, mut emin, mut emax) = (Vec::new(), Vec::new(), Vec::new());
        let (mut counts, mut predicted) = (Vec::new(), Vec::new());
        for component in self.likelihood.components() {
            let mut npred = vec![0.0; component.counts_spectrum().len()];
            for source in self.roi.sources() {
                npred.iter_mut().zip(component.npred(source)?).for_each(|(sum, n)| *sum += n);
            }
            for edges in component.axis().edges().windows(2) {
                names.push(component.name());
                emin.extend(edges.first());
                emax.extend(edges.last());
            }
            counts.extend_from_slice(component.counts_spectrum());
            predicted.extend(npred);
        }
        Ok(vec![
            column("component", "", text(names.into_iter())),
            column("e_min", "MeV", ColumnValues::Double(emin)),
            column("e_max", "MeV", ColumnValues::Double(emax)),
            column("counts", "", ColumnValues::Double(counts)),
            column("model_counts", "", ColumnValues::Double(predicted)),
        ])
    }

    fn source_list(&self) -> Vec<Column> {
        let names = |of: fn(&Source) -> &str| text(self.roi.sources().iter().map(of));
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

fn column(name: &str, unit: &str, values: ColumnValues) -> Column {
    Column { name: name.to_owned(), unit: unit.to_owned(), values }
}

fn text<'a>(texts: impl Iterator<Item = &'a str>) -> ColumnValues {
    ColumnValues::Text(texts.map(str::to_owned).collect())
}
