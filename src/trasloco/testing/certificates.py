"""Certificates for servers on loopback: self-signed, or signed by an authority made for the test.

Elliptic keys, because making an RSA key would take longer than starting a server.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of one server.

    chain: its certificate. key: its private key.
    ca_file: what a client must trust for verification to succeed: the authority's certificate, or
    the self-signed one itself.
    fingerprint: lower-case hex SHA-256 of the certificate's DER, as ``Endpoint.fingerprint``.
    """

    chain: Path
    key: Path
    ca_file: Path
    fingerprint: str

    @classmethod
    def make(cls, directory: Path, *, self_signed: bool, names: tuple[str, ...] = ("localhost",), expired: bool = False) -> Certificate:
        """Write ``server.pem``, ``server.key`` and (unless self-signed) ``ca.pem`` into ``directory``.

        The certificate is for ``names``, 127.0.0.1 and ::1; an expired one ended yesterday.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(names[0])
        if self_signed:
            issuer, issuer_key = subject, key
        else:
            issuer, issuer_key = _name("Trasloco test authority"), ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(subject, key, issuer, issuer_key, names, expired=expired)
        chain, key_file, ca_file = directory / "server.pem", directory / "server.key", directory / "ca.pem"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        if self_signed:
            ca_file = chain
        else:
            authority = _signed(issuer, issuer_key, issuer, issuer_key, (), expired=False)
            ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        return cls(chain, key_file, ca_file, certificate.fingerprint(hashes.SHA256()).hex())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    *,
    expired: bool,
) -> x509.Certificate:
    """One certificate; without ``names`` it is an authority's."""
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * _DAY)
        .not_valid_after(now - _DAY if expired else now + 30 * _DAY)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if names:
        addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
        builder = builder.add_extension(x509.SubjectAlternativeName([*map(x509.DNSName, names), *addresses]), critical=False)
    else:
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())
