"""Which of a host's addresses answers, found within one limit for them all.

A vendor's host has several addresses, often of two families, and a network may lose everything that is sent to one of
them without a word (an IPv6 route that leads nowhere is the usual case). The operating system's own way tries them one
after the other and gives each the whole limit; and the question to the name service has no limit at all.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, Final

import httpcore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from httpcore import SOCKET_OPTION

LookUp = Callable[[str, int], "list[str]"]
"""The addresses of a host, best first; raises OSError when there are none."""


class UnknownNameError(httpcore.ConnectError):
    """The name service has no address for the host, or is not to be had."""


def ask_the_system(host: str, port: int) -> list[str]:
    """What this machine's resolver says, in its order of preference (RFC 6724)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class ReachingBackend(httpcore.SyncBackend):
    """Connections to the first address that answers; that one is tried first the next time.

    An address that is silent has half of the time that is left, the last one all of it, and the families take turns: so
    one family that leads nowhere costs half of the limit, once.
    """

    def __init__(self, look_up: LookUp = ask_the_system) -> None:
        self._look_up: Final = look_up
        self._answered: dict[tuple[str, int], str] = {}

    def reach(
        self,
        host: str,
        port: int,
        left: Callable[[], float],
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection; `left()` gives the seconds that are left for it, or raises.

        Raises httpcore.ConnectError when nobody takes it, a name that is not known included, and httpcore.ConnectTimeout
        when the time is up: nothing was sent then.
        """
        addresses = self._addresses(host, port, left())
        for number, address in enumerate(addresses, start=1):
            seconds = left() if number == len(addresses) else left() / 2
            try:
                stream = super().connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
            else:
                self._answered[host, port] = address
                return stream
        raise UnknownNameError(f"{host} has no address")

    def _addresses(self, host: str, port: int, seconds: float) -> list[str]:
        if _is_address(host):
            return [host]
        found = list(by_turns(_in_time(partial(self._look_up, host, port), seconds)))
        answered = self._answered.get((host, port))
        return sorted(found, key=lambda one: one != answered)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def by_turns(addresses: list[str]) -> Iterator[str]:
    """One of each family after the other, the preferred family first."""
    with_colon = [one for one in addresses if ":" in one]
    without = [one for one in addresses if ":" not in one]
    families = (with_colon, without) if addresses[:1] == with_colon[:1] else (without, with_colon)
    return (one for one in chain.from_iterable(zip_longest(*families)) if one is not None)


def _in_time(ask: Callable[[], list[str]], seconds: float) -> list[str]:
    """The name service's answer; a question cannot be taken back, so a thread that nobody waits for keeps waiting for it."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put() -> None:
        try:
            answers.put(ask())
        except (
            OSError,
            UnicodeError,
        ) as error:  # UnicodeError: a name that can be none, too long for one say
            answers.put(error)

    threading.Thread(target=put, daemon=True, name="sfspiris-names").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout("the name service did not answer") from None
    if isinstance(answer, Exception):
        raise UnknownNameError(str(answer)) from answer
    found: list[str] = answer
    return found
