"""What a release is made of, and that what is written in several places is the same."""

import hashlib
import json
import re
from email import message_from_string
from importlib.metadata import version as installed_version
from pathlib import Path
from zipfile import ZipFile

import pytest

import amlarc_emulator
from release.__main__ import checksums
from release.changelog import section
from release.index import index
from release.wheels import Wheel, different
from tests.support.az import ROOT

VERSION = re.search(r'^VERSION = "(.*)"$', (ROOT / "setup.py").read_text(encoding="utf-8"), re.MULTILINE)

METADATA = """\
Metadata-Version: 2.4
Name: amlarc
Version: 1.2.3
Summary: A summary.
License: MIT
Classifier: Programming Language :: Python :: 3
Requires-Python: >=3.11
Requires-Dist: one>=1
Requires-Dist: two; extra == "sdk"
Provides-Extra: sdk
"""


def made(name: str, files: dict[str, str]) -> Wheel:
    return Wheel(name, b"content", message_from_string(METADATA), files)


def test_the_index_says_what_az_needs_to_choose_download_and_verify() -> None:
    own = {"azext_amlarc/azext_metadata.json": '{"azext.minCliCoreVersion": "2.75.0", "azext.isPreview": false}'}
    wheels = [made("amlarc-1.2.3-py3-none-any.whl", own), made("no_extension-1.whl", {})]
    assert index(wheels, "https://example.com/releases/") == {
        "formatVersion": "1",
        "extensions": {
            "amlarc": [
                {
                    "downloadUrl": "https://example.com/releases/amlarc-1.2.3-py3-none-any.whl",
                    "filename": "amlarc-1.2.3-py3-none-any.whl",
                    "metadata": {
                        "azext.isPreview": False,
                        "azext.minCliCoreVersion": "2.75.0",
                        "classifiers": ["Programming Language :: Python :: 3"],
                        "extras": ["sdk"],
                        "license": "MIT",
                        "metadata_version": "2.4",
                        "name": "amlarc",
                        "requires_python": ">=3.11",
                        "run_requires": [{"requires": ["one>=1"]}],
                        "summary": "A summary.",
                        "version": "1.2.3",
                    },
                    "sha256Digest": hashlib.sha256(b"content").hexdigest(),
                }
            ]
        },
    }


def test_checksums_are_those_of_sha256sum() -> None:
    assert checksums({"b": b"content", "a": b""}) == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n"
        "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73  b\n"
    )


def test_what_differs_in_two_builds_is_named(tmp_path: Path) -> None:
    for name, text in (("one", "a"), ("other", "b")):
        with ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("same.py", "same", compresslevel=1)
            archive.writestr("changed.py", text)
            archive.writestr(f"{name}.py", "")
    assert {"changed.py", "one.py", "other.py"} <= set(different(tmp_path / "one", tmp_path / "other"))


HISTORY = "Release History\n===============\n\n0.2.0\n+++++\n* New.\n\n  More.\n\n0.1.0\n+++++\n* Old.\n"


@pytest.mark.parametrize(("version", "text"), [("0.2.0", "* New.\n\n  More.\n"), ("0.1.0", "* Old.\n")])
def test_the_changelog_is_the_section_of_its_version(version: str, text: str) -> None:
    assert section(HISTORY, version) == text


def test_a_version_that_the_history_does_not_have_has_no_changelog() -> None:
    with pytest.raises(LookupError, match=r"HISTORY\.rst has no section 0\.3\.0"):
        section(HISTORY, "0.3.0")


def test_the_version_is_that_of_setup_py_wherever_it_is_written() -> None:
    assert VERSION is not None
    assert (installed_version("amlarc"), amlarc_emulator.VERSION) == (VERSION[1], VERSION[1])
    assert section((ROOT / "HISTORY.rst").read_text(encoding="utf-8"), VERSION[1])
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for named in re.findall(r"amlarc-(\d\S*?)-py3", path.read_text(encoding="utf-8")):
            assert (path.name, named) == (path.name, VERSION[1])


def test_what_az_is_told_of_the_extension_is_complete() -> None:
    told = json.loads((ROOT / "azext_amlarc" / "azext_metadata.json").read_text(encoding="utf-8"))
    assert set(told) >= {"azext.isPreview", "azext.minCliCoreVersion"}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", told[key]) for key in told if key.endswith("CliCoreVersion"))
