"""What the org has and how our fields map to it: read when first needed, kept for a day, read again when it no longer holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from sfspiris.adapters.salesforce.catalog import Catalog
from sfspiris.adapters.salesforce.client import FieldUnknownError
from sfspiris.adapters.salesforce.mapping import (
    READY,
    READY_REASONS,
    missing_sync_fields,
    writable_readiness_fields,
)
from sfspiris.adapters.salesforce.origin import unknown_object
from sfspiris.adapters.salesforce.source import resolve, undescribed
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sfspiris.adapters.salesforce.client import SalesforceClient
    from sfspiris.adapters.salesforce.source import Source, SourceMap
    from sfspiris.ports.kept import Kept

_T = TypeVar("_T")

_LIFE: Final = timedelta(hours=24)
_LIFE_WITH_A_LACK: Final = timedelta(hours=1)
"""A catalog in which something optional is missing is asked for again sooner: an administrator may be adding it."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The org's objects and fields, and our fields' paths in them; `is_kept` tells that an earlier run read it."""

    catalog: Catalog
    source: SourceMap
    is_kept: bool

    @property
    def lacks_something(self) -> bool:
        """Whether an optional field of ours, or a status field that we could write, is missing."""
        return bool(self.source.missing or missing_sync_fields(self.catalog, self.source.origin.object))


class KeptSchema:
    """The schema of the org that the client is signed in to. `now` (UTC) only judges how old the kept one is."""

    def __init__(
        self,
        *,
        client: SalesforceClient,
        cache: Kept,
        source: Source,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._cache = cache
        self._source = source
        self._now = now
        self._known: Schema | None = None

    def get(self) -> Schema:
        """The schema, from this run, the cache or Salesforce.

        Raises ConfigError when a field that we cannot do without does not exist; that is never concluded from the cache.
        """
        if self._known is None:
            self._known = self._from_cache() or self._read(None)
        return self._known

    def read_again(self) -> Schema:
        """The schema as Salesforce tells it now."""
        self._known = self._read(None)
        return self._known

    def with_known_fields(self, work: Callable[[], _T]) -> _T:
        """Do the work, and once more with a fresh schema when Salesforce does not know one of the fields."""
        try:
            return work()
        except FieldUnknownError:
            self.read_again()
        try:
            return work()
        except FieldUnknownError as error:
            raise error.refusal from None

    def _from_cache(self) -> Schema | None:
        kept = self._cache.load(self._key())
        catalog = Catalog.from_plain(kept[0]) if kept else None
        if kept is None or catalog is None:
            return None
        age = self._now() - kept[1]
        if not timedelta(0) <= age < _LIFE:
            return None
        try:
            schema = self._read(catalog)
        except ConfigError:
            return None
        lacks = schema.lacks_something or (self._source.readiness and _lacks_readiness(schema))
        return None if lacks and age >= _LIFE_WITH_A_LACK else schema

    def _read(self, kept: Catalog | None) -> Schema:
        """The schema, asking Salesforce for the objects that are not in what is kept."""
        catalog = kept or Catalog({})
        while needed := sorted(undescribed(self._source, catalog)):
            catalog = catalog.with_objects(self._client.describe(needed))
            if not catalog.objects.get(self._source.object) and not self._source.is_standard:
                raise unknown_object(self._source.object, self._client.object_names())
        if catalog is not kept:
            self._cache.save(self._key(), catalog.to_plain())
        return Schema(catalog, resolve(self._source, catalog), is_kept=kept is not None)

    def _key(self) -> str:
        """One catalog per org, user and version: users see different fields. The user stands there as a print only."""
        session = self._client.session
        user = hashlib.sha256((session.user or "").encode()).hexdigest()[:12]
        return f"salesforce:{session.identity}:{user}:v{self._client.api_version}"


def _lacks_readiness(schema: Schema) -> bool:
    known = writable_readiness_fields(schema.catalog, schema.source.origin.object)
    return not {READY, READY_REASONS} <= known.keys()
