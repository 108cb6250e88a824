//! Outputs: complete, or not there.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::registry;
use crate::Result;
use crate::error::Error;

/// An output being written: a file that appears at [`NewFile::commit`], or a stream (a pipe, a device) that cannot wait.
pub struct NewFile {
    kind: Kind,
    place: PathBuf,
}

enum Kind {
    File { temporary: Temporary, destination: PathBuf, mode: u32 },
    Stream(Box<dyn Write + Send>),
}

impl NewFile {
    /// Starts an output. "-" and "/dev/stdout" are standard output. A regular file is replaced at the end and keeps its
    /// permissions; a symbolic link stays, and what it points to is replaced. Pipes, sockets and devices are written directly.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder is missing or not writable, or if the path is a folder.
    pub fn create(path: &Path) -> Result<Self> {
        if super::is_standard_stream(path) || path == Path::new("/dev/stdout") {
            return Ok(Self { kind: Kind::Stream(Box::new(io::stdout())), place: super::STANDARD_OUTPUT.into() });
        }
        let (destination, mode) = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(Error::io(path)(io::ErrorKind::IsADirectory.into())),
            Ok(metadata) if is_stream(metadata.file_type()) => {
                let stream = OpenOptions::new().write(true).open(path).map_err(Error::io(path))?;
                return Ok(Self { kind: Kind::Stream(Box::new(stream)), place: path.to_owned() });
            }
            Ok(metadata) if metadata.permissions().readonly() => {
                return Err(Error::io(path)(io::ErrorKind::PermissionDenied.into()));
            }
            Ok(metadata) => (fs::canonicalize(path).map_err(Error::io(path))?, metadata.permissions().mode() & 0o777),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), default_mode()),
            Err(error) => return Err(Error::io(path)(error)),
        };
        let temporary = Temporary::beside(&destination)?;
        Ok(Self { kind: Kind::File { temporary, destination, mode }, place: path.to_owned() })
    }

    /// An output into any writer; `what` names it in errors.
    pub fn stream(what: &str, writer: impl Write + Send + 'static) -> Self {
        Self { kind: Kind::Stream(Box::new(writer)), place: what.into() }
    }

    /// Whether what is written leaves at once, and cannot be taken back.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        matches!(self.kind, Kind::Stream(_))
    }

    /// What errors call it.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Writes all of the bytes.
    ///
    /// # Errors
    /// [`Error::Io`], a full disk for instance.
    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let written = match &mut self.kind {
            Kind::File { temporary, .. } => temporary.file().write_all(bytes),
            Kind::Stream(stream) => stream.write_all(bytes),
        };
        written.map_err(Error::io(&self.place))
    }

    /// Ends the output: the file is on disk, and takes its destination's name.
    ///
    /// # Errors
    /// [`Error::Io`]; an earlier file of that name is untouched then.
    pub fn commit(self) -> Result<()> {
        match self.kind {
            Kind::Stream(mut stream) => stream.flush(),
            Kind::File { temporary, destination, mode } => temporary.rename(&destination, mode, Existing::Replace),
        }
        .map_err(Error::io(&self.place))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::File { temporary, .. } => temporary.file().write(bytes),
            Kind::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::File { temporary, .. } => temporary.file().flush(),
            Kind::Stream(stream) => stream.flush(),
        }
    }
}

impl std::fmt::Debug for NewFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewFile").field("place", &self.place).field("stream", &self.is_stream()).finish()
    }
}

/// Writes a private key or another secret to a new file of mode 0600; never over an existing one.
///
/// # Errors
/// [`Error::Unsafe`] if there is something of that name, [`Error::Usage`] for "-", [`Error::Io`] if it cannot be written.
pub fn create_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    if super::is_standard_stream(path) {
        return Err(Error::Usage("a private key needs a file of its own: name one instead of \"-\"".to_owned()));
    }
    write_once(path, bytes, 0o600)
}

/// Writes a public key or a certificate to a new file; never over an existing one, for it may belong to a key in use.
///
/// # Errors
/// As [`create_secret`], except for "-", which is standard output.
pub fn create_once(path: &Path, bytes: &[u8]) -> Result<()> {
    if super::is_standard_stream(path) {
        return super::write(path, bytes);
    }
    write_once(path, bytes, default_mode())
}

fn write_once(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let taken =
        || Error::Unsafe(format!("{}: exists, and keys are never overwritten; name another file", path.display()));
    if fs::symlink_metadata(path).is_ok() {
        return Err(taken());
    }
    let mut temporary = Temporary::beside(path)?;
    temporary.file().write_all(bytes).map_err(Error::io(path))?;
    temporary.rename(path, mode, Existing::Keep).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => taken(),
        _ => Error::io(path)(error),
    })
}

