//! The binary from outside: its exit codes, its files, and openssl as the other side.

#[path = "it/attack.rs"]
mod attack;
#[path = "it/ca.rs"]
mod ca;
#[path = "it/chunked.rs"]
mod chunked;
#[path = "it/cms.rs"]
mod cms;
#[path = "it/damage.rs"]
mod damage;
#[path = "it/exchange.rs"]
mod exchange;
#[path = "it/files.rs"]
mod files;
#[path = "it/kat.rs"]
mod kat;
#[path = "it/live.rs"]
mod live;
#[path = "it/measure.rs"]
mod measure;
#[path = "it/memory.rs"]
mod memory;
#[path = "it/public.rs"]
mod public;
#[path = "it/source.rs"]
mod source;
#[path = "it/streams.rs"]
mod streams;
#[path = "it/support.rs"]
mod support;
#[path = "it/sym.rs"]
mod sym;
#[path = "it/tls.rs"]
mod tls;
