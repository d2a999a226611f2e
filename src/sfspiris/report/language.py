"""Reports in the reader's language. The words in the code are English; every other language is a file of translations.

A text that a file lacks is shown in English, which a test forbids for the reports that speak both languages.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from sfspiris.sentences import Sentence, filled, say, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.report.helping import Language

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ABBREVIATIONS: Final = {
    "Vat number": "VAT number",
    "Orgnr": "Organisation number",
    "Email": "E-mail",
    "Address1": "Address 1",
    "Address2": "Address 2",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Says texts in one language. Named places in a text look like `%(count)s`."""

    language: Language
    translations: Mapping[str, str] = field(default_factory=dict, repr=False)

    def say(self, text: str) -> str:
        """The text in the language, places left as they are."""
        return self.translations.get(text, text)

    def sentence(self, text: str) -> str:
        """The sentence in the language, with the same values, and sentences within it, in its places; other text as it is."""
        if not isinstance(text, Sentence):
            return text
        if not self.translations:
            return str(text)
        return filled(
            self.say(text.template), {name: self.sentence(value) for name, value in text.args.items()}
        )

    def count(self, one: str, many: str, number: int) -> str:
        """The text for one, or for any other number, places left as they are."""
        return self.say(one if number == 1 else many)


@cache
def words(language: Language) -> Words:
    """The texts of a language."""
    if language == "en":
        return Words(language)
    folder = files("sfspiris.report").joinpath("words")
    said: dict[str, str] = {}
    for name in (f"{language}.toml", f"{language}-sentences.toml"):
        said |= tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))
    return Words(language, said)


def spelled(name: str) -> str:
    """A field's or action's name as words: `PaymentTermsDays` and `payment_terms_days` are `Payment terms days`."""
    if "." in name:
        return name
    readable = _CAMEL.sub(" ", name.replace("_", " ")).lower()
    readable = readable[:1].upper() + readable[1:]
    return say("%(Text)s", Text=whole(_ABBREVIATIONS.get(readable, readable)))
