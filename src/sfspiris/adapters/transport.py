"""Every request to a vendor: time limits, retries where they can do no harm, and plain words when it fails.

What may be sent again depends on what it does, never on how it failed:

- a READ, and an UPDATE that sets the same values again, is repeated with growing pauses;
- a REPLACE puts a whole record in the place of another, so no old body of it is ever sent again: after a passing refusal it
  is made anew from what stands then, and without an answer it is left unknown;
- a CREATE is sent at most once. Where not one byte can have been carried out it fails as Unreachable or OutOfQuota;
  whatever else goes wrong leaves it unknown, and whoever asked must look before sending again;
- a TOKEN call is not repeated here, since a refresh token may be used up by its first use: whether it is shown once more
  is decided by whoever keeps it.
"""

from __future__ import annotations

import logging
import ssl
import threading
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies, proxy_bypass

import httpx
import tenacity

from sfspiris import __version__
from sfspiris.adapters import exactjson
from sfspiris.adapters.deadline import Deadline, TimedHTTPTransport
from sfspiris.adapters.limits import DEFAULT_LIMITS, Limits
from sfspiris.adapters.quota import endpoint_of
from sfspiris.adapters.reply import Reply, names_an_error, told_pause
from sfspiris.adapters.retrying import Effect, Then, after_line, after_status
from sfspiris.adapters.unpacking import TooLargeError, Unpacking
from sfspiris.adapters.words import QUOTA_WINDOW, RUN_AGAIN, THIS_MACHINE, Words
from sfspiris.errors import ConfigError, Retryable, SafetyStop, Unreachable, stood_still

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sfspiris.adapters.quota import Turnstile
    from sfspiris.errors import OutcomeUnknown

logger = logging.getLogger("sfspiris.http")

__all__ = ["ABSENT", "Absent", "Effect", "Limits", "Pace", "Reply", "Transport"]


_TOO_MANY = frozenset({420, 429})
_TOO_LARGE = "sent an answer that is too large"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0  # seconds


