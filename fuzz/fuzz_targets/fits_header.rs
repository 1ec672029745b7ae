#![no_main]

roi_fit_fuzz::fuzz!("fits_header");
