//! The wall clock that libfaketime shows to the binary: a file that we write anew whenever it is to move.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ::conformance::Dialect;
use ::conformance::config::{Settings, Start};
use proto::WallTime;

/// What the wall clock does between steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Motion {
    /// It shows what was set.
    Stands,
    /// It goes on from what was set, as if that had been the time when the binary started.
    Runs,
}

/// A wall clock in a file.
#[derive(Debug)]
pub(super) struct FakedClock {
    path: PathBuf,
    motion: Motion,
    at: WallTime,
}

impl FakedClock {
    /// Writes the file as a scenario wants it at the start.
    pub(super) fn new(folder: &Path, settings: &Settings) -> io::Result<Self> {
        let at = match settings.start {
            Start::At(moment) => moment,
            #[expect(clippy::disallowed_methods, reason = "the scenario wants the present")]
            Start::Present | Start::WhenSignaturesAreValid => SystemTime::now().into(),
        };
        let motion = if settings.dialect == Dialect::Unbound { Motion::Stands } else { Motion::Runs };
        let clock = Self { path: folder.join("clock"), motion, at };
        clock.write()?;
        Ok(clock)
    }

    /// Moves it forward.
    pub(super) fn pass(&mut self, time: Duration) -> io::Result<()> {
        self.at = self.at + time;
        self.write()
    }

    /// What has to be in the environment of the binary.
    pub(super) fn environment(&self, library: &Path) -> Vec<String> {
        let mut variables = vec![
            format!("LD_PRELOAD={}", library.display()),
            format!("FAKETIME_TIMESTAMP_FILE={}", self.path.display()),
        ];
        let fixed = [
            "FAKETIME_FMT=%s",
            "TZ=UTC",
            // The file is read each time: a step of the clock counts at once.
            "FAKETIME_NO_CACHE=1",
            // Timeouts are real; older versions know the shorter name.
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "DONT_FAKE_MONOTONIC=1",
            "NO_FAKE_STAT=1",
        ];
        variables.extend(fixed.map(str::to_owned));
        variables
    }

    /// Whoever reads finds the old time or the new one, never half of it.
    fn write(&self) -> io::Result<()> {
        let whole = self.path.with_extension("new");
        fs::write(&whole, text(self.motion, self.at))?;
        fs::rename(&whole, &self.path)
    }
}

fn text(motion: Motion, at: WallTime) -> String {
    match motion {
        Motion::Stands => format!("{}\n", at.as_secs()),
        Motion::Runs => format!("@{}\n", at.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_shows_a_time_and_a_running_one_starts_there() {
        let at = WallTime::from_secs(1_577_836_800);
        assert_eq!(text(Motion::Stands, at), "1577836800\n");
        assert_eq!(text(Motion::Runs, at), "@1577836800\n");
    }

    #[test]
    fn time_passes_by_writing_the_file_anew() {
        let folder = tempfile::tempdir().unwrap();
        let at = WallTime::from_secs(1_000);
        let mut clock = FakedClock { path: folder.path().join("clock"), motion: Motion::Stands, at };
        clock.pass(Duration::from_secs(7200)).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("clock")).unwrap(), "8200\n");
    }
}
