//! Persons' numbers by country: ssn, sin, nino, nhs_number, steuer_id, dni, codice_fiscale, bsn, national_number, ahv, pesel,
//! cpf, personnummer; and cnpj, which goes with cpf.

use super::birth::{self, BIRTH, Century, PLACE, SEX};
use super::check::{self, last, last_two, luhn, put, remainder, to_eleven, to_ten, value, weigh};
use super::scheme::{Cursor, DIGITS, Form, Keep, LETTERS, Link, Scheme, decimal};

/// USA: area, group, serial (Social Security Administration). Never issued: area 000, 666 and from 900 on, group 00, serial
/// 0000; and two numbers that stood on cards in advertisements. What begins with 9 is a number for taxes (ITIN, Internal Revenue
/// Service: groups 50 to 65, 70 to 88, 90 to 92 and 94 to 99; ATIN: 93), and stays one.
pub(super) static SSN: Scheme = Scheme::of(&[Form::Of("9dddddddd"), Form::Of("ddddddddd")], |symbols, form| {
    let part = |from: usize, to: usize| symbols.get(from..to).and_then(decimal).unwrap_or(0);
    let (area, group, serial) = (part(0, 3), part(3, 5), part(5, 9));
    match form {
        0 => matches!(group, 50..=65 | 70..=88 | 90..=99),
        _ => {
            area > 0
                && area != 666
                && area < 900
                && group > 0
                && serial > 0
                && !matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999))
        }
    }
});

/// USA, where what comes out must be nobody's: area from 900 on and group 01 to 49, which are issued neither as SSN nor as
/// ITIN or ATIN.
pub(super) static NO_SSN: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        cursor.literal(b"9");
        cursor.digits(2);
        cursor.range(2, 1, 49);
        cursor.range(4, 1, 9999);
    })],
    check::none,
);

/// Canada: nine digits with the check of Luhn, the first neither 0 nor 8 (Employment and Social Development Canada). A 9 is of
/// temporary residents.
pub(super) static SIN: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        cursor.within(&[b"1234567", b"9"]);
        cursor.digits(7);
        cursor.check(1);
    })],
    |symbols, _| symbols.first().is_some_and(|first| !b"08".contains(first)) && last(symbols, luhn),
);

/// United Kingdom: two letters, six digits, A to D or nothing (HMRC, National Insurance Manual NIM39110).
pub(super) static NINO: Scheme =
    Scheme::of(&[Form::By(|cursor, _| nino(cursor, true)), Form::By(|cursor, _| nino(cursor, false))], |symbols, _| {
        !matches!(symbols.get(..2), Some(b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ"))
    });

fn nino(cursor: &mut Cursor<'_>, suffix: bool) {
    cursor.one_of(b"ABCEGHJKLMNOPRSTWXYZ");
    cursor.one_of(b"ABCEGHJKLMNPRSTWXYZ");
    cursor.digits(6);
    if suffix {
        cursor.one_of(b"ABCD");
    }
}

/// England, Wales, Isle of Man: nine digits, weights 10 to 2, check modulo 11 (NHS Data Dictionary).
pub(super) static NHS_NUMBER: Scheme =
    Scheme::of(&[Form::Of("ddddddddd#")], |symbols, _| last(symbols, |body| to_eleven(weigh(body, &[10, 9, 8, 7, 6, 5, 4, 3, 2]))));

/// Germany: ten digits and a check of ISO 7064 MOD 11,10. The first is not 0; of the ten one digit comes twice, or three times but
/// not thrice in a row, and all others once at most (Bundeszentralamt für Steuern; Steueridentifikationsnummerverordnung).
pub(super) static STEUER_ID: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        cursor.draw(10, multiset::COUNT, multiset::rank, multiset::write);
        cursor.check(1);
    })],
    |symbols, _| {
        let body = symbols.get(..10).unwrap_or_default();
        let thrice = body.windows(3).any(|three| three.iter().all(|digit| Some(digit) == three.first()));
        !thrice && body.first() != Some(&b'0') && last(symbols, check::mod_11_10)
    },
);

/// Ten digits of which one comes twice or three times, counted.
mod multiset {
    use super::{put, value};

    /// How often each digit comes.
    type Counts = [u8; 10];

