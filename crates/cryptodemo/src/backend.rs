//! The libraries behind the algorithms.

use serde::Serialize;

/// A library that implements algorithms. Timings name it, for the same algorithm differs by a factor of ten between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// AWS-LC by aws-lc-rs: C and assembly.
    AwsLc,
    /// ring: BoringSSL's assembly under Rust.
    Ring,
    /// The crates of RustCrypto and dalek: Rust throughout.
    Rust,
}

impl Backend {
    /// All of them, in the order of preference for real work.
    pub const ALL: [Self; 3] = [Self::AwsLc, Self::Ring, Self::Rust];

    /// Name as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsLc => "aws-lc",
            Self::Ring => "ring",
            Self::Rust => "rust",
        }
    }
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
