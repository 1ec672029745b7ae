//! What stands on a page.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use lat_response::{Frame, SkyGrid, WcsHeader};
use ndarray::Array2;
use roi_estimators::{CurvatureOptions, SedOptions, SedResult, curvature, sed};
use roi_fit::{Analysis, FitOptions, Quiet, SourceProperties};
use roi_model::{SkyDirection, Source, SourceType};
use roi_report::{
    BesideFile, Choice, ImageKind, LightCurveBin, LightCurvePanel, Problem, ReportInput, ReportOptions, SkyImage,
    gather, report, write_report,
};
use roi_simulate::{SimulationOptions, simulate};

/// A region in memory.
fn analysis(sources: usize) -> Analysis {
    let options = SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(sources);
    let simulated = simulate(&options).unwrap();
    Analysis::new(simulated.start.clone(), simulated.likelihood().unwrap()).unwrap()
}

/// A page with something of everything, and among it numbers that are none.
fn full(analysis: &mut Analysis, pixels: usize) -> ReportInput {
    let fit = analysis.fit(&FitOptions::default()).unwrap();
    let mut input = ReportInput::new(analysis).unwrap().with_fit(Some(fit));
    let placed = input.roi.sources().iter().filter(|source| source.direction().is_some());
    for name in placed.map(|source| source.name().to_owned()).collect::<Vec<_>>() {
        input.seds.push(sed(analysis.session(), &name, &SedOptions::default()).unwrap());
        let bins = vec![
            LightCurveBin::new(0.0, 1e6).with_flux(Some(1e-7), Some(2e-8)).with_ts(Some(f64::INFINITY)),
            LightCurveBin::new(1e6, 2e6).with_flux(Some(f64::NAN), None).with_flux_ul95(Some(3e-8)).with_ts(Some(0.5)),
            LightCurveBin::new(2e6, 3e6).with_problem(Some("no livetime".into())),
        ];
        input.light_curves.push(LightCurvePanel::new(name, bins));
    }
    let center = input.roi.center();
    let header = WcsHeader::centered([pixels, pixels], 0.1, Frame::Celestial, "TAN", [center.ra(), center.dec()]);
    let grid = SkyGrid::wcs(header).unwrap();
    let mut values = Array2::from_shape_fn((pixels, pixels), |(y, x)| ((x * 7919 + y * 104_729) % 9973) as f64 / 7.0);
    values[[3, 4]] = f64::NAN;
    for kind in [ImageKind::Counts, ImageKind::Model, ImageKind::Significance, ImageKind::Ts] {
        input.images.push(SkyImage::new(kind, &grid, &values, &center).unwrap());
    }
    input
}

/// The text between two marks, for each time that the first occurs.
fn between<'a>(page: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}

#[test]
fn every_source_has_a_row_that_links_to_its_panel() {
    let input = full(&mut analysis(4), 40);
    let page = report(&input).unwrap();
    assert_eq!(input.roi.sources().len(), 6);
    for source in input.roi.sources() {
        let row = format!("\">{}</a>", source.name());
        let link = page.split(&row).next().unwrap().rsplit("<a href=\"#").next().unwrap();
        let panel = page.split(&format!("<details class=\"panel\" id=\"{link}\">")).nth(1).unwrap();
        let panel = panel.split("</details>").next().unwrap();
        assert!(panel.contains(&format!("<h3>{}</h3>", source.name())), "{link}");
        for p in source.spectrum().parameters() {
            assert!(panel.contains(&format!("<th scope=\"row\">{}</th>", p.name())), "{link} {}", p.name());
        }
        if source.direction().is_some() {
            for figure in ["sed", "profile", "light-curve"] {
                assert!(panel.contains(&format!("id=\"{link}-{figure}\"")), "{link} {figure}");
            }
        }
    }
    for figure in ["map-0", "map-3", "counts-0", "residuals", "correlation"] {
        assert!(page.contains(&format!("id=\"{figure}\" data-figure")), "{figure}");
    }
}

