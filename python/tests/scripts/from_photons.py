"""From photon files: products are made, then what the photons say one by one."""

from astropy.table import Table

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 3})
gta.setup()
gta.optimize()
gta.fit()
gta.write_xml("fitted")
gta.compute_srcprob(xmlfile="fitted_00.xml", overwrite=True)
photons = Table.read("ft1_srcprob_00.fits", hdu="EVENTS")
source = gta.roi.point_sources[0].name
likely = photons[photons[source] > 0.5]
print(len(likely), "photons are likely of", source)
gta.compute_psf(overwrite=True)
gta.compute_drm(edisp_bins=1, overwrite=True)
psf = Table.read("psf_00.fits", hdu="PSF")
curve = gta.lightcurve(source, nbins=2, free_radius=3.0, use_scaled_srcmap=True, multithread=True, nthread=2, save_bin_data=False)
for t0, t1, flux, error, limit, ts in zip(curve["tmin_mjd"], curve["tmax_mjd"], curve["flux"], curve["flux_err"], curve["flux_ul95"], curve["ts"]):
    print(t0, t1, f"{flux:.3e} +- {error:.1e}" if ts > 4 else f"< {limit:.3e}")
assert curve["fit_success"].all() and len(Table.read(curve["file"], hdu="LIGHTCURVE")) == 2
assert len(psf) == 2 * gta.enumbins and "Exposure" in psf.colnames
