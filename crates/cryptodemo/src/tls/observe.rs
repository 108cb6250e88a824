//! Who signed how: rustls does not tell the signature scheme of a handshake, so the verifier and the key are asked.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{DigitallySignedStruct, Error, SignatureAlgorithm, SignatureScheme};

/// The signature scheme of the last handshake. Resumed ones have none: nobody signs there.
#[derive(Debug, Clone, Default)]
pub struct SchemeSeen(Arc<Mutex<Option<SignatureScheme>>>);

impl SchemeSeen {
    fn set(&self, scheme: SignatureScheme) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(scheme);
    }

    /// Takes what was seen, so that the next handshake starts from nothing.
    #[must_use]
    pub fn take(&self) -> Option<SignatureScheme> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A verifier that notes how the server signed.
#[derive(Debug)]
pub(super) struct ObservedVerifier {
    inner: Arc<dyn ServerCertVerifier>,
    seen: SchemeSeen,
}

impl ObservedVerifier {
    pub(super) const fn new(inner: Arc<dyn ServerCertVerifier>, seen: SchemeSeen) -> Self {
        Self { inner, seen }
    }
}

impl ServerCertVerifier for ObservedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.seen.set(dss.scheme);
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.seen.set(dss.scheme);
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Accepts any certificate; that the other side has its private key is still checked.
#[derive(Debug)]
pub(super) struct AnyCertificate(pub(super) WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// A server's only key, which notes the scheme that it signs with.
#[derive(Debug)]
pub(super) struct ObservedKey(Arc<CertifiedKey>);

impl ObservedKey {
    pub(super) fn new(key: &CertifiedKey, seen: SchemeSeen) -> Self {
        let noting = Arc::new(NotingKey { inner: Arc::clone(&key.key), seen });
        Self(Arc::new(CertifiedKey::new(key.cert.clone(), noting)))
    }
}

impl ResolvesServerCert for ObservedKey {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct NotingKey {
    inner: Arc<dyn SigningKey>,
    seen: SchemeSeen,
}

impl SigningKey for NotingKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let signer = self.inner.choose_scheme(offered)?;
        self.seen.set(signer.scheme());
        Some(signer)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.inner.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.inner.algorithm()
    }
}
