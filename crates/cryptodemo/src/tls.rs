//! TLS 1.2 and 1.3 by rustls, with the provider always named: what servers, clients and timings share.