    /// Of those with a pair: the digit, the one that is missing, and the arrangements.
    const PAIRS: u128 = 90 * PAIR;
    const PAIR: u128 = 1_814_400;
    /// Of those with three: the digit, the two that are missing, and the arrangements.
    const TRIPLE: u128 = 604_800;
    /// All of them.
    pub(super) const COUNT: u128 = PAIRS + 360 * TRIPLE;

    /// The choices of counts, the pairs first; 450 of them.
    fn choices() -> impl Iterator<Item = Counts> {
        let all = |most: usize| (0..10).map(move |digit| (digit, most));
        let pairs =
            all(2).flat_map(|(digit, most)| (0..10).filter(move |gone| *gone != digit).map(move |gone| counts(digit, most, gone, gone)));
        let triples = all(3).flat_map(|(digit, most)| {
            let gone = (0..10).flat_map(|one| (one + 1..10).map(move |two| (one, two)));
            gone.filter(move |(one, two)| *one != digit && *two != digit).map(move |(one, two)| counts(digit, most, one, two))
        });
        pairs.chain(triples)
    }

    fn counts(digit: usize, most: usize, one: usize, two: usize) -> Counts {
        std::array::from_fn(|at| if at == digit { most as u8 } else { u8::from(at != one && at != two) })
    }

    /// How many arrangements there are of what is left.
    fn arrangements(left: &Counts) -> u128 {
        let factorial = |n: u8| (1..=u128::from(n)).product::<u128>();
        let total = left.iter().sum();
        left.iter().fold(factorial(total), |all, count| all / factorial(*count))
    }

    pub(super) fn rank(digits: &[u8]) -> Option<u128> {
        let mut left = Counts::default();
        for digit in digits {
            *left.get_mut(value(*digit) as usize)? += 1;
        }
        let choice = choices().position(|counts| counts == left)? as u128;
        let mut rank = if choice < 90 { choice * PAIR } else { PAIRS + (choice - 90) * TRIPLE };
        for digit in digits {
            let digit = value(*digit) as usize;
            for lower in 0..digit {
                rank += taken(&left, lower).map_or(0, |rest| arrangements(&rest));
            }
            left = taken(&left, digit)?;
        }
        Some(rank)
    }

    pub(super) fn write(number: u128, here: &mut [u8]) {
        let (choice, mut rank) = match number.checked_sub(PAIRS) {
            None => (number / PAIR, number % PAIR),
            Some(rest) => (90 + rest / TRIPLE, rest % TRIPLE),
        };
        let mut left = choices().nth(choice as usize).unwrap_or_default();
        for place in here {
            for digit in 0..10 {
                let Some(rest) = taken(&left, digit) else { continue };
                let count = arrangements(&rest);
                if rank < count {
                    put(place, digit as u32);
                    left = rest;
                    break;
                }
                rank -= count;
            }
        }
    }

    /// What is left when one of a digit is taken, if there is one.
    fn taken(left: &Counts, digit: usize) -> Option<Counts> {
        let mut rest = *left;
        let count = rest.get_mut(digit)?;
        *count = count.checked_sub(1)?;
        Some(rest)
    }
}

/// The letters of Spanish numbers, by the remainder modulo 23.
pub(super) const SPANISH: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// Spain: DNI, eight digits and a letter; NIE, where X, Y or Z stands for 0, 1 or 2 in front; and K, L, M with seven digits (Real
/// Decreto 1553/2005; Orden INT/2058/2008). A DNI without its letter is one, too.
pub(super) static DNI: Scheme =
    Scheme::of(&[Form::Of("dddddddd#"), Form::By(nie), Form::By(klm), Form::Of("dddddddd")], |symbols, form| form == 3 || spanish(symbols));

/// The control letter of a DNI, a NIE or a number with K, L or M.
pub(super) fn spanish(symbols: &mut [u8]) -> bool {
    check::last_of(symbols, SPANISH, |body| match body {
        [first @ b'X'..=b'Z', rest @ ..] => remainder(u32::from(first - b'X'), rest, 23),
        [b'K' | b'L' | b'M', rest @ ..] => remainder(0, rest, 23),
        all => remainder(0, all, 23),
    })
}

pub(super) fn nie(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.one_of(b"XYZ");
    cursor.digits(7);
    cursor.check(1);
}

