"""docs/support.md claims nothing that the repository says otherwise; docs/install.md shows what the build does."""

import platform
import re

import pytest

from azext_amlarc.azure import jobs
from azext_amlarc.product.extension import OLDEST_KUBERNETES, RELEASE_TRAINS
from azext_amlarc.resources.templates.terraform import _HEAD
from azext_amlarc.sdk import clouds
from release.proof import newest, oldest
from tests.checks.kubernetes_cases import CASES
from tests.docs.test_site import WIDTHS
from tests.support.az import ROOT
from tests.support.documents import table
from tests.support.listings import listings
from tests.test_python import OLDER

ROWS = {what: said for what, *said in table("docs/support.md", "What is supported, and how it was tested").rows}
INSTALL = listings(ROOT / "docs" / "install.md")


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)+", text)


def test_az_is_what_the_metadata_allows_and_the_lock_has() -> None:
    supported, tested = ROWS["az"]
    assert numbers(supported) == [oldest()]
    assert numbers(tested) == [newest(), oldest()]


def test_python_is_what_is_installed_here_and_what_is_refused() -> None:
    supported, tested = ROWS["Python"]
    (found,) = {path.name.removeprefix("python") for path in (ROOT / ".venv-dev" / "lib").iterdir()}
    assert numbers(supported) == [found]
    assert numbers(tested) == [found, *(python.removeprefix("python") for python in OLDER)]


def test_kubernetes_is_what_the_check_asks_for_and_the_server_is() -> None:
    supported, tested = ROWS["Kubernetes, through a kubeconfig"]
    assert numbers(supported) == [".".join(map(str, OLDEST_KUBERNETES))]
    modules = (ROOT / "tests" / "kubernetes" / "go.mod").read_text("utf-8")
    assert numbers(tested) == re.findall(r"k8s\.io/kubernetes v([\d.]+)", modules)


def test_clouds_are_those_with_a_name() -> None:
    named = ROWS["clouds"][0].strip().split(", ")
    assert len({clouds.find(name).endpoint for name in named}) == 3
    shown = "".join(one.text for one in listings(ROOT / "docs" / "python.md"))
    assert set(re.findall(r'cloud="(\w+)"', shown)) <= set(named)
    assert set(named) == set(re.findall(r"`cloud` is (\w+), (\w+), (\w+)", (ROOT / "docs/python.md").read_text())[0])


def test_opentofu_is_the_one_that_reads_exports() -> None:
    modules = (ROOT / "tests" / "terraform" / "go.mod").read_text("utf-8")
    assert numbers(ROWS["Terraform, OpenTofu"][1]) == re.findall(r"opentofu/opentofu v([\d.]+)", modules)


def test_azapi_is_the_one_that_exports_ask_for() -> None:
    assert numbers(ROWS["Terraform, OpenTofu"][0]) == re.findall(r'source  = "Azure/azapi"\n.*"~> ([\d.]+)"', _HEAD)


def test_release_trains_are_those_that_are_known() -> None:
    assert ROWS["the extension on a cluster"][0] == " and ".join(RELEASE_TRAINS)


def test_distributions_are_those_that_the_checks_have_cases_of() -> None:
    supported, tested = ROWS["distributions"]
    named = re.findall(r"OpenShift|EKS|GKE", tested)
    assert re.findall(r"Azure Arc|AKS", supported) == ["Azure Arc", "AKS"]
    assert {case.title.removeprefix("nodes that ").removesuffix(" keeps") for case in CASES} >= {*named}
    assert len(named) == 3


def test_jobs_end_in_the_states_that_are_named() -> None:
    (ends,) = re.findall(r"\((.+)\)", ROWS["jobs of `verify`"][1])
    assert {end.lower() for end in ends.split(", ")} == jobs._OVER


def test_pages_are_looked_at_in_these_widths_and_need_css_of_2023() -> None:
    supported, tested = ROWS["browsers, for reports and this site"]
    assert re.findall(r"\d{3,}", tested) == [str(width) for width in WIDTHS]
    assert ":has(" in (ROOT / "azext_amlarc" / "checks" / "report" / "page.html").read_text("utf-8")
    assert supported.endswith("HTML and CSS of 2023")  # the last engine learned :has() in December 2023


@pytest.mark.skipif(platform.system() != "Linux", reason="the page says where its tests run")
def test_the_operating_system_is_this_one() -> None:
    assert ROWS["operating system"][1] == f"{platform.system()} on {platform.machine().replace('_', '-')} only"


def test_every_row_says_how_it_was_tested() -> None:
    assert len(ROWS) >= 10
    assert [what for what, cells in ROWS.items() if not all(cell.strip() for cell in cells)] == []


def test_the_wheel_is_added_as_the_build_adds_it() -> None:
    script = (ROOT / "scripts" / "install-extension").read_text("utf-8")
    assert "extension add --yes --only-show-errors --source dist/amlarc-*.whl" in script
    (added, *_), *_ = INSTALL[0].commands()
    assert set(added) >= {"az", "extension", "add", "--yes", "--source"}


def test_the_readme_is_a_screen_and_a_half() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 90
