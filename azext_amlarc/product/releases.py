"""The releases of the extension that a cluster can have: the versions of each release train, and which one is meant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from azext_amlarc.errors import Refused
from azext_amlarc.product.extension import DEFAULT_TRAIN, RELEASE_TRAINS
from azext_amlarc.product.steps import Command
from azext_amlarc.wording import nearest


class Installed(Protocol):
    """What there is to know of an extension's release."""

    @property
    def release_train(self) -> str | None:
        """The train that it follows."""

    @property
    def version(self) -> str | None:
        """The version that it is pinned to."""

    @property
    def current_version(self) -> str | None:
        """The version that runs."""

    @property
    def auto_upgrade_minor_version(self) -> bool | None:
        """Whether Azure upgrades it."""


# The versions of each release train, newest first; a train that does not exist has none.
Trains = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Offer:
    """A version in a release train, as `extension versions` shows it.

    `is_running`: it is the one on the cluster. `is_default`: an installation that names neither takes it.
    `is_offered`: it can be installed; a version that runs may have been withdrawn.
    """

    release_train: str
    version: str
    is_running: bool
    is_default: bool
    is_offered: bool = True


@dataclass(frozen=True)
class Wish:
    """What is to be installed: a release train, and a version of it, or None for its newest."""

    train: str
    version: str | None


def wish(existing: Installed | None, train: str | None, version: str | None) -> Wish | None:
    """What naming a train or a version asks for that is not there already; None if that is nothing.

    An extension with a pinned version keeps it when only its train changes.
    """
    if not (train or version):
        return None
    if existing is None:
        return Wish((train or DEFAULT_TRAIN).lower(), version)
    old = (existing.release_train or DEFAULT_TRAIN).lower()
    new = (train or old).lower()
    pinned = None if existing.auto_upgrade_minor_version else existing.version
    if new == old and version in (None, existing.version, existing.current_version):
        return None
    return Wish(new, version or pinned)


def trains_to_ask(existing: Installed | None) -> list[str]:
    """The release trains to look into: Azure does not list them, so the known ones and the installed one."""
    installed = (existing.release_train or "").lower() if existing else ""
    return list(dict.fromkeys([*RELEASE_TRAINS, installed or DEFAULT_TRAIN]))


def newest_first(versions: Iterable[str]) -> tuple[str, ...]:
    """Versions in order; Azure's own order is none."""
    return tuple(sorted(dict.fromkeys(versions), key=_order, reverse=True))


def _order(version: str) -> tuple[list[int], bool, str]:
    """By number, and a pre-release before its release."""
    numbers, _, rest = version.partition("-")
    return [int(part) if part.isdigit() else 0 for part in numbers.split(".")], not rest, rest


def offers(trains: Trains, existing: Installed | None) -> list[Offer]:
    """Every version of every train, newest first, and the one that runs even if no train has it any more."""
    train = (existing.release_train or "").lower() if existing else ""
    runs = (train, existing.current_version) if existing and existing.current_version else None
    default = (DEFAULT_TRAIN, *trains.get(DEFAULT_TRAIN, ())[:1])
    found = [
        Offer(train, version, (train, version) == runs, (train, version) == default)
        for train, versions in trains.items()
        for version in versions
    ]
    if runs and not any(offer.is_running for offer in found):
        found.insert(0, Offer(train, runs[1], is_running=True, is_default=False, is_offered=False))
    return found


def has(versions: tuple[str, ...], version: str | None) -> bool:
    """Whether a train with these versions can give this one; without one, any."""
    return version in versions if version else bool(versions)


def refusal(trains: Trains, wanted: Wish, to_list: Command) -> Refused:
    """That a release does not exist, with those that do; `to_list` lists them all."""
    train, version = wanted.train, wanted.version
    found = {name: versions for name, versions in trains.items() if versions}
    if train not in found:
        message = f"This cluster cannot take the extension from a release train {train!r}."
        return Refused(message, f"{_meant(train, tuple(found))}{_listed(found)} To list them: {to_list.text}")
    others = [name for name, versions in found.items() if version in versions]
    message = f"The release train {train} has no version {version} for this cluster."
    meant = f"The release train {others[0]} has it. " if others else _meant(version or "", found[train])
    return Refused(message, f"{meant}{_listed(found)} To list them: {to_list.text}")


def _meant(word: str, known: tuple[str, ...]) -> str:
    near = nearest(word, known)
    return f"Did you mean {near}? " if near else ""


def _listed(trains: Trains) -> str:
    """The trains with their five newest versions."""
    parts = [
        f"{train} has {', '.join(versions[:5])}{', …' if len(versions) > 5 else ''}"
        for train, versions in trains.items()
    ]
    return f"{'; '.join(parts)}."
