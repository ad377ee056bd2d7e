"""<TAB>: what a shell asks az for, and a real shell that asks."""

import re
import shutil
import socket
from pathlib import Path

import pytest

from tests.support.az import VENV, Az, Result
from tests.support.azure import Azure
from tests.support.terminal import shell

MODULE = re.compile(r"^import time:.*\|\s*(\S+)$", re.MULTILINE)


class Tab:
    """Asks az as argcomplete's shell function does: the line so far in variables, the words back in a file."""

    def __init__(self, az: Az, answer: Path) -> None:
        self._az = az
        self._answer = answer

    def __call__(self, line: str) -> list[str]:
        """The words that complete the line's last one; a part before '=' is not repeated, as in bash."""
        self.run(line)
        return self._answer.read_text().split("\n")

    def run(self, line: str, **variables: str) -> Result:
        asked = {
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(:",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(self._answer),
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        }
        return self._az(variables={**asked, **variables})


@pytest.fixture
def tab(crowd: Az, tmp_path: Path) -> Tab:
    return Tab(crowd, tmp_path / "words")


OFFLINE = {
    "az amlarc cl": ["cluster "],
    "az ml arc extension cr": ["create "],
    "az amlarc extension create --config enableTr": ["enableTraining=True", "enableTraining=False"],
    "az amlarc extension update --config enableTraining=": ["True", "False"],
    "az ml arc extension create --config enableTraining=True installN": [
        "installNvidiaDevicePlugin=True", "installNvidiaDevicePlugin=False",
    ],
    "az amlarc extension create --config-protected ssl": ["sslCertPemFile=", "sslKeyPemFile="],
    "az amlarc extension create --release-train ": ["stable", "preview"],
    "az amlarc check --settings installV": ["installVolcano=True", "installVolcano=False"],
    "az amlarc settings show -n volumeP": ["volumePluginDir "],
    "az amlarc attach --identity-type ": ["SystemAssigned", "UserAssigned"],
    "az amlarc extension create -t m": ["managedClusters "],
    "az amlarc config validate --format s": ["sarif "],
}  # fmt: skip


@pytest.mark.parametrize("line", OFFLINE)
def test_what_needs_no_azure_asks_none(tab: Tab, crowded_azure: Azure, line: str) -> None:
    assert tab(line) == OFFLINE[line]
    assert crowded_azure.traffic() == []


def test_what_needs_no_azure_imports_no_sdk(tab: Tab) -> None:
    said = tab.run("az amlarc extension create --config enableTr", PYTHONPROFILEIMPORTTIME="1").stderr
    modules = set(MODULE.findall(said))
    assert "azext_amlarc.product.catalogue" in modules
    heavy = ("azure.mgmt", "azure.core.pipeline", "azext_amlarc.azure", "azext_amlarc.validation.settings")
    assert not {name for name in modules if name.startswith(heavy)}


CONNECTED = "/providers/Microsoft.Kubernetes/connectedClusters"
WORKSPACES = "/providers/Microsoft.MachineLearningServices/workspaces"
ONLINE = {
    "az amlarc extension show -g ml-rg -c ": (["ml-cluster "], f"/resourceGroups/ml-rg{CONNECTED}"),
    "az amlarc extension create -t managedClusters -g edge-rg -c ": (
        ["aks-stopped "], "/resourceGroups/edge-rg/providers/Microsoft.ContainerService/managedClusters",
    ),
    "az amlarc attach --workspace-group ml-rg -w ": (["ml-ws", "twin-ws"], f"/resourceGroups/ml-rg{WORKSPACES}"),
    "az ml arc list -g amlarc-rg -w AML": (["amlarc-ws "], f"/resourceGroups/amlarc-rg{WORKSPACES}"),
    "az amlarc extension show -c edge-cluster -g edge-rg -n ": (
        ["amlarc-compute "],
        f"/resourceGroups/edge-rg{CONNECTED}/edge-cluster/providers/Microsoft.KubernetesConfiguration/extensions",
    ),
    "az amlarc extension update -c edge-cluster -g edge-rg --release-train preview --version ": (
        ["1.1.70", "1.1.64"],
        f"/resourceGroups/edge-rg{CONNECTED}/edge-cluster/providers/Microsoft.KubernetesConfiguration"
        "/extensionTypes/microsoft.azureml.kubernetes/versions",
    ),
}  # fmt: skip


@pytest.mark.parametrize("line", ONLINE)
def test_names_come_with_one_list_request(tab: Tab, crowded_azure: Azure, line: str) -> None:
    words, collection = ONLINE[line]
    assert tab(line) == words
    [request] = crowded_azure.traffic()
    assert request["method"] == "GET"
    subscription = f"{crowded_azure.endpoint}/subscriptions/{crowded_azure.subscription_id}"
    assert request["url"].partition("?")[0] == subscription + collection


def test_every_page_is_offered(tab: Tab, crowded_azure: Azure) -> None:
    assert tab("az amlarc attach -c ") == [
        "amlarc-cluster",
        "edge-cluster",
        "field-cluster",
        "new-cluster",
        "ml-cluster",
    ]
    assert len(crowded_azure.traffic()) == 3
    assert tab("az amlarc show -g amlarc-rg -w amlarc-ws -n k8s-t") == ["k8s-team "]


def test_a_name_that_needs_more_to_go_by_asks_nothing(tab: Tab, crowded_azure: Azure) -> None:
    assert tab("az amlarc show -n k") == [""]
    assert tab("az amlarc extension show -n a") == [""]
    assert crowded_azure.traffic() == []


def test_where_azure_refuses_nothing_is_offered_and_nothing_is_said(tab: Tab, crowded_azure: Azure) -> None:
    crowded_azure.allow("Microsoft.MachineLearningServices/*")
    result = tab.run("az amlarc attach -c e")
    assert "Traceback" not in result.stderr
    assert tab("az amlarc attach -c e") == [""]


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429, "retryAfter": 1}, {"reset": "before"}])
def test_an_azure_that_is_busy_or_out_of_reach_is_asked_once(
    tab: Tab, crowded_azure: Azure, fault: dict[str, int]
) -> None:
    crowded_azure.fault(path="/connectedClusters", times=1000, **fault)
    assert tab("az amlarc attach -c e") == [""]
    assert len(crowded_azure.traffic()) == 1


