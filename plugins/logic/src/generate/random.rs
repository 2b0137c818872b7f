//! Numbers that look like chance and follow from a seed: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
//! Number Generators, 2014). Its state is one number, and one of its streams says nothing of another.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of that name: a kind of thing and its number, say.
    pub fn of(seed: u64, name: &[u64]) -> Random {
        Random(name.iter().fold(mix(seed), |state, part| mix(state.wrapping_add(STEP) ^ part)))
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// From 0 to below `n`; 0 if there is none below. By multiplication: for an n this small nobody sees the bias.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.any()) * u128::from(n)) >> 64) as u64
    }

    /// From `least` to `most`, both included.
    pub fn between(&mut self, (least, most): (i64, i64)) -> i64 {
        least.wrapping_add(self.below(most.abs_diff(least).wrapping_add(1)) as i64)
    }

    /// From 0 to below 1, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.any() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java 17's `SplittableRandom` gives for seed 1234567: the algorithm's other home.
    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut random = Random(1_234_567);
        let numbers = [(); 5].map(|()| random.any());
        let wanted = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(numbers, wanted);
    }

    #[test]
    fn a_range_is_all_there_with_both_its_ends() {
        let mut random = Random::of(1, &[]);
        let mut seen = [0; 5];
        for _ in 0..5000 {
            seen[random.between((-2, 2)).wrapping_add(2) as usize] += 1;
        }
        // A thousand each; the standard deviation is 28.
        assert!(seen.iter().all(|n| (850..1150).contains(n)), "{seen:?}");
        assert_eq!(random.between((7, 7)), 7);
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn a_stream_says_nothing_of_the_next() {
        let firsts: std::collections::HashSet<u64> = (0..1000).map(|n| Random::of(1, &[2, n]).any()).collect();
        assert_eq!(firsts.len(), 1000);
        assert_ne!(Random::of(1, &[2, 3]).any(), Random::of(1, &[3, 2]).any());
        assert_ne!(Random::of(1, &[2]).any(), Random::of(2, &[2]).any());
    }
}
