//! Networks as experiments need them: slow on purpose.

pub mod delay;
pub mod delay_udp;
