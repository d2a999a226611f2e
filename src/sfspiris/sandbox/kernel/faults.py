"""Faults on demand: what networks, gateways and tired servers do, at the request and the time one asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfspiris.sandbox.kernel.errors import SandboxError, shortened
from sfspiris.sandbox.kernel.jsonio import encode

# Each effect, and the arguments it takes beyond the common ones.
EFFECTS: Mapping[str, frozenset[str]] = {
    "status": frozenset({"code", "body", "headers"}),  # that answer, the work not done
    "status_after": frozenset({"code", "body", "headers"}),  # the work done, then that answer
    "drop_before": frozenset(),  # the connection closed without an answer, the work not done
    "drop_after": frozenset(),  # likewise, the work done
    "delay": frozenset({"seconds"}),  # the work done, the answer late
    "truncate": frozenset(),  # the work done; half of the body, then the connection closed
    "garbage": frozenset(),  # the work done; status 200 and a body that is no JSON
    "html": frozenset({"code"}),  # the work done; a gateway's HTML page
    "empty": frozenset(),  # the work done; its status without a body
    "repeat": frozenset(),  # the request carried out twice, as a proxy that resends would; the second answer
}
_COMMON = frozenset({"method", "path", "nth", "times", "effect"})

_MOST = 10**9
"""Of any number of times or seconds."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_TEXT = re.compile(r"([!-~\xa0-\xff]([\t !-~\xa0-\xff]*[!-~\xa0-\xff])?)?")

GARBAGE = b"\x1f\x8b\x08\x00<not json>\x00"
GATEWAY_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n"
    b"<body><h1>502 Bad Gateway</h1><p>The upstream server did not answer.</p></body></html>\n"
)


@dataclass(slots=True)
class Fault:
    """One rule: which requests, when, and what happens to them.

    Requests match by method (any when None) and by the regular expression `path`, searched in the path and, when that
    finds nothing, in the path with its query. The rule acts on the `nth` match (from 1) and the `times` - 1 after it;
    `times` None means every one from the `nth` on.
    """

    effect: str
    method: str | None = None
    path: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    nth: int = 1
    times: int | None = 1
    code: int = 503
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0
    matched: int = 0
    """How many requests have matched so far, acted on or not."""

    def applies(self, method: str, path: str, query: str) -> bool:
        """Whether the rule acts on this request; counts it when it matches."""
        if self.method is not None and self.method != method:
            return False
        if not self.path.search(path) and not (query and self.path.search(f"{path}?{query}")):
            return False
        self.matched += 1
        return self.matched >= self.nth and (self.times is None or self.matched < self.nth + self.times)

    def described(self) -> dict[str, Any]:
        """The rule as it is listed."""
        return {
            "method": self.method,
            "path": self.path.pattern,
            "nth": self.nth,
            "times": self.times,
            "effect": self.effect,
            "matched": self.matched,
        }


class Faults:
    """The rules in force. Each counts its own matches; the first that is due decides."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []

    def add(self, document: Any) -> Fault:
        """Add a rule from a control call. Raises `SandboxError` when it makes no sense."""
        fault = _parsed(document)
        self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """Remove every rule."""
        self._rules.clear()

    def listed(self) -> list[dict[str, Any]]:
        """Every rule, in the order in which they were added."""
        return [rule.described() for rule in self._rules]

    def due(self, method: str, path: str, query: str) -> Fault | None:
        """The rule that acts on this request, if any. Every rule that matches counts it."""
        acting = [rule for rule in self._rules if rule.applies(method, path, query)]
        return acting[0] if acting else None


def _parsed(document: Any) -> Fault:
    if not isinstance(document, dict):
        raise SandboxError('A fault is an object such as {"path": "/drafts", "effect": "drop_after"}.')
    effect = document.get("effect")
    if not isinstance(effect, str) or effect not in EFFECTS:
        raise SandboxError(
            f"A fault cannot have the effect {shortened(effect)}. There are: {', '.join(EFFECTS)}."
        )
    allowed = _COMMON | EFFECTS[effect]
    unknown = sorted(set(document) - allowed)
    if unknown:
        raise SandboxError(
            f"A fault with effect {effect} has no {shortened(unknown[0])}. It takes: {', '.join(sorted(allowed))}."
        )
    times = document.get("times", 1)
    method = document.get("method")
    body = document.get("body")
    return Fault(
        effect=effect,
        method=method.upper() if isinstance(method, str) else None,
        path=_pattern(document.get("path") or ""),
        nth=_whole(document, "nth", 1, least=1),
        times=None if times is None else _whole(document, "times", 1, least=1),
        code=_whole(document, "code", 502 if effect == "html" else 503, least=200, most=599),
        body=_body(body),
        headers=_headers(document.get("headers"), has_json_body=isinstance(body, dict | list)),
        seconds=_seconds(document.get("seconds", 1)),
    )


def _pattern(text: Any) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, TypeError) as error:
        raise SandboxError(
            f"A fault's path must be a regular expression; {shortened(text)} is not: {error}."
        ) from error


def _whole(document: dict[str, Any], name: str, default: int, *, least: int, most: int = _MOST) -> int:
    value = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        to = "" if most == _MOST else f" to {most}"
        raise SandboxError(
            f"A fault's {name} must be a whole number from {least}{to}, not {shortened(value)}."
        )
    return value


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = -1
    if not 0 <= seconds <= _MOST:
        raise SandboxError(f"A fault's seconds must be a number from 0, not {shortened(value)}.")
    return seconds


def _body(value: Any) -> bytes:
    if value is None:
        return b""
    try:
        return value.encode() if isinstance(value, str) else encode(value)
    except UnicodeEncodeError as error:
        raise SandboxError("A fault's body cannot be sent: it holds half a surrogate pair.") from error


def _headers(value: Any, *, has_json_body: bool) -> tuple[tuple[str, str], ...]:
    if value is not None and not isinstance(value, dict):
        raise SandboxError(f"A fault's headers must be an object of names and texts, not {shortened(value)}.")
    headers = tuple((str(name), str(text)) for name, text in (value or {}).items())
    for name, text in headers:
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_TEXT.fullmatch(text):
            raise SandboxError(
                f"A fault's header {shortened(name)} cannot be sent: a name takes letters, digits and hyphens, a text no "
                "control characters and nothing beyond Latin-1."
            )
    if has_json_body and not any(name.lower() == "content-type" for name, _ in headers):
        headers += (("Content-Type", "application/json"),)
    return headers
