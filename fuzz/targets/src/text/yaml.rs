//! `config.yaml`.

use std::path::Path;

use lat_dataset::Config;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Config::parse(Path::new("folder/config.yaml"), text) {
        Ok(config) => {
            for component in &config.components {
                let energies = [component.emin, component.emax];
                assert!(energies.iter().flatten().all(|e| *e > 0.0 && e.is_finite()), "{energies:?}");
            }
            assert!(!config.components.is_empty(), "no component, not even the implied one");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "data: {evfile: ft1.lst, scfile: ft2.fits}\nbinning: {roiwidth: 10.0, binsz: 0.1, binsperdec: 8, coordsys: GAL}\n\
         selection: {emin: 100, emax: 1e5, zmax: 90, evclass: 128, target: mkn421}\n\
         gtlike: {edisp: yes, edisp_bins: -1, irfs: P8R3_SOURCE_V3, edisp_disable: [isodiff]}\n\
         model:\n  src_roiwidth: 15.0\n  galdiff: $FERMI_DIFFUSE_DIR/gll_iem_v07.fits\n  isodiff: [{name: iso, file: iso.txt}]\n  catalogs: [4FGL]\n\
         fileio: {outdir: out}\noptimizer: {optimizer: NEWMINUIT, tol: 1e-4, retries: 3}\n\
         roiopt: {max_free_sources: 3, skip: [galdiff], optimizer: {retries: 1}}\n",
        "selection:\n  logemin: 2\n  logemax: 5.5\n  ra: 83.6\n  dec: 22.0\ncomponents:\n  - {selection: {evtype: 4, emin: 300}, files: {ccube: a.fits}}\n  \
         - selection: {evtype: 8}\n    files: {ccube: b.fits, srcmap: c.fits, bexpmap: d.fits, xml: m.xml}\n",
        "components:\n  \"00\": &a {gtlike: {edisp: off, src_expscale: {x: 0.5}}, files: {ccube: c}}\n  01: *a\n  02: {<<: *a, binning: {projtype: WCS}}\n",
        "? a\n: [b, {c: d}]\n--- \n!!str x: !!binary aGk=\n...\n",
        "a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c]\n",
        "selection: {glon: 0, glat: 0, emin: 1_000, emax: 0x10000}\nmodel: |\n  text\n  more\ndata: >-\n  folded\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(crate) const WORDS: &[&str] = &[
    "selection:",
    "components:",
    "gtlike:",
    "files:",
    "model:",
    "optimizer:",
    "roiopt:",
    "binning:",
    "fileio:",
    "data:",
    "emin: ",
    "emax: ",
    "logemin: ",
    "edisp_bins: ",
    "src_expscale: ",
    "expscale: ",
    "skip: ",
    "target: ",
    "outdir: ",
    "diffuse_dir: ",
    "galdiff: ",
    "catalogs: ",
    "coordsys: CEL",
    "tol: ",
    "max_iter: ",
    "verbosity: ",
    "&a ",
    "*a",
    "<<: *a",
    "- ",
    "? ",
    ": ",
    "\n  ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    "\"",
    "|\n",
    ">\n",
    "!!int ",
    "!!map ",
    "!!float ",
    "!!null",
    "!include x",
    "--- ",
    "...\n",
    "%YAML 1.2\n",
    "# ",
    "~",
    "null",
    "true",
    "no",
    "on",
    ".inf",
    "-.inf",
    ".nan",
    "0o17",
    "1:30",
    "\t",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\\x00",
    "\\u2028",
    "[[[[[[[[[[[[[[[[[[[[[[[[",
    "{a: {a: {a: {a: {a: ",
    "- - - - - - - - - - ",
    "$(HOME)",
    "$HOME",
    "${",
];
