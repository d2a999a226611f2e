"""Made-up requests to every call that writes, from the vendor's OpenAPI document: nothing forbidden gets through.

schemathesis makes the requests: of a body that is accepted, every variation that breaks one thing, and random ones on top.
openapi-core judges them. The two know nothing of each other, and neither knows the simulator.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

import spiris_document
from sfspiris.sandbox.kernel import jsonio
from spiris_document import Exchange, operation_of
from spiris_sandbox import NOWHERE, WORLD, Api, Sandbox, sandbox
from spiris_targets import TARGETS, Target

SEED = 20261120
A_FEW, A_FEW_RANDOM = 25, 3
BOTH = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    spiris_document.document()
    with sandbox() as one:
        yield one
        one.does("DELETE", "requests")


@pytest.fixture
def api(served: Sandbox) -> Api:
    served.does("DELETE", "requests")
    served.reset(WORLD)
    served.switch(rate_limit_per_minute=None)
    return served.sign_in()


def operation_for(name: str, body: Any) -> Any:
    """One call of the document as schemathesis sees it, with a body to vary."""
    document = spiris_document.document()
    method, path = name.split(" ")
    operation = dict(document["paths"][path][method.lower()])
    if "requestBody" in operation:
        media = operation["requestBody"]["content"][spiris_document.JSON]
        operation["requestBody"] = {
            "required": True,
            "content": {spiris_document.JSON: {**media, "example": body}},
        }
    alone = {**document, "paths": {path: {method.lower(): operation}}}
    return schemathesis.openapi.from_dict(alone, config=SchemathesisConfig())[path][method]


class Fuzz:
    """Sends made-up requests and judges what comes back. What was called on is made anew once it was changed."""

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self._name = name
        self._session = requests.Session()
        self._target: Target | None = None
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []

    @property
    def target(self) -> Target:
        if self._target is None:
            self._target = TARGETS[self._name](self._api)
        return self._target

    def run_unvaried(self) -> None:
        """What is varied is itself accepted, or its variations would be refused for another reason."""
        method, path = self._name.split(" ")
        body = {} if self.target.body is None else {"json": self.target.body}
        self._api.ok(method, path.format(**self.target.path), **body)
        self._target = None

    def run(self, case: Case[Any]) -> None:
        if self.target.body is not None:
            case.path_parameters = dict(self.target.path)
        answer = case.call(
            base_url=str(self._api.base_url).rstrip("/"),
            session=self._session,
            headers={"Authorization": self._api.headers["Authorization"]},
        )
        address = urlsplit(str(answer.request.url))
        sent = answer.request.body or b""
        assert isinstance(sent, str | bytes)
        exchange = Exchange(
            str(answer.request.method),
            address.path,
            parse_qs(address.query, keep_blank_values=True),
            answer.status_code,
            sent.encode() if isinstance(sent, str) else sent,
            answer.content,
            str(answer.request.headers.get("Content-Type", "")),
        )
        if exchange.is_accepted:
            self._target = None
        self.counts["run"] += 1
        self.counts["accepted" if exchange.is_accepted else "refused"] += 1
        self.counts["5xx"] += answer.status_code >= 500
        self.violations += judged(exchange)

    def close(self) -> None:
        self._session.close()


@contextmanager
def fuzz(api: Api, name: str, record: Record) -> Iterator[Fuzz]:
    """A fuzz of one call, which must have found nothing."""
    one = Fuzz(api, name)
    try:
        yield one
    finally:
        one.close()
        for what in ("run", "refused", "5xx"):
            record(f"Spiris: fuzz cases {what}", one.counts[what])
        record("Spiris: fuzz violations", len(one.violations))
    assert one.violations == []
    assert one.counts["5xx"] == 0


def judged(exchange: Exchange) -> Iterator[str]:
    """Why the answer is not what the document asks for."""
    yield from spiris_document.violations(exchange)
    if operation_of(exchange.method, exchange.path) is None:
        return
    named, faults = named_in(exchange), spiris_document.request_faults(exchange)
    if exchange.status != 400 or not all(fault.field for fault in faults):
        return  # what is wrong with the address, the options or the body as a whole is told before its fields are read
    for fault in faults:
        if fault.field not in named:
            yield f"{exchange}: refused, and {fault} is not named among {sorted(named)}"


def named_in(exchange: Exchange) -> set[str]:
    """The fields that the refusal is about."""
    document = jsonio.loads(exchange.answer) if exchange.answer else None
    errors: list[Mapping[str, str]] = document.get("Errors", []) if isinstance(document, dict) else []
    return {error["Field"] for error in errors}


def test_every_call_that_writes_has_something_to_be_called_on(served: Sandbox, api: Api) -> None:
    """The calls of the document are tried one by one: what is neither 404 without a body nor 405 is served.

    The one call that lies where another's id would stand is answered as an id that does not exist.
    """
    served_calls = set()
    for path, operations in spiris_document.document()["paths"].items():
        for method in {"post", "put", "delete", "patch"} & set(operations):
            names = [
                part["name"] for part in operations[method].get("parameters", []) if part["in"] == "path"
            ]
            address = path
            for name in names:
                address = address.replace(f"{{{name}}}", NOWHERE)
            answer = api.request(method, address, content=b"{", headers={"Content-Type": "application/json"})
            if answer.status_code != 405 and answer.content:
                served_calls.add(f"{method.upper()} {path}")
    assert served_calls == {*TARGETS, "PUT /fiscalyears/openingbalances"}


def variations(name: str, body: Any) -> list[Case[Any]]:
    """The body as it is, and every way in which schemathesis would break it or stretch it."""
    operation = operation_for(name, body)
    config = operation.schema.config.generation_for(operation=operation)
    return list(
        operation.schema.iter_coverage_cases(operation, generation_modes=BOTH, generation_config=config)
    )


def sampled(cases: list[Case[Any]], count: int) -> list[Case[Any]]:
    """So many of the cases, the same each time, with every kind of variation among them."""
    shuffled = random.Random(SEED).sample(cases, len(cases))  # noqa: S311 - a choice of tests, not a secret
    kinds: Counter[str] = Counter()

    def rank(case: Case[Any]) -> int:
        kind = str(getattr(case.meta and case.meta.phase.data, "scenario", ""))
        kinds[kind] += 1
        return kinds[kind]

    return sorted(shuffled, key=rank)[:count]


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_document_forbids_is_refused_by_name(api: Api, name: str, record_property: Record) -> None:
    """A sample of the variations of an accepted body; all of them before a release."""
    with fuzz(api, name, record_property) as one:
        one.run_unvaried()
        for case in sampled(variations(name, one.target.body), A_FEW):
            one.run(case)


@pytest.mark.release
@pytest.mark.parametrize("name", TARGETS)
def test_all_that_the_document_forbids_is_refused_by_name(
    api: Api, name: str, record_property: Record
) -> None:
    with fuzz(api, name, record_property) as one:
        for case in variations(name, one.target.body):
            one.run(case)


@pytest.mark.parametrize("name", TARGETS)
def test_random_requests_are_answered_as_the_document_says(
    api: Api, name: str, record_property: Record
) -> None:
    with fuzz(api, name, record_property) as one:
        at_random(one, name, A_FEW_RANDOM)


@pytest.mark.release
@pytest.mark.parametrize("name", TARGETS)
def test_many_random_requests_are_answered_as_the_document_says(
    api: Api, name: str, record_property: Record
) -> None:
    with fuzz(api, name, record_property) as one:
        at_random(one, name, 200)


def at_random(one: Fuzz, name: str, count: int) -> None:
    """So many requests that fit the document, and as many that do not, the same each time."""
    operation = operation_for(name, None)
    for mode in BOTH if "requestBody" in operation.definition.raw else BOTH[:1]:

        @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy(mode))
        def run(case: Case[Any]) -> None:
            one.run(case)

        run()
