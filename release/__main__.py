"""`make release`: the wheels, each built twice, with an index, a bill of materials, checksums, changelog and proof."""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from release.changelog import section
from release.index import index
from release.materials import bill
from release.proof import NotProven, head, proven, unfinished
from release.wheels import PROJECTS, ROOT, NotReproducible, Wheel, built

EXTENSION = "amlarc"


def main() -> int:
    given = _parser().parse_args()
    changed = unfinished()
    if changed:
        print("A release is made of what is committed. Commit or remove first:", *changed, sep="\n", file=sys.stderr)
        return 1
    try:
        tested = {"TESTED.txt": proven(head())} if given.tested else {}
        wheels = [built(project, "HEAD") for project in PROJECTS]
        write(given.folder, contents(wheels, given.url, given.installed, tested))
    except (NotReproducible, NotProven, LookupError) as error:
        print(f"No release: {error}", file=sys.stderr)
        return 1
    print(*sorted(str(one) for one in given.folder.iterdir()), sep="\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m release", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where to put all of it; emptied first")
    parser.add_argument("--url", required=True, help="where the folder is going to be published")
    parser.add_argument("--installed", type=Path, required=True, help="the extension as az has installed it")
    parser.add_argument("--tested", action="store_true", help="only if the whole suite has passed, with every az")
    return parser


def contents(wheels: Sequence[Wheel], url: str, installed: Path, tested: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a release by name; `tested` says what proves it."""
    extension = next(one for one in wheels if one.metadata["Name"] == EXTENSION)
    version = extension.metadata["Version"]
    texts = {
        "index.json": json.dumps(index(wheels, url), indent=4) + "\n",
        f"{EXTENSION}-{version}.cdx.json": bill(extension, installed, "HEAD"),
        "CHANGELOG.rst": section((ROOT / "HISTORY.rst").read_text(encoding="utf-8"), version),
        **tested,
    }
    files = {one.name: one.content for one in wheels} | {name: text.encode() for name, text in texts.items()}
    return files | {"SHA256SUMS": checksums(files).encode()}


def checksums(files: Mapping[str, bytes]) -> str:
    """As `sha256sum --check` reads them."""
    return "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
