"""What a vendor's simulator is, to the kernel that runs it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.routing import BaseRoute

from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.faults import Faults
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.kernel.requestlog import RequestLog
from sfspiris.sandbox.kernel.switches import Switch, Switches

ExceptionHandlers = Mapping[int | type[Exception], Callable[[Request, Exception], Any]]


class Simulator(ABC):
    """One vendor: its routes, what people do in its product, and everything it remembers.

    All that must survive a restart (clients and tokens too) lives in `records`; a simulator built on records that are not
    empty continues where they left off.
    """

    name: ClassVar[str]
    """The vendor's part of a world document: "salesforce" or "spiris"."""
    declared_switches: ClassVar[tuple[Switch, ...]] = ()

    def __init__(self, clock: Clock, records: Records) -> None:
        self.clock = clock
        self.records = records
        self.switches = Switches(self.declared_switches, records)
        self.faults = Faults()
        self.log = RequestLog()

    @abstractmethod
    def routes(self) -> list[BaseRoute]:
        """The vendor's own calls."""

    @abstractmethod
    def control_routes(self) -> list[BaseRoute]:
        """The vendor's control calls, with paths as they stand below `/_sandbox` ("/drafts/{id}/issue").

        They raise `SandboxError` for what cannot be done; the kernel turns it into an answer.
        """

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything stored, records in the vendor's wire shape."""

    @abstractmethod
    def load(self, world: dict[str, Any]) -> None:
        """Replace everything by this vendor's part of a world. Runs inside a transaction of the records.

        Clients that were registered stay registered, and people stay signed in where the user or company they signed in
        to is still there: starting over is about the data.
        """

    def exception_handlers(self) -> ExceptionHandlers:
        """How the vendor words an unknown path, a wrong method and the like, by status or exception class."""
        return {}
