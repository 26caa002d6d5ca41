//! TLS as libpq's `sslmode` has it: what of the server's certificate is checked, and against what.
//!
//! Facts from PostgreSQL's documentation, "SSL Support" of libpq. Other than libpq, a certificate must name its host as a
//! subject alternative name: its common name is not looked at.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::error::{Error, Result};

/// `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Without TLS.
    Disable,
    /// Without TLS, and with it where the server refuses that.
    Allow,
    /// With TLS, and without it where the server has none.
    Prefer,
    /// With TLS; the certificate is not checked, unless there are roots.
    Require,
    /// The certificate must come from a root.
    VerifyCa,
    /// The same, and it must name the host.
    VerifyFull,
}

/// What TLS is made with, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// `sslrootcert`: a file, or `system`.
    pub(super) roots: Option<String>,
    /// `sslcert`
    pub(super) certificate: Option<String>,
    /// `sslkey`
    pub(super) key: Option<String>,
}

impl Mode {
    /// The mode of a word.
    pub(super) fn from_word(word: &str) -> Option<Mode> {
        Some(match word {
            "disable" => Mode::Disable,
            "allow" => Mode::Allow,
            "prefer" => Mode::Prefer,
            "require" => Mode::Require,
            "verify-ca" => Mode::VerifyCa,
            "verify-full" => Mode::VerifyFull,
            _ => return None,
        })
    }
}

/// How much of a certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Nothing,
    Root,
    RootAndName,
}

/// The configuration of a connection with TLS.
///
/// # Errors
/// A file that cannot be read, or no roots where the mode asks for them.
pub(super) fn configure(mode: Mode, files: &Files) -> Result<ClientConfig> {
    let roots = roots(files)?;
    let check = match (mode, &roots) {
        (Mode::VerifyFull, _) => Check::RootAndName,
        (Mode::VerifyCa, _) => Check::Root,
        // As libpq has it: where there are roots, `require` checks against them.
        (Mode::Require, Some(_)) if files.roots.as_deref() == Some("system") => Check::RootAndName,
        (Mode::Require, Some(_)) => Check::Root,
        (Mode::Disable | Mode::Allow | Mode::Prefer | Mode::Require, _) => Check::Nothing,
    };
    if check != Check::Nothing && roots.is_none() {
        return Err(Error::Usage(
            "sslmode=verify-ca and verify-full need root certificates, and there is no ~/.postgresql/root.crt; name a file with sslrootcert=FILE, or those of the system with sslrootcert=system".into(),
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut store = RootCertStore::empty();
    let roots = roots.unwrap_or_default();
    store.add_parsable_certificates(roots.iter().cloned());
    let verifier = Verifier { check, store, roots, provider: Arc::clone(&provider) };
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(refused)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    match identity(files)? {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(refused),
        None => Ok(builder.with_no_client_auth()),
    }
}

fn refused(error: rustls::Error) -> Error {
    Error::Usage(format!("TLS cannot be set up: {error}"))
}

/// A file of `~/.postgresql`, where it is there.
fn default_file(name: &str) -> Option<PathBuf> {
    let path = Path::new(&env::var_os("HOME")?).join(".postgresql").join(name);
    path.exists().then_some(path)
}

/// A file that was named, or the default one where it is there.
fn file(named: Option<&str>, default: &str) -> Option<PathBuf> {
    named.map(PathBuf::from).or_else(|| default_file(default))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::named(format!("read {:?}", path.display().to_string()), error))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    found
        .ok()
        .filter(|found| !found.is_empty())
        .ok_or_else(|| Error::Usage(format!("{:?} holds no certificates, expected PEM", path.display().to_string())))
}

/// The roots that certificates are checked against, where there are some.
fn roots(files: &Files) -> Result<Option<Vec<CertificateDer<'static>>>> {
    if files.roots.as_deref() == Some("system") {
        let found = rustls_native_certs::load_native_certs();
        return Ok(Some(found.certs).filter(|certs| !certs.is_empty()));
    }
    file(files.roots.as_deref(), "root.crt").map(|path| certificates(&path)).transpose()
}

/// Our own certificate and its key, where there are both.
fn identity(files: &Files) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>> {
    let certificate = file(files.certificate.as_deref(), "postgresql.crt");
    let (Some(certificate), Some(key)) = (certificate, file(files.key.as_deref(), "postgresql.key")) else { return Ok(None) };
    let chain = certificates(&certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&key)?).map_err(|_| {
        Error::Usage(format!("{:?} holds no private key that can be read, expected PEM without a password", key.display().to_string()))
    })?;
    Ok(Some((chain, key)))
}

/// Checks a server's certificate as far as the mode says.
#[derive(Debug)]
struct Verifier {
    check: Check,
    store: RootCertStore,
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.check == Check::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        let certificate = ParsedCertificate::try_from(end_entity)?;
        // A certificate that signed itself is its own root.
        if !self.roots.iter().any(|root| root.as_ref() == end_entity.as_ref()) {
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, &self.store, intermediates, now, algorithms)?;
        }
        if self.check == Check::RootAndName {
            verify_server_name(&certificate, server_name)
                .map_err(|_| rustls::Error::InvalidCertificate(CertificateError::NotValidForName))?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
