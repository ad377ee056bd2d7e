"""What proves a release: the whole suite passed with the oldest az that is allowed, and with the one of the locks.

scripts/test-az runs the tests; `python -m release.proof` answers its questions and keeps what it found in .run/az.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

from release.wheels import ROOT

FOLDER = ROOT / ".run" / "az"
_LOCKED = re.compile(r"^azure-cli==(\S+)", re.MULTILINE)


class NotProven(Exception):
    """The message says what has not been tested, and how that is done."""


@dataclass(frozen=True)
class Proof:
    """How many tests passed with a release of az, and how many were skipped, at a commit."""

    az: str
    commit: str
    python: str
    passed: int
    skipped: int

    @property
    def line(self) -> str:
        """As it stands in a release."""
        return f"az {self.az}: {self.passed} tests passed, {self.skipped} skipped, Python {self.python}, {self.commit}"


def oldest() -> str:
    """What the extension asks of az."""
    told = json.loads((ROOT / "azext_amlarc" / "azext_metadata.json").read_text(encoding="utf-8"))
    return str(told["azext.minCliCoreVersion"])


def newest() -> str:
    """What the locks hold, which `make lock` renews. LookupError if they hold none."""
    found = _LOCKED.search((ROOT / "requirements" / "az.txt").read_text(encoding="utf-8"))
    if found is None:
        raise LookupError("requirements/az.txt locks no azure-cli")
    return found[1]


WORDS: Mapping[str, Callable[[], str]] = {"oldest": oldest, "newest": newest}


def version(word: str) -> str:
    """The release of az that a word means; a version means itself."""
    return WORDS[word]() if word in WORDS else word


def proof(az: str, commit: str, reports: Iterable[bytes]) -> Proof:
    """What JUnit reports say; NotProven if a test failed, or if one of the reports has none."""
    suites = [list(ElementTree.fromstring(report).iter("testsuite")) for report in reports]
    red = sum(int(one.get("failures", 0)) + int(one.get("errors", 0)) for each in suites for one in each)
    if red:
        raise NotProven(f"{red} tests failed with az {az}")
    ran, skipped = ([sum(int(one.get(name, 0)) for one in each) for each in suites] for name in ("tests", "skipped"))
    if not ran or any(of_all == left for of_all, left in zip(ran, skipped, strict=True)):
        raise NotProven(f"not every suite ran with az {az}")
    return Proof(az, commit, platform.python_version(), sum(ran) - sum(skipped), sum(skipped))


def keep(found: Proof, folder: Path = FOLDER) -> None:
    """Write it down, in place of an earlier one of the same az."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{found.az}.json").write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")


def kept(az: str, commit: str, folder: Path = FOLDER) -> Proof | None:
    """What was written down of this az at this commit."""
    path = folder / f"{az}.json"
    found = Proof(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
    return found if found and found.commit == commit else None


def missing(commit: str, folder: Path = FOLDER) -> list[str]:
    """The words for those az with which the suite has not passed at this commit."""
    return [word for word in WORDS if kept(version(word), commit, folder) is None]


def proven(commit: str, folder: Path = FOLDER) -> str:
    """A line for each az; NotProven if one is missing."""
    lacking = missing(commit, folder)
    if lacking:
        ways = " and ".join(f"make test-az VERSION={word}" for word in lacking)
        raise NotProven(f"the whole suite has not passed at {commit} with every az. To run it: {ways}")
    found = (kept(version(word), commit, folder) for word in WORDS)
    return "".join(f"{one.line}\n" for one in found if one)


def head() -> str:
    """The commit that is checked out."""
    return _git("rev-parse", "HEAD").strip()


def unfinished() -> Sequence[str]:
    """What differs from that commit."""
    return _git("status", "--porcelain").splitlines()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _recorded(az: str, commit: str, reports: Iterable[Path]) -> str:
    if unfinished() or head() != commit:
        return "This is no proof for a release: the tests ran with what is not committed."
    try:
        found = proof(az, commit, (one.read_bytes() for one in reports))
    except NotProven as error:
        raise SystemExit(f"This is no proof for a release: {error}.") from None
    keep(found)
    return found.line


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m release.proof", description=__doc__)
    words = parser.add_subparsers(dest="asked", required=True)
    words.add_parser("missing", help="the words for those az with which the suite has not passed at this commit")
    words.add_parser("commit", help="the commit that is checked out; nothing if something differs from it")
    words.add_parser("version", help="the release of az that a word means").add_argument("word")
    record = words.add_parser("record", help="keep what JUnit files say, if the commit is still checked out")
    record.add_argument("az")
    record.add_argument("commit")
    record.add_argument("reports", nargs="+", type=Path)
    return parser


def main(arguments: Sequence[str]) -> str:
    """What is printed."""
    given = _parser().parse_args(arguments)
    match given.asked:
        case "missing":
            return " ".join(missing(head()))
        case "commit":
            return "" if unfinished() else head()
        case "version":
            return version(given.word)
    return _recorded(given.az, given.commit, given.reports)


if __name__ == "__main__":
    print(main(sys.argv[1:]))
