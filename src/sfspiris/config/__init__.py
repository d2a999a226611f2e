"""`sfspiris.toml`: found, read, and turned into frozen settings, or refused in words that name line, key and remedy."""

from __future__ import annotations

from sfspiris.config.loading import DEFAULT_NAME, find, load
from sfspiris.config.settings import CompanySettings, SalesforceSettings, Settings

__all__ = ["DEFAULT_NAME", "CompanySettings", "SalesforceSettings", "Settings", "find", "load"]
