//! real and double precision: the shortest text that reads back as the same number, as PostgreSQL writes it.

use std::io::Write;

use super::super::scratch;

/// Appends the nearest float of so many bits to a decimal number; the largest one where there is none.
pub(super) fn write(number: &[u8], bits: u8, out: &mut Vec<u8>) {
    let text = std::str::from_utf8(number).unwrap_or_default();
    let mut shortest = scratch::buffer();
    // Both find the shortest digits (as Ryu does in the server). Writing to memory cannot fail.
    let _ = if bits == 32 {
        let float: f32 = text.parse().unwrap_or(0.0);
        write!(shortest, "{:e}", float.clamp(f32::MIN, f32::MAX))
    } else {
        let float: f64 = text.parse().unwrap_or(0.0);
        write!(shortest, "{:e}", float.clamp(f64::MIN, f64::MAX))
    };
    spell(&shortest, if bits == 32 { 6 } else { 15 }, out);
}

/// Writes `-4.88566e1` without an exponent where the server does: from 10⁻⁴ up to below 10 to the power of `most`
/// (`double_to_shortest_decimal_bufn` in src/common/d2s.c, and its sister in f2s.c).
fn spell(shortest: &[u8], most: i32, out: &mut Vec<u8>) {
    let text = std::str::from_utf8(shortest).unwrap_or_default();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if first == "0" {
        return out.push(b'0');
    }
    out.extend_from_slice(sign.as_bytes());
    if !(-4..most).contains(&exponent) {
        let point = if rest.is_empty() { "" } else { "." };
        let _ = write!(out, "{first}{point}{rest}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
        return;
    }
    let before = usize::try_from(exponent).unwrap_or(0);
    if exponent < 0 {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        let _ = write!(out, "0.{:0<zeros$}{first}{rest}", "");
    } else if rest.len() <= before {
        let _ = write!(out, "{first}{rest:0<before$}");
    } else {
        let (whole, fraction) = rest.split_at(before);
        let _ = write!(out, "{first}{whole}.{fraction}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn float(text: &str, bits: u8) -> String {
        let mut out = Vec::new();
        write(text.as_bytes(), bits, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    /// As PostgreSQL 15 writes them.
    #[test]
    fn floats_as_the_server_writes_them() {
        let doubles = [
            ("48.8566", "48.8566"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("0.000015", "1.5e-05"),
            ("123456789012345", "123456789012345"),
            ("1234567890123456", "1.234567890123456e+15"),
            ("1000000000000000", "1e+15"),
            ("100000000000000", "100000000000000"),
            ("-0.0", "0"),
            ("1200", "1200"),
            ("-0.5", "-0.5"),
            ("0.30000000000000004", "0.30000000000000004"),
        ];
        for (before, after) in doubles {
            assert_eq!(float(before, 64), after);
        }
        let reals = [
            ("48.8566", "48.8566"),
            ("123456", "123456"),
            ("1234567", "1.234567e+06"),
            ("1000000", "1e+06"),
            ("0.1", "0.1"),
            ("100000", "100000"),
        ];
        for (before, after) in reals {
            assert_eq!(float(before, 32), after);
        }
        assert_eq!(float(&format!("1{}", "0".repeat(400)), 64), "1.7976931348623157e+308");
        assert_eq!(float(&format!("-1{}", "0".repeat(40)), 32), "-3.4028235e+38");
        assert_eq!(float(&format!("0.{}5", "0".repeat(323)), 64), "5e-324");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prop_assert_eq!(float(&format!("{number}"), 64).parse::<f64>().expect("a float"), number);
            let real = f32::from_bits(bits as u32);
            prop_assume!(real.is_finite());
            prop_assert_eq!(float(&format!("{real}"), 32).parse::<f32>().expect("a float"), real);
        }
    }
}
