//! Figures out of samples. Nothing here knows about clocks.

use serde::Serialize;

use super::SPREAD_LIMIT;

/// What samples of one quantity say. The unit is the samples'.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Number of samples.
    pub samples: usize,
    /// The smallest.
    pub min: f64,
    /// A quarter of the samples are below.
    pub lower_quartile: f64,
    /// Half of the samples are below.
    pub median: f64,
    /// Three quarters of the samples are below.
    pub upper_quartile: f64,
    /// The largest.
    pub max: f64,
    /// Distance of the quartiles as a share of the median: what half of the samples vary by. Outliers, as when the system
    /// runs something else for a while, do not move it.
    pub spread: f64,
}

impl Summary {
    /// The summary; `None` without samples.
    #[must_use]
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let [lower_quartile, median, upper_quartile] = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
        let spread = if median > 0.0 { (upper_quartile - lower_quartile) / median } else { 0.0 };
        Some(Self { samples: sorted.len(), min, lower_quartile, median, upper_quartile, max, spread })
    }

    /// Whether the samples vary by more than [`SPREAD_LIMIT`].
    #[must_use]
    pub fn is_shaky(&self) -> bool {
        self.spread > SPREAD_LIMIT
    }
}

/// The quantile of sorted samples, between two of them by their distance (definition 7 of Hyndman and Fan, 1996).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are no 2^52 samples")]
    let place = share * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the samples")]
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

/// The mean that suits factors: the one of their logarithms. `None` without values, or if one is not above zero.
#[must_use]
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| *value <= 0.0) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "there are no 2^52 values")]
    Some((values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(is: f64, expect: f64) {
        assert!((is - expect).abs() < 1e-9, "{is} is not {expect}");
    }

    #[test]
    fn quartiles_lie_between_samples_by_distance() {
        for (samples, lower, median, upper) in [
            (vec![7.0], 7.0, 7.0, 7.0),
            (vec![2.0, 1.0], 1.25, 1.5, 1.75),
            (vec![3.0, 1.0, 2.0], 1.5, 2.0, 2.5),
            (vec![4.0, 1.0, 3.0, 2.0], 1.75, 2.5, 3.25),
            (vec![5.0, 1.0, 4.0, 2.0, 3.0], 2.0, 3.0, 4.0),
        ] {
            let summary = Summary::of(&samples).expect("there are samples");
            close(summary.lower_quartile, lower);
            close(summary.median, median);
            close(summary.upper_quartile, upper);
            assert_eq!(summary.samples, samples.len());
        }
    }

    #[test]
    fn spread_is_the_distance_of_the_quartiles_by_the_median() {
        for (samples, spread, shaky) in [
            (vec![100.0; 9], 0.0, false),
            (vec![95.0, 97.5, 100.0, 102.5, 105.0], 0.05, false),
            (vec![90.0, 95.0, 100.0, 105.0, 110.0], 0.10, false),
            (vec![90.0, 94.0, 100.0, 106.0, 110.0], 0.12, true),
            // One sample during which something else ran.
            (vec![100.0, 100.0, 100.0, 100.0, 9000.0], 0.0, false),
            (vec![0.0, 0.0], 0.0, false),
        ] {
            let summary = Summary::of(&samples).expect("there are samples");
            close(summary.spread, spread);
            assert_eq!(summary.is_shaky(), shaky, "{samples:?}");
        }
    }

    #[test]
    fn ends_are_the_smallest_and_the_largest() {
        let summary = Summary::of(&[5.0, 9.0, 1.0, 3.0]).expect("there are samples");
        close(summary.min, 1.0);
        close(summary.max, 9.0);
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn the_mean_of_factors_is_the_one_of_logarithms() {
        close(geometric_mean(&[10.0, 1000.0]).expect("positive"), 100.0);
        assert_eq!(geometric_mean(&[]), None);
        assert_eq!(geometric_mean(&[1.0, 0.0]), None);
    }
}
