//! What the keys of a result dictionary mean.

/// The keys of a result dictionary, explained. Where a key may be one of several with the same meaning they share an entry.
///
/// ```
/// use roi_fit::FitResult;
/// let explained = FitResult::KEYS.paths();
/// let edm = explained.iter().find(|(path, _)| path == "edm").map(|(_, key)| key.doc);
/// assert!(edm.is_some_and(|doc| doc.contains("estimated")));
/// // Below a mapping from names stands a `*`.
/// assert!(explained.iter().any(|(path, key)| path == "sources.*.ts" && key.unit.is_empty()));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Dictionary {
    /// Its title on a page.
    pub title: &'static str,
    /// What it is: a sentence.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [ResultKey],
}

/// One key of a [`Dictionary`], or several of one meaning.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResultKey {
    /// The key, or those that share the meaning.
    pub names: &'static [&'static str],
    /// The unit; empty where there is none.
    pub unit: &'static str,
    /// What it is: sentences.
    pub doc: &'static str,
    /// What stands there.
    pub holds: Holds,
}

/// What stands at a key.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Holds {
    /// A value, or a list or matrix of them.
    Values,
    /// A mapping from names to values or lists.
    ValuesByName,
    /// A dictionary, or `null`.
    One(&'static Dictionary),
    /// A list of dictionaries.
    List(&'static Dictionary),
    /// A mapping from names to dictionaries.
    ByName(&'static Dictionary),
}

impl Dictionary {
    /// Of these keys.
    pub const fn new(title: &'static str, doc: &'static str, keys: &'static [ResultKey]) -> Self {
        Self { title, doc, keys }
    }

    /// Every key with its path: the keys that lead to it, joined by dots, with `*` for a name. Lists leave no trace in a path.
    pub fn paths(&self) -> Vec<(String, ResultKey)> {
        let mut all = Vec::new();
        for key in self.keys {
            for name in key.names {
                all.push(((*name).to_owned(), *key));
                let below = match key.holds {
                    Holds::Values => continue,
                    Holds::ValuesByName => {
                        all.push((format!("{name}.*"), *key));
                        continue;
                    }
                    Holds::One(dictionary) | Holds::List(dictionary) => (dictionary, ""),
                    Holds::ByName(dictionary) => (dictionary, ".*"),
                };
                let (dictionary, between) = below;
                all.extend(between.strip_prefix('.').map(|star| (format!("{name}.{star}"), *key)));
                all.extend(dictionary.paths().into_iter().map(|(path, key)| (format!("{name}{between}.{path}"), key)));
            }
        }
        all
    }
}

/// Keys of one meaning, at which values stand.
pub(crate) const fn key(names: &'static [&'static str], unit: &'static str, doc: &'static str) -> ResultKey {
    ResultKey::new(names, unit, doc)
}

impl ResultKey {
    /// Keys of one meaning, at which values stand.
    pub const fn new(names: &'static [&'static str], unit: &'static str, doc: &'static str) -> Self {
        Self { names, unit, doc, holds: Holds::Values }
    }

    /// With what stands there.
    #[must_use]
    pub const fn holding(mut self, holds: Holds) -> Self {
        self.holds = holds;
        self
    }
}
