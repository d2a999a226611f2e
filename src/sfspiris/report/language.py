"""Reports in the reader's language. The words in the code are English; every other language is a file of translations.

A text that a file lacks is shown in English, which a test forbids for the reports that speak both languages.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sfspiris.sentences import Sentence, filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.report.helping import Language


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
