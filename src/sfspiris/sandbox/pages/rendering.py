"""The templates, the style sheet and the icon of the pages, and the headers that every answer carries."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from sfspiris.sandbox.pages import formats

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # and not "no-referrer", with which browsers hide where a form came from
    "Cache-Control": "no-store",
}


@cache
def templates() -> Environment:
    """Templates that escape every value and refuse an unknown name."""
    made = Environment(
        loader=PackageLoader("sfspiris.sandbox.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        amount=formats.amount, number=formats.number, percent=formats.percent, moment=formats.moment
    )
    return made


@cache
def _file(name: str) -> bytes:
    return files("sfspiris.sandbox.pages").joinpath("templates", name).read_bytes()


@cache
def style_version() -> str:
    """What the style sheet's address ends with; it changes with the content."""
    return hashlib.sha256(_file("style.css")).hexdigest()[:16]


async def style(_request: Request) -> Response:
    """The style sheet, which a browser may keep for good because its address changes with it."""
    headers = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_file("style.css"), headers=headers, media_type="text/css; charset=utf-8")


async def icon(_request: Request) -> Response:
    """The icon."""
    headers = {**HEADERS, "Cache-Control": "public, max-age=86400"}
    return Response(_file("icon.svg"), headers=headers, media_type="image/svg+xml")
