//! A made-up region on disk, under fermipy's names.

use std::path::PathBuf;

use lat_io::{Error, Loaded, counts_cube, load, source_maps};

use super::{small_counts, small_maps};

pub(crate) const MODEL: &str = r#"<source_library title="small">
  <source name="isodiff" type="DiffuseSource">
    <spectrum type="FileFunction" file="iso.txt">
      <parameter name="Normalization" value="1" scale="1" min="0.01" max="100" free="1"/>
    </spectrum>
    <spatialModel type="ConstantValue">
      <parameter name="Value" value="1" scale="1" min="0" max="10" free="0"/>
    </spatialModel>
  </source>
  <source name="4FGL J0000.0-0000" type="PointSource">
    <spectrum type="PowerLaw">
      <parameter name="Prefactor" value="2" scale="1e-12" min="0.01" max="1000" free="1"/>
      <parameter name="Index" value="2" scale="-1" min="0" max="5" free="0"/>
      <parameter name="Scale" value="1000" scale="1" min="1000" max="1000" free="0"/>
    </spectrum>
    <spatialModel type="SkyDirFunction">
      <parameter name="RA" value="266.5" scale="1" min="-360" max="360" free="0"/>
      <parameter name="DEC" value="-29.5" scale="1" min="-90" max="90" free="0"/>
    </spatialModel>
  </source>
</source_library>
"#;
pub(crate) const CONFIG: &str = "gtlike: {edisp: false}\n";

/// A directory with the products of a region under fermipy's names.
pub(crate) struct Region(tempfile::TempDir);

impl Region {
    pub(crate) fn new() -> Self {
        let region = Self(tempfile::tempdir().unwrap());
        counts_cube::write(&region.path("ccube_00.fits"), &small_counts()).unwrap();
        source_maps::write(&region.path("srcmap_00.fits.gz"), &small_counts(), &mut small_maps().into_iter()).unwrap();
        region.write("srcmdl_00.xml", MODEL);
        region.write("iso.txt", "10 1e-6\n1000 1e-8\n1000000 1e-12\n");
        region.write("config.yaml", CONFIG);
        region
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }
    pub(crate) fn load(&self) -> lat_io::Result<Loaded> {
        load(&self.path("config.yaml"))
    }
    /// The message of the error, which must name all of `words`.
    pub(crate) fn fails_with(&self, words: &[&str]) -> Error {
        let error = self.load().map(|_| ()).unwrap_err();
        for word in words {
            assert!(error.to_string().contains(word), "no '{word}' in: {error}");
        }
        error
    }
}
