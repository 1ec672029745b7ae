//! `roi-fit prepare`: what it makes and keeps, and how it refuses what cannot be used.

use std::path::PathBuf;
use std::process::Output;

use fixtures::MadeUpEvents;
use serde_json::Value;

use crate::support::roi_fit;

/// A folder with event files and a configuration.
struct Analysis {
    folder: tempfile::TempDir,
}

impl Analysis {
    fn new(events: &MadeUpEvents) -> Self {
        let analysis = Self { folder: tempfile::tempdir().unwrap() };
        events.write_photons(&analysis.path("photons.fits"));
        events.write_spacecraft(&analysis.path("spacecraft.fits"));
        analysis.configure("evfile: photons.fits", "");
        analysis
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, evfile: &str, selection: &str) {
        self.write(&format!(
            "data: {{{evfile}, scfile: spacecraft.fits}}\n\
             selection: {{ra: 84, dec: 22, emin: 100, emax: 10000, zmax: 90, evclass: 128, {selection}}}\n\
             binning: {{npix: 20, binsz: 0.2, enumbins: 4}}\nltcube: {{binsz: 8}}\nfileio: {{outdir: out}}\n\
             model: {{sources: [{{name: one, ra: 84, dec: 22, SpectrumType: PowerLaw, Index: 2, Prefactor: 1e-11}}]}}\n"
        ));
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path("config.yaml"), text).unwrap();
    }

    fn run(&self, options: &[&str]) -> Output {
        let config = self.path("config.yaml");
        let arguments = [&["prepare", config.to_str().unwrap()], options].concat();
        roi_fit(&arguments)
    }

    /// The state of each product as the JSON tells it.
    fn states(&self, options: &[&str]) -> Vec<String> {
        let output = self.run(&[options, &["--json", "-"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let states = json["products"].as_array().unwrap().iter().map(|product| product["state"].as_str().unwrap());
        states.map(str::to_owned).collect()
    }

    /// The files that were made.
    fn made(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path("out")) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Asserts exit code 2, a message with all of these, and that these files and no parts of others are there.
    fn refused(&self, words: &[&str], made: &[&str]) {
        let output = self.run(&[]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        for word in words {
            assert!(message.contains(word), "no '{word}' in: {message}");
        }
        assert_eq!(self.made(), made, "{message}");
    }
}

#[test]
fn what_is_current_is_kept_and_what_is_lost_or_stale_is_made_anew() {
    let analysis = Analysis::new(&MadeUpEvents::default());
    assert_eq!(analysis.states(&["--dry-run"]), ["missing", "missing", "missing", "unneeded", "unneeded", "unneeded"]);
    assert!(analysis.made().is_empty());
    assert_eq!(analysis.states(&[])[..3], ["missing", "missing", "missing"]);
    assert_eq!(analysis.made(), ["ccube_00.fits", "ft1_00.fits", "ltcube_00.fits"]);
    assert_eq!(analysis.states(&[])[..3], ["current", "current", "current"]);
    // As if a run had been interrupted before the livetime.
    std::fs::remove_file(analysis.path("out/ltcube_00.fits")).unwrap();
    assert_eq!(analysis.states(&[])[..3], ["current", "missing", "current"]);
    assert_eq!(analysis.states(&["--overwrite"])[..3], ["stale", "stale", "stale"]);
    // Another file under the same name, other bins, other livetime.
    MadeUpEvents { ra: 83.7, ..MadeUpEvents::default() }.write_photons(&analysis.path("photons.fits"));
    assert_eq!(analysis.states(&[])[..3], ["stale", "stale", "stale"]);
    MadeUpEvents { livetime: 8.0, ..MadeUpEvents::default() }.write_spacecraft(&analysis.path("spacecraft.fits"));
    assert_eq!(analysis.states(&[])[..3], ["current", "stale", "stale"]);
    assert_eq!(analysis.states(&[])[..3], ["current", "current", "current"]);
    let text = std::fs::read_to_string(analysis.path("config.yaml")).unwrap();
    analysis.write(&text.replace("npix: 20", "npix: [20, 18]"));
    // The default cone follows the larger side.
    assert_eq!(analysis.states(&[])[..3], ["current", "current", "stale"]);
    analysis.write(&text.replace("ltcube: {binsz: 8}", "ltcube: {binsz: 4}"));
    assert_eq!(analysis.states(&[])[..3], ["current", "stale", "stale"]);
    let told = String::from_utf8(analysis.run(&[]).stdout).unwrap();
    assert!(told.contains("kept, as it is current") && told.contains("ltcube_00.fits"), "{told}");
}

#[test]
fn photons_go_when_they_are_not_to_stay_and_come_back_only_when_needed() {
    let analysis = Analysis::new(&MadeUpEvents::default());
    analysis.configure("evfile: photons.fits, cacheft1: false", "");
    assert_eq!(analysis.states(&[])[..3], ["missing", "missing", "missing"]);
    assert_eq!(analysis.made(), ["ccube_00.fits", "ltcube_00.fits"]);
    assert_eq!(analysis.states(&[])[..3], ["unneeded", "current", "current"]);
}

#[test]
fn keys_and_files_that_are_missing_are_named() {
    let analysis = Analysis::new(&MadeUpEvents::default());
    let text = std::fs::read_to_string(analysis.path("config.yaml")).unwrap();
    for (from, to, words) in [
        ("evfile: photons.fits", "evfile: other.fits", &["other.fits", "does not exist"][..]),
        ("scfile: spacecraft.fits", "", &["data.scfile", "FT2"]),
        ("evfile: photons.fits,", "", &["data.evfile", "FT1"]),
        ("emin: 100,", "", &["selection.emin"]),
        ("ra: 84, dec: 22, emin", "emin", &["selection.ra", "selection.target"]),
        ("npix: 20", "npix: 0", &["binning.npix", "line 3"]),
        ("binsz: 8", "binsz: 0", &["ltcube.binsz", "above 0"]),
    ] {
        assert!(text.contains(from), "{from}");
        analysis.write(&text.replace(from, to));
        analysis.refused(words, &[]);
    }
}

#[test]
fn damaged_and_unfit_files_are_refused_and_nothing_half_written_is_left() {
    let usual = MadeUpEvents::default();
    let analysis = Analysis::new(&usual);
    let whole = std::fs::read(analysis.path("photons.fits")).unwrap();
    std::fs::write(analysis.path("photons.fits"), &whole[..whole.len() / 2]).unwrap();
    analysis.refused(&["photons.fits"], &[]);
    std::fs::write(analysis.path("photons.fits"), "a list\n").unwrap();
    analysis.refused(&["photons.fits", "line 1", "'a list'"], &[]);

    let analysis = Analysis::new(&MadeUpEvents { ra: f32::NAN, ..usual.clone() });
    analysis.refused(&["'RA'", "row 1", "NaN"], &[]);

    let analysis = Analysis::new(&usual);
    let whole = std::fs::read(analysis.path("spacecraft.fits")).unwrap();
    for part in [whole.len() / 2, whole.len() - 2880] {
        std::fs::write(analysis.path("spacecraft.fits"), &whole[..part]).unwrap();
        analysis.refused(&["spacecraft.fits", "truncated"], &[]);
    }
    let mut other = whole.clone();
    let at = whole.windows(8).position(|word| word == b"SC_DATA ").unwrap();
    other[at..at + 8].copy_from_slice(b"SC_DATE ");
    std::fs::write(analysis.path("spacecraft.fits"), other).unwrap();
    analysis.refused(&["spacecraft.fits", "SC_DATA"], &[]);

    let analysis = Analysis::new(&usual);
    MadeUpEvents { pass: "P8R2", ..usual.clone() }.write_photons(&analysis.path("more.fits"));
    analysis.configure("evfile: [photons.fits, more.fits]", "");
    analysis.refused(&["PASS_VER", "P8R2", "P8R3"], &[]);

    let analysis = Analysis::new(&usual);
    analysis.configure("evfile: photons.fits", "filter: 'DATA_QUALITY>0'");
    analysis.refused(&["character 1", "DATA_QUALITY"], &[]);
    analysis.configure("evfile: photons.fits", "filter: 'START>0 &&'");
    analysis.refused(&["START>0 &&"], &[]);
    analysis.configure("evfile: photons.fits", "filter: 'START<0'");
    analysis.refused(&["no row passes", "START<0"], &[]);
    analysis.configure("evfile: photons.fits", "tmin: 1, tmax: 2");
    analysis.refused(&["no good time", "tmin 1"], &[]);
    analysis.configure("evfile: photons.fits", "evtype: 2");
    analysis.refused(&["no photon", "EVENT_TYPE"], &[]);
}

#[test]
fn spacecraft_files_that_do_not_serve_leave_the_photons_whole() {
    let usual = MadeUpEvents::default();
    let analysis = Analysis::new(&MadeUpEvents { rows: 10, ..usual.clone() });
    analysis.refused(&["cover 100 of 200 s", "spacecraft.fits"], &["ft1_00.fits"]);
    MadeUpEvents { overlap: 3.0, ..usual.clone() }.write_spacecraft(&analysis.path("spacecraft.fits"));
    analysis.refused(&["row 2", "before the end of the row before"], &["ft1_00.fits"]);
    MadeUpEvents { livetime: 0.0, ..usual.clone() }.write_spacecraft(&analysis.path("spacecraft.fits"));
    analysis.refused(&["no livetime", "200 s", "LIVETIME"], &["ft1_00.fits"]);
    // With a file that serves the work goes on where it stopped.
    usual.write_spacecraft(&analysis.path("spacecraft.fits"));
    assert_eq!(analysis.states(&[])[..3], ["current", "missing", "missing"]);
}

#[test]
fn units_of_columns_are_not_taken_for_granted() {
    let analysis = Analysis::new(&MadeUpEvents::default());
    for (name, from, to, words) in [
        ("photons.fits", "'MeV     '", "'GeV     '", &["'ENERGY'", "'GeV'", "'MeV'"][..]),
        ("spacecraft.fits", "'deg     '", "'rad     '", &["'rad'", "'deg'"]),
    ] {
        let whole = std::fs::read(analysis.path(name)).unwrap();
        let mut other = whole.clone();
        let places = (0..=whole.len() - from.len()).filter(|&at| whole[at..].starts_with(from.as_bytes()));
        places.for_each(|at| other[at..at + to.len()].copy_from_slice(to.as_bytes()));
        assert_ne!(other, whole);
        std::fs::write(analysis.path(name), other).unwrap();
        let made: Vec<String> = analysis.made();
        analysis.refused(words, &made.iter().map(String::as_str).collect::<Vec<_>>());
        std::fs::write(analysis.path(name), whole).unwrap();
    }
}