#[test]
fn nothing_is_fetched_and_no_number_is_none() {
    let page = report(&full(&mut analysis(2), 40)).unwrap();
    let policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:";
    assert!(page.contains(policy));
    for attribute in ["src=\"", "href=\"", "action=\"", "data=\"", "poster=\"", "srcset=\""] {
        for target in between(&page, &format!(" {attribute}"), "\"") {
            assert!(target.starts_with('#'), "{attribute}{target}");
        }
    }
    assert!(!page.contains("@import") && !page.contains("url("));
    // All but the style before it, and what is packed behind it.
    let text = page.split("</style>").nth(1).unwrap().split("<script type=\"application/gzip\"").next().unwrap();
    for word in ["NaN", "nan", "inf<", "-inf", "None", "null"] {
        let before = || text.split(word).next().unwrap_or_default();
        assert!(
            !text.contains(word),
            "{word}: {}",
            before().get(before().len().saturating_sub(90)..).unwrap_or_default()
        );
    }
    assert!(text.contains('\u{221e}') && text.contains('\u{2014}'));
}

#[test]
fn curvatures_and_files_beside_the_page_stand_in_the_panel_of_their_source() {
    let mut analysis = analysis(2);
    let mut input = full(&mut analysis, 20);
    let name = input.seds[0].name.clone();
    let found = curvature(analysis.session(), &name, &CurvatureOptions::default()).unwrap();
    let loglike = found.pl.loglike;
    input = input.with_curvatures(vec![found]).with_files(vec![
        BesideFile::new(&name, "spectrum", "page_files/spectrum \"1\".fits"),
        BesideFile::new("", "TS map", "page_files/TS_map.fits"),
    ]);
    let page = report(&input).unwrap();
    let heading = format!("<h3>{name}</h3>");
    let panel = between(&page, &heading, "</details>").next().unwrap();
    let table = between(panel, "<caption>Curvature of the spectrum</caption>", "</table>").next().unwrap();
    let row = between(table, "<th scope=\"row\">power law</th>", "</tr>").next().unwrap();
    assert!(row.contains(&format!("<td>{}</td>", roi_fit::fixed(loglike, 3))), "{loglike} in {row}");
    let references: Vec<&str> = between(panel, "<a href=\"./", "\"").collect();
    assert_eq!(references, ["page_files/spectrum%20%221%22.fits"]);
    let maps = between(&page, "<section id=\"maps\"", "</section>").next().unwrap();
    assert!(maps.contains("<a href=\"./page_files/TS_map.fits\">TS map (page_files/TS_map.fits)</a>"), "{maps}");
    assert_eq!(page.matches("href=\"./").count(), 2);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let input = full(&mut analysis(2), 40);
    assert!(report(&input).unwrap() == report(&input.clone()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let bytes = write_report(&input, &path).unwrap();
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.len() == bytes && written == report(&input).unwrap());
    assert!(write_report(&input, &folder.path().join("nowhere/page.html")).is_err());
}

#[test]
fn a_hostile_name_is_text() {
    let mut input = full(&mut analysis(2), 40);
    let hostile = "</script><script>alert(1)</script><img src=x onerror=\"alert(2)\">";
    let first = input.roi.sources()[0].name().to_owned();
    let source = input.roi.remove_source(&first).unwrap();
    let renamed = Source::new(hostile, SourceType::Point, source.spectrum().clone(), source.spatial().clone()).unwrap();
    input.roi.add_source(renamed).unwrap();
    input.roi.set_title(hostile);
    input.problems.push(Problem::new(hostile, hostile, hostile));
    input.remarks.push(hostile.to_owned());
    let input = input.with_command(hostile).with_provenance(serde_json::json!({
        "program": hostile, "version": hostile, "date": hostile, "options": [hostile],
        "inputs": [{ "what": hostile, "path": hostile, "bytes": 3, "sha256": hostile }],
    }));
    let page = report(&input.with_config(serde_json::json!({ hostile: hostile }))).unwrap();
    assert!(!page.contains("<script>alert") && !page.contains("<img") && !page.contains("onerror=\""));
    assert_eq!(page.matches("<script").count(), 3);
}

#[test]
fn the_status_tells_how_the_fit_ended() {
    let mut input = full(&mut analysis(2), 40);
    assert!(report(&input).unwrap().contains("Quality 3 of 3"));
    let fit = input.fit.as_mut().unwrap();
    (fit.fit_quality, fit.at_limit) = (2, vec![0]);
    let (source, parameter) = (fit.src_names[0].clone(), fit.par_names[0].clone());
    let page = report(&input).unwrap();
    assert!(page.contains("class=\"badge note\"") && page.contains("Quality 2 of 3"));
    assert!(page.contains(&format!("{parameter} of {source} ended at a bound")));
    let fit = input.fit.as_mut().unwrap();
    (fit.fit_success, fit.fit_quality, fit.message) = (false, 0, "too few calls".into());
    let page = report(&input).unwrap();
    assert!(page.contains("class=\"badge bad\"") && page.contains("The fit failed (too few calls"));
    let page = report(&input.with_fit(None)).unwrap();
    assert!(page.contains("No fit was made for this report") && page.contains("--fit-first"));
}

#[test]
fn an_analysis_in_memory_has_a_page_without_maps() {
    let mut analysis = analysis(2);
    let options = ReportOptions::default().with_sed(Choice::All);
    let input = gather(&mut analysis, &options, &mut Quiet).unwrap();
    assert_eq!((input.seds.len(), input.images.len(), input.problems.len()), (2, 0, 1));
    let page = report(&input).unwrap();
    assert!(!page.contains("id=\"maps\"") && page.contains("The maps could not be made"));
    let unknown = ReportOptions::default().with_localize(Choice::Named(vec!["nobody".into()]));
    assert!(gather(&mut analysis, &unknown, &mut Quiet).unwrap_err().to_string().contains("nobody"));
}

/// The bar: under 5 MB for 100 sources, a spectrum of 30 bins of each, and four maps of as many pixels as are shown.
#[test]
fn a_page_of_a_hundred_sources_is_small() {
    let mut input = full(&mut analysis(2), 200);
    let pattern = input.roi.sources().iter().find(|source| source.direction().is_some()).unwrap().clone();
    let (known, spectrum) = (input.sources[pattern.name()].clone(), input.seds[0].clone());
    for index in 0..100 {
        let name = format!("SIM J{index:04}.0+1234");
        let shape = pattern.spatial().clone();
        let mut source = Source::new(&name, SourceType::Point, pattern.spectrum().clone(), shape).unwrap();
        source.set_center(SkyDirection::new(80.0 + 0.05 * f64::from(index), 22.0).unwrap());
        input.roi.add_source(source).unwrap();
        let factor = 1.0 + f64::from(index) * 0.012_345_678_9;
        input.seds.push(like(&spectrum, &name, factor));
        input.sources.insert(name, brighter(&known, factor));
    }
    let page = report(&input).unwrap();
    assert!(page.len() < 5_000_000, "{}", page.len());
}

/// What is known of a source, with numbers of its own.
fn brighter(known: &SourceProperties, factor: f64) -> SourceProperties {
    let mut known = known.clone();
    if let Some(model) = &mut known.model_flux {
        for list in [&mut model.dnde, &mut model.dnde_lo, &mut model.dnde_hi] {
            for value in list.iter_mut() {
                *value *= factor;
            }
        }
    }
    known
}

/// A spectrum of 30 bins with numbers of its own.
fn like(spectrum: &SedResult, name: &str, factor: f64) -> SedResult {
    let mut own = spectrum.clone();
    name.clone_into(&mut own.name);
    own.bins = (0..30).map(|at| spectrum.bins[at % spectrum.bins.len()].clone()).collect();
    let mut edge = 100.0;
    for bin in &mut own.bins {
        (bin.e_min, bin.e_max) = (edge, 1.3 * edge);
        edge *= 1.3;
        bin.norm = bin.norm.map(|norm| norm * factor * (1.0 + 1e-7 * edge));
        bin.norm_scan.iter_mut().for_each(|norm| *norm *= factor * (1.0 + 1e-7 * edge));
    }
    own
}
