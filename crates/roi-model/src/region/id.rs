//! What stands for a source and for a parameter inside the program; names are for its border.

/// A source of a ROI: its place in the order of names. [`Roi::id_of`] gives it for a name, [`Roi::ids`] all of them, and `roi[id]` the source.
///
/// It belongs to the ROI that gave it, and to its copies, until a source is added or removed.
///
/// [`Roi::id_of`]: crate::Roi::id_of
/// [`Roi::ids`]: crate::Roi::ids
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub(super) usize);

impl SourceId {
    /// Its position in [`Roi::sources`](crate::Roi::sources), and in every list that has one entry a source.
    pub fn position(self) -> usize {
        self.0
    }
}

/// A spectral parameter of a ROI, by its source and its position in that source's spectrum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterId {
    /// The source.
    pub source: SourceId,
    /// Position of the parameter in the spectrum.
    pub parameter: usize,
}
