//! What free text holds of personal data: where, and of what kind.
//!
//! No model and no guess: each kind has a written form, and most have check digits, which are checked. Addresses of mail
//! and pages are looked for first; numbers only in what lies between. A text without a digit, an `@` or a `:` is passed
//! over in large steps.
//!
//! Any bytes may be searched; what is no UTF-8 is part of nothing.

mod address;
pub mod date;
pub(super) mod edge;
mod identity;
pub mod narrow;
mod number;
mod phone;
mod row;
mod web;

use std::ops::Range;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An e-mail address (RFC 5321, as people write them: no quotes, no comments).
    Email,
    /// A phone number: international, or national in the forms of FR, GB, DE and US.
    Phone,
    /// An IBAN (ISO 13616), length and check digits right.
    Iban,
    /// The number of a payment card (ISO/IEC 7812): issuer, length and check digit right.
    CreditCard,
    /// A French NIR (social security) with its key, also of Corsica (2A, 2B).
    Nir,
    /// The number of a French establishment, check digit right.
    Siret,
    /// The number of a French company, check digit right.
    Siren,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A URL with its scheme, or one that begins with `www.`.
    Url,
    /// A date with its year: ISO, day first, or with the month's French or English name.
    Date,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 10] =
        [Kind::Email, Kind::Phone, Kind::Iban, Kind::CreditCard, Kind::Nir, Kind::Siret, Kind::Siren, Kind::Ip, Kind::Url, Kind::Date];

    /// The name that rules and labels use.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Phone => "phone",
            Kind::Iban => "iban",
            Kind::CreditCard => "credit_card",
            Kind::Nir => "nir",
            Kind::Siret => "siret",
            Kind::Siren => "siren",
            Kind::Ip => "ip",
            Kind::Url => "url",
            Kind::Date => "date",
        }
    }

    /// The kind of that name.
    pub fn of_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kinds {
    /// All of them.
    pub fn all() -> Kinds {
        Kind::ALL.into_iter().collect()
    }

    /// Whether a kind is among them.
    #[inline]
    pub fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    /// These and one more.
    #[must_use]
    pub fn and(self, kind: Kind) -> Kinds {
        Kinds(self.0 | (1 << kind as u16))
    }

    /// Whether any of them begins or ends with a digit or a colon, and so is found by one.
    fn numbers(self) -> bool {
        Kind::ALL.into_iter().any(|kind| self.has(kind) && !matches!(kind, Kind::Email | Kind::Url))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Kinds {
        kinds.into_iter().fold(Kinds::default(), Kinds::and)
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// Everything of these kinds in a text, in order, nothing twice.
pub fn find(text: &[u8], kinds: Kinds) -> Find<'_> {
    Find { text, kinds, at: 0, web: web::Web::new(text, kinds), next: None }
}

/// An iterator over what a text holds.
#[derive(Debug)]
pub struct Find<'t> {
    text: &'t [u8],
    kinds: Kinds,
    /// What lies before has been searched.
    at: usize,
    web: web::Web<'t>,
    /// The next address of mail or of a page.
    next: Option<Found>,
}

impl Iterator for Find<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        if self.next.is_none() {
            self.next = self.web.next(self.at);
        }
        let end = self.next.as_ref().map_or(self.text.len(), |found| found.range.start);
        if self.kinds.numbers()
            && let Some(found) = number::next(self.text.get(..end).unwrap_or_default(), self.at, self.kinds)
        {
            self.at = found.range.end;
            return Some(found);
        }
        self.at = self.text.len();
        let found = self.next.take()?;
        self.at = found.range.end;
        Some(found)
    }
}

#[cfg(test)]
mod tests;
