#![no_main]

roi_fit_fuzz::fuzz!("bin_records");