pub(super) fn klm(cursor: &mut Cursor<'_>, _: Keep) {
    if !cursor.peek(0).is_some_and(|first| b"KLM".contains(&first)) {
        return cursor.fail();
    }
    cursor.keep(1);
    cursor.digits(7);
    cursor.check(1);
}

/// The letters that stand for digits where two persons had one code (omocodia), by digit; and those of months.
const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";
const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";

/// What the symbols at odd places count, by what they count at even places (a letter there as its place in the alphabet).
const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// The control letter of a codice fiscale, and of an Italian account number.
pub(super) fn italian(body: &[u8]) -> u32 {
    let index = |symbol: u8| if symbol.is_ascii_digit() { value(symbol) } else { value(symbol) - 10 };
    let odd = |symbol: u8| ODD.get(index(symbol) as usize).copied().unwrap_or(0);
    let sum: u32 = body.iter().enumerate().map(|(at, symbol)| if at % 2 == 0 { odd(*symbol) } else { index(*symbol) }).sum();
    sum % 26
}

/// Italy: three letters of the last name and three of the first, date of birth (40 added to a woman's day), place of birth,
/// control letter (Decreto ministeriale 23/12/1976). An organisation has the eleven digits of its VAT number.
pub(super) static CODICE_FISCALE: Scheme = Scheme::of(&[Form::By(codice_fiscale), Form::By(partita_iva)], |symbols, form| match form {
    0 => check::last_of(symbols, LETTERS, italian),
    _ => last(symbols, luhn),
});

/// Italy: seven digits, the tax office's province, the check of Luhn (Decreto del Presidente della Repubblica 633/1972).
pub(super) fn partita_iva(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.range(7, 1, 9_999_999);
    let province = decimal(cursor.next(3));
    if province.is_some_and(|number| (1..=100).contains(&number)) {
        cursor.range(3, 1, 100)
    } else {
        cursor.keep(3)
    }
    cursor.check(1);
}

fn codice_fiscale(cursor: &mut Cursor<'_>, keep: Keep) {
    // Vowels, consonants and X stay what they are, so that the names keep to their own rule: consonants first, X to fill up.
    for _ in 0..6 {
        if cursor.peek(0).is_some_and(|symbol| symbol.is_ascii_digit()) {
            return cursor.fail();
        }
        cursor.within(&[b"AEIOU", b"BCDFGHJKLMNPQRSTVWYZ"]);
    }
    let century = Century { leap: true };
    let Some((year, month, day)) = italian_date(cursor.next(5)) else { return cursor.fail() };
    let sex = day > 40;
    if century.day(year, month, day % 40).is_none() {
        return cursor.fail();
    }
    if keep & BIRTH != 0 && keep & SEX != 0 {
        cursor.keep(5);
    } else {
        let ways = if keep & SEX != 0 { 1 } else { 2 };
        let days = if keep & BIRTH != 0 { 1 } else { century.days() };
        let read = |here: &[u8]| {
            let (year, month, day) = italian_date(here)?;
            let number = if days == 1 { 0 } else { century.day(year, month, day % 40)? };
            Some(u128::from(number * ways + if ways == 1 { 0 } else { u32::from(day > 40) }))
        };
        let write = |number: u128, here: &mut [u8]| {
            let number = number as u32;
            let (year, month, day) = if days == 1 { (year, month, day % 40) } else { century.date(number / ways) };
            let woman = if ways == 1 { sex } else { number % 2 == 1 };
            write_italian(year, month, day + if woman { 40 } else { 0 }, here);
        };
        cursor.draw(5, u128::from(days * ways), read, write);
    }
    place(cursor, keep);
    cursor.check(1);
}

/// The land register's code of the commune, or Z and a country.
fn place(cursor: &mut Cursor<'_>, keep: Keep) {
    if cursor.peek(0).is_none_or(|symbol| symbol.is_ascii_digit()) || !(1..4).all(|at| cursor.peek(at).and_then(plain).is_some()) {
        return cursor.fail();
    }
    if keep & PLACE != 0 {
        return cursor.keep(4);
    }
    cursor.within(&[b"ABCDEFGHILM"]);
    for _ in 0..3 {
        cursor.within(&[DIGITS, OMOCODIA]);
    }
}

