//! The command `cryptodemo`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cryptodemo::cli::main()
}
