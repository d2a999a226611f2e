"""Behaviours that a vendor leaves undocumented, or that an org or company may choose: named, listed, settable."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from sfspiris.sandbox.kernel.errors import SandboxError, shortened
from sfspiris.sandbox.kernel.records import Records

Kind = Literal["number", "names"]
SwitchValue = str | int | list[str] | None

_TABLE = "_switches"
MOST = 10**9
"""The largest number that a switch can hold; enough for a lifetime in seconds."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One choosable behaviour.

    `values` lists what it can be. Where that is no list, `kind` says so: "number" is a whole number from 0 to `MOST`, or null when
    null is among `values`; "names" is a list of names, or one of `values`.
    """

    name: str
    default: SwitchValue
    reason: str
    """Why this can be chosen at all: what the vendor says, or does not say. Shown to whoever lists the switches."""
    values: tuple[str | None, ...] = ()
    kind: Kind | None = None

    def accepts(self, value: Any) -> SwitchValue:
        """`value` in the form this switch keeps. Raises `SandboxError` naming what is possible."""
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if None in self.values and value in (None, "null"):  # the word is how the values are listed
            return None
        if self.kind == "number":
            if isinstance(value, str) and value.isdecimal():
                value = int(value)
            if isinstance(value, int) and 0 <= value <= MOST:
                return value
        if self.kind == "names" and isinstance(value, list) and all(isinstance(name, str) for name in value):
            return list(value)
        if not isinstance(value, list | dict) and str(value) in self.values:
            return str(value)
        raise SandboxError(f"Switch {self.name} cannot be {shortened(value)}. It can be: {self.possible()}.")

    def possible(self) -> str:
        """What the switch can be, in words."""
        words = {"number": ["a whole number from 0"], "names": ["a list of names"], None: []}[self.kind]
        return ", ".join([*words, *("null" if value is None else value for value in self.values)])


LATENCY = Switch("latency_ms", 0, "every vendor call waits this long before it is carried out", kind="number")
"""The switch that every simulator has."""


class Switches:
    """The switches of one simulator. What is set is kept in its records and survives with them."""

    def __init__(self, declared: Iterable[Switch], records: Records) -> None:
        self._declared = {switch.name: switch for switch in (*declared, LATENCY)}
        self._records = records
        self._values: dict[str, SwitchValue] = {}
        self.reload()

    def get(self, name: str) -> SwitchValue:
        """The value in force."""
        return self._values[name]

    def number(self, name: str) -> int:
        """The value in force of a switch that holds a number."""
        value = self._values[name]
        if not isinstance(value, int):
            raise TypeError(f"switch {name} holds {value!r}, not a number")
        return value

    def is_on(self, name: str) -> bool:
        """Whether a yes/no switch says yes."""
        return self._values[name] == "yes"

    def set(self, values: dict[str, Any]) -> None:
        """Set several switches, all or none. Raises `SandboxError` for an unknown name or an impossible value."""
        accepted = {name: self._known(name).accepts(value) for name, value in values.items()}
        with self._records.transaction():
            for name, value in accepted.items():
                self._records.put(_TABLE, name, {"value": value})
        self._values.update(accepted)

    def reset(self) -> None:
        """Every switch back to its default."""
        with self._records.transaction():
            for name in self._declared:
                if self._records.get(_TABLE, name) is not None:
                    self._records.delete(_TABLE, name)
        self.reload()

    def reload(self) -> None:
        """Read what the records say again; a name that is no longer a switch is passed over."""
        self._values = {name: switch.default for name, switch in self._declared.items()}
        for name in self._declared:
            stored = self._records.get(_TABLE, name)
            if stored is not None:
                self._values[name] = stored["value"]

    def listed(self) -> dict[str, dict[str, Any]]:
        """Every switch: its value, what it can be, its default and the reason it exists."""
        return {
            name: {
                "value": self._values[name],
                "default": switch.default,
                "values": [*switch.values] if switch.kind is None else switch.possible(),
                "reason": switch.reason,
            }
            for name, switch in self._declared.items()
        }

    def _known(self, name: str) -> Switch:
        if name in self._declared:
            return self._declared[name]
        near = get_close_matches(name, self._declared, n=1)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(self._declared)}."
        raise SandboxError(f"There is no switch {name}.{hint}")
