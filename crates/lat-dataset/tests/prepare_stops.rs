//! Preparations that are watched and stopped: what was made by then is whole, and the next run goes on from there.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use fixtures::MadeUpEvents;
use lat_dataset::{Config, PrepareStep, ProductState, prepare};

/// Event files and a configuration of two components.
fn region() -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    MadeUpEvents::default().write_photons(&folder.path().join("photons.fits"));
    MadeUpEvents::default().write_spacecraft(&folder.path().join("spacecraft.fits"));
    let text = "data: {evfile: photons.fits, scfile: spacecraft.fits}\n\
        selection: {ra: 84, dec: 22, emin: 100, emax: 10000, zmax: 90, evclass: 128, filter: 'LAT_CONFIG==1'}\n\
        binning: {npix: 20, binsz: 0.2, enumbins: 4}\nltcube: {binsz: 8}\nfileio: {outdir: out}\n\
        model: {sources: [{name: one, ra: 84, dec: 22, SpectrumType: PowerLaw, Index: 2, Prefactor: 1e-11}]}\n\
        components: [{selection: {emax: 1000}, binning: {enumbins: 2}}, {selection: {emin: 1000}, binning: {enumbins: 2}}]\n";
    std::fs::write(folder.path().join("config.yaml"), text).unwrap();
    let config = Config::read(&folder.path().join("config.yaml")).unwrap();
    (folder, config)
}

/// The files of a folder and what they hold, but for the day on which they were written.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    let undated = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        // All cards of a FITS file are 80 bytes and begin at a multiple of them.
        let dated = |card: &&mut [u8]| card.starts_with(b"DATE    =");
        bytes.chunks_mut(80).filter(dated).for_each(|card| card.fill(b' '));
        bytes
    };
    let entries = entries.map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), undated(&entry.path()))).collect()
}

#[test]
fn stopped_anywhere_it_leaves_whole_products_and_goes_on_from_them() {
    let (folder, config) = region();
    let mut steps = 0;
    let all = |_: &PrepareStep<'_>| {
        steps += 1;
        ControlFlow::Continue(())
    };
    prepare(&config, false, &mut { all }).unwrap();
    let whole = contents(&folder.path().join("out"));
    let names: Vec<_> = whole.keys().map(String::as_str).collect();
    let expected = ["ccube.fits", "ccube_00.fits", "ccube_01.fits", "ft1_00.fits", "ft1_01.fits", "ltcube_00.fits"];
    assert_eq!(names, [&expected[..], &["ltcube_01.fits"]].concat());
    assert!(steps > 20, "{steps}");
    for last in 0..steps {
        let (folder, config) = region();
        let mut calls = 0;
        let stop = |_: &PrepareStep<'_>| {
            calls += 1;
            if calls > last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let error = prepare(&config, false, &mut { stop }).unwrap_err();
        assert!(error.is_stop(), "step {last}: {error}");
        assert_eq!(calls, last + 1, "nothing is asked once it was told to stop");
        let found = contents(&folder.path().join("out"));
        for (name, bytes) in &found {
            assert!(whole.get(name) == Some(bytes), "step {last}: {name}");
        }
        let kept = found.len();
        let made = prepare(&config, false, &mut |_: &PrepareStep<'_>| ControlFlow::Continue(())).unwrap();
        let current = made.iter().filter(|product| product.state == ProductState::Current).count();
        assert_eq!(current, kept, "step {last}");
        assert!(contents(&folder.path().join("out")) == whole, "step {last}");
    }
}

#[test]
fn all_bytes_are_told_once_each() {
    let (folder, config) = region();
    let mut digests = BTreeMap::new();
    let mut products: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let watch = |step: &PrepareStep<'_>| {
        match step {
            PrepareStep::Digest { path, read, bytes } => {
                let last = digests.insert(path.to_path_buf(), *read).unwrap_or(0);
                assert!(last < *read && read <= bytes);
            }
            PrepareStep::Read { product, read, bytes } => {
                let name = product.path.file_name().unwrap().to_string_lossy().into_owned();
                let (last, _) = products.insert(name, (*read, *bytes)).unwrap_or_default();
                assert!(last <= *read && read <= bytes);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    };
    prepare(&config, false, &mut { watch }).unwrap();
    for name in ["photons.fits", "spacecraft.fits"] {
        let path = folder.path().join(name);
        assert_eq!(digests[&path], std::fs::metadata(&path).unwrap().len());
    }
    // 200 photons of 98 bytes, 20 rows of 164 bytes: the rest of the files are headers.
    assert_eq!(products["ft1_00.fits"].0, 200 * 98 + 20 * 164);
    assert_eq!(products["ltcube_01.fits"].0, 20 * 164);
    assert!(products["ft1_00.fits"].1 < 100_000);
}

#[test]
fn while_another_makes_products_in_the_folder_it_waits_and_takes_what_stands_then() {
    let (folder, config) = region();
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let other = lat_io::FolderLock::take(&out).unwrap();
    // It can be stopped while it waits.
    let mut waited = 0;
    let stop = |step: &PrepareStep<'_>| {
        match step {
            PrepareStep::Digest { .. } => return ControlFlow::Continue(()),
            PrepareStep::Wait { folder } if *folder == out => waited += 1,
            other => panic!("{other:?}"),
        }
        if waited == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let error = prepare(&config, false, &mut { stop }).unwrap_err();
    assert!(error.is_stop() && waited == 3 && contents(&out).is_empty(), "{error}");
    // The other makes everything, and ends: nothing is left to be made.
    let made = {
        let (folder, config) = region();
        prepare(&config, false, &mut |_: &PrepareStep<'_>| ControlFlow::Continue(())).unwrap();
        contents(&folder.path().join("out"))
    };
    let mut other = Some(other);
    let mut waits = 0;
    let watch = |step: &PrepareStep<'_>| {
        match step {
            PrepareStep::Wait { .. } if waits == 0 => waits += 1,
            PrepareStep::Wait { .. } => {
                for (name, bytes) in &made {
                    std::fs::write(out.join(name), bytes).unwrap();
                }
                other = None;
            }
            PrepareStep::Make { product, .. } => unreachable!("{} stands", product.path.display()),
            _ => {}
        }
        ControlFlow::Continue(())
    };
    let products = prepare(&config, false, &mut { watch }).unwrap();
    assert!(products.iter().all(|product| !product.state.is_to_be_made()), "{products:?}");
    assert!(contents(&out) == made);
    // Who has nothing to make does not wait.
    let _other = lat_io::FolderLock::take(&out).unwrap();
    let watch = |step: &PrepareStep<'_>| {
        assert!(!matches!(step, PrepareStep::Wait { .. }));
        ControlFlow::Continue(())
    };
    assert_eq!(prepare(&config, false, &mut { watch }).unwrap().len(), products.len());
}
