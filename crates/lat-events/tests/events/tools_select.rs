//! Selection and good times beside what gtselect and gtmktime made of the same real photons.

use crate::common::{
    assert_same_keywords, assert_same_photons, assert_same_photons_but_order, class_options, cone_options, marked,
    observation, real_data, standard_filter,
};
use lat_events::{GoodTimeOptions, PhotonFiles, Selection, Spacecraft};

const TIMES: [&str; 7] = ["TSTART", "TSTOP", "MJDREFI", "MJDREFF", "TIMESYS", "TELESCOP", "INSTRUME"];

#[test]
fn a_selection_by_class_has_the_rows_the_cuts_and_the_good_times_of_gtselect() {
    let (Some((photons, _)), Some(tools)) = (observation(), real_data("gtselect_class.fits.gz")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ft1.fits");
    lat_events::select(&photons, &class_options()).unwrap().write(&ours).unwrap();
    assert_same_photons(&ours, &tools);
    for hdu in 0..3 {
        assert_same_keywords(&ours, &tools, hdu, &TIMES);
    }
    assert_same_keywords(
        &ours,
        &tools,
        1,
        &["PASS_VER", "NAXIS1", "NAXIS2", "TFIELDS", "TTYPE15", "TFORM15", "TUNIT1", "NDSKEYS"],
    );
    assert_same_keywords(&ours, &tools, 2, &["TELAPSE", "HDUCLAS1"]);
}

#[test]
fn a_selection_with_a_cone_has_the_rows_the_cuts_and_the_good_times_of_gtselect() {
    let (Some((photons, _)), Some(tools)) = (observation(), real_data("gtselect.fits.gz")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ft1.fits.gz");
    lat_events::select(&photons, &cone_options()).unwrap().write(&ours).unwrap();
    assert_same_photons(&ours, &tools);
}

#[test]
fn selecting_twice_changes_no_more_than_the_place_of_the_good_times() {
    let Some(tools) = real_data("gtselect.fits.gz") else { return };
    let photons = PhotonFiles::open(&[&tools]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ft1.fits");
    lat_events::select(&photons, &cone_options()).unwrap().write(&ours).unwrap();
    // By the rules of gtselect they stand behind the cuts of the input, which now has more.
    assert_same_photons_but_order(&ours, &tools);
}

#[test]
fn good_times_by_a_filter_are_those_of_gtmktime_to_the_last_bit() {
    let (Some((photons, spacecraft)), Some(tools)) = (observation(), real_data("gtmktime.fits.gz")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ft1.fits");
    marked(&photons, &spacecraft).write(&ours).unwrap();
    assert_same_photons(&ours, &tools);
    assert_same_keywords(&ours, &tools, 2, &["NAXIS2"]);
}

#[test]
fn good_times_by_the_zenith_cut_of_a_region_are_those_of_gtmktime() {
    let (Some((photons, spacecraft)), Some(tools)) = (observation(), real_data("gtmktime_roicut.fits.gz")) else {
        return;
    };
    let selection = lat_events::select(&photons, &cone_options()).unwrap();
    let options = GoodTimeOptions::default().with_filter("DATA_QUAL>0 && LAT_CONFIG==1").with_roi_cut(true);
    let good_times = lat_events::good_times(&selection, &spacecraft, &options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ft1.fits");
    selection.within(good_times).write(&ours).unwrap();
    assert_same_photons(&ours, &tools);
}

#[test]
fn good_times_found_from_the_selected_file_are_the_same() {
    let (Some(selected), Some(tools), Some(rows)) =
        (real_data("gtselect.fits.gz"), real_data("gtmktime.fits.gz"), real_data("spacecraft.fits.gz"))
    else {
        return;
    };
    let photons = PhotonFiles::open(&[&selected]).unwrap();
    let spacecraft = Spacecraft::open(&[&rows]).unwrap();
    let selection = Selection::all(&photons);
    let good_times = lat_events::good_times(&selection, &spacecraft, &standard_filter()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ft1.fits");
    selection.within(good_times).write(&ours).unwrap();
    assert_same_photons(&ours, &tools);
}
