//! FITS headers as ordered cards.

use fitsio_pure::CARD_SIZE;
use fitsio_pure::header as raw;
use fitsio_pure::value::Value as RawValue;

/// What declares that texts may go on in `CONTINUE` records: keyword, value and comment of cfitsio.
const LONG_STRINGS: (&str, &str, &str) = ("LONGSTRN", "OGIP 1.0", "The OGIP long string convention may be used.");

/// The value of a header card.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `T` or `F`.
    Logical(bool),
    /// A whole number.
    Integer(i64),
    /// A real number.
    Real(f64),
    /// A complex number.
    Complex(f64, f64),
    /// A character string, trailing blanks removed.
    Text(String),
    /// A value indicator with nothing behind it.
    Undefined,
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Logical(true) => f.write_str("T"),
            Self::Logical(false) => f.write_str("F"),
            Self::Integer(n) => write!(f, "{n}"),
            Self::Real(x) => write!(f, "{x}"),
            Self::Complex(re, im) => write!(f, "({re}, {im})"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Undefined => f.write_str("undefined"),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Logical(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// One card of a header: a keyword with a value, or a commentary card (`COMMENT`, `HISTORY`, blank) with text alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The keyword, at most eight characters.
    pub keyword: String,
    /// The value, absent from commentary cards.
    pub value: Option<Value>,
    /// The comment behind the value, or the text of a commentary card.
    pub comment: Option<String>,
}

/// The cards of one HDU in the order of the file.
///
/// ```
/// use lat_io::Header;
/// let mut header = Header::default();
/// header.set("TELESCOP", "GLAST", "name of telescope generating data");
/// header.set("EQUINOX", 2000.0, "");
/// assert_eq!(header.text("TELESCOP"), Some("GLAST"));
/// assert_eq!(header.real("EQUINOX"), Some(2000.0));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    cards: Vec<Card>,
}

impl Header {
    /// The cards in order.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// The value of the first card with this keyword.
    pub fn get(&self, keyword: &str) -> Option<&Value> {
        self.cards.iter().find(|card| card.keyword == keyword).and_then(|card| card.value.as_ref())
    }

    /// A character string value.
    pub fn text(&self, keyword: &str) -> Option<&str> {
        match self.get(keyword) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A whole number; a real number without fraction counts, as some LAT tools write those.
    pub fn integer(&self, keyword: &str) -> Option<i64> {
        match *self.get(keyword)? {
            Value::Integer(n) => Some(n),
            // 2^53: every whole number below is exact in an f64.
            Value::Real(x) if x.fract() == 0.0 && x.abs() < 9_007_199_254_740_992.0 =>
            {
                #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53 by the guard")]
                Some(x as i64)
            }
            _ => None,
        }
    }

    /// A number, whole or real.
    pub fn real(&self, keyword: &str) -> Option<f64> {
        match *self.get(keyword)? {
            Value::Integer(n) => Some(n as f64),
            Value::Real(x) => Some(x),
            _ => None,
        }
    }

    /// Sets the first card with this keyword, or appends one. An empty comment means none.
    pub fn set(&mut self, keyword: &str, value: impl Into<Value>, comment: &str) {
        let card = Card {
            keyword: keyword.to_owned(),
            value: Some(value.into()),
            comment: (!comment.is_empty()).then(|| comment.to_owned()),
        };
        match self.cards.iter_mut().find(|card| card.keyword == keyword) {
            Some(old) => *old = card,
            None => self.cards.push(card),
        }
    }

    /// Appends cards as they are, commentary cards and repeated keywords too.
    pub fn extend(&mut self, cards: impl IntoIterator<Item = Card>) {
        self.cards.extend(cards);
    }

    /// Keeps the cards that a test accepts.
    pub fn retain(&mut self, keep: impl FnMut(&Card) -> bool) {
        self.cards.retain(keep);
    }

    /// Takes over the cards that the FITS library parsed, the closing `END` left out.
    pub(super) fn from_raw(cards: &[raw::Card]) -> Self {
        let cards = cards
            .iter()
            .filter(|card| !card.is_end())
            .map(|card| Card {
                keyword: card.keyword_str().to_owned(),
                value: card.value.as_ref().map(|value| match value {
                    RawValue::Logical(b) => Value::Logical(*b),
                    RawValue::Integer(n) => Value::Integer(*n),
                    RawValue::Float(x) => Value::Real(*x),
                    RawValue::String(text) => Value::Text(text.clone()),
                    RawValue::ComplexInt(re, im) => Value::Complex(*re as f64, *im as f64),
                    RawValue::ComplexFloat(re, im) => Value::Complex(*re, *im),
                    RawValue::Undefined => Value::Undefined,
                }),
                comment: card.comment.clone(),
            })
            .collect();
        Self { cards }
    }

    /// The cards as the FITS library writes them. Where a text goes on in `CONTINUE` records a card in front of it declares the convention, once a header, as the
    /// OGIP asks for.
    ///
    /// # Errors
    /// The keyword and the reason, when FITS cannot hold a card: keywords are up to eight of `A-Z 0-9 - _`, text is printable ASCII,
    /// numbers are finite.
    pub(super) fn to_raw(&self) -> Result<Vec<raw::Card>, (String, String)> {
        let raw = |card: &Card| raw_card(card).map_err(|reason| (card.keyword.clone(), reason));
        let mut cards = self.cards.iter().map(raw).collect::<Result<Vec<_>, _>>()?;
        if let (Some(first), None) = (cards.iter().position(is_continued), self.get(LONG_STRINGS.0)) {
            let (keyword, value, comment) = LONG_STRINGS;
            let declaration = Card {
                keyword: keyword.to_owned(),
                value: Some(Value::from(value)),
                comment: Some(comment.to_owned()),
            };
            cards.insert(first, raw(&declaration)?);
        }
        Ok(cards)
    }
}

/// Whether a card is written as more than one record.
fn is_continued(card: &raw::Card) -> bool {
    matches!(card.value, Some(RawValue::String(_)))
        && raw::serialize_header(std::slice::from_ref(card))
            .is_ok_and(|bytes| bytes.get(CARD_SIZE..).is_some_and(|next| next.starts_with(b"CONTINUE")))
}

fn raw_card(card: &Card) -> Result<raw::Card, String> {
    let value = match &card.value {
        Some(Value::Logical(b)) => RawValue::Logical(*b),
        Some(Value::Integer(n)) => RawValue::Integer(*n),
        Some(Value::Real(x)) if x.is_finite() => RawValue::Float(*x),
        Some(Value::Complex(re, im)) if re.is_finite() && im.is_finite() => RawValue::ComplexFloat(*re, *im),
        Some(Value::Real(_) | Value::Complex(..)) => return Err("a number must be finite".into()),
        Some(Value::Text(text)) => RawValue::String(printable(text)?.to_owned()),
        Some(Value::Undefined) | None => RawValue::Undefined,
    };
    let comment = card.comment.as_deref().map(|text| printable(text).map(str::to_owned)).transpose()?;
    let mut raw = raw::Card::new(&card.keyword, value)
        .map_err(|_| "a keyword is one to eight of A-Z, 0-9, '-' and '_'".to_owned())?;
    if card.value.is_none() {
        raw.value = None;
    }
    raw.comment = comment;
    Ok(raw)
}

/// The text itself when FITS can hold it.
pub(super) fn printable(text: &str) -> Result<&str, String> {
    match text.chars().find(|c| !(' '..='~').contains(c)) {
        Some(bad) => Err(format!("character {bad:?} in {text:?}; FITS headers hold printable ASCII only")),
        None => Ok(text),
    }
}
