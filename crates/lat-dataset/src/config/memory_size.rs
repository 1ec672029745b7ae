//! Sizes of memory as people write them.

use bytesize::ByteSize;

/// Bytes of a size such as `2GiB`, `1500MB` or `1.5 GB`; a number alone is bytes. `None` for what is no size, or is 0.
///
/// ```
/// use lat_dataset::memory_size;
/// assert_eq!(memory_size("2GiB"), Some(2 << 30));
/// assert_eq!(memory_size("1500 MB"), Some(1_500_000_000));
/// assert_eq!(memory_size("plenty"), None);
/// ```
pub fn memory_size(text: &str) -> Option<u64> {
    text.trim().parse::<ByteSize>().ok().map(|size| size.as_u64()).filter(|bytes| *bytes > 0)
}
