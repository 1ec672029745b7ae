//! Catalogs: the real 4FGL-DR2 and 3FHL against the numbers of fermipy's tests, made-up ones of every family, and broken ones.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy takes the helpers of a test for library code")]

mod by_name_and_broken;

use std::path::Path;

use approx::assert_relative_eq;
use fixtures::real_data;
use lat_dataset::Config;
use lat_io::{Catalog, CatalogFamily, Column, ColumnValues, Entry, FitsWriter, Header};
use roi_model::{Frame, SkyDirection, Source};

fn model(catalog: &Catalog, name: &str, extdir: Option<&Path>) -> Source {
    let entry = catalog.entries().iter().find(|entry| entry.name() == name).expect("the source is in the catalog");
    catalog.source(entry, extdir).unwrap()
}

fn check(source: &Source, kind: &str, truths: &[(&str, f64)], tolerance: f64) {
    assert_eq!(source.spectrum().type_name(), kind, "{}", source.name());
    assert_eq!(source.spectrum().parameters().len(), truths.len());
    for &(name, truth) in truths {
        let found = source.spectrum().parameter(name).unwrap();
        assert_relative_eq!(found.true_value(), truth, max_relative = tolerance);
        assert!(found.min() <= found.value() && found.value() <= found.max() && !found.is_free());
    }
}

fn within<'a>(catalog: &'a Catalog, center: &SkyDirection, radius: f64) -> Vec<&'a Entry> {
    let near = |entry: &&Entry| entry.direction().is_some_and(|direction| direction.separation(center) < radius);
    catalog.entries().iter().filter(near).collect()
}

#[test]
fn the_4fgl_dr2_of_fermipys_tests() {
    let Some(path) = real_data("catalogs/gll_psc_v27.fit.gz") else { return };
    let catalog = Catalog::read(&path, &[]).unwrap();
    assert_eq!((catalog.family(), catalog.entries().len()), (CatalogFamily::FourFgl, 5788));
    let center = SkyDirection::from_galactic(0.0, 30.0).unwrap();
    assert_eq!(within(&catalog, &center, 20.0).len(), 140);

    // The reference is printed to four or five digits: tolerances are half a unit of the last one.
    let source = model(&catalog, "4FGL J1605.1-1140", None);
    check(&source, "PowerLaw", &[("Prefactor", 3.5487e-14), ("Index", -2.0657), ("Scale", 3045.06)], 2.5e-5);
    let prefactor = source.spectrum().parameter("Prefactor").unwrap();
    assert_eq!((prefactor.scale(), prefactor.bounds()), (1e-13, (1e-5, 1000.0)));
    let index = source.spectrum().parameter("Index").unwrap();
    assert_eq!((index.scale(), index.bounds()), (-1.0, (0.0, 5.0)));
    let scale = source.spectrum().parameter("Scale").unwrap();
    assert_eq!((scale.scale(), scale.min(), scale.max()), (1.0, scale.value(), scale.value()));

    let truths = [("norm", 1.7456e-13), ("alpha", 2.2619), ("beta", 0.7502), ("Eb", 1771.59)];
    check(&model(&catalog, "4FGL J1557.9-1404", None), "LogParabola", &truths, 7e-5);
    let norm = 6.4947e-13 * (0.00669 * 1433.48f64.powf(0.6667)).exp();
    let source = model(&catalog, "4FGL J1623.0-0315", None);
    let factor = source.spectrum().parameter("Expfactor").unwrap().true_value();
    let truths =
        [("Prefactor", norm), ("Index1", -1.4861), ("Scale", 1433.48), ("Expfactor", factor), ("Index2", 0.6667)];
    check(&source, "PLSuperExpCutoff2", &truths, 1e-3);
    assert!((factor / 0.00669 - 1.0).abs() < 1e-3, "{factor}");
    // fermipy's -0.5 to 0.5, widened to hold the value.
    let factor = source.spectrum().parameter("Expfactor").unwrap();
    assert_eq!((factor.scale(), factor.bounds()), (0.01, (-0.5, factor.value())));
    // The XML that is published with the catalogs has this sigma of IC 443.
    let remnant = model(&catalog, "4FGL J0617.2+2234e", None);
    assert_relative_eq!(remnant.spatial().parameter("Sigma").unwrap().value(), 0.178195, epsilon = 5e-7);

    // gamma Cygni holds this pulsar; the region of 2 degrees around it.
    let pulsar = model(&catalog, "4FGL J2021.5+4026", None);
    assert!(pulsar.aliases().iter().any(|alias| alias == "LAT PSR J2021+4026" || alias == "PSR J2021+4026"));
    let nebula = model(&catalog, "4FGL J2021.0+4031e", None);
    assert_eq!(within(&catalog, &nebula.direction().unwrap(), 2.0).len(), 6);
    assert_eq!(nebula.spatial().type_name(), "RadialDisk");
    assert_relative_eq!(nebula.spatial().parameter("Radius").unwrap().value(), 0.63, max_relative = 1e-6);
}