class Absent(Enum):
    """No JSON body at all, as opposed to the JSON value null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Pace:
    """Time and chance, handed in: `sleep` and `monotonic` in seconds, `jitter()` in [0, 1)."""

    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    jitter: Callable[[], float]


def _may_be_done(reply: Reply) -> bool:
    """Whether a write may have been carried out though it was answered like this."""
    return after_status(reply.status, Effect.CREATE, is_vendors=names_an_error(reply)) is Then.UNKNOWN


class _NotNowError(Exception):
    """This attempt failed in a way that passes; `told` is the pause in seconds that the vendor asked for."""

    def __init__(self, error: Retryable, told: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.told = told


class Transport:
    """Requests to one service, over connections that are kept; several threads may use it at the same time.

    `verify` is True for the usual certificate authorities, or a file with the only ones to trust; that certificates are
    checked cannot be switched off. Proxies are taken from the environment. Redirects are never followed: a token or
    an invoice goes to the address that was asked for or nowhere. `ends` is when the whole run must be over, on the pace's
    clock: after that no request begins. `turnstile` keeps what is asked of the service within its quota.
    """

    def __init__(
        self,
        *,
        service: str,
        pace: Pace,
        limits: Limits = DEFAULT_LIMITS,
        read_only: bool = False,
        verify: str | bool = True,
        ends: float = float("inf"),
        turnstile: Turnstile | None = None,
    ) -> None:
        if verify is False:
            raise ConfigError(
                f"Certificates of {service} must be checked.",
                remedy="Name a file with the certificates to trust instead of switching the check off.",
            )
        self.calls = 0
        """Requests sent so far, repetitions included."""
        self._service = service
        self._pace = pace
        self._limits = limits
        self._read_only = read_only
        self._verify = verify
        self._ends = ends
        self._turnstile = turnstile
        self._deadline = Deadline(pace.monotonic)
        self._words = Words(service, limits, lambda: self._deadline.has_passed)
        self._lock = threading.Lock()  # of what threads share here: the count of calls, and the lines
        self._lines: dict[tuple[bool, str | None], TimedHTTPTransport] = {}

    def request(
        self,
        method: str,
        url: str,
        *,
        effect: Effect,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: object = ABSENT,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        last_look: Callable[[], object] | None = None,
    ) -> Reply:
        """Send one request and give its complete answer, whatever its status, but for what the module's text says.

        At most one of `json`, `form` and `content` is the body; the type of `content` is told in `headers`. Where a request
        rests on what stands at the other end, `last_look` reads that once more and gives the `json`, or ABSENT: it is called
        each time right before the request leaves, when no quota has to be waited for any more, and what it raises keeps the
        request from being sent.

        Raises SafetyStop for a write in read-only mode, before anything is sent; Unreachable, OutOfQuota or BrokenReply when
        nothing was written; OutcomeUnknown when a create or a replacement may or may not have been carried out.
        """
        if self._read_only and effect not in {Effect.READ, Effect.TOKEN}:
            raise SafetyStop(
                f"{self._service} would have been changed ({method}), but this run only reads.",
                remedy='Set mode = "active" in sfspiris.toml and run without --dry-run to write.',
                code="READ_ONLY",
            )

        def build() -> httpx.Request:
            body = json if last_look is None else last_look()
            return self._build(
                method, address, headers=headers, params=params, json=body, form=form, content=content
            )

        address = self._address(url)
        match effect:
            case Effect.READ | Effect.UPDATE | Effect.REPLACE:
                return self._send_patiently(build, address, effect)
            case Effect.CREATE:
                return self._send_create(build, address)
            case Effect.TOKEN:
                return self._send_once(build, address)

    def close(self) -> None:
        """Close the kept connections; the transport can still be used and would open new ones."""
        for line in self._lines.values():
            line.close()
        self._lines.clear()

    # --- by effect -------------------------------------------------------------------------------------------------

    def _send_patiently(
        self, build: Callable[[], httpx.Request], address: httpx.URL, effect: Effect
    ) -> Reply:
        spent = 0.0  # seconds that attempts took, pauses that we were asked for left out
        patience = tenacity.Retrying(
            sleep=self._pace.sleep,
            stop=lambda state: (
                state.attempt_number >= self._limits.attempts or spent >= self._limits.patience
            ),
            wait=self._pause,
            retry=tenacity.retry_if_exception_type(_NotNowError),
            reraise=True,
        )
        number = 0
        doubt: OutcomeUnknown | None = None  # of a replacement, when an attempt may have been carried out

        def attempt() -> Reply:
            nonlocal number, spent, doubt
            number += 1
            began = self._pace.monotonic()
            try:
                reply = self._exchange(build, address, number, effect)
            except (httpx.RequestError, TooLargeError) as error:
                raise self._failed(error, address, effect) from error
            finally:
                spent += self._pace.monotonic() - began
            if after_status(reply.status, effect, is_vendors=False) is Then.RETRY:
                if effect is Effect.REPLACE and _may_be_done(reply):
                    doubt = self._words.unknown(f"answered with status {reply.status}")
                raise self._not_now(reply)
            return reply

        try:
            return patience(attempt)
        except _NotNowError as last:
            raise (doubt or last.error) from last.__cause__
        except Retryable as error:  # of the last look, or a longer pause than we take
            if doubt is None:
                raise
            raise doubt from error

    def _failed(
        self, error: httpx.RequestError | TooLargeError, address: httpx.URL, effect: Effect
    ) -> Exception:
        """What an attempt without a whole answer means where it may be repeated."""
        if isinstance(error, TooLargeError):
            is_write = effect is Effect.REPLACE
            return self._words.unknown(_TOO_LARGE) if is_write else self._words.too_large()
        if after_line(error, effect) is Then.UNKNOWN:
            return self._words.unknown(self._words.reason(error))
        return _NotNowError(self._words.unreachable(error, address))

    def _send_once(self, build: Callable[[], httpx.Request], address: httpx.URL) -> Reply:
        try:
            return self._exchange(build, address, 1, Effect.TOKEN)
        except httpx.RequestError as error:
            raise self._words.unreachable(error, address) from error
        except TooLargeError as error:
            raise self._words.too_large() from error

    def _send_create(self, build: Callable[[], httpx.Request], address: httpx.URL) -> Reply:
        try:
            reply = self._exchange(build, address, 1, Effect.CREATE)
        except httpx.RequestError as error:
            if after_line(error, Effect.CREATE) is Then.STOP:
                raise self._words.unreachable(error, address) from error
            raise self._words.unknown(self._words.reason(error)) from error
        except TooLargeError as error:
            raise self._words.unknown(_TOO_LARGE) from error
        match after_status(reply.status, Effect.CREATE, is_vendors=names_an_error(reply)):
            case Then.RETRY:
                raise self._words.out_of_quota(told_pause(reply))
            case Then.UNKNOWN:
                raise self._words.unknown(f"answered with status {reply.status}")
            case _:
                return reply

    # --- one request -----------------------------------------------------------------------------------------------

    def _address(self, url: str) -> httpx.URL:
        try:
            return httpx.URL(url)
        except httpx.InvalidURL as error:
            raise self._words.bad_address() from error

    def _build(
        self,
        method: str,
        url: httpx.URL,
        *,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
        json: object,
        form: Mapping[str, str] | None,
        content: bytes | None,
    ) -> httpx.Request:
        limits = self._limits
        sent = {
            "User-Agent": f"sfspiris/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",  # what is offered is what must be bounded: no other packing
        }
        if json is not ABSENT:
            content = exactjson.dumps(json)
            sent["Content-Type"] = "application/json"
        return httpx.Request(
            method,
            url,
            params=dict(params) if params is not None else None,
            headers=sent | dict(headers or {}),
            data=dict(form) if form is not None else None,
            content=content,
            extensions={
                "timeout": {
                    "connect": limits.connect,
                    "read": limits.read,
                    "write": limits.read,
                    "pool": limits.connect,
                }
            },
        )

    def _exchange(
        self, build: Callable[[], httpx.Request], address: httpx.URL, number: int, effect: Effect
    ) -> Reply:
        if self._turnstile is None or effect is Effect.TOKEN:
            return self._exchange_now(build(), number)
        asked = self._pace.monotonic()
        with self._turnstile.turn(endpoint_of(address.path)):
            if effect is Effect.CREATE and self._pace.monotonic() - asked > self._limits.stale:
                raise stood_still()
            # Built here, with its place taken: nothing is waited for between the last look and the request.
            return self._exchange_now(build(), number)

    def _exchange_now(self, request: httpx.Request, number: int) -> Reply:
        began = self._pace.monotonic()
        if began >= self._ends:
            raise self._words.out_of_time()
        with self._lock:
            self.calls += 1
        self._deadline.start(min(self._limits.total, self._ends - began))
        outcome: object = "interrupted"
        try:
            with closing(self._line(request.url).handle_request(request)) as response:
                body = self._read(response)
            outcome = response.status_code
            return Reply(response.status_code, dict(response.headers), body, self._service)
        except httpx.UnsupportedProtocol as error:
            raise self._words.bad_address() from error
        except (httpx.RequestError, TooLargeError) as error:
            outcome = type(error).__name__
            raise
        finally:
            # Host and path only: queries carry search terms, and bodies and headers carry people and secrets.
            logger.info(
                "%s %s%s %s %d ms attempt %d",
                request.method,
                request.url.host,
                request.url.raw_path.partition(b"?")[0].decode("ascii"),
                outcome,
                round((self._pace.monotonic() - began) * 1000),
                number,
            )

    def _read(self, response: httpx.Response) -> bytes:
        body = Unpacking(response.headers.get("content-encoding", ""), most=self._limits.body_bytes)
        for part in response.iter_raw():
            body.take(part)
            if self._deadline.has_passed:
                raise httpx.ReadTimeout("the time for the whole request is up")
        return body.whole()

    def _line(self, url: httpx.URL) -> TimedHTTPTransport:
        # What runs on this machine is not behind a proxy, whatever the environment says about the rest of the world.
        proxies = {} if url.host in THIS_MACHINE or proxy_bypass(url.host) else getproxies()
        proxy = proxies.get(url.scheme) or proxies.get("all")
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        key = (url.scheme == "https", proxy)
        with self._lock:
            if key not in self._lines:
                self._lines[key] = self._new_line(url, proxy)
            return self._lines[key]

    def _new_line(self, url: httpx.URL, proxy: str | None) -> TimedHTTPTransport:
        context = self._trust() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            return TimedHTTPTransport(self._deadline, context=context, proxy=proxy, idle=self._limits.idle)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise self._words.bad_proxy() from error

    def _trust(self) -> ssl.SSLContext:
        if not isinstance(self._verify, str):
            return httpx.create_ssl_context()
        try:
            return ssl.create_default_context(cafile=self._verify)
        except OSError as error:
            raise self._words.bad_certificates(self._verify) from error

    # --- pauses ----------------------------------------------------------------------------------------------------

    def _pause(self, state: tenacity.RetryCallState) -> float:
        """As long as we were told and up to a second more, so that many clients do not all return at once."""
        failure = state.outcome.exception() if state.outcome else None
        told = failure.told if isinstance(failure, _NotNowError) else None
        if told is not None:
            return told + self._pace.jitter()
        growing: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (state.attempt_number - 1))
        return growing * (1 + self._pace.jitter()) / 2

    def _not_now(self, reply: Reply) -> Exception:
        told = told_pause(reply)
        if told is not None and told > self._limits.longest_wait:
            return self._words.out_of_quota(told)
        if reply.status in _TOO_MANY:
            told = QUOTA_WINDOW if told is None else told
            return _NotNowError(self._words.out_of_quota(told), told)
        return _NotNowError(
            Unreachable(
                f"{self._service} cannot answer at the moment (status {reply.status}).", remedy=RUN_AGAIN
            ),
            told,
        )
