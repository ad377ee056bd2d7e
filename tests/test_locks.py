"""What `make` installs is what requirements/ locks, to the package and version, and the locks fit what is asked for."""

import sysconfig
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.support.az import ROOT

# What `make test` runs in; one rule of the Makefile fills az, dev, and the others beside them.
FOLDERS = {
    "az": ".venv/lib/python*/site-packages",
    "extension": ".venv/extensions/amlarc",
    "dev": ".venv-dev/lib/python*/site-packages",
}
LOCKS = ROOT / "requirements"
# Ours, and what Python itself puts into an environment.
UNLOCKED = {"amlarc", "pip", "setuptools"}


def locked(lock: str) -> dict[str, str]:
    """The version of each package that a lock names for this Python and system."""
    lines = (LOCKS / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    named = [Requirement(line.removesuffix(" \\")) for line in lines if line and line[0] not in " #"]
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in named
        if one.marker is None or one.marker.evaluate()
    }


def installed(folder: Path) -> dict[str, str]:
    return {canonicalize_name(one.name): one.version for one in distributions(path=[str(folder)])}


@pytest.mark.parametrize("lock", FOLDERS)
def test_an_environment_holds_what_its_lock_names_and_nothing_else(lock: str) -> None:
    folder = next(ROOT.glob(FOLDERS[lock]), None)
    if folder is None:
        pytest.skip("it is not there: `make test` makes it")
    named, found = locked(lock), installed(folder)
    assert {name: found[name] for name in found if name in named or name not in UNLOCKED} == named


def asked_for() -> Iterator[tuple[str, Requirement]]:
    """What each lock is made from: the extras of setup.py, and the groups of pyproject.toml."""
    # Not from the checkout's egg-info, which is as old as the last wheel.
    installed_here = distributions(name="amlarc", path=[sysconfig.get_path("purelib")])
    for text in (text for ours in installed_here for text in ours.requires or ()):
        one = Requirement(text)
        for lock, extra in (("extension", ""), ("lint", ""), ("bench", "sdk"), ("dev", "dev")):
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                yield lock, one
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    for lock, texts in groups.items():
        yield from ((lock, Requirement(text)) for text in texts)


@pytest.mark.parametrize(("lock", "requirement"), list(asked_for()), ids=str)
def test_a_lock_has_what_is_asked_for(lock: str, requirement: Requirement) -> None:
    named, name = locked(lock), canonicalize_name(requirement.name)
    assert name in named, "renew the locks: make lock"
    assert named[name] in SpecifierSet(str(requirement.specifier), prereleases=True), "renew the locks: make lock"
