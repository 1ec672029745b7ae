//! The program from outside: results, exit codes, and messages that name the culprit.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::{is_refusal, json, roi_fit};

/// A small simulated region, made once by the program itself.
fn original() -> &'static Path {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().to_str().unwrap();
        let size = ["--npix", "24", "--ebins", "6", "--sources", "3"];
        let output = roi_fit(&[&["simulate", "--out", out][..], &size].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        directory
    });
    directory.path()
}

/// A copy of it that a test may spoil.
fn region() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(original()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

fn config(directory: &Path) -> String {
    directory.join("config.yaml").to_str().unwrap().to_owned()
}

/// Replaces text in a file of the region; it must be there.
fn replace(directory: &Path, file: &str, from: &str, to: &str) {
    let path = directory.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "no '{from}' in {file}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
}

/// Overwrites bytes of the data of a FITS extension (or of the primary HDU, for an empty name).
fn patch(path: &Path, extension: &str, offset: usize, bytes: &[u8]) {
    let mut file = std::fs::read(path).unwrap();
    let find =
        |from: usize, what: &[u8]| (from..file.len()).step_by(80).find(|&at| file[at..].starts_with(what)).unwrap();
    let header = if extension.is_empty() { 0 } else { find(0, format!("EXTNAME = '{extension}").as_bytes()) };
    let data = (find(header, b"END     ") / 2880 + 1) * 2880;
    file[data + offset..data + offset + bytes.len()].copy_from_slice(bytes);
    std::fs::write(path, file).unwrap();
}

#[test]
fn loglike_reports_every_source_component_and_derivative() {
    let result = json(&["loglike", &config(original())]);
    assert!(result["logLike"].as_f64().unwrap().is_finite());
    assert_eq!(result["logLike"], result["loglike"]);
    let sources = result["sources"].as_object().unwrap();
    assert_eq!(sources.len(), 5);
    let npred: f64 = sources.values().map(|s| s["npred"].as_f64().unwrap()).sum();
    assert!((npred / result["npred"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    for source in sources.values() {
        let by_bin: f64 = source["npred_by_bin"][0].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).sum();
        assert!((by_bin - source["npred"].as_f64().unwrap()).abs() < 1e-9 * by_bin);
    }
    assert!(result["gradient"].as_object().unwrap().keys().all(|key| key.contains(':')));
    assert_eq!(result["components"].as_array().unwrap().len(), 1);
}

#[test]
fn fit_writes_the_documented_dictionary_and_a_model_that_opens_again() {
    let directory = region();
    let xml = directory.path().join("fitted.xml");
    let result = json(&["fit", &config(directory.path()), "--xml", xml.to_str().unwrap()]);
    for key in [
        "fit_quality",
        "fit_status",
        "fit_success",
        "edm",
        "niter",
        "logLike",
        "dlogLike",
        "loglike",
        "dloglike",
        "values",
        "errors",
        "covariance",
        "correlation",
        "true_values",
        "true_errors",
        "true_covariance",
        "src_names",
        "par_names",
        "is_norm",
        "config",
        "sources",
        "timing",
        "calls",
    ] {
        assert!(!result[key].is_null(), "{key}");
    }
    assert_eq!(result["fit_quality"], 3);
    for source in result["sources"].as_object().unwrap().values() {
        assert!(source["ts"].is_number() && source["npred"].is_number());
    }
    // The model that was written has the likelihood of the fit, to the last bit.
    replace(directory.path(), "config.yaml", "srcmdl_00.xml", "fitted.xml");
    assert_eq!(json(&["loglike", &config(directory.path())])["logLike"], result["logLike"]);
}

#[test]
fn the_number_of_threads_changes_no_digit() {
    let fit = |threads: &str| {
        let mut result = json(&["fit", &config(original()), "--threads", threads]);
        let result_map = result.as_object_mut().unwrap();
        result_map.remove("timing");
        // The command line and the date.
        result_map.remove("provenance").unwrap();
        result
    };
    assert_eq!(fit("1"), fit("3"));
}

#[test]
fn optimize_reports_its_steps() {
    let directory = region();
    let xml = directory.path().join("optimized.xml");
    let result = json(&["optimize", &config(directory.path()), "--xml", xml.to_str().unwrap(), "--skip", "isodiff"]);
    assert!(result["dlogLike"].as_f64().unwrap() > 0.0);
    let steps = result["steps"].as_array().unwrap();
    assert!(
        !steps.is_empty() && steps.iter().all(|step| !step["sources"].as_array().unwrap().contains(&"isodiff".into()))
    );
    assert!(xml.exists());
}

#[test]
fn tables_are_for_people_and_silence_for_quiet() {
    let output = roi_fit(&["params", &config(original()), "--all"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("parname") && text.contains("Prefactor") && text.contains("galdiff"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours in a pipe");
    assert!(output.stderr.is_empty());
    assert!(roi_fit(&["params", &config(original()), "--quiet"]).stdout.is_empty());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    use std::process::{Command, Stdio};
    let mut command = Command::new(env!("CARGO_BIN_EXE_roi-fit"));
    let mut child = command
        .args(["params", &config(original()), "--all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
}

#[test]
fn options_free_what_they_say() {
    let fit =
        |arguments: &[&str]| json(&[&["fit", &config(original()), "--fix-all", "--no-update"], arguments].concat());
    let names = |result: &Value| -> Vec<String> {
        let part = |key: &str| result[key].as_array().unwrap().clone();
        let both = part("src_names").into_iter().zip(part("par_names"));
        both.map(|(s, p)| format!("{}:{}", s.as_str().unwrap(), p.as_str().unwrap())).collect()
    };
    assert_eq!(names(&fit(&["--free", "isodiff"])), ["isodiff:Normalization"]);
    assert_eq!(names(&fit(&["--free", "galdiff:norm"])), ["galdiff:Prefactor"]);
    assert_eq!(names(&fit(&["--free", "galdiff:Prefactor,Index"])), ["galdiff:Prefactor", "galdiff:Index"]);
    // Near the centre: the sources whose distance, from the coordinates themselves, is smaller; and those without a position.
    let analysis = roi_fit::Analysis::open(config(original())).unwrap();
    let unit = |ra: f64, dec: f64| {
        let (ra, dec) = (ra.to_radians(), dec.to_radians());
        [dec.cos() * ra.cos(), dec.cos() * ra.sin(), dec.sin()]
    };
    let center = unit(analysis.roi().center().ra(), analysis.roi().center().dec());
    let distance = |position: [f64; 3]| {
        let dot: f64 = center.iter().zip(position).map(|(a, b)| a * b).sum();
        dot.clamp(-1.0, 1.0).acos().to_degrees()
    };
    let sources: Vec<(String, Option<f64>)> = analysis
        .roi()
        .sources()
        .iter()
        .map(|s| (s.name().to_owned(), s.direction().map(|d| distance(unit(d.ra(), d.dec())))))
        .collect();
    let mut distances: Vec<f64> = sources.iter().filter_map(|(_, distance)| *distance).collect();
    distances.sort_by(f64::total_cmp);
    let between = 0.5 * (distances[0] + distances[1]);
    let near = fit(&["--distance", &between.to_string(), "--pars", "norm"]);
    let is_near = |(_, distance): &&(String, Option<f64>)| distance.is_none_or(|d| d < between);
    let expected: Vec<String> = sources.iter().filter(is_near).map(|(name, _)| name.clone()).collect();
    assert_eq!(expected.len(), 3, "one point source and two diffuse ones");
    let found: Vec<String> = near["src_names"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().into()).collect();
    assert_eq!(found, expected);
    assert!(near["is_norm"].as_array().unwrap().iter().all(|norm| norm == true));
    assert_eq!(names(&fit(&["--minmax-npred", "1e12,"])), Vec::<String>::new());
}

#[test]
fn a_fit_that_cannot_converge_ends_with_3_and_says_why() {
    let directory = region();
    let xml = directory.path().join("never.xml");
    let arguments = ["fit", &config(directory.path()), "--max-calls", "4", "--xml", xml.to_str().unwrap(), "--json"];
    let dictionary = directory.path().join("fit.json");
    let output = roi_fit(&[&arguments[..], &[dictionary.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("restored"));
    let result: Value = serde_json::from_str(&std::fs::read_to_string(dictionary).unwrap()).unwrap();
    assert_eq!((&result["fit_success"], &result["restored"]), (&false.into(), &true.into()));
    // The numbers of the failed attempt, and beside them those of the model, which it was restored to.
    let free = json(&["params", &config(directory.path())]);
    let free: Vec<&Value> = free["parameters"].as_array().unwrap().iter().filter(|p| p["free"] == true).collect();
    let start: Value = free.iter().map(|p| p["value"].clone()).collect();
    assert_eq!(result["start_values"], start);
    assert_ne!(result["values"], start, "the attempts moved");
    assert!(result["dlogLike"].as_f64().unwrap() > 1.0);
    assert!(!xml.exists(), "no model is written for a failed fit");
}

#[test]
fn wrong_usage_is_2() {
    let config = config(original());
    is_refusal(&roi_fit(&["fit"]), &["CONFIG"]);
    is_refusal(&roi_fit(&["fitt", &config]), &["fitt"]);
    is_refusal(&roi_fit(&["fit", &config, "--optimizer", "MINUET"]), &["MINUET", "NEWTON"]);
    is_refusal(&roi_fit(&["fit", &config, "--threads", "0"]), &["threads"]);
    is_refusal(&roi_fit(&["fit", &config, "--threads", "100000"]), &["threads"]);
    is_refusal(&roi_fit(&["fit", &config, "--free", "nobody"]), &["nobody"]);
    is_refusal(&roi_fit(&["fit", &config, "--minmax-ts", "ten"]), &["--minmax-ts", "ten"]);
    is_refusal(&roi_fit(&["fit", &config, "--tol", "-1"]), &["tol"]);
    is_refusal(&roi_fit(&["optimize", &config, "--npred-frac", "2"]), &["npred_frac"]);
    is_refusal(&roi_fit(&["simulate", "--out", "/proc/nowhere"]), &["/proc/nowhere"]);
}

#[test]
fn a_missing_file_is_named() {
    is_refusal(&roi_fit(&["loglike", "nowhere/config.yaml"]), &["nowhere/config.yaml"]);
    for file in ["ccube_00.fits", "srcmap_00.fits", "srcmdl_00.xml"] {
        let directory = region();
        std::fs::remove_file(directory.path().join(file)).unwrap();
        is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &[file]);
    }
}

#[test]
fn truncated_files_are_named() {
    for file in ["ccube_00.fits", "srcmap_00.fits", "srcmdl_00.xml"] {
        for part in [0, 1, 2, 3] {
            let directory = region();
            let path = directory.path().join(file);
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() * part / 4]).unwrap();
            is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &[file]);
        }
    }
}

#[test]
fn counts_and_maps_that_are_no_numbers_are_named() {
    for bad in [f32::NAN, f32::INFINITY, -1.0] {
        let directory = region();
        patch(&directory.path().join("ccube_00.fits"), "", 0, &bad.to_be_bytes());
        is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &["ccube_00.fits", "counts"]);
    }
    let directory = region();
    patch(&directory.path().join("srcmap_00.fits"), "galdiff", 400, &f32::NAN.to_be_bytes());
    is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &["srcmap_00.fits", "galdiff"]);
}

#[test]
fn products_that_do_not_belong_together_are_named() {
    let other = tempfile::tempdir().unwrap();
    let size = ["--npix", "20", "--ebins", "6", "--sources", "3"];
    assert!(roi_fit(&[&["simulate", "--out", other.path().to_str().unwrap()][..], &size].concat()).status.success());
    let directory = region();
    std::fs::copy(other.path().join("srcmap_00.fits"), directory.path().join("srcmap_00.fits")).unwrap();
    is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &["srcmap_00.fits"]);

    // An energy edge that differs: upper edge of the first row, after the channel (2 bytes) and the lower edge (4).
    let directory = region();
    patch(&directory.path().join("srcmap_00.fits"), "EBOUNDS", 6, &1.234e5_f32.to_be_bytes());
    is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &["srcmap_00.fits", "EBOUNDS"]);
}

#[test]
fn a_model_that_cannot_be_is_named() {
    let xml = std::fs::read_to_string(original().join("srcmdl_00.xml")).unwrap();
    let spoil = |from: &str, to: &str, names: &[&str]| {
        let directory = region();
        replace(directory.path(), "srcmdl_00.xml", from, to);
        is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &[&["srcmdl_00.xml"], names].concat());
    };
    spoil("\"galdiff\"", "\"isodiff\"", &["isodiff", "unique"]);
    spoil("type=\"FileFunction\"", "type=\"FileFunktion\"", &["FileFunktion", "isodiff", "FileFunction"]);
    spoil("<source_library", "<source_libary", &[]);
    // A source whose map is missing.
    let directory = region();
    replace(directory.path(), "srcmdl_00.xml", "name=\"galdiff\"", "name=\"galaxy\"");
    is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &["srcmap_00.fits", "galaxy"]);
    // A value outside its bounds, one that is no number, and one that is missing.
    let galactic = &xml[xml.find("\"galdiff\"").unwrap()..];
    let start = galactic.find("value=\"").unwrap() + "value=\"".len();
    let value = &galactic[start..start + galactic[start..].find('"').unwrap()];
    let from = format!("value=\"{value}\"");
    let with = |to: &str| {
        let directory = region();
        let at = xml.find("\"galdiff\"").unwrap();
        let text = format!("{}{}", &xml[..at], galactic.replacen(&from, to, 1));
        std::fs::write(directory.path().join("srcmdl_00.xml"), text).unwrap();
        is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &["srcmdl_00.xml", "galdiff", "Prefactor"]);
    };
    with("value=\"1e9\"");
    with("value=\"NaN\"");
    with("value=\"one\"");
    with("");
}

