//! The state of the trust anchors over a restart (RFC 5011): read at the start, written when it changes.

mod form;

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::Resolver;
use engine::dnssec::rollover::{KeyState, TrustPoint};
use proto::WallTime;
use tracing::{info, warn};
use transport::{Clock, Network};

use form::FormError;

/// How often the keys are checked for being due; they are looked at once an hour at most.
const CHECK_EVERY: Duration = Duration::from_secs(60);
/// How often the file is written when nothing but times has changed.
const WRITE_TIMES_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// A file that is longer is not ours.
const MAX_OCTETS: u64 = 1 << 20;

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
enum StateError {
    /// The system does not let us read it.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// More octets than any state has.
    #[error("it is longer than {MAX_OCTETS} octets")]
    TooLong,
    /// What stands in it.
    #[error(transparent)]
    Wrong(#[from] FormError),
}

/// Keeps the state of the trust anchors, in a file if there is one.
#[derive(Debug)]
pub(crate) struct Keeper {
    file: Option<PathBuf>,
    written: Vec<TrustPoint>,
    at: WallTime,
    clock: Clock,
}

impl Keeper {
    /// Takes up what the file says. One that cannot be used is put aside, and the configured anchors count.
    pub(crate) fn restore<N: Network>(file: Option<PathBuf>, resolver: &Resolver<N>) -> Self {
        let clock = Clock::system();
        let mut keeper = Self { file, written: Vec::new(), at: clock.wall(), clock };
        let Some(file) = &keeper.file else { return keeper };
        match read(file) {
            Ok(None) => {}
            Ok(Some(points)) => {
                for unsound in resolver.restore_trust_points(points) {
                    warn!("{}: {unsound}; the configured trust anchors count instead", file.display());
                }
                resolver.trust_points().iter().for_each(|point| info!("{}", summary(point)));
                keeper.written = resolver.trust_points();
            }
            Err(error) => {
                let (file, aside) = (file.display(), aside(file));
                warn!("cannot use {file}: {error}; beginning anew with the configured trust anchors");
                match fs::rename(keeper.file.as_deref().unwrap_or(&aside), &aside) {
                    Ok(()) => info!("the old file is now {}", aside.display()),
                    Err(error) => warn!("cannot rename it to {}: {error}", aside.display()),
                }
            }
        }
        keeper
    }

    /// Looks at the keys when it is time, tells which are in use if that is wanted, and writes what has changed.
    pub(crate) async fn follow<N: Network>(&mut self, resolver: &Arc<Resolver<N>>) -> Infallible {
        let mut changes = resolver.watch_trust_points();
        loop {
            tokio::select! {
                biased;
                changed = changes.changed() => changed.expect("the resolver lives as long as this borrow of it"),
                () = self.clock.sleep(CHECK_EVERY) => {
                    Box::pin(resolver.refresh_anchors()).await;
                    Box::pin(resolver.signal_anchors()).await;
                }
            }
            let points = resolver.trust_points();
            let waited = self.at.until(self.clock.wall()) >= WRITE_TIMES_EVERY;
            if points != self.written && (waited || !only_times_differ(&points, &self.written)) {
                self.write(points).await;
            }
        }
    }

    /// Writes what has changed, however little.
    pub(crate) async fn save<N: Network>(&mut self, resolver: &Resolver<N>) {
        let points = resolver.trust_points();
        if points != self.written && points.iter().any(|point| point.seen.is_some()) {
            self.write(points).await;
        }
    }

    /// Without success it is tried again with the next change: the state lives in memory too.
    async fn write(&mut self, points: Vec<TrustPoint>) {
        self.at = self.clock.wall();
        let Some(file) = self.file.clone() else { return };
        let text = form::write(&points);
        self.written = points;
        let shown = file.display().to_string();
        match tokio::task::spawn_blocking(move || replace(&file, &text)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!("cannot write {shown}: {error}; the state of the trust anchors is in memory only"),
            Err(error) => warn!("cannot write {shown}: {error}"),
        }
    }
}

fn read(file: &Path) -> Result<Option<Vec<TrustPoint>>, StateError> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut octets = Vec::new();
    opened.take(MAX_OCTETS + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > MAX_OCTETS {
        return Err(StateError::TooLong);
    }
    Ok(Some(form::read(&String::from_utf8_lossy(&octets))?))
}

/// Replaces the file as a whole: a crash leaves the old one or the new one, never a part.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let fresh = with_ending(file, "new");
    let mut out = File::create(&fresh)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    drop(out);
    fs::rename(&fresh, file)?;
    // The new name has to reach the disk too. Where directories cannot be opened, the system sees to that itself.
    match file.parent().map(File::open) {
        Some(Ok(directory)) => directory.sync_all(),
        _ => Ok(()),
    }
}

/// The name of a file that cannot be used.
fn aside(file: &Path) -> PathBuf {
    with_ending(file, "unusable")
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn only_times_differ(a: &[TrustPoint], b: &[TrustPoint]) -> bool {
    let timeless = |point: &TrustPoint| (point.zone.clone(), point.keys.clone(), point.waiting.clone());
    a.iter().map(timeless).eq(b.iter().map(timeless))
}

/// The anchors of a zone in one line.
fn summary(point: &TrustPoint) -> String {
    let mut words: Vec<String> = point
        .waiting
        .iter()
        .filter_map(|ds| ds.first_chunk::<2>())
        .map(|tag| format!("{} (configured, not seen yet)", u16::from_be_bytes(*tag)))
        .collect();
    words.extend(point.keys.iter().map(|key| {
        let state = match key.state {
            KeyState::AddPend { .. } => "new",
            KeyState::Valid => "valid",
            KeyState::Missing => "valid, but missing",
            KeyState::Revoked { .. } => "revoked",
            KeyState::Removed => "removed",
        };
        format!("{} ({state})", key.tag())
    }));
    format!("keys of {} that are followed: {}", point.zone, words.join(", "))
}

#[cfg(test)]
mod tests;
