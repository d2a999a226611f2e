"""The shape of a world document, checked before any of it is loaded: a typing error must not become an odd test result."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from sfspiris.sandbox.kernel.errors import SandboxError

_REGISTERS = (
    "articles",
    "bankaccounts",
    "codings",
    "costcenters",
    "customers",
    "drafts",
    "fiscalyears",
    "invoices",
    "links",
    "notes",
    "orders",
    "projects",
    "termsofpayments",
    "units",
    "users",
    "vouchers",
)
COMPANY_KEYS = (
    "key",
    "name",
    "orgnr",
    "settings",
    "scopes",
    "StartupGuideCompleted",
    "UserHasAccess",
    "exchange_rates",
    *_REGISTERS,
)
"""What a company may bring: its identity, settings and registers. What it leaves out, the simulator fills with a standard."""

_KEYS: Mapping[str, Collection[str]] = {
    "the world": ("now", "salesforce", "spiris"),
    "salesforce": ("org", "schema", "clients", "records"),
    "spiris": ("companies",),
    "company": COMPANY_KEYS,
}
_REFERENCE = re.compile(r"@([A-Za-z0-9][A-Za-z0-9_.-]*)")


def checked(document: Any) -> dict[str, Any]:
    """The document, when its keys are known, its lists are lists and its references lead somewhere.

    A text that is an `@` and a name, nothing else, is a reference in Salesforce records. Raises `SandboxError`.
    """
    world = _object(document, "the world")
    _check_keys(world, "the world", "the world")
    _check_now(world.get("now"))
    salesforce = _object(world.get("salesforce", {}), "salesforce")
    _check_keys(salesforce, "salesforce", "salesforce")
    for part in ("org", "schema", "records"):
        _object(salesforce.get(part, {}), f"salesforce.{part}")
    _objects(salesforce.get("clients", []), "salesforce.clients")
    _check_records(salesforce.get("records", {}))
    spiris = _object(world.get("spiris", {}), "spiris")
    _check_keys(spiris, "spiris", "spiris")
    _check_companies(_objects(spiris.get("companies", []), "spiris.companies"))
    return world


def _check_now(now: Any) -> None:
    if now is None:
        return
    try:
        aware = datetime.fromisoformat(now).tzinfo is not None
    except (TypeError, ValueError):
        aware = False
    if not aware:
        raise SandboxError(
            f'The world\'s "now" must be a moment such as "2026-11-20T08:00:00Z", not {now!r}.'
        )


def _check_companies(companies: list[dict[str, Any]]) -> None:
    for number, company in enumerate(companies):
        key = company.get("key")
        if not isinstance(key, str) or not key:
            raise SandboxError(f'spiris.companies[{number}] needs a "key", a short name such as "se".')
        _check_keys(company, "company", f"company {key}")
        _object(company.get("settings", {}), f"the settings of company {key}")
        for register in _REGISTERS:
            _objects(company.get(register, []), f"{register} of company {key}")
    for twice in _repeated(company["key"] for company in companies):
        raise SandboxError(f'The world has two companies with the key "{twice}".')


def _check_records(records: dict[str, Any]) -> None:
    for sobject, rows in records.items():
        _objects(rows, f"salesforce.records.{sobject}")
    known = Counter(name for row in _rows(records) if isinstance(name := row.get("_ref"), str))
    for name, count in known.items():
        if count > 1:
            raise SandboxError(f'Two records have the _ref "{name}"; a reference to it would be a guess.')
    for sobject, rows in records.items():
        for number, row in enumerate(rows):
            _check_references(row, f"{sobject}[{number}]", known)


def _check_references(row: dict[str, Any], place: str, known: Collection[str]) -> None:
    for field, value in row.items():
        if isinstance(value, list):
            for number, child in enumerate(value):
                if isinstance(child, dict):
                    _check_references(child, f"{place}.{field}[{number}]", known)
        elif isinstance(value, str) and (match := _REFERENCE.fullmatch(value)) and match[1] not in known:
            raise SandboxError(
                f'{place}.{field} refers to "{value}", but no record has the _ref "{match[1]}".{_nearest(match[1], known)}'
            )


def _rows(records: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every record, those nested in others too."""
    waiting = [row for rows in records.values() for row in rows]
    while waiting:
        row = waiting.pop()
        yield row
        for value in row.values():
            if isinstance(value, list):
                waiting.extend(child for child in value if isinstance(child, dict))


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SandboxError(f"In the world, {place} must be an object, not {_kind(value)}.")
    return value


def _objects(value: Any, place: str) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise SandboxError(f"In the world, {place} must be a list, not {_kind(value)}.")
    for number, item in enumerate(value):
        _object(item, f"{place}[{number}]")
    return value


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _check_keys(value: dict[str, Any], shape: str, place: str) -> None:
    for key in value:
        if key not in _KEYS[shape]:
            raise SandboxError(
                f'In the world, {place} has an unknown key "{key}".{_nearest(key, _KEYS[shape])}'
            )


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" There are: {', '.join(sorted(known))}." if len(known) <= len(COMPANY_KEYS) else ""


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
