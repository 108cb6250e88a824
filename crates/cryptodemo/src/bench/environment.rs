//! What the figures were measured on: without it they mean nothing to anybody else.

use std::fs;

use serde::Serialize;

/// How this program was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// With checks of the debug profile: not to be timed.
    Debug,
    /// Optimised.
    Release,
}

impl Profile {
    /// The one of this program.
    #[must_use]
    pub const fn current() -> Self {
        if cfg!(debug_assertions) { Self::Debug } else { Self::Release }
    }

    /// Name as cargo has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// Instructions that make a difference, by their names in `/proc/cpuinfo`, and by the names people know.
const FLAGS: [(&str, &str); 11] = [
    ("aes", "AES-NI"),
    ("vaes", "VAES"),
    ("pclmulqdq", "PCLMUL"),
    ("vpclmulqdq", "VPCLMUL"),
    ("avx2", "AVX2"),
    ("avx512f", "AVX-512"),
    ("avx512ifma", "AVX512-IFMA"),
    ("adx", "ADX"),
    ("bmi2", "BMI2"),
    ("sha_ni", "SHA-NI"),
    ("asimd", "NEON"),
];

/// Crates whose version matters for the figures.
const CRATES: [&str; 16] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "ring",
    "rsa",
    "aes",
    "aes-gcm",
    "chacha20poly1305",
    "aria",
    "kisaseed",
    "des",
    "ml-kem",
    "p256",
    "x25519-dalek",
    "ed25519-dalek",
    "crypto-bigint",
    "rustls",
];

/// The lock file that this program was built from.
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// The machine and the build.
#[derive(Debug, Clone, Serialize)]
pub struct Environment {
    /// Model of the processor, as the system tells it.
    pub cpu: String,
    /// Instructions for cryptography that the processor has.
    pub instructions: Vec<&'static str>,
    /// Cores that this program may use.
    pub cores: usize,
    /// How the frequency is chosen, if the system tells.
    pub governor: Option<String>,
    /// Processor architecture and system.
    pub target: String,
    /// How this program was built.
    pub build: Profile,
    /// Whether time in which the system ran other programs could be taken off.
    pub waiting_left_out: bool,
    /// Versions of the libraries behind the backends.
    pub versions: Vec<Version>,
}

/// A crate's version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Name of the crate.
    pub name: &'static str,
    /// Its version.
    pub version: String,
}

impl Environment {
    /// Looks at the machine. What cannot be read is told as unknown.
    #[must_use]
    pub fn look() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let governor = fs::read_to_string("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").ok();
        Self {
            cpu: field(&cpuinfo, "model name").unwrap_or("unknown processor").to_owned(),
            instructions: instructions(&cpuinfo),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            governor: governor.map(|text| text.trim().to_owned()),
            target: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
            build: Profile::current(),
            waiting_left_out: super::waiting::is_told(),
            versions: versions(LOCK),
        }
    }

    /// Processor, cores, system and build in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        self.machine().join(", ")
    }

    fn machine(&self) -> [String; 5] {
        let governor = self.governor.as_deref().unwrap_or("not told");
        [
            self.cpu.clone(),
            format!("{} cores", self.cores),
            self.target.clone(),
            format!("governor {governor}"),
            format!("{} build", self.build.name()),
        ]
    }

    /// Lines for people, at most 80 columns each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = wrap(&self.machine(), 78);
        let versions = self.versions.iter().map(|version| format!("{} {}", version.name, version.version));
        for words in [self.instructions.iter().map(|name| (*name).to_owned()).collect(), versions.collect::<Vec<_>>()] {
            lines.extend(wrap(&words, 78));
        }
        lines
    }
}

/// Joins words by commas into lines.
fn wrap(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + 2 + word.len() <= width => {
                line.push_str(", ");
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

fn field<'a>(cpuinfo: &'a str, name: &str) -> Option<&'a str> {
    cpuinfo.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name).map(|(_, v)| v.trim())
}

fn instructions(cpuinfo: &str) -> Vec<&'static str> {
    let flags = field(cpuinfo, "flags").or_else(|| field(cpuinfo, "Features")).unwrap_or_default();
    let has = |flag: &str| flags.split_whitespace().any(|word| word == flag);
    FLAGS.iter().filter(|(flag, _)| has(flag)).map(|(_, name)| *name).collect()
}

/// The versions of [`CRATES`] in a lock file; the newest where there are several.
fn versions(lock: &str) -> Vec<Version> {
    let mut found: Vec<Version> = Vec::new();
    let mut lines = lock.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("name = ").map(|name| name.trim_matches('"')) else { continue };
        let Some(name) = CRATES.iter().find(|known| **known == name) else { continue };
        let version = lines.next().and_then(|line| line.strip_prefix("version = ")).map(|text| text.trim_matches('"'));
        let Some(version) = version else { continue };
        // The lock file is in order of versions.
        found.retain(|earlier| earlier.name != *name);
        found.push(Version { name, version: version.to_owned() });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPUINFO: &str = "processor\t: 0\nmodel name\t: Example CPU @ 2.60GHz\nflags\t\t: fpu aes avx2 vaes_not\n";

    #[test]
    fn the_processor_is_read_from_its_fields() {
        assert_eq!(field(CPUINFO, "model name"), Some("Example CPU @ 2.60GHz"));
        assert_eq!(field("", "model name"), None);
        // Whole words: `vaes_not` is not `vaes`.
        assert_eq!(instructions(CPUINFO), ["AES-NI", "AVX2"]);
        assert!(instructions("").is_empty());
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        let lock = "[[package]]\nname = \"ring\"\nversion = \"0.17.1\"\n\n[[package]]\nname = \"aes\"\nversion = \"0.8.4\"\n\
                    \n[[package]]\nname = \"aes\"\nversion = \"0.9.1\"\n\n[[package]]\nname = \"other\"\nversion = \"1\"\n";
        let found: Vec<_> = versions(lock).into_iter().map(|version| (version.name, version.version)).collect();
        assert_eq!(found, [("ring", "0.17.1".to_owned()), ("aes", "0.9.1".to_owned())]);
        assert_eq!(versions(LOCK).len(), CRATES.len(), "a library has another name now");
    }

    #[test]
    fn lines_fit_a_terminal_of_80_columns() {
        let mut environment = Environment::look();
        environment.cpu = "Intel(R) Xeon(R) Processor".to_owned();
        for line in environment.lines() {
            assert!(line.len() <= 80, "{line}");
        }
    }
}
