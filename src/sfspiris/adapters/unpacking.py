"""Takes an answer in, unpacked as it arrives, and never holds more of it than we take.

httpx unpacks whatever has arrived at once, a thousandfold if it must, and lets a packed answer that was cut pass for a
whole one. Here neither happens: what is unpacked is bounded before it exists, and what lacks its end is refused.
"""

from __future__ import annotations

import zlib
from typing import Final

import httpx

_GZIP: Final = frozenset({"gzip", "x-gzip"})
_PLAIN: Final = frozenset({"", "identity"})


class TooLargeError(Exception):
    """More bytes than we take."""


class Unpacking:
    """One answer's body, `most` bytes at the most; `encoding` is what its Content-Encoding says."""

    def __init__(self, encoding: str, *, most: int) -> None:
        name = encoding.strip().lower()
        if name not in _GZIP | _PLAIN:
            raise httpx.DecodingError(f"packed as {name}, which was not offered")
        self._packed = zlib.decompressobj(zlib.MAX_WBITS | 16) if name in _GZIP else None
        self._most = most
        self._body = bytearray()
        self._is_begun = False

    def take(self, part: bytes) -> None:
        """Take in what has arrived. Raises TooLargeError, and httpx.DecodingError for what cannot be unpacked."""
        self._is_begun = self._is_begun or bool(part)
        if self._packed is None:
            self._body += part
        else:
            try:
                self._body += self._packed.decompress(part, self._most + 1 - len(self._body))
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from error
            if self._packed.unused_data:
                raise httpx.DecodingError("more follows behind the end of the packed answer")
        if len(self._body) > self._most:
            raise TooLargeError

    def whole(self) -> bytes:
        """The body, when nothing more arrives. Raises httpx.DecodingError when a packed one lacks its end."""
        if self._packed is not None and self._is_begun and not self._packed.eof:
            raise httpx.DecodingError("the packed answer lacks its end")
        return bytes(self._body)
