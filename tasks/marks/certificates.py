"""A certificate of the installation's own: a root that signs once, and below it the one that signs pictures.

A reader that doesn't know the root says "valid, signer unknown": it tells that a file is as it left, and by
which installation, but no authority vouches for who that is. A bought certificate takes its place by two
settings.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_YEARS = 10  # a picture book is kept for long, and its signature has no time stamp that would outlive it
_BACKDATED = timedelta(hours=1)  # for readers whose clock is behind


@dataclass(frozen=True)
class NewCertificate:
    """A chain as PEM, the signer's first, and the signer's private key as PEM (PKCS #8)."""

    chain: bytes
    key: bytes


def new_certificate(now: datetime) -> NewCertificate:
    """A chain of two, valid from `now` on. Its names are random: they say nothing of the house."""
    name = secrets.token_hex(4)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name(f"Storykin installation {name} root")
    root = _builder(root_name, root_name, root_key.public_key(), now)
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = root.add_extension(_usage(signs_certificates=True), critical=True)
    root = root.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False
    )
    root_certificate = root.sign(root_key, hashes.SHA256())
    signer = _builder(_name(f"Storykin installation {name}"), root_name, key.public_key(), now)
    signer = signer.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    signer = signer.add_extension(_usage(signs_certificates=False), critical=True)
    # C2PA takes a signer only with a purpose that it knows; this is the one that its readers take unasked.
    signer = signer.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
    )
    signer = signer.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
    )
    signer = signer.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    certificate = signer.sign(root_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    return NewCertificate(
        chain=certificate.public_bytes(pem) + root_certificate.public_bytes(pem),
        key=key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Storykin"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=365 * _YEARS))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
