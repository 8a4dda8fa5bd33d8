//! TLS without a certificate of one's own: a local CA in `DIR/tls/`, and a server certificate that
//! is never written anywhere, made anew at each start and every thirty days while running.
//!
//! `ca.pem` is what clients trust (`SSL_CERT_FILE`, `curl --cacert`). A CA that ends within a year is
//! replaced at start. A given certificate is read again whenever its files change.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use model::{Clock, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

const DAY_SECONDS: i64 = 86_400;
const CA_DAYS: i64 = 3_650;
const SERVER_DAYS: i64 = 90;

/// How often a running server makes a new certificate, or looks whether the given one changed.
pub const RENEW_EVERY_SECONDS: u64 = 3_600;
const RENEW_AFTER_DAYS: i64 = 30;

/// Why TLS is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot {what} {}", path.display())]
    File {
        /// `read` or `write`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no certificate or key.
    #[error("{} holds no {expected} in PEM form: {reason}", path.display())]
    NotPem {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// A certificate cannot be made.
    #[error("cannot make a certificate")]
    Make(#[source] rcgen::Error),
    /// Certificate and key do not belong together, or the key is of a kind nobody supports.
    #[error("the certificate cannot be used")]
    Use(#[source] rustls::Error),
}

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// Given files, PEM.
    Files {
        /// Certificate chain.
        certificate: PathBuf,
        /// Private key.
        key: PathBuf,
    },
    /// The local CA in this directory.
    LocalCa {
        /// `DIR/tls`.
        directory: PathBuf,
        /// Names and addresses that clients use besides `localhost` and the loopback addresses.
        names: Vec<String>,
    },
}

/// The certificate in use; shared by the listener and by whoever renews it.
#[derive(Debug)]
pub struct Certificate {
    source: CertificateSource,
    current: RwLock<(Arc<CertifiedKey>, Stamp)>,
}

/// What decides whether the certificate in use is still the one to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    MadeAt(Timestamp),
    FilesFrom(Option<std::time::SystemTime>, Option<std::time::SystemTime>),
}

impl Certificate {
    /// Reads or makes it.
    pub fn load(source: CertificateSource, clock: &dyn Clock) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(obtain(&source, clock.now())?);
        Ok(Arc::new(Self { source, current }))
    }

    /// Makes a new one when the one in use is old, reads the files again when they changed. Says
    /// whether it did.
    pub fn renew(&self, clock: &dyn Clock) -> Result<bool, TlsError> {
        let stamp = self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).1;
        let fresh = match stamp {
            Stamp::MadeAt(at) => clock.now().as_second() - at.as_second() < RENEW_AFTER_DAYS * DAY_SECONDS,
            Stamp::FilesFrom(..) => stamp == files_stamp(&self.source),
        };
        if fresh {
            return Ok(false);
        }
        let renewed = obtain(&self.source, clock.now())?;
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = renewed;
        Ok(true)
    }

    /// What a listener needs.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Use)?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).0.clone())
    }
}

fn obtain(source: &CertificateSource, now: Timestamp) -> Result<(Arc<CertifiedKey>, Stamp), TlsError> {
    let provider = rustls::crypto::ring::default_provider();
    let (chain, key, stamp) = match source {
        CertificateSource::Files { certificate, key } => {
            let chain = CertificateDer::pem_file_iter(certificate)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| not_pem(certificate, "certificate", &error))?;
            let private =
                PrivateKeyDer::from_pem_file(key).map_err(|error| not_pem(key, "private key", &error))?;
            (chain, private, files_stamp(source))
        }
        CertificateSource::LocalCa { directory, names } => {
            let ca = local_ca(directory, now)?;
            let (chain, private) = issue(&ca, names, now)?;
            (chain, private, Stamp::MadeAt(now))
        }
    };
    let certified = CertifiedKey::from_der(chain, key, &provider).map_err(TlsError::Use)?;
    Ok((Arc::new(certified), stamp))
}

fn files_stamp(source: &CertificateSource) -> Stamp {
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    match source {
        CertificateSource::Files { certificate, key } => {
            Stamp::FilesFrom(modified(certificate), modified(key))
        }
        CertificateSource::LocalCa { .. } => Stamp::FilesFrom(None, None),
    }
}

