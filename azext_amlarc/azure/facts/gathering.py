"""Reads facts in parallel, in two rounds: those that need no others, then those that need one of the first."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from azure.core.exceptions import AzureError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.parallel import at_once
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.watcher import SilentWatcher, Watcher
from azext_amlarc.azure.facts import account, clusters, extensions, roles, workspaces
from azext_amlarc.azure.facts.sources import Known, Source, why
from azext_amlarc.checks.check import Fact, Facts, Unavailable
from azext_amlarc.checks.given import TARGET
from azext_amlarc.errors import ArcError

_FIRST = (*account.SOURCES, *clusters.SOURCES, *extensions.SOURCES, *workspaces.SOURCES)
_SECOND = (*extensions.RELAY_SOURCES, *roles.SOURCES)


def gather(
    azure: AzureClient,
    needs: Collection[Fact[Any]],
    given: Mapping[str, object],
    seen: Callable[[Known], None] = lambda _known: None,
) -> Known:
    """The Azure facts among `needs`, each a value or Unknown, together with `given`, which wins and has TARGET.

    `seen` is told what each source has found, from the thread that read it. Nothing is written: an unregistered
    provider stays unregistered.
    """
    wanted = {fact.name for fact in needs}
    second = _asked(_SECOND, wanted - given.keys())
    wanted |= {fact.name for source in second for fact in source.needs}
    with azure.clone(registers=False) as reader:
        known = _read(reader, _asked(_FIRST, wanted - given.keys()), dict(given), seen)
        return _read(reader, second, known, seen)


def _asked(sources: Collection[Source], wanted: Collection[str]) -> list[Source]:
    return [source for source in sources if any(fact.name in wanted for fact in source.facts)]


def _read(azure: AzureClient, sources: Collection[Source], known: Known, seen: Callable[[Known], None]) -> Known:
    works = {source.facts[0].name: partial(_told, source=source, known=Facts(known), seen=seen) for source in sources}
    found: Known = {}
    for part in at_once(azure, SilentWatcher(), works, reads=True):
        found |= part
    return found | known


def _told(
    azure: AzureClient, _watcher: Watcher, *, source: Source, known: Facts, seen: Callable[[Known], None]
) -> Known:
    found = _attempt(azure, source, known)
    seen(found)
    return found


def _attempt(azure: AzureClient, source: Source, known: Facts) -> Known:
    """What the source found; if it failed, all of its facts are unknown for that reason."""
    try:
        return understood(source.read)(azure, known[TARGET], known)
    except Unavailable as stop:
        return source.unknown(stop.unknown)
    except (AzureError, ArcError, OSError) as error:
        return source.unknown(why(error))
