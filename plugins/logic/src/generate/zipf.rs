//! Zipf's law: of n things the k-th is as likely as 1 / k^s.

use super::random::Random;

/// From 0, which is the likeliest, to below `n`; 0 if there is none below.
///
/// By rejection (Devroye, Non-Uniform Random Variate Generation, 1986): a point under the curve that is 1 up to 1 and
/// x^-s from there on falls between k - 1 and k, and is kept as often as the step k^-s is below the curve there.
pub fn sample(random: &mut Random, n: u64, s: f64) -> u64 {
    let area = area(n as f64, s);
    loop {
        let x = point(random.unit() * area, s);
        let k = x.floor() + 1.0;
        if x <= 1.0 || random.chance((x / k).powf(s)) {
            return (k as u64 - 1).min(n.saturating_sub(1));
        }
    }
}

/// Under the curve, up to `x`.
fn area(x: f64, s: f64) -> f64 {
    match s == 1.0 {
        _ if x <= 1.0 => x,
        true => 1.0 + x.ln(),
        false => (x.powf(1.0 - s) - s) / (1.0 - s),
    }
}

/// The `x` up to which the area is this.
fn point(area: f64, s: f64) -> f64 {
    match s == 1.0 {
        _ if area <= 1.0 => area,
        true => (area - 1.0).exp(),
        false => (area * (1.0 - s) + s).powf(1.0 / (1.0 - s)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each of `n` is drawn, of 100,000, beside what the law says.
    fn drawn(n: u64, s: f64) -> Vec<(f64, f64)> {
        let mut random = Random::of(1, &[]);
        let mut counts = vec![0.0; n as usize];
        (0..100_000).for_each(|_| counts[sample(&mut random, n, s) as usize] += 1.0);
        let weights: Vec<f64> = (1..=n).map(|k| (k as f64).powf(-s)).collect();
        let all: f64 = weights.iter().sum();
        counts.into_iter().zip(weights.into_iter().map(|w| 100_000.0 * w / all)).collect()
    }

    #[test]
    fn each_is_drawn_as_often_as_its_weight_says() {
        for s in [0.0, 0.5, 1.0, 1.5, 3.0] {
            for (count, wanted) in drawn(10, s) {
                // Five standard deviations of a binomial.
                assert!((count - wanted).abs() < 5.0 * wanted.sqrt(), "s = {s}: {count}, wanted {wanted}");
            }
        }
    }

    #[test]
    fn of_one_it_is_always_that_one() {
        let mut random = Random::of(2, &[]);
        assert!((0..100).all(|_| sample(&mut random, 1, 1.0) == 0 && sample(&mut random, 0, 0.5) == 0));
    }
}