#[test]
fn every_source_of_the_real_catalogs_becomes_a_model() {
    for name in ["catalogs/gll_psc_v27.fit.gz", "catalogs/gll_psch_v13.fit.gz"] {
        let Some(path) = real_data(name) else { return };
        let catalog = Catalog::read(&path, &[]).unwrap();
        for entry in catalog.entries() {
            let source = catalog.source(entry, None).unwrap();
            let direction = source.direction().expect("a position");
            assert!(direction.separation(&entry.direction().unwrap()) < 1e-6);
            let dnde = source.spectrum().dnde(10_000.0).unwrap();
            assert!(dnde.is_finite() && dnde >= 0.0, "{}: {dnde}", source.name());
        }
    }
}

#[test]
fn the_region_of_the_galactic_centre_is_quick() {
    let Some(path) = real_data("catalogs/gll_psc_v27.fit.gz") else { return };
    let start = std::time::Instant::now();
    let catalog = Catalog::read(&path, &[]).unwrap();
    let center = SkyDirection::from_galactic(0.0, 0.0).unwrap();
    let sources: Vec<Source> =
        within(&catalog, &center, 10.0).into_iter().map(|entry| catalog.source(entry, None).unwrap()).collect();
    eprintln!("{} sources in {:?}", sources.len(), start.elapsed());
    assert!(sources.len() > 50);
    let (l, b) = sources[0].direction().unwrap().coordinates(Frame::Galactic);
    assert!(b.abs() < 10.0 && !(10.0..=350.0).contains(&l));
}

#[test]
fn three_fhl_is_in_gev() {
    let Some(path) = real_data("catalogs/gll_psch_v13.fit.gz") else { return };
    let Some(xml) = real_data("gc-3fhl-srcmaps-small/model_fitA.xml") else { return };
    let catalog = Catalog::read(&path, &[]).unwrap();
    assert_eq!((catalog.family(), catalog.entries().len()), (CatalogFamily::Fhl, 1556));
    let text = std::fs::read_to_string(xml).unwrap();
    // The source maps of that model were made from this catalog.
    let names: Vec<&str> = text
        .split("source name=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|n| n.starts_with("3FHL"))
        .collect();
    assert_eq!(names.len(), 17);
    for name in names {
        let source = model(&catalog, name, None);
        let dnde = source.spectrum().dnde(20_000.0).unwrap();
        assert!((1e-18..1e-13).contains(&dnde), "{name}: {dnde} per MeV at 20 GeV");
        assert_eq!(name.ends_with('e'), !source.spatial().is_point());
    }
}

/// A catalog of one source with these columns besides name and position.
fn made_up(designation: &str, kind: &str, numbers: &[(&str, &str, f64)]) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.fit");
    let text = |name: &str, text: &str| Column {
        name: name.into(),
        unit: String::new(),
        values: ColumnValues::Text(vec![text.to_owned()]),
    };
    let number = |name: &str, unit: &str, x: f64| Column {
        name: name.into(),
        unit: unit.into(),
        values: ColumnValues::Double(vec![x]),
    };
    let mut columns = vec![
        text("Source_Name", "A B"),
        text("SpectrumType", kind),
        text("ASSOC1", "  Some Thing "),
        text("3FGL_Name", "3FGL J1"),
        number("RAJ2000", "deg", 10.0),
        number("DEJ2000", "deg", -20.0),
    ];
    columns.extend(numbers.iter().map(|&(name, unit, x)| number(name, unit, x)));
    let mut header = Header::default();
    header.set("CDS-NAME", designation, "");
    let mut writer = FitsWriter::create(&path).unwrap();
    writer.table("LAT_Point_Source_Catalog", &header, &columns).unwrap();
    writer.finish().unwrap();
    (dir, path)
}