def test_without_a_network_and_a_token_nothing_is_offered_and_nothing_is_said(
    tab: Tab, crowd: Az, tmp_path: Path
) -> None:
    config = tmp_path / "azure"
    shutil.copytree(crowd.config, config, ignore=shutil.ignore_patterns("msal_token_cache*", "msal_http_cache*"))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
    variables = {"AZURE_CONFIG_DIR": str(config), "HTTPS_PROXY": proxy, "NO_PROXY": "", "no_proxy": ""}
    result = tab.run("az amlarc attach -c e", **variables)
    assert "Traceback" not in result.stderr
    assert (tmp_path / "words").read_text() == ""


def test_whoever_is_not_signed_in_is_offered_no_names(crowd: Az, tab: Tab, tmp_path: Path) -> None:
    shutil.copytree(VENV / "azure", tmp_path / "azure")  # with az's index of commands, which takes seconds to make
    result = tab.run("az amlarc attach -c e", AZURE_CONFIG_DIR=str(tmp_path / "azure"))
    assert "Traceback" not in result.stderr
    assert (tmp_path / "words").read_text() == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_in_a_real_shell(crowd: Az) -> None:
    with shell(crowd) as bash:
        bash.press('eval "$(register-python-argcomplete az)"; echo rea""dy\n')
        bash.expect("ready\n")
        bash.press("az amlarc extension create --config enableTr\t")
        bash.expect("enableTraining=")
        bash.press("T\t")
        bash.expect("True ")
        bash.press("-g edge-rg -c ed\t")
        bash.expect("edge-cluster ")
