"""What a person reads when a request fails: what happened, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from sfspiris.adapters.reaching import UnknownNameError
from sfspiris.errors import BrokenReply, ConfigError, OutcomeUnknown, OutOfQuota, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.adapters.limits import Limits

RUN_AGAIN = "Nothing is lost; run the same command again."
_START_SANDBOX = (
    "Nothing is lost. Start the sandbox with `sfspiris sandbox up`, then run the same command again."
)
THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
_LOOK_AT_NAMES = (
    "Nothing is lost. See that the address in sfspiris.toml is right and that this machine can look up names (DNS), "
    "then run the same command again."
)
_LOOK_FIRST = "Run the same command again: it looks for the record before it would send anything."
QUOTA_WINDOW = 60.0
"""Seconds to wait when a service counts requests and does not say for how long: it counts them per minute."""


def _is_unknown_name(error: httpx.RequestError) -> bool:
    """Whether it failed before there was an address to connect to."""
    return isinstance(error.__cause__, UnknownNameError)


class Words:
    """The failures of requests to one service. `is_over` tells whether the time for the whole request is up."""

    def __init__(self, service: str, limits: Limits, is_over: Callable[[], bool]) -> None:
        self._service = service
        self._limits = limits
        self._is_over = is_over

    def reason(self, error: httpx.RequestError) -> str:
        """How the request failed, as the rest of a sentence that begins with the service."""
        match error:
            case httpx.TimeoutException():
                return self._too_slow(error)
            case httpx.ProxyError():
                return "could not be reached through the proxy"
            case httpx.ConnectError() if _is_unknown_name(error):
                return f"is not known to this machine's name service ({error})"
            case httpx.ConnectError():
                return f"could not be reached ({error})"
            case httpx.DecodingError():
                return "sent an answer that cannot be unpacked"
            case _:
                return "closed the connection before its answer was complete"

    def _too_slow(self, error: httpx.TimeoutException) -> str:
        if self._is_over():
            return f"did not answer completely within {self._limits.total:g} seconds"
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            return f"could not be reached within {self._limits.connect:g} seconds"
        return f"did not answer within {self._limits.read:g} seconds"

    def unreachable(self, error: httpx.RequestError, url: httpx.URL) -> Unreachable:
        """It failed, and nothing was written. Of the address only host and port are told."""
        remedy = _START_SANDBOX if url.host in THIS_MACHINE else RUN_AGAIN
        return Unreachable(
            f"{self._service} at {url.netloc.decode('ascii')} {self.reason(error)}.",
            remedy=_LOOK_AT_NAMES if _is_unknown_name(error) else remedy,
        )

    def unknown(self, reason: str) -> OutcomeUnknown:
        """A create left us, and no answer tells what became of it."""
        return OutcomeUnknown(
            f"{self._service} {reason}: whether it carried out what was sent is not known.",
            remedy=_LOOK_FIRST,
        )

    def out_of_quota(self, told: float | None) -> OutOfQuota:
        """Refused before it was looked at; `told` in seconds, None when the service did not say."""
        seconds = QUOTA_WINDOW if told is None else told
        return OutOfQuota(
            f"{self._service} takes no more requests for {seconds:g} seconds.",
            remedy="Nothing is lost; run the same command again after that.",
            retry_after=seconds,
        )

    def out_of_time(self) -> Unreachable:
        """The whole run has lasted as long as it may; this request was not sent."""
        return Unreachable(
            f"The run has used up its time ([limits] max_minutes), so nothing more is asked of {self._service}.",
            remedy="What was done is recorded; run the same command again and it goes on from there.",
            code="RUN_TIME_UP",
        )

    def too_large(self) -> BrokenReply:
        """More bytes than we take."""
        return BrokenReply(
            f"{self._service} sent an answer of more than {self._limits.body_bytes // 2**20} MiB.",
            remedy=RUN_AGAIN,
        )

    def bad_address(self) -> ConfigError:
        """The configured address is none."""
        return ConfigError(
            f"The address of {self._service} is not a web address.",
            remedy="Correct the address in sfspiris.toml; it begins with https://.",
        )

    def bad_proxy(self) -> ConfigError:
        """The environment names a proxy that we cannot speak to."""
        return ConfigError(
            f"The proxy on the way to {self._service} cannot be used.",
            remedy="Set HTTPS_PROXY to an address that begins with http:// or https://, or list the host in NO_PROXY.",
        )

    def bad_certificates(self, path: str) -> ConfigError:
        """The file of certificates to trust is missing or is something else."""
        return ConfigError(
            f"The certificates to trust for {self._service} cannot be read from {path}.",
            remedy="Name a file with certificates in PEM form.",
        )
