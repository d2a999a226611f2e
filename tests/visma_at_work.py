"""The `visma` package of 2018 (PyPI, `pwitab/visma`) at work, in a process of its own.

It reads its settings from the environment when it is imported, and the class that makes its calls is one of them:
`VISMA_API_CLASS`. Its hosts are attributes of that class, so a subclass points it at the sandbox and the package itself
stays as it is. Prints what came of each call as one JSON document. With `--mended`, the one hook is mended that no
release of marshmallow 3 has called the package's way.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from visma.api import VismaAPI  # type: ignore[import-untyped]

_SANDBOX = os.environ["SANDBOX"]


class AtTheSandbox(VismaAPI):  # type: ignore[misc]
    """The package's own calls, to other hosts."""

    API_URL = API_URL_TEST = f"{_SANDBOX}/v2"
    TOKEN_URL = TOKEN_URL_TEST = f"{_SANDBOX}/connect/token"


def came_of(work: Callable[[], Any]) -> str:
    """The result as text, or the error as "Type: message"."""
    try:
        return str(work())
    except Exception as error:  # noqa: BLE001 - whatever the package does is what is told
        return f"{type(error).__name__}: {error}"


def mend() -> None:
    """Let the models be made the way marshmallow has called hooks since 3.0."""
    from visma.base import VismaSchema  # type: ignore[import-untyped]  # noqa: PLC0415

    broken = VismaSchema.make_instance

    def make_instance(self: Any, data: dict[str, Any], **_: Any) -> Any:
        return self.visma_model(**data)

    make_instance.__marshmallow_hook__ = broken.__marshmallow_hook__  # type: ignore[attr-defined]
    VismaSchema.make_instance = make_instance


def _count(model: Any) -> int:
    return len(model.objects.all())


def main() -> None:
    """Use every model of the package that the sandbox serves."""
    from visma import models  # type: ignore[import-untyped]  # noqa: PLC0415 - it reads its settings when imported

    if "--mended" in sys.argv:
        mend()
    customers, api = models.Customer.objects, models.Customer.objects.api
    terms = api.get("/termsofpayments").json()["Data"][0]["Id"]
    customer = models.Customer(
        name="Visma AB", invoice_city="Lund", invoice_postal_code="222 22", is_active=True, is_private_person=False,
        terms_of_payment_id=terms,
    )  # fmt: skip
    told: dict[str, Any] = {
        "calls": type(api).__name__,
        "create": came_of(customer.save),
        "filter": came_of(lambda: len(customers.filter(name="Visma AB"))),
        "order": came_of(lambda: len(customers.filter(name="Visma AB").order_by("name"))),
        "page": api.get("/customers", {"$pagesize": 2, "$page": 2}).json()["Meta"]["CurrentPage"],
        "unknown": came_of(lambda: customers.get("99999999-9999-4999-8999-999999999999")),
        "nothing": came_of(partial(_count, models.Project)),
        "models": {},
    }
    for name in os.environ["MODELS"].split():
        model = getattr(models, name)
        answer = api.get(model.Meta.endpoint).json()
        first = answer["Data"][0] if "Data" in answer else answer
        named = {field.data_key or place for place, field in model._schema_items.items()}
        told["models"][name] = {
            "gone": sorted(named - set(first)),
            "new": sorted(set(first) - named),
            "read": came_of(partial(_count, model)),
        }
    made = api.get("/customers", {"$filter": "Name eq 'Visma AB'"}).json()["Data"][0]
    made["Note"] = "ändrad"
    told["put"] = api.put(f"/customers/{made['Id']}", json.dumps(made)).json()["Note"]
    told["delete"] = customers.delete(made["Id"]).status_code
    print(json.dumps(told))  # noqa: T201 - what this process is for


if __name__ == "__main__":
    main()
