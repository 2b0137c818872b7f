//! COUNT_DISTINCT of ksqlDB: an estimate, and which one hangs on nothing but the values. It is stream-lib's HyperLogLog of
//! 2^14 registers over MurmurHash (`CountDistinct`, `com.clearspring.analytics.stream.cardinality.HyperLogLog`).

const LOG_2_REGISTERS: u32 = 14;

/// How many different texts there are, as ksqlDB estimates it.
pub fn estimate<'a>(texts: impl Iterator<Item = &'a str>) -> i64 {
    let mut registers = vec![0_u32; 1 << LOG_2_REGISTERS];
    for text in texts {
        let hash = murmur(text.as_bytes());
        let rank = ((hash << LOG_2_REGISTERS) | ((1 << (LOG_2_REGISTERS - 1)) + 1)).leading_zeros() + 1;
        let register = &mut registers[(hash >> (u32::BITS - LOG_2_REGISTERS)) as usize];
        *register = rank.max(*register);
    }
    let count = registers.len() as f64;
    let sum: f64 = registers.iter().map(|rank| 1.0 / f64::from(1_u32 << rank)).sum();
    let estimate = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
    if estimate <= 2.5 * count {
        let zeros = registers.iter().filter(|rank| **rank == 0).count() as f64;
        return (count * (count / zeros).ln()).round() as i64;
    }
    estimate.round() as i64
}

/// `MurmurHash.hash(byte[])`: MurmurHash 2 with the seed -1. Java's bytes are signed, so those behind the last word fill the
/// bits above them.
fn murmur(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let signed = |byte: u8| i32::from(byte as i8) as u32;
    let mut hash = u32::MAX ^ bytes.len() as u32;
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        // By distance from the end: the last byte is not shifted.
        for (place, byte) in rest.iter().rev().enumerate() {
            hash ^= signed(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Observed on ksqlDB 8.3.1: of p, null and q there are 1, 1 and 2.
    #[test]
    fn few_values_are_counted_exactly() {
        assert_eq!(estimate(std::iter::empty()), 0);
        assert_eq!(estimate(["p"].into_iter()), 1);
        assert_eq!(estimate(["p", "q", "p"].into_iter()), 2);
    }

    /// stream-lib's own bound: a standard error of less than 1 % with 2^14 registers; here three times that.
    #[test]
    fn many_values_are_counted_within_the_bound_of_the_engine() {
        for count in [1_000_i64, 30_000, 200_000] {
            let texts: Vec<String> = (0..count).map(|i| format!("value-{i}")).collect();
            let found = estimate(texts.iter().map(String::as_str));
            assert!((found - count).abs() * 100 <= 3 * count, "{found} of {count}");
        }
    }
}
