//! A bin of time is what an analysis of its own makes of the photons in it: with HEALPix pixels, components of front and back photons, energy dispersion
//! by a window and by rescaling, and with components that have no good time.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::path::PathBuf;

use roi_fit::{Analysis, FitOptions, NoData, Quiet, Session, SliceMaps, SliceOptions, TimeSlices};
use roi_simulate::{EventOptions, ResponseFiles, SimulationOptions, write_event_region};
use tempfile::TempDir;

/// Begin of the observation, mission time in s, and half a day.
const START: f64 = 536_457_605.0;
const HALF_A_DAY: f64 = 43_200.0;

/// Photons of two days.
struct Observed {
    folder: TempDir,
}

impl Observed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let region = SimulationOptions::default().with_sources(2).with_npix(24).with_binsz(0.4).with_ebins(12);
        let events = EventOptions::default().with_days(2.0).with_start(START);
        write_event_region(&region.with_emin(300.0), &events, &ResponseFiles::BuiltIn, folder.path()).unwrap();
        Self { folder }
    }

    fn config(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).join("config.yaml")
    }

    /// An analysis of the same photons by another configuration: with more keys of its selection, and lines that replace those of the same section.
    fn with(&self, name: &str, more: &str, lines: &[&str]) -> Analysis {
        let config = self.config(name);
        let folder = config.parent().unwrap();
        std::fs::create_dir_all(folder).unwrap();
        for entry in std::fs::read_dir(self.folder.path()).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() && entry.file_name() != "config.yaml" {
                std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
            }
        }
        let text = std::fs::read_to_string(self.folder.path().join("config.yaml")).unwrap();
        let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
        let kept = text.lines().filter(|line| !lines.iter().any(|other| key(other) == key(line)));
        let mut all: Vec<String> = kept.chain(lines.iter().copied()).map(str::to_owned).collect();
        let selection = all.iter_mut().find(|line| line.starts_with("selection:")).unwrap();
        selection.insert_str(selection.rfind('}').unwrap(), more);
        std::fs::write(&config, all.join("\n")).unwrap();
        Analysis::open(config).unwrap()
    }
}

fn slices(analysis: &Analysis, bins: &[(f64, f64)], maps: SliceMaps) -> TimeSlices {
    TimeSlices::open(analysis, bins, &SliceOptions::default().with_source_maps(maps), &mut Quiet).unwrap()
}

fn assert_close(found: f64, expected: f64, relative: f64, what: &str) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{what}: {found} and {expected}");
}

/// The analysis of a bin's data with the norms free, fitted.
fn fitted(session: &Session) -> Analysis {
    let mut analysis = Analysis::new(session.roi().clone(), session.data().clone()).unwrap();
    for name in session.roi().sources().iter().map(|source| source.name().to_owned()).collect::<Vec<_>>() {
        analysis.free_norm(&name, true).unwrap();
    }
    let fit = analysis.fit(&FitOptions::default()).unwrap();
    assert!(fit.fit_success, "{}", fit.message);
    analysis
}

/// That a bin of a light curve is an analysis of its own: counts, predicted counts, and what is fitted.
fn assert_same(slice: &Session, own: &Session, tolerance: f64, what: &str) {
    let sides = [slice, own].map(|session| session.data().components());
    assert_eq!(sides[0].len(), sides[1].len(), "{what}");
    for (ours, theirs) in sides[0].iter().zip(sides[1]) {
        assert_eq!(ours.counts_spectrum(), theirs.counts_spectrum(), "{what}, component {}", ours.name());
        for source in own.roi().sources() {
            let [a, b] = [ours, theirs].map(|data| data.npred(source).unwrap().iter().sum::<f64>());
            assert!(
                (a - b).abs() <= tolerance * b,
                "{what}, component {}, {}: {a} and {b}",
                ours.name(),
                source.name()
            );
        }
    }
    let [mut ours, mut theirs] = [slice, own].map(fitted);
    assert!((ours.loglike().unwrap() - theirs.loglike().unwrap()).abs() < 0.05 + 10.0 * tolerance, "{what}");
    for source in own.roi().sources() {
        let norm = source.spectrum().norm_index().unwrap();
        let [a, b] = [&ours, &theirs].map(|analysis| analysis.properties(source.name()).unwrap().clone());
        let [x, y] = [&a, &b].map(|known| known.parameters[norm].value);
        let error = b.parameters[norm].error.unwrap();
        let [ts, expected] = [a.ts.unwrap(), b.ts.unwrap()];
        assert!((x - y).abs() < tolerance * y + 0.02 * error, "{what}, {}: {x} and {y} +- {error}", source.name());
        assert!(
            (ts - expected).abs() < 0.05 + 2.0 * tolerance * expected.abs(),
            "{what}, {}: {ts} {expected}",
            source.name()
        );
    }
}

