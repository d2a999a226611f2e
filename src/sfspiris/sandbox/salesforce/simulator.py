"""One Salesforce org, put together: what it remembers, what it serves, what a world makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from starlette.routing import Route

from sfspiris.sandbox.kernel.simulator import Simulator
from sfspiris.sandbox.kernel.switches import Switch
from sfspiris.sandbox.salesforce.bulk import jobs
from sfspiris.sandbox.salesforce.bulk.asyncjobs import AsyncJobs
from sfspiris.sandbox.salesforce.control import Control
from sfspiris.sandbox.salesforce.dml import Dml
from sfspiris.sandbox.salesforce.http import Http, OneSlash
from sfspiris.sandbox.salesforce.metadata import deploying, tooling
from sfspiris.sandbox.salesforce.oauth import OAuth
from sfspiris.sandbox.salesforce.org import Org
from sfspiris.sandbox.salesforce.rest.dispatch import Api
from sfspiris.sandbox.salesforce.rest.querying import Querying
from sfspiris.sandbox.salesforce.rest.usage import Usage
from sfspiris.sandbox.salesforce.sessions import Sessions
from sfspiris.sandbox.salesforce.shown import shower
from sfspiris.sandbox.salesforce.soap import SoapLogin
from sfspiris.sandbox.salesforce.store import Store
from sfspiris.sandbox.salesforce.whoami import WhoAmI
from sfspiris.sandbox.salesforce.world import WorldLoader

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Records

_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class SalesforceSimulator(Simulator):
    """One org. Everything durable is in `records`; sessions' cursors and the day's usage end with the process."""

    name = "salesforce"
    declared_switches: ClassVar[tuple[Switch, ...]] = (
        Switch(
            "commit_lag_seconds",
            0,
            "a record's SystemModstamp is older than its commit by as long as the transaction took: what a person saves is "
            "seen by queries that much later, what an API call saves is stamped that much earlier",
            kind="number",
        ),
        Switch(
            "daily_limit",
            100_000,
            "API requests in 24 hours depend on edition and licences",
            kind="number",
        ),
        Switch(
            "page_size",
            None,
            "the server may return fewer records per page than asked for; null leaves 2,000 or what the client asks",
            values=(None,),
            kind="number",
        ),
        Switch(
            "rotate_refresh_tokens",
            "no",
            "an app's policy decides whether each refresh token works once; apps in several orgs must rotate",
            values=("yes", "no"),
        ),
        Switch(
            "session_seconds",
            7200,
            "the org's session policy; token answers do not tell how long a session lasts",
            kind="number",
        ),
        Switch(
            "lock_every_nth",
            0,
            "every so many record writes through the API fail with UNABLE_TO_LOCK_ROW, as under concurrent automation; 0 never",
            kind="number",
        ),
        Switch(
            "polls_until_done",
            0,
            "how long a bulk job or a deployment takes is the server's affair: a client sees it under way for so many status calls",
            kind="number",
        ),
        Switch(
            "legacy_logins",
            "no",
            "SOAP login and the password grant still work in orgs older than Summer '23, until Summer '27; new orgs have them off. "
            "Every user's password is sandbox-password, the security token sandbox-token",
            values=("yes", "no"),
        ),
        Switch(
            "app_propagation_seconds",
            0,
            "undocumented how many minutes pass before a new app, or a change of one, is known to every server",
            kind="number",
        ),
        Switch(
            "line_moves_deal",
            "amount",
            "undocumented whether a changed line always moves its opportunity's SystemModstamp: only with the amount, always, never",
            values=("amount", "always", "never"),
        ),
    )

    def __init__(self, clock: Clock, records: Records) -> None:
        super().__init__(clock, records)
        self.org = Org(records, clock)
        self.store = Store(records, clock, self.org)
        self.dml = Dml(self.store, self.org, clock, self.switches)
        self.querying = Querying(self.store, self.org, clock, self.switches)
        self.usage = Usage(clock, self.switches)
        self.sessions = Sessions(records, clock, self.switches, self.org)
        self.oauth = OAuth(records, clock, self.switches, self.org, self.sessions)
        self._whoami = WhoAmI(records, clock, self.org, self.sessions, self.oauth)
        self._soap = SoapLogin(self.switches, self.org, self.sessions, self.oauth)
        self.loader = WorldLoader(records, self.org, self.dml)
        self.api = Api(
            records=records,
            clock=clock,
            switches=self.switches,
            org=self.org,
            store=self.store,
            dml=self.dml,
            querying=self.querying,
            usage=self.usage,
            more={"jobs": jobs.resource, "metadata": deploying.resource, "tooling": tooling.resource},
        )
        self._async = AsyncJobs(self.api, self.sessions)
        self._http = Http(self.api, self.sessions)
        self._control = Control(self)

    def routes(self) -> list[BaseRoute]:
        """Sign-in, the REST API, and nothing else: every other path is not found, in the vendor's words."""
        served: list[BaseRoute] = [
            Route("/services/oauth2/token", self.oauth.token, methods=_EVERY_METHOD),
            Route("/services/oauth2/authorize", self.oauth.authorize, methods=["GET", "POST"]),
            Route("/services/oauth2/revoke", self.oauth.revoke, methods=["GET", "POST"]),
            Route("/services/oauth2/userinfo", self._whoami.userinfo, methods=["GET", "POST"]),
            Route("/services/oauth2/introspect", self._whoami.introspect, methods=["POST"]),
            Route("/services/Soap/{kind}/{version}", self._soap.serve, methods=["POST"]),
            Route("/services/Soap/{kind}/{version}/{org}", self._soap.serve, methods=["POST"]),
            Route("/id/{org}/{user}", self._whoami.identity, methods=["GET"]),
            Route("/services/async/{path:path}", self._async.serve, methods=_EVERY_METHOD),
            Route("/services/data{path:path}", self._http.data, methods=_EVERY_METHOD),
            Route("/{path:path}", self._http.nowhere, methods=_EVERY_METHOD),
        ]
        return [Route("/{path:path}", OneSlash(served))]

    def control_routes(self) -> list[BaseRoute]:
        """What people do in the product, the schema, the apps."""
        return self._control.routes()

    def state(self) -> dict[str, Any]:
        """The org's settings and every record, hidden fields too; what is in the recycle bin stands apart."""
        records: dict[str, list[dict[str, Any]]] = {}
        deleted: dict[str, list[dict[str, Any]]] = {}
        for name, entity in self.org.schema.entities.items():
            show = shower(self.store, self.org, entity)
            rows = self.records.all(name)
            records[name] = [show(row) for row in rows if not row["IsDeleted"]]
            gone = [show(row) for row in rows if row["IsDeleted"]]
            if gone:
                deleted[name] = gone
        return {"org": {**self.org.settings, "Id": self.org.id}, "records": records, "deleted": deleted}

    def load(self, world: dict[str, Any]) -> None:
        """Replace everything by the world; apps stay registered, and people signed in while their user exists."""
        self.querying.clear()
        self.usage.clear()
        self.store.settle()
        self.api.bulk_tables.clear()
        try:
            self.loader.load(world)
        except BaseException:
            self.org.refresh()
            raise
