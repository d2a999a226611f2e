"""State and country picklists: code and name of one address say the same, whichever was written.

Source: Salesforce Help, "State and Country/Territory Picklists and Field Syncing" (read November 2026): writing either syncs
the other; the code wins on a create, and on an update a pair that disagrees is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.sandbox.salesforce.behaviours.base import Save
    from sfspiris.sandbox.salesforce.org import Org

_UNKNOWN: Final = (
    "There's a problem with this {kind}, even though it may appear correct. Please select a {kind} from the list of "
    "valid {kinds}.: {label}"
)


def settle_addresses(save: Save, org: Org) -> None:
    """Make code and name agree in every address of the record that was written. Raises `ApiError`."""
    if not org.settings["state_country_picklists"]:
        return
    for prefix in save.entity.addresses:
        if save.given & {f"{prefix}Country", f"{prefix}CountryCode"}:
            _settle(save, f"{prefix}Country", org.countries, "country", "countries")
        if save.given & {f"{prefix}State", f"{prefix}StateCode"}:
            country = save.row.get(f"{prefix}CountryCode")
            states = org.states.get(country, {}) if country is not None else {}
            _settle(save, f"{prefix}State", states, "state", "states")


def _settle(save: Save, text_name: str, values: Mapping[str, str], one: str, many: str) -> None:
    code_name = f"{text_name}Code"
    row = save.row
    code, text = row.get(code_name), row.get(text_name)
    by_text = _code_of(text, values) if text is not None else None
    if code_name in save.given and code is not None and code.upper() not in values:
        raise _unknown(save, code_name, one, many)
    if code_name in save.given and (code is not None or text_name not in save.given):
        if not save.is_insert and text_name in save.given and by_text != (code and code.upper()):
            raise ApiError(
                "FIELD_INTEGRITY_EXCEPTION",
                f"The existing {one} doesn't recognize the {one} code: {code}: {save.entity.fields[text_name].label}",
                fields=(text_name,),
            )
        row[code_name] = code.upper() if code is not None else None
        row[text_name] = values[code.upper()] if code is not None else None
        return
    if text is not None and by_text is None:
        raise _unknown(save, text_name, one, many)
    row[code_name] = by_text
    row[text_name] = values[by_text] if by_text is not None else None


def _code_of(text: str, values: Mapping[str, str]) -> str | None:
    wanted = text.casefold()
    return next((code for code, name in values.items() if name.casefold() == wanted), None)


def _unknown(save: Save, name: str, one: str, many: str) -> ApiError:
    kind = f"{one}/territory" if one == "country" else one
    kinds = "countries/territories" if one == "country" else many
    complaint = _UNKNOWN.format(kind=kind, kinds=kinds, label=save.entity.fields[name].label)
    return ApiError("FIELD_INTEGRITY_EXCEPTION", complaint, fields=(name,))