/// What is set beside pixels: name, binning, energy dispersion, and components.
const KINDS: [(&str, &str, &str, &str); 5] = [
    (
        "window",
        "binning: {npix: 24, binsz: 0.4, enumbins: 12, proj: AIT, coordsys: CEL, projtype: WCS}",
        "edisp: true, edisp_bins: 1",
        "components: [{}]",
    ),
    (
        "rescaling",
        "binning: {npix: 24, binsz: 0.4, enumbins: 12, proj: AIT, coordsys: CEL, projtype: WCS}",
        "edisp: true, edisp_bins: -1",
        "components: [{}]",
    ),
    (
        "healpix",
        "binning: {projtype: HPX, hpx_order: 7, roiwidth: 9, enumbins: 12}",
        "edisp: false",
        "components: [{}]",
    ),
    (
        "front and back",
        "binning: {npix: 24, binsz: 0.4, enumbins: 12, proj: AIT, coordsys: CEL, projtype: WCS}",
        "edisp: true, edisp_bins: -1",
        "components: [{selection: {evtype: 1}}, {selection: {evtype: 2, emin: 1000}, binning: {npix: 16, binsz: 0.5, enumbins: 8}}]",
    ),
    (
        "healpix of front and back",
        "binning: {projtype: HPX, hpx_order: 7, roiwidth: 9, enumbins: 12}",
        "edisp: true, edisp_bins: 1",
        "components: [{selection: {evtype: 1}, binning: {hpx_order: 8}}, {selection: {evtype: 2}}]",
    ),
];

#[test]
fn a_bin_is_an_analysis_of_its_own() {
    let observed = Observed::new();
    let bin = (START + HALF_A_DAY, START + 2.0 * HALF_A_DAY);
    let times = format!(", tmin: {}, tmax: {}", bin.0, bin.1);
    for (kind, binning, edisp, components) in KINDS {
        let gtlike = format!("gtlike: {{irfs: SIMULATED_V1, {edisp}}}");
        let of = |name: String, more: &str| observed.with(&name, more, &[binning, &gtlike, components]);
        let (whole, own) = (of(format!("{kind} whole"), ""), of(format!("{kind} own"), &times));
        // Images of diffuse sources reach as far out as the PSF of the whole time does, or that of the bin: up to 3e-5 of their photons.
        for (maps, tolerance) in [(SliceMaps::Exact, 1e-4), (SliceMaps::Automatic, 2e-2)] {
            let slices = slices(&whole, &[(START, bin.0), bin], maps);
            let slice = slices.slice(1).unwrap();
            let what = format!("{kind}, {maps}: {}", slice.maps);
            assert_eq!(slice.counts, own.likelihood().total_counts(), "{what}");
            assert_same(&slice.session.unwrap(), own.session(), tolerance, &what);
        }
    }
}

#[test]
fn a_component_without_good_time_in_the_bins_is_empty_and_the_others_stand() {
    let observed = Observed::new();
    let binning = "binning: {npix: 24, binsz: 0.4, enumbins: 12, proj: AIT, coordsys: CEL, projtype: WCS}";
    for edisp in ["edisp: false", "edisp: true, edisp_bins: 1", "edisp: true, edisp_bins: -1"] {
        let gtlike = format!("gtlike: {{irfs: SIMULATED_V1, {edisp}}}");
        // Front photons of the first half day alone.
        let front = format!("{{selection: {{evtype: 1, tmin: {START}, tmax: {}}}}}", START + HALF_A_DAY);
        let both = format!("components: [{front}, {{selection: {{evtype: 2}}}}]");
        let back = "components: [{selection: {evtype: 2}}]";
        let both = observed.with(&format!("both {edisp}"), "", &[binning, &gtlike, &both]);
        let back = observed.with(&format!("back {edisp}"), "", &[binning, &gtlike, back]);
        let bins = [
            (START + HALF_A_DAY + 10.0, START + 2.0 * HALF_A_DAY),
            (START + 3.0 * HALF_A_DAY, START + 4.0 * HALF_A_DAY),
        ];
        for maps in [SliceMaps::Exact, SliceMaps::Scaled, SliceMaps::Automatic] {
            let [of_both, of_back] = [&both, &back].map(|analysis| slices(analysis, &bins, maps));
            for bin in 0..2 {
                let [both, back] = [&of_both, &of_back].map(|slices| slices.slice(bin).unwrap());
                assert_eq!((both.counts, both.good_time, both.livetime), (back.counts, back.good_time, back.livetime));
                let (mut both, mut back) = (both.session.unwrap(), back.session.unwrap());
                assert_eq!(both.data().components()[0].counts_spectrum().iter().sum::<f64>(), 0.0);
                for source in back.roi().sources() {
                    assert_eq!(
                        both.data().npred(source).unwrap(),
                        back.data().npred(source).unwrap(),
                        "{}",
                        source.name()
                    );
                }
                assert_eq!(both.loglike().unwrap(), back.loglike().unwrap(), "{edisp}, {maps}, bin {bin}");
            }
        }
    }
}

