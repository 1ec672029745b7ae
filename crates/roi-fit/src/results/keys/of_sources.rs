//! What is known of a source, and profiles of its parameters.

use crate::known::limits::ParameterLimits;
use crate::known::profile_curve::Profile;
use crate::known::source_properties::{ModelFlux, SourceProperties, SpectralParameter};
use crate::results::dictionary::{Dictionary, Holds, key};

const PHOTONS: &str = "1 / (cm2 s)";
const ENERGY: &str = "MeV / (cm2 s)";
const DIFFERENTIAL: &str = "1 / (cm2 s MeV)";

impl SpectralParameter {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Parameters",
        "A parameter of a spectrum; what has a scale does not have it applied.",
        &[
            key(&["name"], "", "Its name."),
            key(&["value"], "of the parameter", "Value; the true value is `value` times `scale`."),
            key(&["error"], "of the parameter", "1 sigma error; `null` for a fixed parameter."),
            key(&["scale"], "", "Scale."),
            key(&["min"], "of the parameter", "Lower bound of `value`; both bounds 0 mean none."),
            key(&["max"], "of the parameter", "Upper bound of `value`."),
            key(&["free"], "", "Whether a fit varies it."),
        ],
    );
}

impl ParameterLimits {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Limits",
        "Where a profile of `logL` has fallen by so much from its maximum, the scale of the parameter not applied.",
        &[
            key(&["x0"], "of the parameter", "Where the maximum is."),
            key(&["lnlmax"], "", "`logL` there relative to that of the model as it stood."),
            key(&["ul"], "of the parameter", "One-sided 95 % upper limit: a fall by 1.35."),
            key(&["ll"], "of the parameter", "One-sided 95 % lower limit."),
            key(&["err_lo"], "of the parameter", "1 sigma error downwards: a fall by 0.5."),
            key(&["err_hi"], "of the parameter", "1 sigma error upwards."),
            key(&["err"], "of the parameter", "Mean of the two, or the one that was found."),
        ],
    );
}

impl ModelFlux {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Spectrum with its error band",
        "The lists have one entry an energy.",
        &[
            key(&["energies"], "MeV", "Energies."),
            key(&["log_energies"], "log10 of MeV", "Their logarithms."),
            key(&["dnde"], DIFFERENTIAL, "dN/dE."),
            key(&["dnde_err"], DIFFERENTIAL, "Its 1 sigma error from the covariance of the last fit."),
            key(&["dnde_lo"], DIFFERENTIAL, "Lower edge of the band, f / (1 + err/f)."),
            key(&["dnde_hi"], DIFFERENTIAL, "Upper edge of the band, f + err."),
            key(&["dnde_ferr"], "", "Relative half width of the band."),
            key(&["pivot_energy"], "MeV", "Where the band is narrowest; `null` where it is equally wide everywhere."),
        ],
    );
}

