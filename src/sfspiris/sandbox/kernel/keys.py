"""Keys that a sandbox makes for itself: for Salesforce's JWT bearer flow, and for HTTPS on loopback."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

SALESFORCE_KEY = "sandbox-salesforce.key"
"""The file in which `sandbox config` and a running sandbox share the private key of the JWT bearer flow."""

_RSA_BITS = 2048
_CERTIFICATE_DAYS = 30


def ensure_salesforce_key(folder: Path) -> Path:
    """The path of the RSA private key (PEM) in `folder`, made on first use and readable by its owner alone."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    path = folder / SALESFORCE_KEY
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_private(path, rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS))
    return path


def public_pem(private_key: Path) -> str:
    """The public half (PEM) of a private key file: what a simulator needs in order to verify signatures."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    key = load_pem_private_key(private_key.read_bytes(), password=None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A new self-signed certificate for 127.0.0.1, ::1 and localhost, and its key: paths of both PEM files.

    It is its own authority: a client trusts it by being given the certificate's path.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sfspiris sandbox")])
    now = datetime.now(UTC)  # noqa: TID251  real clients judge it by real time
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_CERTIFICATE_DAYS))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("localhost"),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                    x509.IPAddress(ipaddress.ip_address("::1")),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "sandbox-tls.pem", folder / "sandbox-tls.key"
    certificate_path.write_bytes(certificate.public_bytes(Encoding.PEM))
    _write_private(key_path, key)
    return certificate_path, key_path


def _write_private(path: Path, key: "PrivateKeyTypes") -> None:
    """Write the key so that no other user of the machine can read it, not even for a moment, nor half of it."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    fresh.replace(path)
