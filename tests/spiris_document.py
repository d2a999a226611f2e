"""Traffic of the Spiris simulator, held against the vendor's own OpenAPI document by a library that knows neither.

openapi-core finds the operation of a call and validates its path, query, body and answer; nothing here interprets a
schema. Where the simulator differs from the document on purpose, the difference stands in `DIFFERENCES` with its reason;
everything else is a violation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, Protocol

from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.deserializing.media_types.exceptions import MediaTypeDeserializeError
from openapi_core.templating.paths.datatypes import PathOperationServer
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.request.exceptions import MissingRequestBody
from werkzeug.datastructures import MultiDict

from sfspiris.sandbox.kernel import jsonio
from shared import found, shared_file

NAME: Final = "specs/spiris-openapi.json"
HOST: Final = "https://eaccountingapi.vismaonline.com"
API: Final = "/v2"
JSON: Final = "application/json"

DIFFERENCES: Final[Mapping[str, str]] = {
    "operation": "GET /customerinvoicedrafts/{id}/print is not in the document; the vendor announced it for autumn 2026",
    "quote": "GET /quotes/{id}/print is declared to answer with an invoice, and described as answering with a PDF, as it does",
    "address": "an address or method that the document lacks is refused with 404 or 405, as any web server does, or with 401 "
    "first, where there is no token",
    "status": "401, 403, 404, 415 and 429 are declared for few operations or none, yet the vendor's pages on errors and quotas "
    "name them, or every web server has them; their body is the one declared for 400",
    "options": "$filter, $orderby, $select, $page and $pagesize are the vendor's query options on lists; the document names none",
    "select": "$select leaves fields out, also those that the document calls required",
    "absent": "an object that the document does not let be null is left out where there is none; `ABSENT` names them",
    "day": "the document calls every date a date-time; the vendor takes and gives plain days, as clients have measured, and a "
    "time without a zone is what .NET reads too",
    "read-only": "a read-only value is passed over, limits and all, if only it is of its type: clients send back what they "
    "have read; `COMPUTED` are read-only too, as the document cannot mark a reference",
    "null": "an object sent as null counts as not sent, as .NET reads it",
}
"""What differs on purpose, each with its reason."""

UNDECLARED_OPERATIONS: Final = (("GET", re.compile(r"/(customerinvoicedrafts|quotes)/[^/]+/print")),)
UNDECLARED_STATUSES: Final = frozenset({401, 403, 404, 415, 429})
LIST_OPTIONS: Final = frozenset({"$filter", "$orderby", "$select", "$page", "$pagesize"})
ABSENT: Final = frozenset(
    {
        # Nothing of the kind in the product of a Swedish company that sells on invoice.
        "ApprovalSettings", "AutoInvoice", "CompanyGreenTechnologySettings", "CompanyRotRutSettings", "CompanyScanningAddress",
        "CompanyText", "ContributionMargin", "DirectDebitCustomerSettings", "TaxDeclarationDate",
        # Only where the bookkeeping is locked, a voucher has a receipt, or a bank has told its balance.
        "AccountingLockedTo", "Attachments", "Balance",
    }
)  # fmt: skip

COMPUTED: Final = frozenset({"TaxDeclarationDate"})

_NO_SUCH_ADDRESS: Final = frozenset({401, 404, 405})
_MISSING: Final = re.compile(r"'(\w+)' is a required property")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?")


def is_present() -> bool:
    """Whether the vendor's document is here."""
    return found(NAME) is not None


@cache
def document() -> dict[str, Any]:
    """The vendor's document; where that is absent, the running test is skipped, or fails in continuous integration."""
    loaded: dict[str, Any] = json.loads(shared_file(NAME).read_text(encoding="utf-8"))
    return loaded


