"""`/search`: SOSL, which looks for words in many objects at once.

Source: SOQL and SOSL Reference, "SOSL Syntax" and "FIND {SearchQuery}" (read November 2026). Every object's part of RETURNING is
read as the SOQL statement it amounts to. Parentheses in the words searched for, WITH, UPDATE and other clauses are not read and
therefore refused. A new record is found at once; the vendor's index may take a while.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.rest.call import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sfspiris.sandbox.salesforce.rest.dispatch import Api
    from sfspiris.sandbox.salesforce.schema.registry import Entity

    Matches = Callable[[str], bool]

MOST_FOUND: Final = 2000
SHORTEST_TERM: Final = 2
"""Characters of a term without its wildcards. Source: as above, "Search terms"."""

_STATEMENT: Final = re.compile(
    r"\s*FIND\s*\{(?P<words>(?:[^{}\\]|\\.)*)\}"
    r"(?:\s*IN\s+(?P<kind>ALL|NAME|EMAIL|PHONE|SIDEBAR)\s+FIELDS)?"
    r"(?:\s*RETURNING\s+(?P<returning>.+?))?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_PART: Final = re.compile(r"\s*(?P<name>\w+)\s*(?:\((?P<inner>.*)\))?\s*", re.DOTALL)
_CLAUSE: Final = re.compile(r"\b(?:WHERE|ORDER\s+BY|LIMIT|OFFSET)\b", re.IGNORECASE)
_TERM: Final = re.compile(r'"(?P<phrase>[^"]*)"|(?P<word>[^\s"()]+)')
_KINDS: Final = {"EMAIL": {"email"}, "PHONE": {"phone"}}
_TEXT: Final = frozenset({"string", "textarea", "email", "phone", "url", "picklist", "multipicklist"})


@dataclass(frozen=True, slots=True)
class _Part:
    """One object to look in, and the statement that says what to show of it."""

    entity: Entity
    statement: str


def resource(api: Api, call: Call) -> Answer:
    """`GET /search?q=`."""
    call.only("GET")
    statement = call.query.get("q", "")
    read = _STATEMENT.fullmatch(statement)
    if read is None:
        raise _malformed(f"No viable alternative at: {statement.strip()[:40]!r}")
    matches = _matcher(read["words"])
    most = min(int(read["limit"] or MOST_FOUND), MOST_FOUND)
    found: list[dict[str, Any]] = []
    for part in _parts(api, read["returning"]):
        found += _found(api, call, part, _fields(part.entity, (read["kind"] or "ALL").upper()), matches)
    return Answer(content={"searchRecords": found[:most]})


def _malformed(complaint: str) -> ApiError:
    return ApiError("MALFORMED_SEARCH", complaint)


def _parts(api: Api, returning: str | None) -> Iterator[_Part]:
    if returning is None:
        for one in api.org.schema.entities.values():
            if one.definition.searchable and one.definition.name_field is not None:
                yield _Part(one, f"SELECT Id FROM {one.name}")  # noqa: S608 - a name of the schema's own
        return
    for text in _separated(returning):
        read = _PART.fullmatch(text)
        if read is None:
            raise _malformed(f"No viable alternative at: {text.strip()[:40]!r}")
        entity = api.org.schema.entity(read["name"])
        if entity is None:
            raise ApiError("INVALID_TYPE", f"sObject type '{read['name']}' is not supported.")
        inner = read["inner"] or "Id"
        clause = _CLAUSE.search(inner)
        end = clause.start() if clause is not None else len(inner)
        shown, rest = inner[:end], inner[end:]
        yield _Part(entity, f"SELECT {shown} FROM {entity.name} {rest}")  # noqa: S608 - it becomes SOQL, which is parsed


def _separated(text: str) -> Iterator[str]:
    """The parts between commas that stand in no parentheses and no quotes."""
    depth, start, quoted = 0, 0, False
    for place, character in enumerate(text):
        if character == "'" and text[place - 1] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(character, 0)
            if character == "," and depth == 0:
                yield text[start:place]
                start = place + 1
    yield text[start:]


def _found(
    api: Api, call: Call, part: _Part, fields: tuple[str, ...], matches: Matches
) -> list[dict[str, Any]]:
    try:
        plan = api.querying.plan(call, part.statement)
    except ApiError as error:
        raise _malformed(error.message) if error.code == "MALFORMED_QUERY" else error from None
    if plan.groups is not None or plan.bare_count:
        raise _malformed("aggregates cannot be searched for")
    run = api.querying.run(call, deleted=False)
    show = plan.node.shower(run)
    rows = replace(plan, limit=None, offset=0).rows(run)
    hits = [row for row in rows if any(matches(_said(row, name)) for name in fields)]
    end = None if plan.limit is None else plan.offset + plan.limit
    return [show(row) for row in hits[plan.offset : end]]


def _said(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _fields(entity: Entity, kind: str) -> tuple[str, ...]:
    """Names of the fields that are looked in."""
    visible = entity.visible.values()
    if kind == "NAME":
        return tuple(one.name for one in visible if one.name_field)
    return tuple(one.name for one in visible if one.type in _KINDS.get(kind, _TEXT))


# words


def _matcher(words: str) -> Matches:
    """Whether a text holds what is looked for: every term of any of the alternatives, in any case."""
    alternatives: list[list[tuple[bool, re.Pattern[str]]]] = [[]]
    wanted = True
    if _TERM.sub("", words).strip():
        raise _malformed(f"parentheses and lone quotes cannot be searched for: {words}")
    for term in _TERM.finditer(words):
        word = term["word"]
        if word == "OR":
            alternatives.append([])
        elif word == "NOT":
            wanted = False
        elif word != "AND":
            alternatives[-1].append((wanted, _pattern(term["phrase"] if word is None else word)))
            wanted = True
    if not all(alternatives):
        raise _malformed("search term must be longer than one character")

    def matches(text: str) -> bool:
        return any(
            all(bool(pattern.search(text)) is is_wanted for is_wanted, pattern in terms)
            for terms in alternatives
        )

    return matches


def _pattern(term: str) -> re.Pattern[str]:
    """A whole word or phrase; `*` stands for any letters, `?` for one."""
    plain = re.sub(r"\\(.)", r"\1", term)
    if len(plain.strip("*?")) < SHORTEST_TERM:
        raise _malformed(f"search term must be longer than one character: {plain}")
    body = "".join({"*": r"\w*", "?": r"\w"}.get(character, re.escape(character)) for character in plain)
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)
