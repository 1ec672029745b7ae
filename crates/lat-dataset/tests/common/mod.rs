//! Loading the small region that tests of several crates share.

use fixtures::Region;
use lat_dataset::{Error, Loaded, load};

pub(crate) trait Load {
    /// Loads it.
    fn load(&self) -> lat_dataset::Result<Loaded>;

    /// The error of loading it; its message must name all of `words`.
    fn fails_with(&self, words: &[&str]) -> Error;
}

impl Load for Region {
    fn load(&self) -> lat_dataset::Result<Loaded> {
        load(&self.path("config.yaml"))
    }

    fn fails_with(&self, words: &[&str]) -> Error {
        let error = self.load().map(|_| ()).unwrap_err();
        for word in words {
            assert!(error.to_string().contains(word), "no '{word}' in: {error}");
        }
        error
    }
}
