"""Who a token stands for: userinfo, the identity URL, and introspection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from sfspiris.sandbox.kernel.jsonio import JsonResponse
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.oauth import OAuth, OAuthError, ask_of, base_of
from sfspiris.sandbox.salesforce.values import stamp

if TYPE_CHECKING:
    from starlette.requests import Request

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Record, Records
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.sessions import Sessions


class WhoAmI:
    """Tells clients about users and tokens."""

    def __init__(self, records: Records, clock: Clock, org: Org, sessions: Sessions, oauth: OAuth) -> None:
        self._records = records
        self._clock = clock
        self._org = org
        self._sessions = sessions
        self._oauth = oauth

    async def userinfo(self, request: Request) -> Response:
        """`/services/oauth2/userinfo`."""
        known = self._known(request)
        if known is None:
            return _bad_token()
        user, identity, base = known
        return JsonResponse(
            {
                "sub": identity,
                "user_id": user["Id"],
                "organization_id": self._org.id,
                "preferred_username": user["Username"],
                "nickname": user["Alias"],
                "name": user["Name"],
                "email": user["Email"],
                "email_verified": True,
                "given_name": user["FirstName"],
                "family_name": user["LastName"],
                "zoneinfo": user["TimeZoneSidKey"],
                "user_type": "STANDARD",
                "language": user["LanguageLocaleKey"],
                "locale": user["LocaleSidKey"],
                "utcOffset": 0,
                "updated_at": stamp(self._clock.now()),
                "is_app_installed": True,
                "active": user["IsActive"],
                "urls": _urls(base),
            }
        )

    async def identity(self, request: Request) -> Response:
        """`/id/<org>/<user>`: the identity URL that token answers name."""
        known = self._known(request)
        if known is None:
            return _bad_token()
        user, identity, base = known
        return JsonResponse(
            {
                "id": identity,
                "asserted_user": True,
                "user_id": user["Id"],
                "organization_id": self._org.id,
                "username": user["Username"],
                "nick_name": user["Alias"],
                "display_name": user["Name"],
                "email": user["Email"],
                "timezone": user["TimeZoneSidKey"],
                "user_type": "STANDARD",
                "language": user["LanguageLocaleKey"],
                "locale": user["LocaleSidKey"],
                "is_app_installed": True,
                "active": user["IsActive"],
                "urls": _urls(base),
            }
        )

    async def introspect(self, request: Request) -> Response:
        """`/services/oauth2/introspect`: whether a token is good, for the app it was given to."""
        try:
            ask = await ask_of(request)
            client = self._oauth.client(ask, confidential=False)
            token = ask.need("token")
        except OAuthError as error:
            return error.response()
        access = self._sessions.live(token)
        grant = access or self._sessions.refresh_tokens.grant(token)
        if grant is None or grant["client_id"] != client["client_id"]:
            return JsonResponse({"active": False})
        user = self._sessions.user_of(grant)
        if user is None:
            return JsonResponse({"active": False})
        issued = int(grant["issued"].timestamp())
        answer: dict[str, Any] = {
            "active": True,
            "scope": grant["scope"],
            "client_id": grant["client_id"],
            "username": user["Username"],
            "sub": f"{ask.base}/id/{self._org.id}/{user['Id']}",
            "token_type": "access_token" if access else "refresh_token",
            "iat": issued,
            "nbf": issued,
        }
        if access is not None:
            answer["exp"] = int(self._sessions.ends(access).timestamp())
        return JsonResponse(answer)

    def _known(self, request: Request) -> tuple[Record, str, str] | None:
        """The user of the request's token, their identity URL, and the address the client used."""
        try:
            session = self._sessions.session(request.headers.get("authorization"))
        except ApiError:
            return None
        user = self._records.get("User", session.user_id)
        base = base_of(request)
        return None if user is None else (user, f"{base}/id/{session.org_id}/{session.user_id}", base)


def _bad_token() -> Response:
    return Response("Bad_OAuth_Token", status_code=403, media_type="text/html;charset=UTF-8")


def _urls(base: str) -> dict[str, str]:
    root = f"{base}/services/data/v{{version}}"
    return {"rest": f"{root}/", "sobjects": f"{root}/sobjects/", "query": f"{root}/query/"}