const THREE_FGL: [(&str, &str, f64); 6] = [
    ("Flux_Density", "ph/cm**2/MeV/s", 2e-12),
    ("Spectral_Index", "", 1.5),
    ("Pivot_Energy", "MeV", 1500.0),
    ("beta", "", f64::NEG_INFINITY),
    ("Cutoff", "MeV", 3000.0),
    ("Exp_Index", "", f64::NAN),
];
const FOUR_FGL: [(&str, &str, f64); 6] = [
    ("Pivot_Energy", "MeV", 2000.0),
    ("PL_Flux_Density", "", 1e-13),
    ("LP_Flux_Density", "", 2e-13),
    ("PLEC_Flux_Density", "", 3e-13),
    ("PL_Index", "", 2.5),
    ("LP_Index", "", 2.25),
];

#[test]
fn families_are_told_apart_and_their_columns_read() {
    let (_dir, path) = made_up("3FGL", "PLExpCutoff", &THREE_FGL);
    let catalog = Catalog::read(&path, &["3FGL_Name".to_owned()]).unwrap();
    assert_eq!(catalog.family(), CatalogFamily::ThreeFgl);
    assert_eq!(catalog.entries()[0].association("3FGL_Name"), Some("3FGL J1"));
    let source = model(&catalog, "A B", None);
    assert_eq!(source.aliases(), ["Some Thing", "3FGL J1"]);
    let truths =
        [("Prefactor", 2e-12 * 0.5f64.exp()), ("Index1", -1.5), ("Scale", 1500.0), ("Cutoff", 3000.0), ("Index2", 1.0)];
    check(&source, "PLSuperExpCutoff", &truths, 1e-14);
    // fermipy's 0.001 to 1000, in the power of ten of the value.
    let cutoff = source.spectrum().parameter("Cutoff").unwrap();
    assert_eq!((cutoff.value(), cutoff.scale(), cutoff.bounds()), (3.0, 1000.0, (0.001, 1000.0)));
    // The catalog's density is that of the model at the pivot.
    assert_relative_eq!(source.spectrum().dnde(1500.0).unwrap(), 2e-12, max_relative = 1e-13);

    let dr2 =
        [("LP_beta", "", 0.1), ("PLEC_Index", "", 1.2), ("PLEC_Expfactor", "", 0.005), ("PLEC_Exp_Index", "", 0.6667)];
    let (_dir, path) = made_up("4FGL", "PLSuperExpCutoff", &[FOUR_FGL.as_slice(), &dr2].concat());
    let source = model(&Catalog::read(&path, &[]).unwrap(), "A B", None);
    assert_eq!(source.spectrum().type_name(), "PLSuperExpCutoff2");
    assert_relative_eq!(source.spectrum().dnde(2000.0).unwrap(), 3e-13, max_relative = 1e-13);

    let dr3 =
        [("LP_beta", "", 0.1), ("PLEC_IndexS", "", 6.2), ("PLEC_ExpfactorS", "", 0.5), ("PLEC_Exp_Index", "", 0.6667)];
    let (_dir, path) = made_up("4FGL", "PLSuperExpCutoff", &[FOUR_FGL.as_slice(), &dr3].concat());
    let catalog = Catalog::read(&path, &[]).unwrap();
    assert_eq!(catalog.family(), CatalogFamily::FourFglDr3);
    let source = model(&catalog, "A B", None);
    let truths = [("Prefactor", 3e-13), ("IndexS", -6.2), ("Scale", 2000.0), ("ExpfactorS", 0.5), ("Index2", 0.6667)];
    check(&source, "PLSuperExpCutoff4", &truths, 1e-14);
    // fermipy's 0 to 5, in the power of ten nearest to the value in logarithm.
    let factor = source.spectrum().parameter("ExpfactorS").unwrap();
    assert_eq!((factor.value(), factor.scale(), factor.bounds()), (0.5, 1.0, (0.0, 5.0)));
    assert_eq!(source.spectrum().parameter("IndexS").unwrap().max(), 6.2, "bounds are widened to hold the value");
    assert_eq!(source.spectrum().parameter("Index2").unwrap().bounds(), (-0.5, 2.0));

    let (_dir, path) = made_up("2FHL", "PowerLaw", &[("Flux50", "", 1e-11), ("Spectral_Index", "", 3.0)]);
    let catalog = Catalog::read(&path, &[]).unwrap();
    assert_eq!(catalog.family(), CatalogFamily::Fhl);
    let truths = [("Integral", 1e-11), ("Index", -3.0), ("LowerLimit", 50e3), ("UpperLimit", 2e6)];
    check(&model(&catalog, "A B", None), "PowerLaw2", &truths, 1e-12);
}

