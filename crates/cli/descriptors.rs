//! File descriptors: how many the process may have, and how many of them the questions to servers may take.

/// Wanted at most: enough for every question that may be in flight.
const WANTED: u64 = 65_536;
/// What is assumed where the system does not tell.
const ASSUMED: u64 = 1_024;
/// Kept back for listeners, clients' connections and files; a quarter where there are few.
const KEPT_BACK: u64 = 1_024;

/// Raises the soft limit as far as the system lets us, and gives the share for questions to servers.
pub(crate) fn for_upstream() -> usize {
    share(rlimit::increase_nofile_limit(WANTED).unwrap_or(ASSUMED))
}

fn share(descriptors: u64) -> usize {
    let kept_back = KEPT_BACK.min(descriptors / 4);
    usize::try_from(descriptors - kept_back).unwrap_or(usize::MAX).max(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_or_a_thousand_is_kept_back_for_clients() {
        for (descriptors, expected) in [(64, 48), (1_024, 768), (65_536, 64_512), (8, 16)] {
            assert_eq!(share(descriptors), expected, "{descriptors}");
        }
    }
}
