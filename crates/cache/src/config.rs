//! What the operator can set.

/// Limits of the cache. TTLs are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheConfig {
    /// Budget for everything the cache holds, in bytes, tables and replaced entries included.
    pub size: usize,
    /// Shorter TTLs of positive data are raised to this.
    pub min_ttl: u32,
    /// Longer TTLs of positive data and delegations are cut to this; it wins over `min_ttl`.
    pub max_ttl: u32,
    /// Shorter TTLs of negative answers are raised to this.
    pub min_negative_ttl: u32,
    /// Longer TTLs of negative answers are cut to this; it wins over `min_negative_ttl`.
    pub max_negative_ttl: u32,
    /// How long expired answers are kept for [`Cache::lookup_stale`](crate::Cache::lookup_stale); 0: not at all.
    pub max_stale: u32,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            size: 256 * 1024 * 1024,
            min_ttl: 0,
            max_ttl: 86_400,
            min_negative_ttl: 0,
            max_negative_ttl: 3_600, // RFC 2308 §5: one to three hours work well
            max_stale: 86_400,       // RFC 8767 §5: between one and three days
        }
    }
}