#[test]
fn bins_in_which_no_component_has_good_time_are_refused_by_the_names_of_all() {
    let observed = Observed::new();
    let binning = "binning: {npix: 8, binsz: 1, enumbins: 2, proj: AIT, coordsys: CEL, projtype: WCS}";
    let gtlike = "gtlike: {irfs: SIMULATED_V1, edisp: false}";
    let both = "components: [{selection: {evtype: 1}}, {selection: {evtype: 2}}]";
    let analysis = observed.with("refused", "", &[binning, gtlike, both]);
    let open = |bins: &[(f64, f64)]| TimeSlices::open(&analysis, bins, &SliceOptions::default(), &mut Quiet);
    let error = open(&[(START - 100.0, START - 10.0), (START + 1e7, START + 2e7)]).err().unwrap().to_string();
    for word in ["component 00: from", "component 01: from", "seconds of mission time"] {
        assert!(error.contains(word), "no '{word}' in: {error}");
    }
    // One bin with good time is enough.
    let slices = open(&[(START - 100.0, START - 10.0), (START, START + 1e4)]).unwrap();
    assert_eq!(slices.slice(0).unwrap().no_data, Some(NoData::NoGoodTime));
}

#[test]
fn memory_is_asked_for_before_the_bins_are_made() {
    let observed = Observed::new();
    let binning = "binning: {npix: 24, binsz: 0.4, enumbins: 12, proj: AIT, coordsys: CEL, projtype: WCS}";
    let analysis = observed.with("memory", "", &[binning, "gtlike: {irfs: SIMULATED_V1, edisp: false}"]);
    let config = observed.config("memory");
    let minutes: Vec<(f64, f64)> =
        (0..2000).map(|minute| (START + 60.0 * f64::from(minute), START + 60.0 * f64::from(minute + 1))).collect();
    let held = slices(&analysis, &minutes[..20], SliceMaps::Exact).bytes();
    // A limit that twenty bins fit below, and two thousand do not.
    let limit = (16 << 20) + held + (40 << 20);
    let limited =
        Analysis::open_by(&config, Box::new(Quiet), &roi_fit::OpenOptions::default().with_max_memory(Some(limit)));
    let limited = limited.unwrap();
    let mut asked = Vec::new();
    let mut watcher = Recording(&mut asked);
    let options = SliceOptions::default().with_source_maps(SliceMaps::Exact);
    let error = TimeSlices::open(&limited, &minutes, &options, &mut watcher).err().unwrap();
    assert!(matches!(error, roi_fit::Error::Memory { .. }), "{error}");
    assert!(error.to_string().contains("the time bins"), "{error}");
    assert!(!asked.iter().any(|what| what.contains("counts")), "{asked:?}");
    let few = TimeSlices::open(&limited, &minutes[..20], &options, &mut Quiet).unwrap();
    assert_eq!(few.bytes(), held);
    // Scaled maps of the whole time are counted before anybody asks for them: 4 sources, 13 planes.
    let maps = 4 * analysis.roi().sources().len() as u64 * 13 * 24 * 24;
    assert_eq!(slices(&analysis, &minutes[..20], SliceMaps::Automatic).bytes() - held, maps);
    assert_close(
        (slices(&analysis, &minutes[..20], SliceMaps::Automatic).bytes() - held) as f64,
        maps as f64,
        1e-9,
        "maps of the whole time",
    );
}

/// Notes what is read.
struct Recording<'a>(&'a mut Vec<String>);

impl roi_fit::Progress for Recording<'_> {
    fn event(&mut self, event: &roi_fit::Event) -> std::ops::ControlFlow<()> {
        if let roi_fit::Event::Reading { what, .. } = event {
            self.0.push(what.clone());
        }
        std::ops::ControlFlow::Continue(())
    }
}
