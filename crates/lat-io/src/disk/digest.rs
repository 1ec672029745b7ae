//! Digests by which it is told whether something has changed.

use std::fmt::Write as _;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The hexadecimal SHA-256 of some bytes.
pub fn digest_of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The hexadecimal SHA-256 of a file's content.
///
/// # Errors
/// When it cannot be read.
pub fn digest_of_file(path: &Path) -> Result<String> {
    // Nobody stops it.
    Ok(digest_while(path, |_| ControlFlow::Continue(()))?.unwrap_or_default())
}

/// As [`digest_of_file`] for a large file: `watch` is told how many bytes more were read, and may stop it; `None` then.
///
/// # Errors
/// When it cannot be read.
pub fn digest_while(path: &Path, mut watch: impl FnMut(u64) -> ControlFlow<()>) -> Result<Option<String>> {
    let failed = |source| Error::io("read", path, source);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(Some(hexadecimal(&hasher.finalize()))),
            n => {
                hasher.update(&buffer[..n]);
                if watch(n as u64).is_break() {
                    return Ok(None);
                }
            }
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256_of_bytes_and_of_files() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest_of_bytes(b"abc"), expected);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(digest_of_file(&path).unwrap(), expected);
        assert!(digest_of_file(&dir.path().join("none")).is_err());
        assert_eq!(digest_while(&path, |_| ControlFlow::Break(())).unwrap(), None);
        let mut read = 0;
        let watch = |bytes| {
            read += bytes;
            ControlFlow::Continue(())
        };
        assert_eq!(digest_while(&path, watch).unwrap().unwrap(), expected);
        assert_eq!(read, 3);
    }
}
