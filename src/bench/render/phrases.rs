//! Comparisons in a few words.

use crate::bench::outcome::ArmResult;
use crate::bench::render::figures::rough;

/// `with a fifth of their memory`
pub(super) fn memory(arm: &ArmResult, processes: &ArmResult) -> Option<String> {
    const PARTS: [&str; 9] = [
        "half",
        "a third",
        "a quarter",
        "a fifth",
        "a sixth",
        "a seventh",
        "an eighth",
        "a ninth",
        "a tenth",
    ];
    let (one, other) = (arm.memory? as f64, processes.memory? as f64);
    if one <= 0.0 || other <= 0.0 {
        return None;
    }
    let ratio = one / other;
    let tens = ((ratio - 1.0).abs() * 10.0).round() * 10.0;
    Some(match ratio {
        ratio if ratio < 0.095 => "with less than a tenth of their memory".to_owned(),
        ratio if ratio < 0.6 => {
            let part = (1.0 / ratio).round() as usize;
            let index = part.saturating_sub(2).min(PARTS.len() - 1);
            format!("with {} of their memory", PARTS[index])
        }
        ratio if ratio < 0.95 => format!("with {} % less memory", tens.max(10.0)),
        ratio if ratio < 1.05 => "with as much memory".to_owned(),
        ratio if ratio < 1.75 => format!("with {} % more memory", tens.max(10.0)),
        ratio => format!("with {} times their memory", rough(ratio)),
    })
}

/// `eight`
pub(super) fn spelled(number: u32) -> String {
    const WORDS: [&str; 12] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    let index = usize::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1));
    match index.and_then(|index| WORDS.get(index)) {
        Some(word) => (*word).to_owned(),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn memory_is_compared_in_words() {
        let arm = fixtures::scales().arms.remove(0);
        let with = |memory| ArmResult {
            memory: Some(memory),
            ..arm.clone()
        };
        for (one, text) in [
            (50, "with less than a tenth of their memory"),
            (200, "with a fifth of their memory"),
            (520, "with half of their memory"),
            (700, "with 30 % less memory"),
            (1000, "with as much memory"),
            (1300, "with 30 % more memory"),
            (3100, "with 3.1 times their memory"),
        ] {
            assert_eq!(memory(&with(one), &with(1000)).as_deref(), Some(text));
        }
        assert_eq!(memory(&with(0), &with(1)), None);
        assert_eq!(spelled(8), "eight");
        assert_eq!(spelled(13), "13");
    }
}
