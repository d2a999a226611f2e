"""Sentences for people that can be said in another language afterwards.

A `Sentence` is its English text, and remembers the template and the values that it was made of: whoever prints, compares
or stores it meets a plain English string, and a report in another language finds the template's translation and puts the
same values, or sentences within the sentence, into its places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Never, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Sentence(str):
    """An English text with its template and values; two are equal when they read the same.

    Places in a template look like `%(name)s`, and a percent sign is doubled; a place whose name begins with a capital gives
    its value a capital letter. Each place has a value in `args`, a text or a sentence. Made by `say`; any other use of the
    text gives a plain `str`, which only has its English words.
    """

    __slots__ = ("args", "template")
    template: str
    args: Mapping[str, str]

    def __new__(cls, template: str, args: Mapping[str, str]) -> Self:
        """The sentence with every place filled; KeyError when a place has no value."""
        made = super().__new__(cls, filled(template, args))
        object.__setattr__(made, "template", template)
        object.__setattr__(made, "args", args)
        return made

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a sentence does not change: {name}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, dict[str, str]]]:
        """How it is copied and pickled."""
        return type(self), (self.template, dict(self.args))


def filled(template: str, args: Mapping[str, str]) -> str:
    """The template, in whatever language, with its places filled."""
    return template % {
        name: value[:1].upper() + value[1:] if name[:1].isupper() else value for name, value in args.items()
    }


def say(template: str, /, **args: object) -> Sentence:
    """The sentence of a template that every translation knows, its places filled with values or other sentences."""
    return Sentence(
        template, {name: value if isinstance(value, str) else str(value) for name, value in args.items()}
    )


def as_told(words: str) -> Sentence:
    """Words that are nobody's to translate, such as a vendor's own; a sentence stays what it is."""
    return words if isinstance(words, Sentence) else say("%(words)s", words=words)


def whole(words: str) -> Sentence:
    """A sentence that is all words, such as one that stands in a table of data."""
    return say(words.replace("%", "%%"))


def joined(parts: Iterable[str], between: str = " ") -> Sentence:
    """Sentences or words one after another, with signs between them that are the same in every language."""
    named = {f"part{place}": part for place, part in enumerate(parts)}
    return Sentence(between.replace("%", "%%").join(f"%({name})s" for name in named), named)


def listed(parts: Iterable[str]) -> Sentence:
    """`one, two and three`."""
    *most, last = list(parts)
    return say("%(most)s and %(last)s", most=joined(most, ", "), last=last) if most else as_told(last)