@cache
def _openapi(place: str | None = None, *, every_property: bool = False) -> OpenAPI:
    """The whole document, or only what it says of one place, as "/customers/{customerId}", which is found much sooner."""
    said = document()
    if place is not None:
        said = {**said, "paths": {place: said["paths"][place]}}
    # The document has faults of its own, such as a path parameter that is declared under another name, and would be
    # refused as a whole; the operations at hand are whole.
    policy: Literal["required", "optional"] = "required" if every_property else "optional"
    config = Config(spec_validator_cls=None, response_properties_default_policy=policy)
    return OpenAPI.from_dict(said, config)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer. `path` is the whole path, "/v2/customers"; `status` is None where no answer came."""

    method: str
    path: str
    query: Mapping[str, str | list[str]]
    status: int | None
    body: bytes
    answer: bytes
    body_type: str = JSON

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Exchange:
        """An entry of `GET /_sandbox/requests`."""
        body, answer = _sent(entry["body"]), _sent(entry["response"])
        return cls(entry["method"], entry["path"], entry["query"] or {}, entry["status"], body, answer)

    @property
    def is_accepted(self) -> bool:
        """Whether the vendor carried it out."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def request(self) -> MockRequest:
        """The request, as the library wants it."""
        query: MultiDict[str, str] = MultiDict(self.query)
        return MockRequest(
            HOST, self.method, self.path, args=query, data=self.body or None, content_type=self.body_type
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What the library finds wrong, and where: "Rows[0].ArticleId", or nothing where it is not about a field."""

    field: str
    told: str

    def __str__(self) -> str:
        return f"{self.field}: {self.told}" if self.field else self.told


def operation_of(method: str, path: str) -> str | None:
    """The document's operation for an address such as "/v2/customers/…", as "GET /customers/{customerId}"."""
    found_operation = _find(method, path)
    return None if found_operation is None else f"{method} {_place_of(found_operation)}"


def check_log(entries: Iterable[Mapping[str, Any]], *, requests_too: bool = False) -> list[str]:
    """Every violation of the document among the API calls of a simulator's log, as sentences.

    Each answer is checked. A request is checked where it was accepted; what was refused may well have been wrong, unless
    `requests_too` says that every request was meant to be right.
    """
    calls = (Exchange.of(entry) for entry in entries if entry["path"].startswith(f"{API}/"))
    return [violation for call in calls for violation in violations(call, requests_too=requests_too)]


def violations(call: Exchange, *, requests_too: bool = False) -> Iterator[str]:
    """Every violation in one call."""
    place = call.path.removeprefix(API)
    if call.status is None or any(
        call.method == method and path.fullmatch(place) for method, path in UNDECLARED_OPERATIONS
    ):
        return
    if operation_of(call.method, call.path) is None:
        if call.status not in _NO_SUCH_ADDRESS:
            yield f"{call}: the document has no such operation"
        return
    if call.is_accepted or requests_too:
        yield from (f"{call}: request: {fault}" for fault in request_faults(call))
    if requests_too:
        yield from (f"{call}: request: the document has no option {name}" for name in _unknown_options(call))
    yield from (f"{call}: answer: {fault}" for fault in _answer_faults(call, call.status))


def request_faults(call: Exchange) -> list[Fault]:
    """What the document forbids in the request; the operation must be one of the document."""
    operation = _find(call.method, call.path)
    assert operation is not None, call
    schema = _body_schema(operation.operation)
    faults: list[Fault] = []
    for error in _openapi(_place_of(operation)).iter_request_errors(call.request):
        if isinstance(error, MissingRequestBody):
            continue  # the document requires no body anywhere
        for fault in _faults(error):
            if not _is_plain_day(fault) and not _is_null_object(fault) and not _is_passed_over(fault, schema):
                faults.extend(_placed(fault))
        if _schema_errors(error) is None:
            faults.append(Fault("", _words(error)))
    return faults


def _answer_faults(call: Exchange, status: int) -> Iterator[Fault]:
    if status in {404, 405} and not call.answer:
        return
    # A success is held to more than the document asks: every property that it names has to be there.
    operation = _find(call.method, call.path)
    assert operation is not None, call
    openapi = _openapi(_place_of(operation), every_property=call.is_accepted)
    errors = list(openapi.iter_response_errors(call.request, MockResponse(call.answer, status)))
    if any(isinstance(error, ResponseNotFound) for error in errors) and status in UNDECLARED_STATUSES:
        errors = list(openapi.iter_response_errors(call.request, MockResponse(call.answer, 400)))
    for error in errors:
        if _schema_errors(error) is None:
            yield Fault("", _words(error))
        for fault in _faults(error):
            missing = _MISSING.match(fault.message)
            if missing and ("$select" in call.query or missing[1] in ABSENT):
                continue
            if not _is_plain_day(fault):
                yield from _placed(fault)


def _unknown_options(call: Exchange) -> set[str]:
    operation = _find(call.method, call.path)
    assert operation is not None, call
    parameters = operation.operation.read_value().get("parameters", [])
    declared = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    return set(call.query) - declared - (LIST_OPTIONS if call.method == "GET" else frozenset())


@cache
def _find(method: str, path: str) -> PathOperationServer | None:
    try:
        return APICallPathFinder(_openapi().spec).find(method.lower(), HOST + path)
    except PathError:
        return None


def _place_of(operation: PathOperationServer) -> str:
    return str(operation.path.parts[-1])


def _body_schema(operation: SchemaPath) -> SchemaPath | None:
    return operation / "requestBody" / "content" / JSON / "schema" if "requestBody" in operation else None


# --- what the library says -----------------------------------------------------------------------------------------


class SchemaError(Protocol):
    """One fault of a value, as the JSON Schema library below tells it."""

    message: str
    validator: str
    validator_value: Any
    instance: Any
    schema: Mapping[str, Any]

    @property
    def absolute_path(self) -> Iterable[str | int]:
        """Where the value stands."""


def _schema_errors(error: Exception) -> tuple[SchemaError, ...] | None:
    return getattr(error.__cause__, "schema_errors", None)


def _faults(error: Exception) -> tuple[SchemaError, ...]:
    return _schema_errors(error) or ()


def _words(error: Exception) -> str:
    if isinstance(error.__cause__, MediaTypeDeserializeError):
        return "the body is not JSON"
    return f"{error}" if error.__cause__ is None else f"{error}: {error.__cause__}"


def _placed(fault: SchemaError) -> Iterator[Fault]:
    """The fault with its field, or one for each field that is missing or unknown."""
    place = _field(fault.absolute_path)
    names: Iterable[str] = ()
    missing = _MISSING.match(fault.message)
    if missing:
        names = [missing[1]]
    elif fault.validator == "additionalProperties":
        names = sorted(set(fault.instance) - set(fault.schema.get("properties", {})))
    if not names:
        yield Fault(place, fault.message)
    for name in names:
        yield Fault(f"{place}.{name}" if place else name, fault.message)


def _field(path: Iterable[str | int]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _is_plain_day(fault: SchemaError) -> bool:
    return (
        fault.validator == "format"
        and fault.validator_value == "date-time"
        and isinstance(fault.instance, str)
        and _DAY.fullmatch(fault.instance) is not None
    )


def _is_null_object(fault: SchemaError) -> bool:
    return fault.validator == "type" and fault.validator_value == "object" and fault.instance is None


def _is_passed_over(fault: SchemaError, schema: SchemaPath | None) -> bool:
    """Whether the fault is a limit of a read-only field, or of a field below one."""
    if schema is None or fault.validator in {"type", "format", "additionalProperties"}:
        return False
    for part in fault.absolute_path:
        schema = schema / "items" if isinstance(part, int) else schema / "properties" / part
        if part in COMPUTED or (schema.exists() and (schema / "readOnly").exists()):
            return True
    return False


def _sent(content: Any) -> bytes:
    if content is None:
        return b""
    return content.encode() if isinstance(content, str) else jsonio.encode(content)