/// The digit that a digit or a letter of omocodia stands for.
fn plain(symbol: u8) -> Option<u32> {
    if symbol.is_ascii_digit() { Some(value(symbol)) } else { OMOCODIA.iter().position(|known| *known == symbol).map(|at| at as u32) }
}

fn italian_date(here: &[u8]) -> Option<(u32, u32, u32)> {
    let [y, year, month, d, day] = here else { return None };
    let month = MONTHS.iter().position(|known| known == month)? as u32 + 1;
    let day = plain(*d)? * 10 + plain(*day)?;
    // 40 is no day; a woman's are 41 to 71.
    Some((plain(*y)? * 10 + plain(*year)?, month, day)).filter(|_| day != 40 && day < 72)
}

/// Writes a date over another, letters for letters.
fn write_italian(year: u32, month: u32, day: u32, here: &mut [u8]) {
    let digits = [year / 10, year % 10, 0, day / 10, day % 10];
    for (at, (place, digit)) in here.iter_mut().zip(digits).enumerate() {
        *place = match (at, place.is_ascii_digit()) {
            (2, _) => MONTHS.get(month as usize - 1).copied().unwrap_or(*place),
            (_, true) => b'0' + digit as u8,
            (_, false) => OMOCODIA.get(digit as usize).copied().unwrap_or(*place),
        };
    }
}

/// The Netherlands: nine digits, weights 9 to 2 and -1, a multiple of 11 (the "elfproef" of the Rijksdienst voor Identiteitsgegevens);
/// eight where the zero in front is left out.
pub(super) static BSN: Scheme = Scheme::of(&[Form::Of("dddddddd#"), Form::Of("ddddddd#")], |symbols, form| {
    symbols.iter().any(|digit| *digit != b'0') && eleven_test(symbols, if form == 0 { 9 } else { 8 })
});

/// The check of the eleven test, the first weight given.
pub(super) fn eleven_test(symbols: &mut [u8], first: u32) -> bool {
    last(symbols, |body| body.iter().zip((2..=first).rev()).map(|(digit, weight)| value(*digit) * weight).sum::<u32>() % 11)
}

/// Belgium: date of birth, a count (odd for men), and 97 less the remainder of all before it, behind a 2 for those born from 2000
/// on (arrêté royal of 3 April 1984). 20 or 40 is added to the month in the numbers of those not in the register (BIS).
pub(super) static NATIONAL_NUMBER: Scheme = Scheme::of(
    &[
        Form::By(|cursor, keep| belgian(cursor, keep, Century { leap: false })),
        Form::By(|cursor, keep| belgian(cursor, keep, Century { leap: true })),
    ],
    |symbols, form| {
        let counted = symbols.get(6..9).and_then(decimal).is_some_and(|count| (1..=998).contains(&count));
        counted && last_two(symbols, |body| 97 - remainder(if form == 0 { 0 } else { 2 }, body, 97))
    },
);

fn belgian(cursor: &mut Cursor<'_>, keep: Keep, century: Century) {
    let offset = match decimal(cursor.next(4).get(2..).unwrap_or_default()) {
        Some(0..=12) => 0,
        Some(20..=32) => 20,
        Some(40..=52) => 40,
        _ => return cursor.fail(),
    };
    birth::draw(cursor, keep, century, (offset, 0));
    cursor.digits(2);
    birth::draw_sex(cursor, keep);
    cursor.check(2);
}

/// Switzerland: 756, nine digits, the check of an EAN (Verordnung über die Alters- und Hinterlassenenversicherung, art. 133).
pub(super) static AHV: Scheme = Scheme::of(&[Form::Of("756ddddddddd#")], |symbols, _| last(symbols, check::ean));

/// Poland: date of birth, with a number added to the month that tells the century, three digits, one of the sex, and a check
/// (ustawa z dnia 24 września 2010 o ewidencji ludności).
pub(super) static PESEL: Scheme =
    Scheme::of(&[Form::By(pesel)], |symbols, _| last(symbols, |body| to_ten(weigh(body, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]))));

