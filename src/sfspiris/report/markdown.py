"""A run as GitHub-flavoured Markdown, for the summary of a pipeline or a comment.

Every value is escaped on its way into the template, so that it is read as text: no formatting, no table cells, no HTML,
no mention of people, no link that somebody typed into a name. Long tables are cut, at `LIMIT` lines and
`HOLD_LIMIT` per hold code, since a pipeline's summary may have one mebibyte; the cut is told.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from sfspiris.core.money import plain
from sfspiris.report.language import spelled
from sfspiris.report.templating import environment, facts, template_name

if TYPE_CHECKING:
    from jinja2 import Environment

    from sfspiris.report.helping import Language
    from sfspiris.report.shapes import RunDocument

LIMIT: Final = 500
HOLD_LIMIT: Final = 100

_GAP: Final = "\N{ZERO WIDTH SPACE}"
_FORMATTING: Final = re.compile(r"([\\`*_\[\]|~$])")
# What GitHub turns into links by itself: mentions, issue numbers and bare addresses.
_SELF_LINKING: Final = re.compile(r"(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_NOT_CODE: Final = re.compile(r"[^\w .:/+*=!-]")
_NOT_ADDRESS: Final = re.compile(r"[^\w./:?=&%~+-]", re.ASCII)


def markdown_report(document: RunDocument, language: Language = "en") -> str:
    """The report as Markdown text, ready to be written as UTF-8. The document's sentences are in the language already."""
    text = (
        _templates(language)
        .get_template(template_name(document, "md"))
        .render(facts(document), limit=LIMIT, hold_limit=HOLD_LIMIT)
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


@cache
def _templates(language: Language) -> Environment:
    filters = {"amount": plain, "code": _code, "link": _link, "field": str if language == "en" else spelled}
    return environment(filters, finalize=_finalized, language=language)


def escaped(text: str) -> str:
    """The text so that Markdown shows it as it stands; what HTML would read is escaped by the template in addition."""
    return _FORMATTING.sub(r"\\\1", _SELF_LINKING.sub(_GAP, text))


def _finalized(value: Any) -> Any:
    match value:
        case Markup():
            return value
        case str():
            return escaped(value)
        case _:
            return value


def _code(text: str) -> Markup:
    """An identifier of ours or of a record, in a code span, where nothing can be escaped: so odd characters go."""
    return Markup("`{}`").format(_NOT_CODE.sub("?", text))


def _link(text: str, url: str | None) -> Markup:
    """A link to a record, or only its name when there is no address."""
    name = Markup("{}").format(escaped(text))
    return Markup("[{}]({})").format(name, _NOT_ADDRESS.sub("", url)) if url else name
