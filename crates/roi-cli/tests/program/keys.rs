//! Every key of every JSON result is explained: what real runs of each command write is compared with what `roi-fit keys` says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fixtures::MadeUpEvents;
use serde_json::Value;

use crate::support::{parsed, roi_fit};

/// Keys that stand in none of the runs of this test: there are no weights, no signal comes, no file is above 256 MiB, and all bins of a light curve take part in
/// the test of variability.
const NOT_HERE: &[&str] = &[
    "npred_wt",
    "counts_wt",
    "sources.*.npred_wt",
    "components.counts_wt",
    "components.npred_wt",
    "components.sources_wt",
    "components.sources_wt.*",
    "interrupted",
    "sources.*.ul95_profile_without.*",
    "fit.sources.*.ul95_profile_without.*",
    "optimize.sources.*.ul95_profile_without.*",
    "provenance.inputs.modified",
    "ts_var_excluded.bin",
    "ts_var_excluded.reason",
];

/// The explained paths of each command, and the explanation of each.
fn explained() -> BTreeMap<String, BTreeMap<String, String>> {
    let all = parsed(&roi_fit(&["keys", "--json", "-"]));
    let paths = |keys: &Value| {
        for (path, key) in keys.as_object().unwrap() {
            assert!(key["doc"].as_str().is_some_and(|doc| doc.ends_with('.')) && key["unit"].is_string(), "{path}");
        }
        let doc = |key: &Value| key["doc"].as_str().unwrap().to_owned();
        keys.as_object().unwrap().iter().map(|(path, key)| (path.clone(), doc(key))).collect()
    };
    all.as_object().unwrap().iter().map(|(command, keys)| (command.clone(), paths(keys))).collect()
}

/// A key and its explanation, wherever they stand.
fn definition(path: &str, doc: &str) -> (String, String) {
    (path.rsplit('.').next().unwrap().to_owned(), doc.to_owned())
}

/// What runs of a command have shown.
struct Seen<'a> {
    command: &'a str,
    explained: &'a BTreeMap<String, String>,
    shown: BTreeSet<String>,
    unexplained: BTreeSet<String>,
}

impl Seen<'_> {
    fn look(&mut self, value: &Value, at: &str) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| self.look(value, at)),
            Value::Object(map) => map.iter().for_each(|(key, value)| self.look_below(key, value, at)),
            _ => {}
        }
    }

    fn look_below(&mut self, key: &str, value: &Value, at: &str) {
        let path = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
        match [path(key), path("*")].into_iter().find(|path| self.explained.contains_key(path)) {
            Some(path) => {
                self.look(value, &path);
                self.shown.insert(path);
            }
            None => {
                self.unexplained.insert(path(key));
            }
        }
    }

    /// Runs the command and looks at its JSON.
    fn run(&mut self, arguments: &[&str]) {
        let output = roi_fit(&[&[self.command], arguments, &["--json", "-"]].concat());
        self.look(&parsed(&output), "");
    }
}

/// Runs of each command that show all keys.
fn runs(folder: &Path) -> Vec<(&'static str, Vec<Vec<String>>)> {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (base, events) = (path("base"), path("events"));
    let source = "SIM J0534.5+2200";
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let on = |more: &[&str]| words(&[&[base.as_str()], more].concat());
    vec![
        ("demo", vec![words(&["--out", &path("demo")])]),
        (
            "simulate",
            vec![
                words(&["--out", &path("one"), "--npix", "12", "--ebins", "3"]),
                words(&["--out", &path("many"), "--npix", "12", "--ebins", "3", "--regions", "2"]),
                words(&["--out", &path("photons"), "--npix", "12", "--ebins", "3", "--events", "--days", "0.2"]),
            ],
        ),
        ("prepare", vec![words(&[&events])]),
        ("srcmaps", vec![on(&["--out", &path("maps.fits")])]),
        ("loglike", vec![on(&["--optimize-first"])]),
        ("optimize", vec![on(&["--until-converged"])]),
        ("fit", vec![on(&["--optimize-first", "--minos", "--emin", "740.0828125"])]),
        ("batch", vec![words(&[&base, "--out", &path("batch")])]),
        ("params", vec![on(&["--optimize-first"])]),
        ("model", vec![on(&["--optimize-first"])]),
        ("model-map", vec![on(&["--optimize-first"])]),
        ("ts", vec![on(&["--optimize-first"])]),
        ("profile", vec![on(&[source, "--optimize-first"])]),
        ("limit", vec![on(&[source, "--optimize-first", "--toys", "100", "--cls"])]),
        (
            "report",
            vec![on(&["--optimize-first", "--fit-first", "--localize", "galdiff", "--out", &path("report.html")])],
        ),
        ("sed", vec![on(&[source, "--optimize-first", "--free-background"])]),
        ("lightcurve", vec![words(&[&path("photons"), source, "--optimize-first", "--nbins", "3"])]),
        ("curvature", vec![on(&[source, "--optimize-first", "--free-index2"])]),
        ("spectrum", vec![words(&[&format!("{base}/srcmdl_00.xml"), source, "--energies", "1GeV", "--derivatives"])]),
        (
            "localize",
            vec![
                on(&[source, "--optimize-first", "--nstep", "3"]),
                on(&[source, "galdiff", "--optimize-first", "--nstep", "3"]),
                on(&["--all", "--optimize-first", "--joint"]),
            ],
        ),
        ("extension", vec![on(&[source, "--optimize-first", "--width-nstep", "3", "--fit-ebin", "--fit-position"])]),
        ("residmap", vec![on(&["--optimize-first"])]),
        ("psmap", vec![on(&["--optimize-first"])]),
        ("tsmap", vec![on(&["--optimize-first", "--index", "2.2"])]),
        ("tscube", vec![on(&["--optimize-first", "--map-size", "1", "--cov-scale", "3"])]),
        ("find-sources", vec![on(&["--delete", source, "--sqrt-ts-threshold", "3", "--max-iter", "1"])]),
        ("srcprob", vec![words(&[&path("photons"), "--optimize-first", "--out", &path("photons.fits")])]),
        ("check", vec![on(&[]), words(&[&events]), words(&[&path("broken.yaml")]), words(&[&path("damaged")])]),
    ]
}

