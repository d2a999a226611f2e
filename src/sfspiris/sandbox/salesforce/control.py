"""What people do in the product and its set-up, as control calls below `/_sandbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response
from starlette.routing import Route

from sfspiris.sandbox.kernel.app import document_of
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.jsonio import JsonResponse
from sfspiris.sandbox.salesforce import clients, ids
from sfspiris.sandbox.salesforce.dml import Author
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.org import is_setting
from sfspiris.sandbox.salesforce.shown import whole_record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from sfspiris.sandbox.salesforce.schema.registry import Entity
    from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator

_GONE: Final = frozenset({"INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED", "UNDELETE_FAILED"})


class Control:
    """The Salesforce side's own control calls."""

    def __init__(self, simulator: SalesforceSimulator) -> None:
        self._sim = simulator

    def routes(self) -> list[BaseRoute]:
        """The routes, as they stand below `/_sandbox`."""
        return [
            Route("/records", self._refusing(self._add), methods=["POST"]),
            Route("/records/{object}/{id}", self._refusing(self._show), methods=["GET"]),
            Route("/records/{object}/{id}", self._refusing(self._edit), methods=["PATCH"]),
            Route("/records/{object}/{id}", self._refusing(self._delete), methods=["DELETE"]),
            Route("/records/{object}/{id}/undelete", self._refusing(self._undelete), methods=["POST"]),
            Route("/records/{object}/{id}/merge", self._refusing(self._merge), methods=["POST"]),
            Route("/schema", self._refusing(self._declared), methods=["GET"]),
            Route("/schema", self._refusing(self._declare), methods=["PUT"]),
            Route("/clients", self._refusing(self._clients), methods=["GET"]),
            Route("/clients", self._refusing(self._register), methods=["PUT", "POST"]),
        ]

    @staticmethod
    def _refusing(
        handler: Callable[[Request], Awaitable[Response]],
    ) -> Callable[[Request], Awaitable[Response]]:
        """The handler, with what the org refuses said as the sandbox says it."""

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except ApiError as error:
                status = 404 if error.code in _GONE else 400
                raise SandboxError(f"{error.message} ({error.code})", status=status) from error

        return handle

    @property
    def _author(self) -> Author:
        return Author(self._sim.loader.person, in_product=True)

    # records

    async def _add(self, request: Request) -> Response:
        document = await document_of(request)
        with self._sim.records.transaction():
            made = self._sim.loader.add(document, self._author)
        return JsonResponse(
            {
                name: [self._shown(self._sim.org.schema[name], record_id) for record_id in record_ids]
                for name, record_ids in made.items()
            },
            status_code=201,
        )

    async def _show(self, request: Request) -> Response:
        entity, record_id = self._named(request)
        self._sim.dml.existing(entity, record_id)
        return JsonResponse(self._shown(entity, record_id))

    async def _edit(self, request: Request) -> Response:
        entity, record_id = self._named(request)
        document = await document_of(request)
        if not isinstance(document, dict):
            raise SandboxError('To edit a record, send its fields, such as {"StageName": "Closed Won"}.')
        with self._sim.records.transaction():
            self._sim.dml.update(entity, record_id, document, self._author)
        return JsonResponse(self._shown(entity, record_id))

    async def _delete(self, request: Request) -> Response:
        """Into the recycle bin; with `?hard=true` past it."""
        entity, record_id = self._named(request)
        with self._sim.records.transaction():
            row = self._sim.store.current(entity.name, record_id)
            hard = request.query_params.get("hard") == "true"
            if row is None or not row["IsDeleted"] or not hard:
                self._sim.dml.delete(entity, record_id, self._author)
            if hard:
                self._sim.store.erase(entity.name, record_id)
        return Response(status_code=204)

    async def _undelete(self, request: Request) -> Response:
        entity, record_id = self._named(request)
        self._sim.dml.undelete(entity, record_id, self._author)
        return JsonResponse(self._shown(entity, record_id))

    async def _merge(self, request: Request) -> Response:
        """Merge the record into another, `{"into": id}`: its children move, and it is deleted with `MasterRecordId` set."""
        entity, record_id = self._named(request)
        document = await document_of(request)
        winner = ids.canonical(str((document or {}).get("into", "")))
        if winner is None or winner == record_id or "MasterRecordId" not in entity.fields:
            raise SandboxError('To merge an account or contact into another, send {"into": "001…"}.')
        with self._sim.records.transaction():
            self._sim.dml.merge(entity, record_id, winner, self._author)
        return JsonResponse(self._shown(entity, winner))

    def _named(self, request: Request) -> tuple[Entity, str]:
        name, said = request.path_params["object"], request.path_params["id"]
        entity = self._sim.org.schema.entity(name)
        if entity is None:
            raise SandboxError(f"The org has no object {name}.", status=404)
        record_id = ids.canonical(said)
        if record_id is None:
            raise SandboxError(f"{said} is not the id of a record.", status=404)
        return entity, record_id

    def _shown(self, entity: Entity, record_id: str) -> dict[str, Any]:
        return whole_record(self._sim.store, self._sim.org, entity, record_id)

    # schema and apps

    async def _declare(self, request: Request) -> Response:
        """`{"Opportunity": {"fields": […], "hidden": […]}, "hide": ["Account.Fax"], "multi_currency": true}`.

        Objects may also stand under "objects" or "schema", settings under "org".
        """
        document = await document_of(request)
        if not isinstance(document, dict):
            raise SandboxError(
                'To change the schema, send {"Opportunity": {"hidden": ["PO_Number__c"]}} or the like.'
            )
        with self._sim.records.transaction():
            try:
                self._apply(document)
            except BaseException:
                self._sim.org.refresh()
                raise
        return await self._declared(request)

    def _apply(self, document: dict[str, Any]) -> None:
        settings = dict(document.get("org") or {})
        objects = {**(document.get("objects") or {}), **(document.get("schema") or {})}
        for full_name in document.get("hide") or []:
            name, _, field_name = str(full_name).partition(".")
            before = objects.get(name, {})
            objects[name] = {**before, "hidden": [*before.get("hidden", []), field_name]}
        for name, value in document.items():
            if name in {"org", "objects", "schema", "hide"}:
                continue
            if is_setting(name):
                settings[name] = value
            else:
                objects[name] = value
        if settings:
            self._sim.org.set(settings)
            self._sim.loader.turn_on_currencies(settings.get("currencies", []))
        self._sim.loader.declare(objects)

    async def _declared(self, request: Request) -> Response:
        del request
        org = self._sim.org
        return JsonResponse(
            {
                "org": dict(org.settings),
                "objects": {
                    name: {"fields": list(entity.fields), "hidden": sorted(entity.hidden)}
                    for name, entity in org.schema.entities.items()
                },
            }
        )

    async def _register(self, request: Request) -> Response:
        document = await document_of(request)
        said = document.get("clients") if isinstance(document, dict) and "clients" in document else document
        with self._sim.records.transaction():
            registered = [
                clients.register(self._sim.records, one, now=self._sim.clock.now())
                for one in (said if isinstance(said, list) else [said])
            ]
            self._sim.loader.ensure_users()
        return JsonResponse({"clients": [clients.shown(client) for client in registered]})

    async def _clients(self, request: Request) -> Response:
        del request
        return JsonResponse({"clients": [clients.shown(client) for client in self._sim.oauth.clients()]})
