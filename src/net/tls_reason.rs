//! Why a TLS connection was not made, in plain words. Those of rustls are the names of its types.
//!
//! On macOS without `SSL_CERT_FILE`, the system judges certificates. Its reasons are shown
//! unchanged, except for an unknown authority and a certificate of another host.

use rustls::{CertificateError, Error as Tls, OtherError};
use std::error::Error;
use std::io;

/// Returns the reason if TLS caused an error.
pub(super) fn tls_reason(error: &(dyn Error + 'static)) -> Option<String> {
    let mut chain = std::iter::successors(Some(error), |error| deeper(*error));
    match chain.find_map(|error| error.downcast_ref::<Tls>())? {
        Tls::InvalidCertificate(error) => of_certificate(error),
        Tls::InvalidMessage(_) => {
            Some("the server does not speak TLS (plain HTTP, or a proxy?)".to_owned())
        }
        _ => None,
    }
}

/// Returns the cause of an error. The source of an `io::Error` is that of what it wraps.
fn deeper<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(wrapper) => Some(wrapper.get_ref()?),
        None => error.source(),
    }
}

fn of_certificate(error: &CertificateError) -> Option<String> {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, Other, UnknownIssuer,
    };
    let text = match error {
        UnknownIssuer => {
            "untrusted certificate: its authority is neither the system's nor in SSL_CERT_FILE"
        }
        Expired | ExpiredContext { .. } => "expired certificate, by this machine's clock",
        NotValidYet | NotValidYetContext { .. } => {
            "certificate that is not valid yet, by this machine's clock"
        }
        NotValidForName | NotValidForNameContext { .. } => "certificate of another host",
        Other(other) if is_authority(other) => {
            "the server sent the certificate of an authority instead of its own"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn is_authority(error: &OtherError) -> bool {
    let error = error.0.downcast_ref::<webpki::Error>();
    error == Some(&webpki::Error::CaUsedAsEndEntity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_within_the_errors_that_wrap_it() {
        let expired = Tls::InvalidCertificate(CertificateError::Expired);
        let error = io::Error::other(io::Error::other(expired.clone()));
        for error in [&error as &(dyn Error + 'static), &expired] {
            let reason = tls_reason(error).expect("a reason");
            assert_eq!(reason, "expired certificate, by this machine's clock");
        }
        assert_eq!(tls_reason(&io::Error::other("another")), None);
    }
}
