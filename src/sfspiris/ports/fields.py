"""What we add to a CRM, in words that no vendor owns: fields, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field of ours in the CRM; `problem` is None when it is as it should be and we may write it."""

    object: str
    name: str
    type: str
    help: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment did: components made, components changed, and whether our user was given the permissions now."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    assigned: bool
