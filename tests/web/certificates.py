"""A certification authority for tests: certificates good and bad, made on the spot."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
_FAR_AWAY = datetime(2115, 1, 1, tzinfo=UTC)
_EXPIRED = datetime(2016, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs server certificates; ``client`` trusts it and nobody else."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def create(cls, folder: Path) -> Authority:
        """Make an authority that keeps its files in ``folder``."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder("test authority", "test authority", key, _FAR_AWAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(folder, key, certificate)

    def client(self) -> ssl.SSLContext:
        """Return a context that verifies as the real one does, against this authority alone."""
        context = ssl.create_default_context(cadata=self.certificate.public_bytes(serialization.Encoding.PEM).decode())
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def server(self, name: str, *, expired: bool = False) -> ssl.SSLContext:
        """Return a server's context with a certificate for ``name``."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(name, "test authority", key, _EXPIRED if expired else _FAR_AWAY)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return _server_context(self.folder, key, certificate)


def self_signed(folder: Path, name: str) -> ssl.SSLContext:
    """Return a server's context with a certificate for ``name`` that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(name, name, key, _FAR_AWAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _server_context(folder, key, certificate)


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, until: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_LONG_AGO)
        .not_valid_after(until)
    )


def _server_context(folder: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> ssl.SSLContext:
    path = folder / f"{certificate.serial_number}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
