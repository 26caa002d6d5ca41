//! Numbers as people read them. No locale: the same figures everywhere.

use std::time::Duration;

/// A whole number with a comma at every third digit: `1,234,567`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and what it counts: `1 table`, `2 tables`, `1,000 values masked`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// Bytes in three digits, by powers of 1000: `999 B`, `1.23 kB`, `512 MB`.
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        // What rounds to four digits belongs to the next unit.
        if value < 999.5 {
            return match (unit, value) {
                ("B", _) => format!("{count} B"),
                (_, value) if value < 9.995 => format!("{value:.2} {unit}"),
                (_, value) if value < 99.95 => format!("{value:.1} {unit}"),
                _ => format!("{value:.0} {unit}"),
            };
        }
        value /= 1000.0;
    }
    format!("{value:.0} PB")
}

/// Bytes a second; `None` where too little time has passed to say.
pub fn rate(count: u64, elapsed: Duration) -> Option<String> {
    let seconds = elapsed.as_secs_f64();
    (seconds >= 0.001).then(|| format!("{}/s", bytes((count as f64 / seconds) as u64)))
}

/// A time: `0.42 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`.
pub fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.2} s", time.as_secs_f64()),
        10..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A time that is a guess, in whole seconds: `1 s`, `42 s`, `3 min 05 s`, `2 h 07 min`. Never less than a second.
pub fn about(guess: Duration) -> String {
    let seconds = guess.as_secs_f64().round().max(1.0);
    match Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX) {
        short if short.as_secs() < 60 => format!("{} s", short.as_secs()),
        long => time(long),
    }
}

/// How much of a whole is done, in whole hundredths: 100 only where all is; `None` of nothing.
pub fn percent(done: u64, whole: u64) -> Option<u64> {
    let share = u128::from(done) * 100 / u128::from(whole).max(1);
    (whole > 0).then(|| u64::try_from(share.min(100)).unwrap_or(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let numbers = [0, 7, 999, 1000, 123_456, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "7", "999", "1,000", "123,456", "1,234,567"]);
        assert_eq!(counted(1, "table", "tables"), "1 table");
        assert_eq!(counted(0, "table", "tables"), "0 tables");
    }

    #[test]
    fn sizes() {
        let sizes = [0, 999, 1000, 9_994, 9_996, 99_960, 999_499, 999_500, 1_234_567_890, u64::MAX].map(bytes);
        assert_eq!(sizes, ["0 B", "999 B", "1.00 kB", "9.99 kB", "10.0 kB", "100 kB", "999 kB", "1.00 MB", "1.23 GB", "18447 PB"]);
    }

    #[test]
    fn times_and_rates() {
        let times = [0.0, 0.418, 12.34, 59.9, 185.2, 7650.0].map(|seconds| time(Duration::from_secs_f64(seconds)));
        assert_eq!(times, ["0.00 s", "0.42 s", "12.3 s", "59.9 s", "3 min 05 s", "2 h 07 min"]);
        assert_eq!(rate(1_000_000, Duration::from_millis(500)).as_deref(), Some("2.00 MB/s"));
        assert_eq!(rate(1_000_000, Duration::ZERO), None);
        let guesses = [0.2, 2.4, 59.6, 185.2].map(|seconds| about(Duration::from_secs_f64(seconds)));
        assert_eq!(guesses, ["1 s", "2 s", "1 min 00 s", "3 min 05 s"]);
    }

    #[test]
    fn shares() {
        assert_eq!(
            [(0, 7), (1, 3), (999, 1000), (7, 7), (8, 7), (u64::MAX, u64::MAX)].map(|(done, whole)| percent(done, whole)),
            [Some(0), Some(33), Some(99), Some(100), Some(100), Some(100)]
        );
        assert_eq!(percent(1, 0), None);
    }
}
