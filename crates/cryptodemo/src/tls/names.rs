//! Names of the code points in the IANA registries for TLS, as far as the messages of today use them.

use serde::Serialize;

/// A code point with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The code on the wire.
    pub code: u16,
    /// Its name in the registry, or `unknown` or `grease`.
    pub name: &'static str,
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name {
            "unknown" | "grease" => write!(f, "{} 0x{:04x}", self.name, self.code),
            name => f.pad(name),
        }
    }
}

fn find(table: &[(u16, &'static str)], code: u16) -> Named {
    // RFC 8701: values of the form 0x?a?a with equal bytes mean nothing, and keep peers used to unknown codes.
    let grease = code & 0x0f0f == 0x0a0a && code >> 8 == code & 0xff;
    let unknown = if grease { "grease" } else { "unknown" };
    Named { code, name: table.iter().find(|(each, _)| *each == code).map_or(unknown, |(_, name)| name) }
}

/// A protocol version (RFC 8446 section 4.2.1).
#[must_use]
pub fn version(code: u16) -> Named {
    find(
        &[(0x0300, "SSL 3.0"), (0x0301, "TLS 1.0"), (0x0302, "TLS 1.1"), (0x0303, "TLS 1.2"), (0x0304, "TLS 1.3")],
        code,
    )
}

/// A cipher suite (RFC 8446 appendix B.4, RFC 5289, RFC 7905).
#[must_use]
pub fn cipher_suite(code: u16) -> Named {
    const TABLE: [(u16, &str); 18] = [
        (0x1301, "TLS_AES_128_GCM_SHA256"),
        (0x1302, "TLS_AES_256_GCM_SHA384"),
        (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
        (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        (0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
        (0x5600, "TLS_FALLBACK_SCSV"),
        (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        (0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"),
        (0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
        (0xc061, "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384"),
    ];
    find(&TABLE, code)
}

/// A group for key exchange (RFC 8446 section 4.2.7, RFC 7919, draft-ietf-tls-ecdhe-mlkem).
#[must_use]
pub fn group(code: u16) -> Named {
    const TABLE: [(u16, &str); 11] = [
        (0x0017, "secp256r1"),
        (0x0018, "secp384r1"),
        (0x0019, "secp521r1"),
        (0x001d, "x25519"),
        (0x001e, "x448"),
        (0x0100, "ffdhe2048"),
        (0x0101, "ffdhe3072"),
        (0x0201, "MLKEM768"),
        (0x11eb, "SecP256r1MLKEM768"),
        (0x11ec, "X25519MLKEM768"),
        (0x11ed, "SecP384r1MLKEM1024"),
    ];
    find(&TABLE, code)
}

/// A signature scheme (RFC 8446 section 4.2.3).
#[must_use]
pub fn signature_scheme(code: u16) -> Named {
    const TABLE: [(u16, &str); 19] = [
        (0x0201, "rsa_pkcs1_sha1"),
        (0x0203, "ecdsa_sha1"),
        (0x0401, "rsa_pkcs1_sha256"),
        (0x0403, "ecdsa_secp256r1_sha256"),
        (0x0501, "rsa_pkcs1_sha384"),
        (0x0503, "ecdsa_secp384r1_sha384"),
        (0x0601, "rsa_pkcs1_sha512"),
        (0x0603, "ecdsa_secp521r1_sha512"),
        (0x0804, "rsa_pss_rsae_sha256"),
        (0x0805, "rsa_pss_rsae_sha384"),
        (0x0806, "rsa_pss_rsae_sha512"),
        (0x0807, "ed25519"),
        (0x0808, "ed448"),
        (0x0809, "rsa_pss_pss_sha256"),
        (0x080a, "rsa_pss_pss_sha384"),
        (0x080b, "rsa_pss_pss_sha512"),
        (0x0904, "mldsa44"),
        (0x0905, "mldsa65"),
        (0x0906, "mldsa87"),
    ];
    find(&TABLE, code)
}

/// An extension (RFC 8446 section 4.2 and the IANA registry).
#[must_use]
pub fn extension(code: u16) -> Named {
    const TABLE: [(u16, &str); 25] = [
        (0, "server_name"),
        (1, "max_fragment_length"),
        (5, "status_request"),
        (10, "supported_groups"),
        (11, "ec_point_formats"),
        (13, "signature_algorithms"),
        (16, "application_layer_protocol_negotiation"),
        (18, "signed_certificate_timestamp"),
        (21, "padding"),
        (22, "encrypt_then_mac"),
        (23, "extended_master_secret"),
        (27, "compress_certificate"),
        (35, "session_ticket"),
        (41, "pre_shared_key"),
        (42, "early_data"),
        (43, "supported_versions"),
        (44, "cookie"),
        (45, "psk_key_exchange_modes"),
        (47, "certificate_authorities"),
        (49, "post_handshake_auth"),
        (50, "signature_algorithms_cert"),
        (51, "key_share"),
        (57, "quic_transport_parameters"),
        (0xfe0d, "encrypted_client_hello"),
        (0xff01, "renegotiation_info"),
    ];
    find(&TABLE, code)
}

/// The description of an alert (RFC 8446 section 6).
#[must_use]
pub fn alert(code: u8) -> Named {
    const TABLE: [(u16, &str); 27] = [
        (0, "close_notify"),
        (10, "unexpected_message"),
        (20, "bad_record_mac"),
        (22, "record_overflow"),
        (40, "handshake_failure"),
        (42, "bad_certificate"),
        (43, "unsupported_certificate"),
        (44, "certificate_revoked"),
        (45, "certificate_expired"),
        (46, "certificate_unknown"),
        (47, "illegal_parameter"),
        (48, "unknown_ca"),
        (49, "access_denied"),
        (50, "decode_error"),
        (51, "decrypt_error"),
        (70, "protocol_version"),
        (71, "insufficient_security"),
        (80, "internal_error"),
        (86, "inappropriate_fallback"),
        (90, "user_canceled"),
        (109, "missing_extension"),
        (110, "unsupported_extension"),
        (112, "unrecognized_name"),
        (113, "bad_certificate_status_response"),
        (115, "unknown_psk_identity"),
        (116, "certificate_required"),
        (120, "no_application_protocol"),
    ];
    find(&TABLE, u16::from(code))
}