#[test]
fn a_configuration_that_cannot_be_is_named() {
    let spoil = |from: &str, to: &str, names: &[&str]| {
        let directory = region();
        replace(directory.path(), "config.yaml", from, to);
        is_refusal(&roi_fit(&["loglike", &config(directory.path())]), &[&["config.yaml"], names].concat());
    };
    spoil("gtlike:", "gtlik:", &["gtlik", "gtlike"]);
    spoil("edisp: false", "edisp: true", &["edisp"]);
    spoil("edisp: false", "edisp: [", &[]);
    spoil("emin: 100", "emin: hundred", &["emin"]);
}

#[test]
fn demo_writes_its_results() {
    let directory = tempfile::tempdir().unwrap();
    let out: PathBuf = directory.path().join("demo");
    let output = roi_fit(&["demo", "--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("quality 3"), "{text}");
    for file in
        ["config.yaml", "ccube_00.fits", "srcmap_00.fits", "srcmdl_00.xml", "optimize.json", "fit.json", "fitted.xml"]
    {
        assert!(out.join(file).exists(), "{file}");
    }
}

/// The least bytes with which an analysis of a region opens, on one thread.
fn least_memory(config: &str) -> u64 {
    let output = roi_fit(&["loglike", config, "--threads", "1", "--max-memory", "100kB"]);
    let message = String::from_utf8(output.stderr).unwrap();
    message.split("at least ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap()
}

#[test]
fn a_model_map_keeps_to_the_limit_that_its_analysis_has() {
    let directory = region();
    let config = config(directory.path());
    // Without a free parameter: the room for profiles would hold a model map, too.
    let model = directory.path().join("srcmdl_00.xml");
    std::fs::write(&model, std::fs::read_to_string(&model).unwrap().replace("free=\"1\"", "free=\"0\"")).unwrap();
    let limit = least_memory(&config).to_string();
    assert!(roi_fit(&["loglike", &config, "--threads", "1", "--max-memory", &limit]).status.success());
    let arguments = ["model-map", config.as_str(), "--threads", "1", "--max-memory"];
    is_refusal(&roi_fit(&[&arguments[..], &[&limit]].concat()), &["bytes", "--max-memory"]);
    let output = roi_fit(&[&arguments[..], &["1GiB"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn regions_of_a_batch_share_the_limit_wherever_it_is_set() {
    let regions = [region(), region()];
    let configs: Vec<String> = regions.iter().map(|region| config(region.path())).collect();
    let limit = least_memory(&configs[0]) * 3 / 2;
    let run = |configs: &[String], out: &str, more: &[&str]| {
        let out = regions[0].path().join(out);
        let paths: Vec<&str> = configs.iter().map(String::as_str).collect();
        let common = ["--out", out.to_str().unwrap(), "--only-optimize", "--threads", "1"];
        roi_fit(&[&["batch"], &paths[..], &common, more].concat())
    };
    let asked = limit.to_string();
    let alone = run(&configs[..1], "alone", &["--jobs", "8", "--max-memory", &asked]);
    assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stdout));
    assert_eq!(run(&configs, "both", &["--jobs", "8", "--max-memory", &asked]).status.code(), Some(2));
    for config in &configs {
        let text = std::fs::read_to_string(config).unwrap();
        let optimizer = format!("optimizer: {{max_memory: {limit}B");
        let changed = if text.contains("optimizer: {") {
            text.replacen("optimizer: {", &format!("{optimizer}, "), 1)
        } else {
            format!("{text}\n{optimizer}}}\n")
        };
        std::fs::write(config, changed).unwrap();
    }
    let one = run(&configs, "one", &["--jobs", "1"]);
    assert!(one.status.success(), "{}", String::from_utf8_lossy(&one.stdout));
    assert_eq!(run(&configs, "two", &["--jobs", "2"]).status.code(), Some(2));
    assert!(
        std::fs::read_to_string(regions[0].path().join("two/summary.json")).unwrap().contains("of memory are needed")
    );
}

#[test]
fn too_little_memory_is_refused_with_the_bytes_that_are_needed() {
    let directory = region();
    let config = config(directory.path());
    let wanted = ["bytes", "source maps at the filled bins"];
    for command in ["loglike", "fit", "optimize", "ts"] {
        is_refusal(&roi_fit(&[command, &config, "--max-memory", "100kB"]), &[&wanted[..], &["--max-memory"]].concat());
    }
    let out = &directory.path().join("new").display().to_string();
    is_refusal(&roi_fit(&["demo", "--out", out, "--max-memory", "100kB"]), &wanted);
    is_refusal(&roi_fit(&["simulate", "--out", out, "--max-memory", "1GiB"]), &["--max-memory", "no limit"]);
    is_refusal(&roi_fit(&["fit", &config, "--max-memory", "plenty"]), &["--max-memory", "2GiB"]);
    let result = json(&["fit", &config, "--max-memory", "1GiB"]);
    let memory = &result["timing"]["memory"];
    assert!(memory["limit"] == 1 << 30 && memory["estimate"].as_u64().unwrap() < 1 << 30);
    // Linux alone tells the peak.
    if Path::new("/proc/self/status").exists() {
        assert!(memory["peak"].as_u64().unwrap() > 1 << 20);
    }
}