fn pesel(cursor: &mut Cursor<'_>, keep: Keep) {
    let Some(month) = decimal(cursor.next(4).get(2..).unwrap_or_default()) else { return cursor.fail() };
    let offset = month / 20 * 20;
    // Of the centuries from 1800, 1900, … 2200 on, only one begins with a leap year.
    birth::draw(cursor, keep, Century { leap: offset == 20 }, (offset, 0));
    cursor.digits(3);
    birth::draw_sex(cursor, keep);
    cursor.check(1);
}

/// Sweden: date of birth, three digits of which the last tells the sex, the check of Luhn (folkbokföringslag 1991:481); also with
/// the century in front. 60 is added to the day of those not in the register.
pub(super) static PERSONNUMMER: Scheme =
    Scheme::of(&[Form::By(|cursor, keep| swedish(cursor, keep, 0)), Form::By(|cursor, keep| swedish(cursor, keep, 2))], |symbols, form| {
        let day = symbols.get(if form == 0 { 4..6 } else { 6..8 }).and_then(decimal);
        let month = symbols.get(if form == 0 { 2..4 } else { 4..6 }).and_then(decimal);
        // An organisation's number has a third digit of two or more.
        let dated = matches!(month, Some(1..=12)) && matches!(day, Some(1..=31 | 61..=91));
        dated && symbols.get_mut(if form == 0 { 0 } else { 2 }..).is_some_and(|short| last(short, luhn))
    });

fn swedish(cursor: &mut Cursor<'_>, keep: Keep, century: usize) {
    if cursor.count() != 10 + century {
        return cursor.fail();
    }
    if century > 0 && !matches!(cursor.next(2), b"18" | b"19" | b"20") {
        return cursor.fail();
    }
    let leap = century == 0 || cursor.next(2) == b"20";
    cursor.keep(century);
    let apart = decimal(cursor.next(6).get(4..).unwrap_or_default()).is_some_and(|day| day > 60);
    birth::draw(cursor, keep, Century { leap }, (0, if apart { 60 } else { 0 }));
    cursor.digits(2);
    birth::draw_sex(cursor, keep);
    cursor.check(1);
}

/// Brazil: nine digits and two checks modulo 11 (Receita Federal). Ten and eleven are written 0. Eleven times one digit is none.
pub(super) static CPF: Scheme = Scheme::of(&[Form::Of("ddddddddd##")], |symbols, _| {
    let sealed = brazilian(symbols, &[10, 9, 8, 7, 6, 5, 4, 3, 2], &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    sealed && symbols.iter().any(|digit| Some(digit) != symbols.first())
});

/// Brazil's two checks.
fn brazilian(symbols: &mut [u8], first: &[u32], second: &[u32]) -> bool {
    // Letters count as in ASCII, 48 less (Receita Federal, nota técnica on the alphanumeric CNPJ, 2024).
    let sum = |body: &[u8], weights: &[u32]| -> u32 {
        body.iter().zip(weights).map(|(symbol, weight)| u32::from(symbol.saturating_sub(b'0')) * weight).sum()
    };
    let check = |sum: u32| to_eleven(sum) % 10;
    let Some(body) = symbols.len().checked_sub(1).and_then(|length| symbols.get_mut(..length)) else { return false };
    last(body, |body| check(sum(body, first))) && last(symbols, |body| check(sum(body, second)))
}

/// What [`CNPJ`] keeps: the number of the branch.
pub(super) const BRANCH: Keep = 1;

/// The eight places of the organisation in a CNPJ.
static CNPJ_ROOT: Scheme = Scheme::of(&[Form::Of("xxxxxxxx")], |symbols, _| symbols.iter().any(|symbol| *symbol != b'0'));

/// Brazil: eight digits or letters of the organisation (letters since 2026), four of the branch, two checks.
pub(super) static CNPJ: Scheme = Scheme {
    forms: &[Form::By(|cursor, keep| {
        cursor.keep(8);
        if keep & BRANCH == 0 {
            cursor.alike(4)
        } else {
            cursor.keep(4)
        }
        cursor.check(2);
    })],
    seal: |symbols, _| {
        let sealed = brazilian(symbols, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
        sealed && symbols.iter().take(8).any(|symbol| *symbol != b'0')
    },
    link: Some(Link { form: 0, at: 0..8, scheme: &CNPJ_ROOT, unless: 0 }),
};