/// A row of a catalog in the layouts of 2017 to 2024: name, type, position, and numbers by column.
struct Row<'a> {
    name: &'a str,
    kind: &'a str,
    numbers: &'a [(&'a str, f32)],
}

/// A catalog with the columns and formats of the published ones: single precision, texts of fixed width, and what no model needs.
fn published(directory: &Path, file: &str, designation: &str, numbers: &[&str], texts: &[&str], rows: &[Row<'_>]) {
    let text = |name: &str, value: &dyn Fn(&Row<'_>) -> String| Column {
        name: name.into(),
        unit: String::new(),
        values: ColumnValues::Text(rows.iter().map(value).collect()),
    };
    let mut columns = vec![text("Source_Name", &|row| format!("{:<18}", row.name))];
    for (name, unit) in
        [("RAJ2000", "deg"), ("DEJ2000", "deg"), ("Signif_Avg", "")].into_iter().chain(numbers.iter().map(|n| (*n, "")))
    {
        let unit = match name {
            "Pivot_Energy" | "Cutoff" => "MeV",
            name if name.ends_with("Flux_Density") => "cm-2 MeV-1 s-1",
            _ => unit,
        };
        // What a type of spectrum does not have is infinite or NaN in some catalogs.
        let value = |row: &Row<'_>| row.numbers.iter().find(|(n, _)| *n == name).map_or(f32::NEG_INFINITY, |(_, x)| *x);
        let values = rows.iter().map(|row| match name {
            "RAJ2000" => 241.3,
            "DEJ2000" => -11.6,
            "Signif_Avg" => 12.5,
            _ => value(row),
        });
        columns.push(Column { name: name.into(), unit: unit.into(), values: ColumnValues::Float(values.collect()) });
    }
    columns.push(text("SpectrumType", &|row| row.kind.to_owned()));
    for name in texts {
        columns.push(text(name, &|row| format!("{name} of {}", row.name)));
    }
    columns.push(Column {
        name: "Flags".into(),
        unit: String::new(),
        values: ColumnValues::Short(vec![0; rows.len()]),
    });
    let mut header = Header::default();
    header.set("CDS-NAME", designation, "");
    let mut writer = FitsWriter::create(directory.join(file)).unwrap();
    writer.table("LAT_Point_Source_Catalog", &header, &columns).unwrap();
    writer.finish().unwrap();
}

const COMMON: [&str; 5] = ["Pivot_Energy", "PL_Index", "LP_Index", "LP_beta", "PLEC_Exp_Index"];
const DENSITIES: [&str; 3] = ["PL_Flux_Density", "LP_Flux_Density", "PLEC_Flux_Density"];

/// Power law: density, index, pivot; log-parabola: density, alpha, beta, pivot; PLEC4: density, index, curvature, pivot.
type Truths = ([f64; 3], [f64; 4], [f64; 4]);

#[test]
fn the_newer_releases_give_the_numbers_of_fermipys_tests() {
    let texts = ["ASSOC_FGL", "ASSOC_GAM1", "ASSOC_TEV", "CLASS1", "ASSOC1", "3FGL_Name"];
    let columns = [COMMON.as_slice(), &DENSITIES, &["PLEC_IndexS", "PLEC_ExpfactorS", "PLEC_EPeak", "Npred"]].concat();
    let releases: [(&str, &str, Truths); 3] = [
        (
            "gll_psc_v31.fit",
            "4FGL-DR3",
            (
                [3.0981e-14, 2.0876, 3132.77],
                [5.9488e-13, 2.0324, 0.4997, 1002.92],
                [7.0208e-13, 1.9582, 0.4653, 1387.38],
            ),
        ),
        (
            "gll_psc_v35.fit.gz",
            "4FGL-DR4",
            (
                [2.9204e-14, 2.0761, 3323.97],
                [3.8898e-13, 2.2553, 0.3945, 1187.73],
                [6.3293e-13, 1.9659, 0.47695, 1406.84],
            ),
        ),
        (
            "gll_psc_16year_v2.fit",
            "FL16Y",
            (
                [2.7332e-14, 2.0660, 3441.72],
                [3.8898e-13, 2.2553, 0.3945, 1187.73],
                [6.8069e-13, 1.9789, 0.47595, 1363.21],
            ),
        ),
    ];
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("catalogs")).unwrap();
    for (file, name, (pl, lp, plec)) in releases {
        #[expect(clippy::cast_possible_truncation, reason = "catalogs are single precision")]
        let single = |x: f64| x as f32;
        let power_law =
            [("Pivot_Energy", single(pl[2])), ("PL_Flux_Density", single(pl[0])), ("PL_Index", single(pl[1]))];
        let log_parabola = [
            ("Pivot_Energy", single(lp[3])),
            ("LP_Flux_Density", single(lp[0])),
            ("LP_Index", single(lp[1])),
            ("LP_beta", single(lp[2])),
        ];
        let cutoff = [
            ("Pivot_Energy", single(plec[3])),
            ("PLEC_Flux_Density", single(plec[0])),
            ("PLEC_IndexS", single(plec[1])),
            ("PLEC_ExpfactorS", single(plec[2])),
            ("PLEC_Exp_Index", single(2.0 / 3.0)),
        ];
        let rows = [
            Row { name: "4FGL J1605.1-1140", kind: "PowerLaw", numbers: &power_law },
            Row { name: "4FGL J1557.9-1404", kind: "LogParabola", numbers: &log_parabola },
            Row { name: "4FGL J1623.0-0315", kind: "PLSuperExpCutoff", numbers: &cutoff },
        ];
        published(&dir.path().join("catalogs"), file, name, &columns, &texts, &rows);
        // By its name, as a configuration has it, out of a folder `catalogs`.
        let text = format!("selection: {{ra: 241.3, dec: -11.6}}\nmodel: {{catalogs: [{name}]}}");
        let config = Config::parse(&dir.path().join("config.yaml"), &text).unwrap();
        let roi = lat_dataset::build_region(&config).unwrap().roi;
        let truths = [("Prefactor", pl[0]), ("Index", -pl[1]), ("Scale", pl[2])];
        check(roi.source("4fglj1605.1-1140").unwrap(), "PowerLaw", &truths, 1e-7);
        let truths = [("norm", lp[0]), ("alpha", lp[1]), ("beta", lp[2]), ("Eb", lp[3])];
        check(roi.source("4FGL J1557.9-1404").unwrap(), "LogParabola", &truths, 1e-7);
        let truths = [
            ("Prefactor", plec[0]),
            ("IndexS", -plec[1]),
            ("Scale", plec[3]),
            ("ExpfactorS", plec[2]),
            ("Index2", 2.0 / 3.0),
        ];
        let pulsar = roi.source("4FGL J1623.0-0315").unwrap();
        check(pulsar, "PLSuperExpCutoff4", &truths, 1e-7);
        assert_eq!(pulsar.spectrum().parameter("ExpfactorS").unwrap().scale(), 1.0);
        // Names of other catalogs are aliases; the class is none. Columns can be asked for.
        assert!(
            roi.source("ASSOC_TEV of 4FGL J1623.0-0315").is_ok() && roi.source("CLASS1 of 4FGL J1623.0-0315").is_err()
        );
        assert_eq!((pulsar.catalog_value("Signif_Avg"), pulsar.catalog_value("Flags")), (Some(12.5), Some(0.0)));
        assert_eq!(pulsar.catalog_value("LP_beta"), None, "what is not finite is not there");
    }
}

