"""The public key of an app: from a certificate, as the product's set-up takes it, or from a bare public key."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

SMALLEST_KEY: Final = 2048
"""Bits. Source: Salesforce Help, "Configure a JWT Bearer Flow" (read November 2026)."""


@lru_cache(maxsize=16)
def public_key(pem: str) -> RSAPublicKey:
    """The RSA key of a PEM text. Raises `ValueError` for anything else, elliptic curves and short keys included."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    data = pem.encode()
    key: object = (
        load_pem_x509_certificate(data).public_key()
        if "BEGIN CERTIFICATE" in pem
        else load_pem_public_key(data)
    )
    if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_KEY:
        return key
    raise ValueError(f"it is no RSA key of at least {SMALLEST_KEY} bits")