/// A region, event files, and configurations with problems.
fn write_inputs(folder: &Path) {
    let base = folder.join("base");
    let made = roi_fit(&[
        "simulate",
        "--out",
        base.to_str().unwrap(),
        "--npix",
        "16",
        "--ebins",
        "4",
        "--sources",
        "2",
        "--response",
    ]);
    assert!(made.status.success());
    let events = folder.join("events");
    std::fs::create_dir(&events).unwrap();
    MadeUpEvents::default().write_photons(&events.join("photons.fits"));
    MadeUpEvents::default().write_spacecraft(&events.join("spacecraft.fits"));
    std::fs::write(
        events.join("config.yaml"),
        "data: {evfile: photons.fits, scfile: spacecraft.fits}\n\
         selection: {ra: 84, dec: 22, emin: 100, emax: 10000, zmax: 90, evclass: 128}\n\
         binning: {npix: 12, binsz: 0.2, enumbins: 3}\nltcube: {binsz: 20}\n\
         model: {sources: [{name: one, ra: 84, dec: 22, SpectrumType: PowerLaw, Index: 2, Prefactor: 1e-11}]}\n",
    )
    .unwrap();
    std::fs::write(folder.join("broken.yaml"), "selection: {emin: x}\nunknown: 1\n").unwrap();
    // Maps are to be made, a file is damaged, a source has no map.
    let damaged = folder.join("damaged");
    std::fs::create_dir(&damaged).unwrap();
    for name in ["ccube_00.fits", "srcmdl_00.xml", "config.yaml", "iso_simulated.txt"] {
        std::fs::copy(base.join(name), damaged.join(name)).unwrap();
    }
    std::fs::write(damaged.join("bexpmap_00.fits"), "no FITS file").unwrap();
}

#[test]
fn every_key_of_every_result_is_explained_and_every_explanation_is_of_a_key() {
    let folder = tempfile::tempdir().unwrap();
    write_inputs(folder.path());
    let explained = explained();
    let runs = runs(folder.path());
    let commands: Vec<&str> = runs.iter().map(|(command, _)| *command).collect();
    assert_eq!(commands.iter().copied().collect::<BTreeSet<_>>(), explained.keys().map(String::as_str).collect());
    let (mut problems, mut known) = (Vec::new(), BTreeSet::new());
    for (command, runs) in &runs {
        let (shown, unexplained) = (BTreeSet::new(), BTreeSet::new());
        let mut look = Seen { command, explained: &explained[*command], shown, unexplained };
        for arguments in runs {
            look.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        }
        problems.extend(look.unexplained.iter().map(|path| format!("{command}: {path} is not explained")));
        known.extend(look.shown.iter().map(|path| definition(path, &explained[*command][path])));
    }
    // One explanation serves many commands; some run must show it.
    for (command, paths) in &explained {
        let is_unseen = |(path, doc): &(&String, &String)| {
            !known.contains(&definition(path, doc)) && !NOT_HERE.contains(&path.as_str())
        };
        problems.extend(paths.iter().filter(is_unseen).map(|(path, _)| format!("{command}: no run has {path}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_command_with_a_result_is_explained() {
    let help = String::from_utf8(roi_fit(&["--help"]).stdout).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let explained = explained();
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        let told = roi_fit(&["keys", command]);
        // What has no result says so.
        let says_so = String::from_utf8_lossy(&told.stderr).contains("JSON");
        assert!(explained.contains_key(command) || says_so, "{command}: no key of its JSON is explained");
    }
    let unknown = roi_fit(&["keys", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no command 'nothing'"));
}