#[test]
fn the_preliminary_list_gives_the_numbers_of_fermipys_tests() {
    let columns = [COMMON.as_slice(), &["PLEC_Index", "PLEC_Expfactor"]].concat();
    let power_law = [
        ("Pivot_Energy", 3_171.085_f32),
        ("Flux_Density", 3.040_121_2e-14),
        ("PL_Flux_Density", 3.040_121_2e-14),
        ("PL_Index", 2.061_625_2),
    ];
    // The catalog has the density at the pivot, fermipy's test the prefactor.
    let density = 2.344_444_950_67e-11 * (-0.016_446_555_033 * 1_415.796_508_78f64.powf(0.666_666_686_53)).exp();
    #[expect(clippy::cast_possible_truncation, reason = "catalogs are single precision")]
    let density = density as f32;
    let cutoff = [
        ("Pivot_Energy", 1_415.796_5_f32),
        ("Flux_Density", density),
        ("PLEC_Flux_Density", density),
        ("PLEC_Index", 0.099_147_41),
        ("PLEC_Expfactor", 0.016_446_555),
        ("PLEC_Exp_Index", 0.666_666_7),
    ];
    let rows = [
        Row { name: "FL8Y J1605.1-1140", kind: "PowerLaw", numbers: &power_law },
        Row { name: "FL8Y J1614.5-2230", kind: "PLSuperExpCutoff", numbers: &cutoff },
    ];
    for (densities, nick) in [(&["Flux_Density"][..], false), (&DENSITIES[..], true), (&DENSITIES[..], false)] {
        let dir = tempfile::tempdir().unwrap();
        let texts: &[&str] = if nick { &["ASSOC1", "NickName"] } else { &["ASSOC1"] };
        let designation = if nick { "" } else { "FL8Y" };
        published(dir.path(), "gll_psc_8year_v5.fit", designation, &[&columns, densities].concat(), texts, &rows);
        let catalog = Catalog::read(&dir.path().join("gll_psc_8year_v5.fit"), &[]).unwrap();
        assert_eq!(catalog.family(), CatalogFamily::Fl8y);
        let truths = [("Prefactor", 3.040_121_187_5e-14), ("Index", -2.061_625_242_23), ("Scale", 3171.08496)];
        check(&model(&catalog, "FL8Y J1605.1-1140", None), "PowerLaw", &truths, 1e-7);
        let truths = [
            ("Prefactor", 2.344_444_950_67e-11),
            ("Index1", -0.099_147_409_2),
            ("Scale", 1_415.796_508_78),
            ("Expfactor", 0.016_446_555_033),
            ("Index2", 0.666_666_686_53),
        ];
        check(&model(&catalog, "FL8Y J1614.5-2230", None), "PLSuperExpCutoff2", &truths, 1e-6);
    }
}
