//! Numbers that identify: of persons, organisations, accounts, cards, devices, books.
//!
//! Each mask takes numbers that are right by their own check, and gives another one that is, in the same spelling: separators
//! stay, letters keep their case, and there are letters where there were letters. It is a permutation, so different numbers stay
//! different, and no table is kept. What makes up each number is told in a [`scheme::Scheme`], one static for each.
//!
//! Pseudonyms are numbers that may have been given to somebody; only `ssn` can be told to make such as were not.

use super::Bound;
use super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use bind::{Identifier, Width, kept};
use birth::{BIRTH, PLACE, SEX};
use scheme::{Keep, Scheme, Schemes};

mod bind;
mod birth;
mod check;
mod finance;
mod france;
mod iban;
mod iban_countries;
mod italy;
mod multiset;
mod people;
mod plate;
mod scheme;
mod symbols;
#[cfg(test)]
mod tests;
mod vat;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    define("ahv", "another Swiss insurance number (756…)", NUMBER, &[], Example::of(r#""ahv""#, "text", "756.1234.5678.97"), |request| {
        fixed("AHV numbers", "an AHV number with a right check digit", &people::AHV, 13).bind(request, 0, "")
    }),
    define("bic", "another BIC of the same country", TEXT, &[], Example::of(r#""bic""#, "text", "DEUTDEFF500"), |request| {
        text("BICs", "a BIC of 8 or 11 characters", &finance::BIC).bind(request, 0, "")
    }),
    define("bsn", "another Dutch citizen service number", NUMBER, &[], Example::of(r#""bsn""#, "text", "111222333"), |request| {
        fixed("BSNs", "a BSN that passes the eleven test", &people::BSN, 9).bind(request, 0, "")
    }),
    define("cnpj", "another Brazilian company number, in digits or with letters", NUMBER, CNPJ_OPTIONS, CNPJ_EXAMPLE, |request| {
        let keep = if request.text("keep") == Some("branch") { people::BRANCH } else { 0 };
        fixed("CNPJs", "a CNPJ with right check digits", &people::CNPJ, 14).bind(request, keep, "")
    }),
    define("codice_fiscale", "another Italian tax code", TEXT, PERSON_OPTIONS, CODICE_EXAMPLE, |request| {
        let keep = kept(request, &[("sex", SEX), ("birth", BIRTH), ("place", PLACE)], 0)?;
        text("Italian tax codes", "an Italian tax code with a right check letter", &italy::CODICE_FISCALE).bind(request, keep, "")
    }),
    define("cpf", "another Brazilian taxpayer number", NUMBER, &[], Example::of(r#""cpf""#, "text", "390.533.447-05"), |request| {
        fixed("CPFs", "a CPF with right check digits", &people::CPF, 11).bind(request, 0, "")
    }),
    define("credit_card", "another card number of the same issuer", NUMBER, CARD_OPTIONS, CARD_EXAMPLE, |request| {
        let keep = request.integer("keep").and_then(|keep| Keep::try_from(keep).ok()).unwrap_or(6);
        let mask =
            Identifier { width: Width::From(12), ..text("card numbers", "a card number with a right check digit", &finance::CREDIT_CARD) };
        mask.bind(request, keep, "")
    }),
    define("dni", "another Spanish DNI or NIE", TEXT, &[], Example::of(r#""dni""#, "text", "12345678Z"), |request| {
        text("DNIs", "a DNI or NIE with a right letter", &people::DNI).bind(request, 0, "")
    }),
    define("iban", "another IBAN of the same country, its national check digits right too", TEXT, IBAN_OPTIONS, IBAN_EXAMPLE, |request| {
        let keep = if request.text("keep") == Some("bank") { iban::BANK } else { 0 };
        text("IBANs", "an IBAN with a right check", &iban::IBAN).bind(request, keep, "")
    }),
    define(
        "imei",
        "another device number of the same model",
        NUMBER,
        &[],
        Example::of(r#""imei""#, "text", "49-015420-323751-8"),
        |request| {
            let mask = text("IMEIs", "an IMEI with a right check digit", &finance::IMEI);
            Identifier { width: Width::From(14), ..mask }.bind(request, 0, "")
        },
    ),
    define("ine", "another French pupil's or student's number", TEXT, &[], Example::of(r#""ine""#, "text", "120890177FG"), |request| {
        text("INEs", "an INE: 9 digits and 2 letters, 10 and 1, or an apprentice's", &france::INE).bind(request, 0, "")
    }),
    define("isbn", "another ISBN, of 10 or 13 digits", NUMBER, &[], Example::of(r#""isbn""#, "text", "978-3-16-148410-0"), |request| {
        let mask = text("ISBNs", "an ISBN with a right check digit", &finance::ISBN);
        Identifier { width: Width::From(10), ..mask }.bind(request, 0, "")
    }),
    define(
        "isin",
        "another securities number of the same country",
        TEXT,
        &[],
        Example::of(r#""isin""#, "text", "US0378331005"),
        |request| text("ISINs", "an ISIN with a right check digit", &finance::ISIN).bind(request, 0, ""),
    ),
    define("lei", "another legal entity identifier", TEXT, &[], Example::of(r#""lei""#, "text", "549300GFX6WN7JDUSN34"), |request| {
        text("LEIs", "an LEI with right check digits", &finance::LEI).bind(request, 0, "")
    }),
    define("licence_plate", "another licence plate", TEXT, PLATE_OPTIONS, PLATE_EXAMPLE, licence_plate),
    define("national_number", "another Belgian national number", NUMBER, BIRTH_OPTIONS, BELGIAN_EXAMPLE, |request| {
        let keep = kept(request, &[("sex", SEX), ("birth", BIRTH)], 0)?;
        fixed("national numbers", "a Belgian national number with a right check", &people::NATIONAL_NUMBER, 11).bind(request, keep, "")
    }),
    define("nhs_number", "another NHS number", NUMBER, &[], Example::of(r#""nhs_number""#, "text", "943 476 5919"), |request| {
        fixed("NHS numbers", "an NHS number with a right check digit", &people::NHS_NUMBER, 10).bind(request, 0, "")
    }),
    define("nino", "another British national insurance number", TEXT, &[], Example::of(r#""nino""#, "text", "AA 12 34 56 C"), |request| {
        text("national insurance numbers", "a British national insurance number", &people::NINO).bind(request, 0, "")
    }),
    define("nir", "another French social security number, with its key or without", NUMBER, NIR_OPTIONS, NIR_EXAMPLE, nir),
    define("personnummer", "another Swedish personal number", NUMBER, BIRTH_OPTIONS, SWEDISH_EXAMPLE, |request| {
        let keep = kept(request, &[("sex", SEX), ("birth", BIRTH)], 0)?;
        let mask = text("personal numbers", "a Swedish personal number with a right check digit", &people::PERSONNUMMER);
        mask.bind(request, keep, "")
    }),
    define("pesel", "another Polish PESEL", NUMBER, BIRTH_OPTIONS, Example::of(r#""pesel""#, "text", "44051401359"), |request| {
        let keep = kept(request, &[("sex", SEX), ("birth", BIRTH)], 0)?;
        fixed("PESELs", "a PESEL with a right check digit", &people::PESEL, 11).bind(request, keep, "")
    }),
    define("rna", "another French association's number", TEXT, PLACE_OPTIONS, Example::of(r#""rna""#, "text", "W751004076"), |request| {
        text("RNA numbers", "an RNA number: W and 9 digits", &france::RNA).bind(request, departement(request), "")
    }),
    define(
        "rpps",
        "another French health professional's number",
        NUMBER,
        &[],
        Example::of(r#""rpps""#, "text", "10003456785"),
        |request| fixed("RPPS numbers", "an RPPS number with a right check digit", &france::RPPS, 11).bind(request, 0, ""),
    ),
    define("sin", "another Canadian social insurance number", NUMBER, &[], Example::of(r#""sin""#, "text", "130 692 544"), |request| {
        fixed("SINs", "a SIN with a right check digit", &people::SIN, 9).bind(request, 0, "")
    }),
    Definition {
        default_domain: "siren",
        ..define(
            "siren",
            "another French company's number (La Poste's stays)",
            NUMBER,
            &[],
            Example::of(r#""siren""#, "text", "732 829 320"),
            |request| fixed("SIREN numbers", "a SIREN number with a right check digit", &france::SIREN, 9).bind(request, 0, ""),
        )
    },
    Definition {
        default_domain: "siren",
        ..define(
            "siret",
            "another French establishment's number: its first nine digits are what siren gives",
            NUMBER,
            SIRET_OPTIONS,
            SIRET_EXAMPLE,
            |request| {
                let keep = kept(request, &[("siren", france::OF_SIREN), ("nic", france::OF_NIC)], 0)?;
                fixed("SIRET numbers", "a SIRET number with a right check digit", &france::SIRET, 14).bind(request, keep, "")
            },
        )
    },
    define(
        "ssn",
        "another US social security number, or taxpayer number",
        NUMBER,
        SSN_OPTIONS,
        Example::of(r#""ssn""#, "text", "536-22-1234"),
        ssn,
    ),
    define(
        "steuer_id",
        "another German tax identification number",
        NUMBER,
        &[],
        Example::of(r#""steuer_id""#, "text", "36 574 261 809"),
        |request| {
            fixed("tax numbers", "a German tax identification number with a right check digit", &people::STEUER_ID, 11).bind(request, 0, "")
        },
    ),
    define("uai", "another French school's number", TEXT, PLACE_OPTIONS, Example::of(r#""uai""#, "text", "0951099D"), |request| {
        text("UAI numbers", "a UAI number with a right letter", &france::UAI).bind(request, departement(request), "")
    }),
    Definition {
        default_domain: "siren",
        ..define(
            "vat",
            "another VAT number of the same country; France's holds what siren gives",
            TEXT,
            VAT_OPTIONS,
            VAT_EXAMPLE,
            vat_number,
        )
    },
    define(
        "vin",
        "another vehicle of the same maker and year",
        TEXT,
        &[],
        Example::of(r#""vin""#, "text", "1M8GDM9AXKP042788"),
        |request| text("VINs", "a VIN of 17 characters", &finance::VIN_CODE).bind(request, 0, ""),
    ),
];

const TEXT: &str = "text";
const NUMBER: &str = "text; bigint, numeric and integer where it has room";

/// A definition; what all masks of this family have in common is told here.
const fn define(
    name: &'static str,
    summary: &'static str,
    accepts: &'static str,
    options: &'static [OptionDefinition],
    example: Example,
    build: fn(&Request<'_>) -> Result<Bound, BuildError>,
) -> Definition {
    Definition {
        name,
        summary,
        accepts,
        distinct: "yes: a permutation of the numbers",
        keeps_distinct: true,
        keyed: true,
        fallible: true,
        default_domain: name,
        options,
        example,
        build,
    }
}

/// Masks whose numbers have letters, or none that a column of numbers could hold.
const fn text(makes: &'static str, expected: &'static str, scheme: &'static Scheme) -> Identifier {
    Identifier { makes, expected, schemes: Schemes::One(scheme), width: Width::Text }
}

/// Masks whose numbers have so many digits.
const fn fixed(makes: &'static str, expected: &'static str, scheme: &'static Scheme, digits: usize) -> Identifier {
    Identifier { makes, expected, schemes: Schemes::One(scheme), width: Width::Fixed(digits) }
}

const fn option(name: &'static str, kind: OptionKind, default: &'static str, summary: &'static str) -> OptionDefinition {
    OptionDefinition { name, kind, default, summary }
}

const CARD_OPTIONS: &[OptionDefinition] =
    &[option("keep", OptionKind::Integer(0, 8), "6", "how many of the first digits stay; six or eight tell the issuer")];
const CARD_EXAMPLE: Example = Example::of(r#""credit_card""#, "text", "4111 1111 1111 1111");
const IBAN_OPTIONS: &[OptionDefinition] =
    &[option("keep", OptionKind::Choice(&["country", "bank"]), "country", "what stays: the country, or the bank too")];
const IBAN_EXAMPLE: Example = Example::of(r#""iban""#, "text", "FR14 2004 1010 0505 0001 3M02 606");
const CNPJ_OPTIONS: &[OptionDefinition] =
    &[option("keep", OptionKind::Choice(&["nothing", "branch"]), "nothing", "what stays: the four digits of the branch, or nothing")];
const CNPJ_EXAMPLE: Example = Example::of(r#"{ mask = "cnpj", keep = "branch" }"#, "text", "12.ABC.345/01DE-35");
const PERSON_OPTIONS: &[OptionDefinition] =
    &[option("keep", OptionKind::Words, "[]", "what stays, of \"sex\", \"birth\" (the date) and \"place\" (of birth)")];
const CODICE_EXAMPLE: Example = Example::of(r#"{ mask = "codice_fiscale", keep = ["sex"] }"#, "text", "RSSMRA85T10A562S");
const BIRTH_OPTIONS: &[OptionDefinition] = &[option("keep", OptionKind::Words, "[]", "what stays, of \"sex\" and \"birth\" (the date)")];
const BELGIAN_EXAMPLE: Example = Example::of(r#"{ mask = "national_number", keep = ["sex"] }"#, "text", "85.07.30-033.28");
const SWEDISH_EXAMPLE: Example = Example::of(r#""personnummer""#, "text", "811218-9876");
const PLACE_OPTIONS: &[OptionDefinition] =
    &[option("keep", OptionKind::Choice(&["nothing", "departement"]), "nothing", "what stays: the département, or nothing")];
const NIR_OPTIONS: &[OptionDefinition] = &[
    option(
        "keep",
        OptionKind::Words,
        r#"["sex", "departement"]"#,
        "what stays, of \"sex\", \"birth\" (year and month) and \"departement\" (of birth)",
    ),
    option(
        "birth_date",
        OptionKind::Column,
        "none",
        "the column from whose new value year and month are taken; of those, numbers may become equal",
    ),
];
const NIR_EXAMPLE: Example = Example::of(r#"{ mask = "nir", keep = ["sex", "birth"] }"#, "text", "2 55 08 14 168 025 38");
const SIRET_OPTIONS: &[OptionDefinition] =
    &[option("keep", OptionKind::Words, "[]", "what stays, of \"siren\" (the company) and \"nic\" (the establishment's number in it)")];
const SIRET_EXAMPLE: Example = Example::of(r#""siret""#, "text", "732 829 320 00074");
const SSN_OPTIONS: &[OptionDefinition] = &[option(
    "range",
    OptionKind::Choice(&["issued", "never_issued"]),
    "issued",
    "numbers as they are issued, each one another; or such as never are, and then two may become equal",
)];
const PLATE_OPTIONS: &[OptionDefinition] =
    &[option("country", OptionKind::Choice(plate::COUNTRIES), "any: the shape is kept", "whose rules the plates follow, before and after")];
const PLATE_EXAMPLE: Example = Example::of(r#"{ mask = "licence_plate", country = "FR" }"#, "text", "AB-123-CD");
const VAT_OPTIONS: &[OptionDefinition] =
    &[option("country", OptionKind::Choice(vat::CODES), "none", "the country of numbers that stand without their prefix")];
const VAT_EXAMPLE: Example = Example::of(r#""vat""#, "text", "FR 40 303265045");

fn departement(request: &Request<'_>) -> Keep {
    if request.text("keep") == Some("departement") { PLACE } else { 0 }
}

fn nir(request: &Request<'_>) -> Result<Bound, BuildError> {
    let keep = kept(request, &[("sex", SEX), ("birth", BIRTH), ("departement", PLACE)], SEX | PLACE)?;
    let mask = text("French social security numbers", "a French social security number with a right key, or without one", &france::NIR);
    let mask = Identifier { width: Width::From(13), ..mask };
    let Some(column) = request.text("birth_date") else { return mask.bind(request, keep, "") };
    if keep & BIRTH != 0 {
        let message = "option \"birth_date\": year and month cannot both stay and come from another column";
        return Err(BuildError::of("birth_date", message, Some("leave \"birth\" out of \"keep\"".into())));
    }
    mask.born(request, keep, column)
}

fn ssn(request: &Request<'_>) -> Result<Bound, BuildError> {
    let mask = fixed("social security numbers", "a US social security or taxpayer number", &people::SSN, 9);
    if request.text("range") == Some("never_issued") { mask.unissued(request, &people::NO_SSN) } else { mask.bind(request, 0, "") }
}

fn licence_plate(request: &Request<'_>) -> Result<Bound, BuildError> {
    let country = request.text("country").unwrap_or_default();
    let expected = if country.is_empty() { "a licence plate: 2 to 12 letters and digits" } else { "a licence plate of its country" };
    text("licence plates", expected, plate::of(country)).bind(request, 0, &format!(" {country}"))
}

fn vat_number(request: &Request<'_>) -> Result<Bound, BuildError> {
    let mask = Identifier {
        makes: "VAT numbers",
        expected: "a VAT number with its country in front and a right check",
        schemes: Schemes::Any(vat::SCHEMES),
        width: Width::Text,
    };
    match request.text("country") {
        None => mask.bind(request, 0, ""),
        Some(code) => mask.behind(request, vat::prefix(code)),
    }
}
