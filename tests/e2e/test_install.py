"""docs/install.md is walked, with the wheel that was built and a folder of extensions of its own."""

from pathlib import Path

import pytest

from tests.support.az import ROOT, Az
from tests.support.listings import listings


@pytest.mark.matrix  # az's pip asks a package registry, twice
@pytest.mark.timeout(600)
def test_what_installs_upgrades_and_removes_does(az: Az, tmp_path: Path) -> None:
    (tmp_path / "dist").symlink_to(ROOT / "dist")
    variables = {"AZURE_EXTENSION_DIR": str(tmp_path / "extensions"), "REQUESTS_CA_BUNDLE": ""}
    for listing in listings(ROOT / "docs" / "install.md"):
        for (program, *arguments), _ in listing.commands():
            assert program == "az"
            ended = az(*arguments, folder=tmp_path, variables=variables)
            assert ended.code == 0, ended.stderr
            if arguments[:2] == ["extension", "remove"]:
                assert not (tmp_path / "extensions" / "amlarc").exists()
            elif arguments[:2] == ["extension", "add"]:
                assert (tmp_path / "extensions" / "amlarc").is_dir()