/// What happens to a file that has the name already.
enum Existing {
    Replace,
    Keep,
}

/// A file under a temporary name, known to the registry as long as it exists.
struct Temporary(Option<NamedTempFile>);

impl Temporary {
    fn beside(destination: &Path) -> Result<Self> {
        let mut registry = registry::lock();
        let file = tempfile::Builder::new()
            .prefix(".cryptodemo-")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder(destination))
            .map_err(|error| no_folder(destination).unwrap_or_else(|| Error::io(destination)(plain(&error))))?;
        registry.add(file.path());
        Ok(Self(Some(file)))
    }

    fn file(&mut self) -> &mut File {
        self.0.as_mut().expect("only rename and drop take it").as_file_mut()
    }

    fn rename(mut self, destination: &Path, mode: u32, existing: Existing) -> io::Result<()> {
        // Before it has its name: a crash in between must not leave a file with other permissions than it should have.
        self.file().set_permissions(Permissions::from_mode(mode))?;
        self.file().sync_all()?;
        let mut registry = registry::lock();
        let temporary = self.0.take().expect("only rename and drop take it");
        let name = temporary.path().to_owned();
        let renamed = match existing {
            Existing::Replace => temporary.persist(destination),
            Existing::Keep => temporary.persist_noclobber(destination),
        };
        // Whether it has its name now or was dropped with the error: the temporary name is gone.
        registry.forget(&name);
        renamed.map_err(|error| error.error)?;
        drop(registry);
        // The new name is on disk too, where the system lets folders be synchronised.
        let _ = File::open(folder(destination)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            let mut registry = registry::lock();
            let name = file.path().to_owned();
            drop(file);
            registry.forget(&name);
        }
    }
}

/// The system's error without the temporary name, which means nothing to the user.
fn plain(error: &io::Error) -> io::Error {
    error.get_ref().and_then(|inner| inner.source()).and_then(|source| source.downcast_ref::<io::Error>()).map_or_else(
        || io::Error::from(error.kind()),
        |source| source.raw_os_error().map_or_else(|| source.kind().into(), io::Error::from_raw_os_error),
    )
}

/// Refuses a file whose folder is missing, before work is done for it.
///
/// # Errors
/// [`Error::Io`] if there is no such folder.
pub fn check_folder(path: &Path) -> Result<()> {
    no_folder(path).map_or(Ok(()), Err)
}

/// What is missing if a file cannot be made because its folder is not there.
fn no_folder(path: &Path) -> Option<Error> {
    let folder = folder(path);
    let is_missing = fs::metadata(folder).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    let why = || format!("there is no folder {}", folder.display());
    is_missing.then(|| Error::io(path)(io::Error::new(io::ErrorKind::NotFound, why())))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn is_stream(kind: fs::FileType) -> bool {
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device() || kind.is_socket()
}

/// Permissions of a new file that is no secret: all may read and write whom the process's mask does not forbid it. Where
/// the mask cannot be learnt, the owner only.
fn default_mode() -> u32 {
    let mask = fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let digits = status.lines().find_map(|line| line.strip_prefix("Umask:"))?.trim().to_owned();
        u32::from_str_radix(&digits, 8).ok()
    });
    0o666 & !mask.unwrap_or(0o077)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .expect("the folder exists")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_output_appears_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "earlier").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let mut file = NewFile::create(&path).unwrap();
        file.put(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"earlier");
        let temporary = names(folder.path()).into_iter().find(|name| name.starts_with(".cryptodemo-")).unwrap();
        let mode = fs::metadata(folder.path().join(temporary)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "unfinished output is its owner's only");
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn a_dropped_output_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NewFile::create(&folder.path().join("out")).unwrap();
        file.put(b"half").unwrap();
        drop(file);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn keys_are_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create_secret(&path, b"first").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(create_secret(&path, b"second").unwrap_err().exit_code(), 7);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["key"]);
    }

    #[test]
    fn what_cannot_be_written_is_an_error_of_input_and_output() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path(), &folder.path().join("missing/out")] {
            let error = NewFile::create(path).unwrap_err();
            assert_eq!(error.exit_code(), 6, "{error}");
            assert!(!error.to_string().contains(".cryptodemo-"), "{error}");
        }
        let mut full = NewFile::create(Path::new("/dev/full")).unwrap();
        assert!(full.is_stream());
        assert_eq!(full.put(b"x").unwrap_err().exit_code(), 6);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        super::super::write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }
}
