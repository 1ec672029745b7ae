//! The bytes behind a FITS file: a plain file read where it is needed, or a gzip file inflated once.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{Error, Result};

/// No deflate stream inflates by more than this factor, so that a forged length cannot ask for more memory than the data can fill.
const MOST_INFLATION: u64 = 1032;

/// A gzip file inflates to this many bytes at least before [`BELIEVED_INFLATION`] is asked for.
const ALWAYS_INFLATED: u64 = 256 << 20;

/// Real products shrink by a factor of a few, cubes that are nearly all zero by some tens. What shrinks more is no product but a bomb.
const BELIEVED_INFLATION: u64 = 200;

#[derive(Debug)]
pub(super) enum Bytes {
    Memory(Vec<u8>),
    Disk { file: OnDisk, len: u64 },
}

/// A file that several threads read at once.
#[derive(Debug)]
pub(super) struct OnDisk {
    #[cfg(unix)]
    file: File,
    #[cfg(not(unix))]
    file: std::sync::Mutex<File>,
}

impl OnDisk {
    fn new(file: File) -> Self {
        #[cfg(not(unix))]
        let file = std::sync::Mutex::new(file);
        Self { file }
    }

    #[cfg(unix)]
    fn read_exact_at(&self, buffer: &mut [u8], start: u64) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, start)
    }

    #[cfg(not(unix))]
    fn read_exact_at(&self, buffer: &mut [u8], start: u64) -> std::io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(buffer)
    }
}

impl Bytes {
    /// Opens a file; what begins with the gzip magic number is inflated, whatever its name.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let io = |source| Error::io("read", path, source);
        let mut file = File::open(path).map_err(io)?;
        let meta = file.metadata().map_err(io)?;
        if meta.is_dir() {
            return Err(io(std::io::Error::other("it is a directory")));
        }
        let len = meta.len();
        if !is_gzip(&mut file).map_err(io)? {
            return Ok(Self::Disk { file: OnDisk::new(file), len });
        }
        inflate(&mut file, len).map(Self::Memory).map_err(|source| Error::BadFits {
            path: path.to_owned(),
            hdu: "(whole file)".into(),
            reason: match source.kind() {
                std::io::ErrorKind::FileTooLarge => {
                    format!("the gzip stream {source}; gunzip the file first if it is sound")
                }
                _ => format!("the gzip stream is truncated or damaged ({source}); fetch or make the file again"),
            },
        })
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk { len, .. } => *len,
        }
    }

    pub(super) fn in_memory(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.capacity(),
            Self::Disk { .. } => 0,
        }
    }

    /// `size` bytes from `start`; an error of kind `UnexpectedEof` when the file ends before. Callers check sizes that come from a header
    /// against [`Bytes::len`] first.
    pub(super) fn get(&self, start: u64, size: usize) -> std::io::Result<Cow<'_, [u8]>> {
        match self {
            Self::Memory(bytes) => usize::try_from(start)
                .ok()
                .and_then(|start| bytes.get(start..start.checked_add(size)?))
                .map(Cow::Borrowed)
                .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into()),
            Self::Disk { file, .. } => {
                let mut buffer = vec![0; size];
                file.read_exact_at(&mut buffer, start)?;
                Ok(Cow::Owned(buffer))
            }
        }
    }
}

/// Whether a file begins with the gzip magic number; it is read from its beginning afterwards.
fn is_gzip(file: &mut File) -> std::io::Result<bool> {
    let mut magic = Vec::with_capacity(2);
    file.take(2).read_to_end(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(magic == [0x1f, 0x8b])
}

/// What is known of a file without reading all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSize {
    /// Bytes, inflated.
    pub bytes: usize,
    /// How a gzip file begins, inflated; such a file is held in memory while it is open. `None` for a plain one.
    pub gzip: Option<Vec<u8>>,
}

impl FileSize {
    /// Of a file; see [`Bytes::open`].
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(path: &Path) -> Result<Self> {
        let io = |source| Error::io("read", path, source);
        let mut file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let whole = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        if !is_gzip(&mut file).map_err(io)? {
            return Ok(Self { bytes: whole(len), gzip: None });
        }
        let bytes = inflated_size(&mut file, len).map_err(io)?;
        let mut beginning = Vec::new();
        let reader = MultiGzDecoder::new(BufReader::new(file));
        // What is damaged is told when it is read.
        let _ = reader.take(BEGINNING).read_to_end(&mut beginning);
        Ok(Self { bytes: whole(bytes), gzip: Some(beginning) })
    }

    /// Bytes that the file takes in memory while it is open.
    pub fn held(&self) -> usize {
        if self.gzip.is_some() { self.bytes } else { 0 }
    }
}

/// How much of a gzip file is inflated to tell what it is: the headers before the first data.
const BEGINNING: u64 = 1 << 16;

/// The size that a gzip file tells, within what can be; it is left at its beginning.
fn inflated_size(file: &mut File, len: u64) -> std::io::Result<u64> {
    // The last four bytes tell the inflated size of the last member modulo 2^32: right for every file of one member below 4 GiB.
    let mut told = [0; 4];
    file.seek(SeekFrom::Start(len.saturating_sub(4)))?;
    file.read_exact(&mut told)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(u64::from(u32::from_le_bytes(told)).min(len.saturating_mul(MOST_INFLATION)))
}

fn inflate(file: &mut File, len: u64) -> std::io::Result<Vec<u8>> {
    let limit = len.saturating_mul(BELIEVED_INFLATION).max(ALWAYS_INFLATED);
    let room = inflated_size(file, len)?.min(limit);
    let mut out = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    let reader = MultiGzDecoder::new(BufReader::with_capacity(1 << 18, file));
    reader.take(limit + 1).read_to_end(&mut out)?;
    if out.len() as u64 > limit {
        let reason = format!("of {len} bytes inflates to more than {limit}");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, reason));
    }
    Ok(out)
}
