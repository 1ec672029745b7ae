//! What is known of an option, in one place: keys of the configuration, flags of a program, defaults, checks and pages come from it.

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// True or false.
    Flag,
    /// Text.
    Text,
    /// A list of texts; a text alone is a list of one.
    Texts,
    /// A list of anything, or one thing alone.
    List,
    /// A mapping.
    Map,
}

impl Kind {
    /// The kind in words.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Whole => "a whole number",
            Self::Flag => "true or false",
            Self::Text => "text",
            Self::Texts => "a list of texts",
            Self::List => "a list",
            Self::Map => "a mapping",
        }
    }
}

/// Which numbers an option may be.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    expected: &'static str,
    holds: fn(f64) -> bool,
}

impl Range {
    /// Above 0 and finite.
    pub const ABOVE_0: Self = Self { expected: "a number above 0", holds: |x| x.is_finite() && x > 0.0 };
    /// 0 or above, infinity included.
    pub const FROM_0: Self = Self { expected: "0 or a number above", holds: |x| x >= 0.0 };
    /// 0 or above, finite.
    pub const FINITE_FROM_0: Self = Self { expected: "0 or a number above", holds: |x| x.is_finite() && x >= 0.0 };
    /// From 0 to 1.
    pub const FRACTION: Self = Self { expected: "a fraction between 0 and 1", holds: |x| (0.0..=1.0).contains(&x) };
    /// A count that is not 0.
    pub const FROM_1: Self = Self { expected: "a whole number of at least 1", holds: |x| x >= 1.0 };
    /// Any number, infinities included.
    pub const NUMBER: Self = Self { expected: "a number", holds: |x| !x.is_nan() };
    /// The quality of a fit.
    pub const QUALITY: Self = Self { expected: "0, 1, 2 or 3", holds: |x| (0.0..=3.0).contains(&x) };

    /// A range of one's own: what is allowed, in words, and whether a number is.
    pub const fn new(expected: &'static str, holds: fn(f64) -> bool) -> Self {
        Self { expected, holds }
    }

    /// What is allowed, in words.
    pub const fn expected(&self) -> &'static str {
        self.expected
    }
}

/// One option: its name, which is the key of the configuration, its unit, default, range and what it does.
///
/// ```
/// use lat_dataset::OptimizerConfig;
/// let tol = &OptimizerConfig::TOL;
/// assert_eq!((tol.name, tol.default), ("tol", OptimizerConfig::default().tol));
/// assert_eq!(tol.check(&-1.0).unwrap_err().expected, "a number above 0");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Definition<T> {
    /// The name.
    pub name: &'static str,
    /// The unit, if it has one.
    pub unit: Option<&'static str>,
    /// The default.
    pub default: T,
    /// The numbers that are allowed, if not all are.
    pub range: Option<Range>,
    /// What it does: a sentence.
    pub doc: &'static str,
}

impl<T: OptionValue> Definition<T> {
    /// An option with a default, and a sentence on what it does.
    pub const fn new(name: &'static str, default: T, doc: &'static str) -> Self {
        Self { name, unit: None, default, range: None, doc }
    }

    /// With a range.
    #[must_use]
    pub const fn within(mut self, range: Range) -> Self {
        self.range = Some(range);
        self
    }

    /// With a unit.
    #[must_use]
    pub const fn in_unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The default as a value of its own.
    pub fn value(&self) -> T::Owned {
        self.default.owned()
    }

    /// What is allowed, in words.
    pub fn expected(&self) -> &'static str {
        self.range.map_or(T::KIND.expected(), |range| range.expected)
    }

    /// Whether a value is allowed.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn check(&self, value: &T::Owned) -> Result<(), OutOfRange> {
        match (self.range, T::number(value)) {
            (Some(range), Some(number)) if !(range.holds)(number) => {
                Err(OutOfRange { option: self.name, found: number.to_string(), expected: range.expected })
            }
            _ => Ok(()),
        }
    }

    /// The help of a flag whose default is that of a configuration or of the program: what it does and, if there is one, the default. `more`
    /// is what the flag has to say beside.
    pub fn help(&self, more: &str) -> String {
        self.help_with_default(more, "config or")
    }

    /// The help of a flag that no configuration has.
    pub fn own_help(&self) -> String {
        self.help_with_default("", "default:")
    }

    fn help_with_default(&self, more: &str, comes_from: &str) -> String {
        let doc = self.doc.trim_end_matches('.');
        let unit = self.unit.map(|unit| format!(", {unit}")).unwrap_or_default();
        match self.default.yaml().as_str() {
            "null" | "[]" => format!("{doc}{unit}{more}"),
            default => format!("{doc}{unit}{more} [{comes_from} {default}]"),
        }
    }
}

impl Definition<bool> {
    /// The help of a flag that switches the option on: what it does.
    pub fn switch_help(&self) -> &'static str {
        self.doc.trim_end_matches('.')
    }
}

/// A value that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("option '{option}': {found} is not allowed; expected {expected}")]
#[non_exhaustive]
pub struct OutOfRange {
    /// The option's name.
    pub option: &'static str,
    /// What was given.
    pub found: String,
    /// What is allowed.
    pub expected: &'static str,
}

/// A type of options.
pub trait OptionValue: Copy + std::fmt::Debug + 'static {
    /// What it is when it is not a constant.
    type Owned;
    /// Its kind.
    const KIND: Kind;

    /// The value, owned.
    fn owned(self) -> Self::Owned;

    /// The value as YAML; `null` for none.
    fn yaml(self) -> String;

    /// As a number, for its range.
    fn number(value: &Self::Owned) -> Option<f64>;
}

/// Types that are their own value; numbers are compared with their range.
macro_rules! plain {
    ($($type:ty: $kind:ident, $number:expr;)*) => {$(
        impl OptionValue for $type {
            type Owned = Self;
            const KIND: Kind = Kind::$kind;

            fn owned(self) -> Self {
                self
            }

            fn yaml(self) -> String {
                format!("{self:?}")
            }

            fn number(value: &Self) -> Option<f64> {
                let number: fn(Self) -> Option<f64> = $number;
                number(*value)
            }
        }
    )*};
}

plain! {
    f64: Number, Some;
    u8: Whole, |n| Some(n.into());
    usize: Whole, |n| Some(n as f64);
    i64: Whole, |n| Some(n as f64);
    bool: Flag, |_| None;
}

/// None of them is no number, and always allowed.
impl<T: OptionValue<Owned = T>> OptionValue for Option<T> {
    type Owned = Self;
    const KIND: Kind = T::KIND;

    fn owned(self) -> Self {
        self
    }

    fn yaml(self) -> String {
        self.map_or_else(|| "null".to_owned(), OptionValue::yaml)
    }

    fn number(value: &Self) -> Option<f64> {
        value.as_ref().and_then(T::number)
    }
}

impl OptionValue for &'static str {
    type Owned = String;
    const KIND: Kind = Kind::Text;

    fn owned(self) -> String {
        self.to_owned()
    }

    fn yaml(self) -> String {
        self.to_owned()
    }

    fn number(_: &String) -> Option<f64> {
        None
    }
}

impl OptionValue for &'static [&'static str] {
    type Owned = Vec<String>;
    const KIND: Kind = Kind::Texts;

    fn owned(self) -> Vec<String> {
        self.iter().map(|&text| text.to_owned()).collect()
    }

    fn yaml(self) -> String {
        format!("[{}]", self.join(", "))
    }

    fn number(_: &Vec<String>) -> Option<f64> {
        None
    }
}
