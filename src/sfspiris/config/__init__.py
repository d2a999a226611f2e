"""`sfspiris.toml`, and what it extends: found, read, and turned into frozen settings, or refused in words that name line, key and remedy."""

from __future__ import annotations

from sfspiris.config.loading import DEFAULT_NAME, Loaded, find, load, read
from sfspiris.config.settings import CompanySettings, SalesforceSettings, Settings

__all__ = [
    "DEFAULT_NAME",
    "CompanySettings",
    "Loaded",
    "SalesforceSettings",
    "Settings",
    "find",
    "load",
    "read",
]
