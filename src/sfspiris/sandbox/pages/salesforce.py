"""The pages of the Salesforce sandbox: deals, accounts, products, and any record with every field."""

from collections.abc import Mapping
from typing import ClassVar

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from sfspiris.sandbox.kernel.app import PAGES
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.pages.salesforcelists import LISTINGS, SECTIONS
from sfspiris.sandbox.pages.salesforceviews import Views, link_to, list_link
from sfspiris.sandbox.pages.shapes import Tab, View
from sfspiris.sandbox.pages.site import Site
from sfspiris.sandbox.salesforce.schema.registry import Entity
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator

_CHECKBOX = {"yes": True, "no": False, "true": True, "false": False, "": False}


class SalesforceSite(Site):
    """One list per object that matters here, and a page for each record."""

    brand: ClassVar[str] = "Salesforce sandbox"

    def __init__(self, simulator: SalesforceSimulator, control: ASGIApp) -> None:
        super().__init__(simulator, control)
        self._salesforce = simulator
        self._views = Views(simulator)

    def routes(self) -> list[BaseRoute]:
        """The deals at `/`, the other lists, records, and the form that changes one."""
        record = f"{PAGES}/records/{{object}}/{{id}}"
        return [
            Route("/", self.shown(self._views.deals)),
            Route(f"{PAGES}/objects/{{object}}", self.shown(self._objects)),
            Route(record, self.shown(self._record)),
            Route(f"{record}/edit", self.acting(self._edit), methods=["POST"]),
        ]

    def tabs(self, request: Request) -> list[Tab]:
        """The objects with a list of their own, those that the org has."""
        here = request.url.path
        known = [name for name in SECTIONS if self._salesforce.org.schema.entity(name) is not None]
        return [
            Tab(
                LISTINGS[name].title,
                list_link(name),
                is_here=here == list_link(name) or here.startswith(f"{PAGES}/records/{name}/"),
            )
            for name in known
        ]

    def _objects(self, request: Request) -> View:
        name = request.path_params["object"]
        if name not in SECTIONS or self._salesforce.org.schema.entity(name) is None:
            raise SandboxError(f"The org has no list of {name}.", status=404)
        return self._views.objects(request, name)

    def _record(self, request: Request) -> View:
        return self._views.record(request, *self._found(request))

    def _found(self, request: Request) -> tuple[Entity, Record]:
        name, record_id = request.path_params["object"], request.path_params["id"]
        entity = self._salesforce.org.schema.entity(name)
        row = self._salesforce.store.current(entity.name, record_id) if entity is not None else None
        if entity is None or row is None:
            raise SandboxError(f"The org has no {name} {record_id}.", status=404)
        if row["IsDeleted"]:
            raise SandboxError(f"{entity.definition.label} {record_id} is in the recycle bin.", status=404)
        return entity, row

    async def _edit(self, request: Request, fields: Mapping[str, str]) -> tuple[str, str]:
        entity, row = self._found(request)
        name, text = fields.get("field", ""), fields.get("value", "").strip()
        if name not in entity.fields:
            raise SandboxError(f"{entity.definition.label} has no field {name!r}.")
        is_checkbox = entity.fields[name].type == "boolean"
        value = _CHECKBOX.get(text.lower(), text) if is_checkbox else text or None
        await self.control("PATCH", f"/records/{entity.name}/{row['Id']}", {name: value})
        return link_to(entity.name, row["Id"]), f"{name} is changed."
