//! RFC 5011, section by section; whole rolls; what attackers and clocks do.

mod attacks;
mod rolls;
mod support;
mod table;
