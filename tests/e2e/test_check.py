"""`check`: what is found, how it is said, and how the command ends."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.e2e.conftest import ADVANCED, CLUSTER, WORKSPACE
from tests.e2e.test_output import as_text
from tests.support.az import ROOT, Az
from tests.support.azure import Azure, running
from tests.support.golden import assert_steady

CHECK = ("amlarc", "check", *CLUSTER)
ATTACH = ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster")
CREATE = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
HEALTH = {"code": "ExtensionOperationFailed", "message": "Helm installation failed : pod healthcheck failed"}


def change_cluster(azure: Azure, times: int = 9, **properties: Any) -> None:
    """Let Azure answer for the cluster with these properties."""
    path = f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
    body = azure.get(path, "2024-01-01").body
    body["properties"] |= properties
    azure.fault(method="GET", path="/connectedClusters/amlarc-cluster$", status=200, body=body, times=times)


def by_id(results: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {result["id"]: result for result in results}


def test_all_is_well_in_a_few_lines(attached: Az) -> None:
    result = attached.must(*CHECK, "-w", "amlarc-ws", "-n", "k8s-compute", "--config", ADVANCED)
    assert_steady("check-azure.txt", result.stdout)
    assert result.stderr == ""


def test_the_object_and_the_table(attached: Az) -> None:
    found = attached.must(*CHECK, "-w", "amlarc-ws", "--as-object", "--only", "subscription", "relay", "compute").object
    assert_steady("check.json", as_text(found))
    table = attached.must(*CHECK, "-w", "amlarc-ws", "--only", "relay", "compute", "--as-object", "-o", "table").stdout
    assert_steady("check-table.txt", table)


def test_output_alone_gives_the_object_as_well(az: Az) -> None:
    assert az.must("amlarc", "check", "--only", "subscription", "-o", "json").object[0]["id"] == "AMLARC-A001"


def test_before_an_installation_only_its_own_checks_run(az: Az) -> None:
    found = by_id(az.must(*CHECK, "--as-object").object)
    assert "AMLARC-A010" in found
    assert "AMLARC-A040" not in found
    assert az(*CHECK, "--phase", "post").code == 1


def test_settings_that_are_to_be_installed_are_checked_against_the_cluster(az: Az) -> None:
    check = ("amlarc", "check", "-c", "edge-cluster", "-g", "amlarc-rg", "--as-object", "--only", "cluster")
    without = by_id(az.must(*check).object)["AMLARC-A027"]
    assert (without["status"], "--settings key=value" in without["message"]) == ("skipped", True)
    judged = az(*check, "--settings", "enableInference=True", "inferenceRouterHA=True")
    assert judged.code == 1
    assert by_id(judged.object)["AMLARC-A027"]["message"] == "The cluster has 1 node, but inferenceRouterHA needs 3."
    assert az(*check, "--settings", "enableInference").code == 1


def test_a_relay_that_is_gone_is_named_with_the_command_that_makes_it_again(installed: Az, azure: Azure) -> None:
    [namespace] = [name for name in azure.state()["resources"] if name.count("/") == 8 and "microsoft.relay" in name]
    azure.call("DELETE", namespace, "2021-11-01")
    azure.get(namespace, "2021-11-01")
    found = by_id(installed(*CHECK, "--only", "relay", "--as-object").object)
    assert found["AMLARC-A051"]["fix"] == "az ml arc check -c amlarc-cluster -g amlarc-rg --only relay --fix"


def test_a_failure_is_said_with_its_reason_and_fix_and_ends_with_one(installed: Az, azure: Azure) -> None:
    change_cluster(azure, connectivityStatus="Offline", lastConnectivityTime="2026-01-01T00:00:00Z")
    result = installed(*CHECK, "--only", "cluster")
    assert result.code == 1
    assert "✘ The cluster is connected to Azure Arc (AMLARC-A021)" in result.stdout
    assert "The cluster is Offline; its agents last reported" in result.stdout
    assert "az connectedk8s troubleshoot -n amlarc-cluster -g amlarc-rg" in result.stdout
    assert result.stdout.endswith("✘ 8 checks: 1 failed, 1 warning, 5 passed, 1 skipped\n")
    assert result.stderr == ""  # the summary is said once
    assert "Traceback" not in result.stderr


def test_warnings_end_with_one_under_strict_only(installed: Az, azure: Azure) -> None:
    change_cluster(azure, arcAgentProfile={"agentAutoUpgrade": "Disabled"})
    check = (*CHECK, "--only", "cluster")
    assert installed.must(*check).stdout.count("⚠ The cluster's agents are up to date") == 1
    assert installed(*check, "--strict").code == 1
    assert installed.must(*check, "--strict", "--skip", "amlarc-a023").stderr == ""


def test_what_could_not_be_asked_is_in_error_and_ends_with_one(installed: Az, azure: Azure) -> None:
    azure.allow("*", but=["Microsoft.Relay/namespaces/read"])
    result = installed(*CHECK, "--as-object")
    assert result.code == 1
    found = by_id(result.object)
    assert (found["AMLARC-A050"]["status"], found["AMLARC-A050"]["message"]) == (
        "error",
        "No permission for Microsoft.Relay/namespaces/read (403).",
    )
    assert found["AMLARC-A051"]["status"] == "pass"


def test_rights_that_are_missing_are_named_with_a_role_that_has_them(az: Az, azure: Azure) -> None:
    azure.allow("*/read", "Microsoft.KubernetesConfiguration/*")
    result = az(*CHECK, "-w", "amlarc-ws", "--only", "rights")
    assert result.code == 1
    assert "Microsoft.Relay/namespaces/write" in result.stdout
    assert f"--assignee {azure.client_id} --role 'Azure Relay Owner' --scope {azure.group}" in result.stdout
    assert "Microsoft.MachineLearningServices/workspaces/computes/write" in result.stdout


def test_a_cluster_and_a_workspace_that_are_not_there(az: Az) -> None:
    result = az("amlarc", "check", "-c", "nowhere", "-g", "amlarc-rg", "-w", "no-ws", "--as-object")
    assert result.code == 1
    found = by_id(result.object)
    assert "There is no Azure Arc-enabled cluster 'nowhere'" in found["AMLARC-A020"]["message"]
    assert found["AMLARC-A021"]["status"] == "skipped"
    assert found["AMLARC-A060"]["status"] == "fail"


def test_you_are_not_signed_in(az: Az, tmp_path: Path) -> None:
    result = az(*CHECK, "--as-object", variables={"AZURE_CONFIG_DIR": str(tmp_path)})
    assert result.code == 1
    found = by_id(result.object)
    assert (found["AMLARC-A001"]["status"], found["AMLARC-A001"]["fix"]) == ("fail", "az login")
    assert {found[id_]["message"] for id_ in ("AMLARC-A002", "AMLARC-A020", "AMLARC-A010")} == {
        "You are not signed in."
    }


def test_verbose_shows_every_check_and_no_request(az: Az) -> None:
    shown = az.must("amlarc", "check", "--only", "subscription", "--verbose")
    assert "✔ The subscription is enabled (AMLARC-A002)" in shown.stdout
    assert "Request URL" not in shown.stderr


def test_nothing_is_written(installed: Az, azure: Azure) -> None:
    before = len(azure.traffic())
    installed.must(*CHECK, "-w", "amlarc-ws")
    assert {line["method"] for line in azure.traffic()[before:]} == {"GET"}


USAGE = {
    "unknown-group": (("--only", "relays"), 'did you mean "relay"?'),
    "unknown-id": (("--skip", "AMLARC-A99"), "--skip: unknown value 'AMLARC-A99'"),
    "compute-without-workspace": (("-n", "k8s-compute"), "--workspace-name"),
    "another-kind-of-report": (("--output-file", "report.pdf"), ".html"),
}


@pytest.mark.parametrize("what", USAGE)
def test_usage_errors_end_with_two_before_anything_is_asked(az: Az, azure: Azure, what: str) -> None:
    options, said = USAGE[what]
    result = az(*CHECK, *options)
    assert result.code == 2
    assert said in result.stderr
    assert azure.traffic() == []


def test_a_kubeconfig_that_is_not_there_is_said_before_anything_is_asked(az: Az, azure: Azure) -> None:
    result = az(*CHECK, "--kubeconfig", "/no/such/kubeconfig")
    assert result.code == 1
    assert "/no/such/kubeconfig" in result.stderr
    assert azure.traffic() == []


def test_without_a_kubeconfig_named_the_cluster_is_left_alone_and_its_client_is_not_imported(
    az: Az, tmp_path: Path
) -> None:
    variables = {"KUBECONFIG": str(tmp_path / "other-cluster"), "PYTHONPROFILEIMPORTTIME": "1"}
    result = az(*CHECK, "--as-object", variables=variables)
    assert result.code == 0
    assert "lightkube" not in result.stderr
    assert "azure.mgmt.kubernetesconfiguration" not in result.stderr
    cluster = [item for item in result.object if item["id"].startswith("AMLARC-K")]
    assert {(item["status"], item["message"]) for item in cluster} == {
        (
            "skipped",
            "No kubeconfig was given: --kubeconfig FILE; to have one while it runs: `az connectedk8s proxy "
            "-n amlarc-cluster -g amlarc-rg --file amlarc-cluster.kubeconfig`.",
        )
    }


class Ids(HTMLParser):
    """The ids of a page's elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str | None] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name == "id"}


