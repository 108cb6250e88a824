//! What a network does to packets: latency, jitter, loss.

use std::time::Duration;

use transport::Entropy;

use crate::Level;

/// Round-trip times by level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// To root servers.
    pub root: Duration,
    /// To servers of top-level domains.
    pub tld: Duration,
    /// To all others.
    pub leaf: Duration,
}

/// What the network does to packets.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Faults {
    /// Round-trip times.
    pub latency: Latency,
    /// Up to this share of the latency is added by chance: 0.5 makes 20 ms anything from 20 to 30 ms.
    pub jitter: f64,
    /// Share of packets lost, each way, from 0 to 1.
    pub loss: f64,
}

impl Default for Latency {
    /// 20, 30 and 40 ms.
    fn default() -> Self {
        let [root, tld, leaf] = [20, 30, 40].map(Duration::from_millis);
        Self { root, tld, leaf }
    }
}

impl Latency {
    /// No latency at all.
    pub fn off() -> Self {
        Self { root: Duration::ZERO, tld: Duration::ZERO, leaf: Duration::ZERO }
    }

    /// The round-trip time to servers of a level.
    pub fn of(&self, level: Level) -> Duration {
        match level {
            Level::Root => self.root,
            Level::Tld => self.tld,
            Level::Leaf => self.leaf,
        }
    }
}

impl Faults {
    /// A perfect network: no latency, no loss.
    pub fn none() -> Self {
        Self { latency: Latency::off(), jitter: 0.0, loss: 0.0 }
    }

    /// One round trip by chance.
    pub(crate) fn round_trip(&self, level: Level, entropy: &Entropy) -> Duration {
        self.latency.of(level).mul_f64(1.0 + self.jitter * fraction(entropy))
    }

    /// Whether one packet gets lost by chance.
    pub(crate) fn loses(&self, entropy: &Entropy) -> bool {
        self.loss > 0.0 && fraction(entropy) < self.loss
    }
}

/// Uniform in 0..1.
fn fraction(entropy: &Entropy) -> f64 {
    f64::from(entropy.below(1 << 24)) / f64::from(1 << 24)
}
