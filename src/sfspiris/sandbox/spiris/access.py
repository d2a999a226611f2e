"""Which scope, product variant and module each part of the API needs.

From the descriptions of the vendor's OpenAPI document of February 2026. That document also lets `ea:sales_readonly` post
invoices and mail them; the product's name for that scope says otherwise, so it is not enough here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

STANDARD, INVOICING, BOOKKEEPING, SOLO, PRO, COLLABORATION = range(1, 7)

BASE_SCOPE = "ea:api"
OFFLINE = "offline_access"
SCOPES = frozenset(
    {
        BASE_SCOPE,
        OFFLINE,
        "ea:sales",
        "ea:sales_readonly",
        "ea:accounting",
        "ea:accounting_readonly",
        "ea:purchase",
        "ea:purchase_readonly",
        "vls:api",
        "openid",
        "profile",
        "email",
    }
)

API_MODULE = "api_standard"
SALES_MODULE = "sales_standard"


@dataclass(frozen=True, slots=True)
class Area:
    """What one resource asks for. Any one of the scopes is enough; no variants listed means every one."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    variants: frozenset[int] = frozenset()
    module: str | None = None


def _with_readonly(*scopes: str) -> tuple[str, ...]:
    return tuple(name for scope in scopes for name in (scope, f"{scope}_readonly"))


_SALES, _ACCOUNTING, _PURCHASE = "ea:sales", "ea:accounting", "ea:purchase"
_ANY = _with_readonly(_SALES, _PURCHASE, _ACCOUNTING)
_SELLING = frozenset({PRO, STANDARD, INVOICING, SOLO})
_TRADING = _SELLING | {BOOKKEEPING}
_PROJECTS = frozenset({PRO, STANDARD, BOOKKEEPING, INVOICING})

_SALES_AREA = Area(_with_readonly(_SALES), (_SALES,), _SELLING)
_ORDERING = Area(_with_readonly(_SALES), (_SALES,), frozenset({PRO, STANDARD, INVOICING}), SALES_MODULE)

AREAS: Mapping[str, Area] = MappingProxyType(
    {
        "companysettings": Area(_with_readonly(_SALES), (_SALES,)),
        "customers": _SALES_AREA,
        "articles": _SALES_AREA,
        "articleaccountcodings": _SALES_AREA,
        "units": _SALES_AREA,
        "customerinvoicedrafts": _SALES_AREA,
        "customerinvoices": _SALES_AREA,
        "customerledgeritems": _SALES_AREA,
        "orders": _ORDERING,
        "quotes": _ORDERING,
        "quotedrafts": _ORDERING,
        "termsofpayments": Area(_with_readonly(_SALES, _PURCHASE), (), _TRADING),
        "currencies": Area(_with_readonly(_SALES, _PURCHASE), (), _TRADING | {COLLABORATION}),
        "countries": Area((*_with_readonly(_SALES), "vls:api"), (), _TRADING),
        "vatcodes": Area(_with_readonly(_ACCOUNTING), (), _TRADING),
        "vatcodesrates": Area(_with_readonly(_ACCOUNTING), (), _TRADING),
        "fiscalyears": Area(_with_readonly(_SALES, _ACCOUNTING), (_SALES, _ACCOUNTING)),
        "accounts": Area(_with_readonly(_ACCOUNTING), (_ACCOUNTING,), _TRADING),
        "vouchers": Area(_with_readonly(_ACCOUNTING), (_ACCOUNTING,), _TRADING),
        "voucherdrafts": Area(
            _with_readonly(_ACCOUNTING), (_ACCOUNTING,), frozenset({PRO, STANDARD, SOLO, BOOKKEEPING})
        ),
        "projects": Area(_ANY, (_ACCOUNTING,), _PROJECTS),
        "costcenters": Area(
            (*_with_readonly(_ACCOUNTING, _SALES), "vls:api"), (_ACCOUNTING, _SALES, "vls:api"), _PROJECTS
        ),
        "costcenteritems": Area(
            (*_with_readonly(_ACCOUNTING, _SALES), "vls:api"), (_ACCOUNTING, _SALES, "vls:api"), _PROJECTS
        ),
        "bankaccounts": Area(_with_readonly(_PURCHASE), (_PURCHASE,), _TRADING),
        "users": Area(_ANY, ()),
        "partnerresourcelinks": Area(_with_readonly(_SALES, _PURCHASE), (_SALES, _PURCHASE), _TRADING),
        "notes": Area(_ANY, _ANY, _TRADING),
        "salesdocumentattachments": Area((_SALES,), (_SALES,), _SELLING),
    }
)
