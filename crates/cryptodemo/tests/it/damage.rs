//! Damaged and large files through the binary: what it leaves behind, and how much memory it takes.

use std::fs::{self, File};
use std::path::Path;

use cryptodemo::random;

use crate::memory::{message, vector_path};
use crate::support::{BINARY, assert_refused, code, cryptodemo, folder, run, stdout};

const MIB: u64 = 1 << 20;

/// The private key with RSA-2048 in the folder, for its owner alone, and the certificate's path.
fn key_in(folder: &Path) -> String {
    fs::copy(vector_path("test_rsa2048.key.der"), folder.join("key")).expect("the vectors are there");
    stdout(run(folder, "chmod", &["600", "key"], b""));
    vector_path("test_rsa2048.crt.pem")
}

/// RFC 5083, and the chunked format: 200 bits each, one in each 200th part of the file. What was changed gives no file;
/// where CMS authenticates nothing (names), it gives the message itself.
#[test]
fn no_flipped_bit_leaves_another_file() {
    for (format, len, most_opened) in [("cms", 3000, 40), ("chunked", (64 << 10) + 3000, 0)] {
        let folder = folder();
        let at = folder.path();
        let certificate = key_in(at);
        let original = message(len);
        fs::write(at.join("message"), &original).expect("room on the disk");
        stdout(cryptodemo(at, &["hybrid", "encrypt", "--format", format, "-r", &certificate, "message", "sealed"]));
        let sealed = fs::read(at.join("sealed")).expect("it was written");
        let parts = std::thread::available_parallelism().map_or(2, |count| count.get() as u64).min(8);
        let opened: usize = std::thread::scope(|scope| {
            let part = |part: u64| {
                let (sealed, original) = (&sealed, &original);
                move || (0..200).filter(|n| n % parts == part).filter(|n| opens(at, *n, sealed, original)).count()
            };
            let threads: Vec<_> = (0..parts).map(|number| scope.spawn(part(number))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a flipped bit is refused")).sum()
        });
        assert!(opened <= most_opened, "{opened} of 200 changed files in the format {format} opened");
    }
}

/// Flips a bit in that part of 200; tells whether the file still opens. If so, then to the message.
fn opens(folder: &Path, part: u64, sealed: &[u8], original: &[u8]) -> bool {
    let bits = 8 * sealed.len() as u64;
    let (begin, end) = (part * bits / 200, (part + 1) * bits / 200);
    let bit = begin + u64::from_le_bytes(random::array()) % (end - begin);
    let mut changed = sealed.to_vec();
    changed[usize::try_from(bit / 8).expect("it is within the file")] ^= 1 << (bit % 8);
    let place = folder.join(part.to_string());
    fs::create_dir(&place).expect("a new folder");
    fs::write(place.join("in"), changed).expect("room on the disk");
    let output = cryptodemo(&place, &["hybrid", "decrypt", "--quiet", "-k", "../key", "in", "out"]);
    let opened = code(&output) == 0;
    if opened {
        assert!(fs::read(place.join("out")).expect("it was written") == original, "bit {bit} gives another message");
    } else {
        assert!(matches!(code(&output), 3 | 4 | 5 | 7), "bit {bit}: exit code {}", code(&output));
        assert_refused(&output, code(&output), "");
        assert_eq!(fs::read_dir(&place).expect("the folder is there").count(), 1, "bit {bit} left a file");
    }
    opened
}

/// Files longer than all the address space that the command may have: they cannot be in memory as a whole. A command
/// with an empty file needs some 22 MiB of it, most for the program itself.
#[test]
fn large_files_pass_through_little_memory() {
    // AES-GCM in pieces is slow without optimisation.
    let (cms, chunked) = if cfg!(debug_assertions) { ((12, 32), (80, 64)) } else { ((256, 64), (256, 64)) };
    for (format, (size, limit)) in [("cms", cms), ("chunked", chunked)] {
        let folder = folder();
        let at = folder.path();
        let certificate = key_in(at);
        // Sparse: it takes no room on the disk.
        let large = File::create(at.join("large")).and_then(|file| file.set_len(size * MIB));
        large.expect("a sparse file can be made");
        let limited = |arguments: &[&str]| {
            let script = format!("ulimit -v {} && exec \"$0\" \"$@\"", limit * 1024);
            stdout(run(at, "sh", &[&["-c", &script, BINARY, "hybrid"], arguments].concat(), b""));
        };
        limited(&["encrypt", "--quiet", "--format", format, "-r", &certificate, "large", "sealed"]);
        limited(&["decrypt", "--quiet", "-k", "key", "sealed", "opened"]);
        let opened = fs::read(at.join("opened")).expect("it was written");
        assert!(opened == vec![0; opened.len()] && opened.len() as u64 == size * MIB, "{format}");
    }
}