def test_a_report_is_a_page_or_a_junit_file(az: Az, tmp_path: Path) -> None:
    az.must(*CHECK, "--output-file", "report.html", folder=tmp_path)
    page = Ids()
    page.feed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert {"AMLARC-A001", "AMLARC-A026"} <= page.found
    az.must(*CHECK, "--output-file", "report.xml", folder=tmp_path)
    suites = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (suites.get("failures"), suites.get("errors")) == ("0", "0")
    refused = az(*CHECK, "--output-file", str(tmp_path / "missing" / "report.xml"))
    assert refused.code == 1
    assert "cannot be written" in refused.stderr


def longest_chain(lines: list[dict[str, Any]]) -> int:
    """The most exchanges of which each began when the one before had ended: round trips that had to wait."""
    count, free = 0, 0.0
    for line in sorted(lines, key=lambda line: float(line["ended"])):
        if line["began"] >= free:
            count, free = count + 1, line["ended"]
    return count


@pytest.fixture
def far_azure(tmp_path: Path) -> Iterator[Azure]:
    """An Azure that is far away, with forty other workspaces."""
    seed = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text(encoding="utf-8"))
    resources = seed["subscriptions"][0]["resources"]
    workspace = "/resourceGroups/amlarc-rg/providers/Microsoft.MachineLearningServices/workspaces"
    resources += [{"id": f"{workspace}/other-{number}", "location": "eastus"} for number in range(40)]
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    with running(tmp_path, "--polls", "0", "--latency-ms", "300", "--seed", str(tmp_path / "seed.json")) as azure:
        yield azure


