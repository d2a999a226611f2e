"""Plain HTTP to loopback: the certificate authorities, which no such call needs, are read once and not by every client."""

from __future__ import annotations

import ssl
from typing import Final

import httpx

TRUST: Final = ssl.create_default_context()
"""What httpx would read from disk anew for each client, which takes longer than most calls to a sandbox."""

BROWSER: Final = httpx.Client(trust_env=False, timeout=30, verify=TRUST)
"""For calls that keep nothing: no cookie may be set on it."""
