"""Pure: what an org lacks of the package, and where it differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce.package.fields import FIELDS, Kind, PackageField
from sfspiris.ports.fields import FieldState
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.adapters.salesforce.catalog import Field

_DESCRIBED: Final = {
    Kind.TEXT: "string",
    Kind.LONG_TEXT: "textarea",
    Kind.NUMBER: "double",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.CHECKBOX: "boolean",
    Kind.PICKLIST: "picklist",
    Kind.LOOKUP: "reference",
}


def compare(described: Mapping[str, Mapping[str, Field]]) -> tuple[FieldState, ...]:
    """Every field of the package beside what the signed-in user sees of it, by object and lower-case field name.

    Salesforce shows a field that the user may not see exactly as one that does not exist, so the two read alike.
    """
    return tuple(
        FieldState(
            one.object, one.name, one.kind.value, one.help, _problem(one, described.get(one.object, {}))
        )
        for one in FIELDS
    )


def _problem(ours: PackageField, fields: Mapping[str, Field]) -> str | None:
    if not fields:
        return say("the object %(object)s does not exist, or the user may not see it", object=ours.object)
    theirs = fields.get(ours.name.lower())
    if theirs is None:
        return say("it does not exist, or the user may not see it")
    return _difference(ours, theirs)


def _difference(ours: PackageField, theirs: Field) -> str | None:
    if theirs.type != _DESCRIBED[ours.kind]:
        return say(
            "it has the type %(type)s instead of %(wanted)s", type=theirs.type, wanted=_DESCRIBED[ours.kind]
        )
    if theirs.length < ours.length and ours.kind in {Kind.TEXT, Kind.LONG_TEXT}:
        return say(
            "it holds %(length)s characters instead of %(wanted)s", length=theirs.length, wanted=ours.length
        )
    if theirs.scale < ours.scale:
        return say("it holds %(scale)s decimals instead of %(wanted)s", scale=theirs.scale, wanted=ours.scale)
    return None if theirs.updateable else say("the user may not write it")