def test_azure_is_asked_in_a_few_round_trips_whatever_there_is_to_ask(far_azure: Azure) -> None:
    az = Az(far_azure)
    az.sign_in(far_azure)
    az.must(*CREATE)
    before = len(far_azure.traffic())
    az.must(*CHECK, "-w", "amlarc-ws")
    lines = far_azure.traffic()[before:]
    assert len(lines) == 56
    assert longest_chain(lines) <= 8


def test_other_workspaces_are_found_page_after_page(crowd: Az) -> None:
    others = crowd.must(*CHECK, "-w", "twin-ws", "--workspace-group", "edge-rg", "--only", "compute", "--as-object")
    found = by_id(others.object)["AMLARC-A073"]
    same = "Other workspaces have 1 compute target in the namespace default."
    assert (found["status"], found["message"]) == ("warn", same)
    assert found["evidence"] == [
        "amlarc-rg/amlarc-ws: k8s-compute, namespace default",
        "amlarc-rg/amlarc-ws: k8s-team, namespace team-a",
    ]


def test_an_offline_cluster_stops_an_installation_and_an_attach_before_they_write(installed: Az, azure: Azure) -> None:
    change_cluster(azure, connectivityStatus="Offline", lastConnectivityTime="2026-01-01T00:00:00Z")
    before = len(azure.traffic())
    for command in (CREATE, ATTACH):
        refused = installed(*command)
        assert refused.code == 1
        assert "Nothing was changed, because a check failed." in refused.stderr
        assert "az connectedk8s troubleshoot -n amlarc-cluster -g amlarc-rg" in refused.stderr
        assert refused.stderr.count("ERROR:") == 1
    assert [line["method"] for line in azure.traffic()[before:]] == ["GET"] * 4


def test_a_kubeconfig_that_is_no_use_is_said_before_an_installation(az: Az, azure: Azure) -> None:
    refused = az(*CREATE, "--kubeconfig", "/no/such/kubeconfig")
    assert refused.code == 1
    assert "/no/such/kubeconfig" in refused.stderr
    assert azure.traffic() == []


def test_a_warning_does_not_stop_an_installation(az: Az, azure: Azure) -> None:
    change_cluster(azure, arcAgentProfile={"agentAutoUpgrade": "Disabled"})
    assert "The agents run 1.20.1 with auto-upgrade off." in az.must(*CREATE).stderr


def test_a_preflight_asks_more_and_stops_as_well(az: Az, azure: Azure) -> None:
    azure.allow("*", but=["Microsoft.Relay/namespaces/write"])
    refused = az(*CREATE, "--preflight")
    assert refused.code == 1
    assert "Azure Relay Owner" in refused.stderr
    assert {line["method"] for line in azure.traffic()} == {"GET"}


def test_a_preflight_leaves_providers_to_the_write_that_registers_them(az: Az, azure: Azure) -> None:
    azure.call(
        "POST",
        f"/subscriptions/{azure.subscription_id}/providers/Microsoft.KubernetesConfiguration/unregister",
        "2021-04-01",
    )
    created = az.must(*CREATE, "--preflight")
    assert created.object["provisioningState"] == "Succeeded"
    assert "Registering the resource provider Microsoft.KubernetesConfiguration" in created.stderr


