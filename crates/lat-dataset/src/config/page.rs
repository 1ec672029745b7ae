//! The page of all configuration keys.

use std::fmt::Write as _;

use super::reference::{OTHER_METHODS, Role, SECTIONS};

/// The page of all keys, as Markdown.
pub fn configuration_reference() -> String {
    let mut page = String::from(HEAD);
    // Writing to a String cannot fail.
    for section in SECTIONS {
        let scope = if section.by_component { " A component may have its own." } else { "" };
        let _ = write!(page, "\n## `{}`\n\n{}{scope}\n\n", section.name, section.doc);
        page.push_str("| key | kind | default | used | |\n|---|---|---|---|---|\n");
        for key in section.keys {
            let used = if key.role == Role::Used { "yes" } else { "ignored" };
            let default = match key.default().as_str() {
                "null" => "none".to_owned(),
                default => format!("`{default}`"),
            };
            let kind = key.range.unwrap_or(key.kind.expected());
            let unit = key.unit.map(|unit| format!(", {unit}")).unwrap_or_default();
            let _ = writeln!(page, "| `{}` | {kind}{unit} | {default} | {used} | {} |", key.name, key.doc);
        }
    }
    let _ = write!(
        page,
        "\n## Other sections\n\nSections of other fermipy methods are accepted and ignored: `{}`.\n",
        OTHER_METHODS.join("`, `")
    );
    page
}

const HEAD: &str = "\
# Configuration

<!-- Made from the code by `cargo xtask docs`; change `crates/lat-dataset/src/config` instead. -->

The configuration is fermipy's `config.yaml`, and section `files`. `roi-fit config CONFIG` prints what it comes to.

- An unknown section or key is an error that names the line and the nearest known key.
- Numbers and texts are converted to each other where that makes sense. Anything else of the wrong kind is an error.
- A text where a list belongs is a list of one. `null` is the default.
- `components` is a list (their names are `00`, `01`, ...) or a mapping by name (in order of the names). A component holds sections whose keys replace those
  of the top level. Without it there is one component, `00`.
- Relative paths are relative to the configuration file. `$(NAME)`, `$NAME` and `${NAME}` are environment variables.

## Files that are looked for

| product | in `fileio.outdir`, for component `00` |
|---|---|
| counts cube | `ccube_00.fits`; else the counts of the source maps |
| source maps | `srcmap_00.fits` |
| exposure | `bexpmap_00.fits` |
| point spread function | `psf_00.fits` |
| energy dispersion | `drm_00.fits` |
| livetime cube | `ltcube_00.fits` |
| source model | `srcmdl_00.xml`, unless `prepare` wrote it and nobody has changed it since |
| priors | `srcmdl_00_priors.yaml` |

FITS files may end in `.fits.gz`. Where exposure, point spread function or energy dispersion have no file, they are computed from the livetime cube and the
response functions `gtlike.irfs` of event types `selection.evtype`, in the folder `files.irfs` or `$CALDB`:

```yaml
selection: {evtype: 3}
gtlike: {irfs: P8R3_SOURCE_V3}
files: {ltcube: ltcube_00.fits, irfs: /opt/caldb}
```

Templates and catalogs are looked for in the folder of the configuration file, those of the source model and of `files.xml`, `model.diffuse_dir`,
`fileio.outdir`, `$FERMI_DIFFUSE_DIR` and `$FERMIPY_DATA_DIR`; catalogs also in `model.extdir` and in `catalogs` below these folders. A catalog by name is the newest of its published files: `gll_psc_v27.fit` for
4FGL-DR2, for example.

Spectra `EblAtten::X` with `ebl_model` N need the optical depths of that model as `opdep_N.dat` (in the format of the LAT tools: after 16 characters the
redshifts, separated by commas; then an energy, in GeV, for models 14 and 15 in MeV, and one depth a redshift in each line). `DMFitFunction` needs
`gammamc_dif.dat`, or the file that it names.

## A source written out

```yaml
model:
  sources:
    - {name: A, glon: 120.0, glat: -3.0, SpectrumType: PowerLaw, Index: 2.0, Scale: 1000, Prefactor: 1.0e-11}
    - {name: B, ra: 83.6, dec: 22.0, SpatialModel: RadialDisk, SpatialWidth: 0.5, SpectrumType: LogParabola,
       norm: {value: 2.0, scale: 1.0e-12, min: 0.01, max: 100, free: false}}
```

`ra`, `dec` or `glon`, `glat` place it; without them it stands at the centre. `SpectrumType` is a type of the XML (default `PowerLaw`), `SpatialModel` is
`PointSource` (default), `RadialGaussian`, `RadialDisk`, `SpatialMap`, `RadialProfile`, `MapCubeFunction` or `ConstantValue`; `SpatialWidth` is the radius of
68 % containment in degrees. `Spectrum_Filename` and `Spatial_Filename` name files. A number is split into a value and a power of ten as scale; indices are positive for
a falling spectrum, as in the catalogs. A mapping says more; with a scale, it stands as it is. The normalisation is free unless it says otherwise, all else is fixed.
";