impl SourceProperties {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Properties of a source",
        "What is not known or not defined is `null`: TS, errors, profile and limits until a fit has freed the source. Limits and profiles hold everything but the normalisation, unless `reoptimize` was on.",
        &[
            key(&["ts"], "", "Test statistic 2 (logL with the source - logL without it); `null` where it is infinite."),
            key(&["ts_infinite"], "", "Whether the data are impossible without the source."),
            key(
                &["ts_definition"],
                "",
                "`rescaled`: the other free norms follow approximately; `reoptimized`: all other free parameters were fitted again.",
            ),
            key(&["loglike_null"], "", "`logL` without the source, to which the TS is relative."),
            key(&["loglike"], "", "Highest `logL` of the profile of the normalisation."),
            key(&["npred"], "counts", "Predicted counts in all components, in the range of energies."),
            key(
                &["npred_wt"],
                "counts",
                "The same, each pixel's counts times its likelihood weight; `npred` again without weights.",
            ),
            key(&["model_counts"], "counts", "Predicted counts of each energy bin, all components together."),
            key(&["model_counts_wt"], "counts", "The same, weighted."),
            key(&["param_names"], "", "Names of the spectral parameters."),
            key(&["param_values"], "of the parameter", "Their values, the scale applied."),
            key(
                &["param_errors"],
                "of the parameter",
                "Their 1 sigma errors, the scale applied; `null` for fixed ones.",
            ),
            key(&["spectral_pars"], "", "The spectral parameters, by name.")
                .holding(Holds::ByName(&SpectralParameter::KEYS)),
            key(
                &["flux", "flux100", "flux1000", "flux10000"],
                PHOTONS,
                "Photon flux in the range of energies, and from 100, 1000 and 10000 MeV to 316 GeV.",
            ),
            key(
                &["flux_err", "flux100_err", "flux1000_err", "flux10000_err"],
                PHOTONS,
                "1 sigma error of that flux, from the covariance of the last fit.",
            ),
            key(
                &["flux_ul95", "flux100_ul95", "flux1000_ul95", "flux10000_ul95"],
                PHOTONS,
                "One-sided 95 % upper limit of that flux, everything but the norm held.",
            ),
            key(
                &["flux_ul95_profile", "flux100_ul95_profile", "flux1000_ul95_profile", "flux10000_ul95_profile"],
                PHOTONS,
                "The same with all that was free in the fit fitted again.",
            ),
            key(
                &["eflux", "eflux100", "eflux1000", "eflux10000"],
                ENERGY,
                "Energy flux in the range of energies, and from 100, 1000 and 10000 MeV to 316 GeV.",
            ),
            key(
                &["eflux_err", "eflux100_err", "eflux1000_err", "eflux10000_err"],
                ENERGY,
                "1 sigma error of that energy flux.",
            ),
            key(
                &["eflux_ul95", "eflux100_ul95", "eflux1000_ul95", "eflux10000_ul95"],
                ENERGY,
                "One-sided 95 % upper limit of that energy flux, everything but the norm held.",
            ),
            key(
                &["eflux_ul95_profile", "eflux100_ul95_profile", "eflux1000_ul95_profile", "eflux10000_ul95_profile"],
                ENERGY,
                "The same with all that was free in the fit fitted again.",
            ),
            key(
                &["pivot_energy"],
                "MeV",
                "Energy of `dnde`: where the error band of the last fit is narrowest, 1000 before there was one.",
            ),
            key(
                &["dnde", "dnde100", "dnde1000", "dnde10000"],
                DIFFERENTIAL,
                "dN/dE at the pivot energy, and at 100, 1000 and 10000 MeV.",
            ),
            key(
                &["dnde_err", "dnde100_err", "dnde1000_err", "dnde10000_err"],
                DIFFERENTIAL,
                "1 sigma error of that dN/dE.",
            ),
            key(
                &["dnde_index", "dnde100_index", "dnde1000_index", "dnde10000_index"],
                "",
                "Minus the logarithmic slope of the spectrum at that energy.",
            ),
            key(
                &["norm_scan"],
                "of the parameter",
                "Points of the profile of the normalisation, the scale not applied.",
            ),
            key(&["flux_scan"], PHOTONS, "Photon flux at these points, in the range of energies."),
            key(&["eflux_scan"], ENERGY, "Energy flux at these points."),
            key(
                &["dloglike_scan"],
                "",
                "`logL` at these points relative to that of the model; `null` where the data are impossible.",
            ),
            key(&["loglike_scan"], "", "`logL` at these points."),
            key(&["norm_limits"], "", "Limits and errors of the normalisation from its profile.")
                .holding(Holds::One(&ParameterLimits::KEYS)),
            key(
                &["norm_ul95_profile"],
                "of the parameter",
                "95 % upper limit of the normalisation with all that was free in the fit fitted again, the scale not applied.",
            ),
            key(
                &["ul95_profile_status"],
                "",
                "How the search for it ended: `converged`, `higher maximum`, `no fall` or `others not at maximum`.",
            ),
            key(&["ul95_profile_without"], "", "The fluxes without such a limit, and why: as above, or `not sought` (`optimize` seeks those of `flux` and `eflux` alone).")
                .holding(Holds::ValuesByName),
            key(&["model_flux"], "", "The spectrum with its error band in the range of energies.")
                .holding(Holds::One(&ModelFlux::KEYS)),
            key(
                &["covar"],
                "of the parameters",
                "Covariance of the free parameters of the source, the scale not applied.",
            ),
            key(&["correlation"], "", "Correlation of its normalisation with those of other sources, by their names.")
                .holding(Holds::ValuesByName),
        ],
    );
}

impl Profile {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "profile",
        "Lists have one entry a point.",
        &[
            key(&["name"], "", "The source."),
            key(&["par_name"], "", "The parameter."),
            key(&["xvals"], "of the parameter", "Its values, the scale not applied."),
            key(&["npred"], "counts", "Predicted counts of the source."),
            key(&["npred_wt"], "counts", "The same, each pixel's counts times its likelihood weight."),
            key(&["dnde"], DIFFERENTIAL, "dN/dE of the source at its pivot energy."),
            key(&["flux"], PHOTONS, "Photon flux in the range of energies."),
            key(&["eflux"], ENERGY, "Energy flux in the range of energies."),
            key(&["loglike"], "", "`logL`; `null` where the data are impossible."),
            key(&["dloglike"], "", "`logL` relative to that of the model as it stood."),
            key(&["limits"], "", "Limits and errors of the parameter.").holding(Holds::One(&ParameterLimits::KEYS)),
            key(&["calls"], "", "Evaluations of the likelihood, each one pass over the data."),
            key(
                &["fit_status"],
                "",
                "Status of the fit at each point, where others were fitted again; 0 when all is well.",
            ),
            key(&["warnings"], "", "What else there is to know, and what is odd about the data."),
        ],
    );
}