fn not_pem(path: &Path, expected: &'static str, error: &dyn std::error::Error) -> TlsError {
    TlsError::NotPem { path: path.to_owned(), expected, reason: error.to_string() }
}

/// The CA of `directory`: the one that is there if it lasts another year, else a new one.
fn local_ca(directory: &Path, now: Timestamp) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let (ca_path, key_path) = (directory.join("ca.pem"), directory.join("ca-key.pem"));
    if ca_path.exists() && key_path.exists() {
        let read = |path: &PathBuf| {
            fs::read_to_string(path).map_err(|source| TlsError::File {
                what: "read",
                path: path.clone(),
                source,
            })
        };
        let (ca, key) = (read(&ca_path)?, read(&key_path)?);
        let der = CertificateDer::from_pem_slice(ca.as_bytes())
            .map_err(|error| not_pem(&ca_path, "certificate", &error))?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&der)
            .map_err(|error| not_pem(&ca_path, "certificate", &error))?;
        if parsed.validity().not_after.timestamp() - now.as_second() > 365 * DAY_SECONDS {
            let key = KeyPair::from_pem(&key).map_err(|error| not_pem(&key_path, "private key", &error))?;
            return Issuer::from_ca_cert_pem(&ca, key).map_err(TlsError::Make);
        }
    }
    fs::create_dir_all(directory).map_err(|source| TlsError::File {
        what: "write",
        path: directory.to_owned(),
        source,
    })?;
    let key = KeyPair::generate().map_err(TlsError::Make)?;
    let mut params = certificate_params("Supercargo local CA", now, CA_DAYS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).map_err(TlsError::Make)?;
    // The key first: a certificate without its key would be replaced at the next start, and everybody
    // who trusts it would have to be told again.
    write_private(&key_path, &key.serialize_pem())?;
    fs::write(&ca_path, certificate.pem()).map_err(|source| TlsError::File {
        what: "write",
        path: ca_path,
        source,
    })?;
    Ok(Issuer::new(params, key))
}

fn issue(
    ca: &Issuer<'static, KeyPair>,
    names: &[String],
    now: Timestamp,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let key = KeyPair::generate().map_err(TlsError::Make)?;
    let mut params = certificate_params("Supercargo", now, SERVER_DAYS);
    let mut alternatives: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
    alternatives.extend(names.iter().cloned());
    params.subject_alt_names =
        CertificateParams::new(alternatives).map_err(TlsError::Make)?.subject_alt_names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, ca).map_err(TlsError::Make)?;
    let private = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|reason| TlsError::Use(rustls::Error::General(reason.to_owned())))?;
    Ok((vec![certificate.der().clone()], private))
}

fn certificate_params(name: &str, now: Timestamp, days: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    // A day back, for clients whose clock is behind.
    let at = |seconds: i64| time_of(now.as_second() + seconds);
    params.not_before = at(-DAY_SECONDS);
    params.not_after = at(days * DAY_SECONDS);
    params
}

fn time_of(unix_seconds: i64) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(unix_seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

/// Writes a file that only its owner can read, from its first byte on.
fn write_private(path: &Path, text: &str) -> Result<(), TlsError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(|source| TlsError::File {
        what: "write",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ca_stays_until_its_last_year_and_its_key_is_private() {
        let directory = std::env::temp_dir().join(format!("supercargo-tls-{}", std::process::id()));
        let source = CertificateSource::LocalCa {
            directory: directory.clone(),
            names: vec!["cost.example".to_owned()],
        };
        let clock = model::ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        let read = || fs::read_to_string(directory.join("ca.pem")).unwrap();

        let certificate = Certificate::load(source.clone(), &clock).unwrap();
        let first = read();
        assert!(!certificate.renew(&clock).unwrap());
        clock.advance(jiff::SignedDuration::from_hours(31 * 24));
        assert!(certificate.renew(&clock).unwrap());
        Certificate::load(source.clone(), &clock).unwrap();
        assert_eq!(read(), first);

        clock.advance(jiff::SignedDuration::from_hours(3_600 * 24));
        Certificate::load(source, &clock).unwrap();
        assert_ne!(read(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(directory.join("ca-key.pem")).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
        fs::remove_dir_all(directory).unwrap();
    }
}