def test_a_failed_installation_ends_with_what_else_is_wrong(az: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=HEALTH)
    change_cluster(azure, arcAgentProfile={"desiredAgentVersion": "1.21.0"})
    failed = az(*CREATE)
    assert failed.code == 1
    assert failed.stderr.count("pod healthcheck failed") == 1
    assert "Possible causes:" in failed.stderr
    assert "The agents run 1.20.1, but 1.21.0 was requested." in failed.stderr.partition("Possible causes:")[2]


def test_a_failed_attach_ends_with_the_findings_that_explain_it(installed: Az, azure: Azure) -> None:
    error = {"code": "InternalServerError", "message": "Something failed."}
    azure.fault(method="PUT", path="/computes/", operation="Failed", error=error)
    relay = [id_ for id_ in azure.state()["resources"] if id_.endswith("/hybridconnections/amlarc-cluster")]
    azure.call("DELETE", relay[0], "2021-11-01")
    failed = installed(*ATTACH)
    assert failed.code == 1
    cause = failed.stderr.partition("Possible causes:")[2]
    assert "AMLARC-A051" in cause
    assert "Traceback" not in failed.stderr


REPORT = "Status: Failed Name: ssl ErrorCode: E40007 ErrorMessage: bad\x1b[2J key\nStatus: Passed Name: node\n"


@pytest.fixture
def signed_out(az: Az, tmp_path: Path) -> dict[str, str]:
    """A configuration of az without a login."""
    return {"AZURE_CONFIG_DIR": str(tmp_path / "empty")}


def test_a_saved_health_report_is_explained_without_a_login(
    az: Az, azure: Azure, tmp_path: Path, signed_out: dict[str, str]
) -> None:
    (tmp_path / "healthcheck.logs").write_text(REPORT)
    command = ("amlarc", "check", "--health-report", str(tmp_path / "healthcheck.logs"))
    result = az(*command, variables=signed_out)
    assert result.code == 1
    assert "The health check failed: E40007." in result.stdout
    assert r"bad\x1b[2J key" in result.stdout
    assert "az ml arc extension update -c CLUSTER -g GROUP" in result.stdout
    assert azure.traffic() == []
    named = az(*command, *CLUSTER, "--as-object").object
    assert {item["id"]: item["status"] for item in named} == {
        "AMLARC-K080": "skipped",
        "AMLARC-K081": "skipped",
        "AMLARC-K082": "fail",
    }
    assert azure.traffic() == []


def test_a_file_without_a_health_report_and_a_kubeconfig_beside_one_are_refused(az: Az, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("hello\n")
    result = az("amlarc", "check", "--health-report", str(tmp_path / "other"))
    assert (result.code, "contains no report of the extension's health check" in result.stderr) == (1, True)
    result = az("amlarc", "check", "--health-report", "x", "--kubeconfig", "y")
    assert (result.code, "--health-report and --kubeconfig cannot be used together" in result.stderr) == (2, True)


def test_without_a_cluster_that_is_the_reason_why_nothing_of_it_was_looked_at(az: Az) -> None:
    found = by_id(az(*CHECK[:2], "--as-object").object)
    assert found["AMLARC-A030"]["message"] == "No cluster was named: -c CLUSTER -g GROUP."
    assert not [one for one in found.values() if "connected through Azure Arc" in one["message"]]
    assert found["AMLARC-K001"]["message"] == "No kubeconfig was given: --kubeconfig FILE."


def test_bad_settings_that_are_planned_are_findings(az: Az, azure: Azure, tmp_path: Path) -> None:
    before = len(azure.traffic())
    bad = az(*CHECK, "--settings", "enableTrainning=True", "clusterPurpose=Bogus")
    assert bad.code == 1
    assert "AMLARC-S005 enableTrainning" in bad.stderr
    assert "AMLARC-S007 clusterPurpose" in bad.stderr
    (tmp_path / "settings.json").write_text('{"enableTrainning": true}')
    assert "AMLARC-S005" in az(*CHECK, "--settings", "settings.json", folder=tmp_path).stderr
    assert len(azure.traffic()) == before


def test_another_workspace_is_no_warning_by_itself(crowd: Az) -> None:
    named = ("-w", "twin-ws", "--workspace-group", "edge-rg", "--only", "A073", "--strict")
    (crowd.config / "team.json").write_text('{"namespace": "of-its-own"}')
    shared = crowd.must(*CHECK, *named, "--config", "team.json", "--as-object", folder=crowd.config)
    [found] = shared.object
    assert (found["status"], len(found["evidence"])) == ("pass", 2)


def test_a_failed_installation_names_the_next_step(az: Az, azure: Azure) -> None:
    error = {"code": "ExtensionOperationFailed", "message": "It failed."}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    failed = az("amlarc", "extension", "create", *CHECK[2:], "--config", "enableTraining=True")
    assert "az ml arc check --kubeconfig FILE -c amlarc-cluster -g amlarc-rg" in failed.stderr
