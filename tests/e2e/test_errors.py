"""What goes wrong is said once and clearly, with the right exit code, before anything is half done."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ADVANCED, CLUSTER, WORKSPACE
from tests.support.az import Az
from tests.support.azure import Azure

EXTENSIONS = (
    "/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
    "/providers/Microsoft.KubernetesConfiguration/extensions"
)
CREATE = ("amlarc", "extension", "create", *CLUSTER)
ATTACH = ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster")


@pytest.fixture
def untouched(azure: Azure) -> Iterator[None]:
    """Whatever the test does, no request of it may write."""
    before = len(azure.traffic())
    yield
    written = [line["url"] for line in azure.traffic()[before:] if line["method"] not in {"GET", "HEAD"}]
    assert written == []


def assert_clean(stderr: str) -> None:
    assert "Traceback" not in stderr
    assert stderr.count("ERROR:") == 1


FILES = {
    "missing": (None, "file not found"),
    "directory": ("", "is a directory"),
    "empty": (b"", "is empty"),
    "no-json": (b"namespace: [", "config.json:1"),
    "truncated": (b'{"namespace": "default"', "config.json:1"),
    "latin": ('{"namespace": "ñ"}'.encode("latin-1"), "UTF-8"),
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("command", ["create", "attach"])
def test_a_file_that_is_no_configuration(az: Az, tmp_path: Path, command: str, kind: str) -> None:
    content, said = FILES[kind]
    file = tmp_path / "config.json"
    if content == "":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)  # type: ignore[arg-type]
    option = "--config" if command == "attach" else "--config-file"
    result = az(*(ATTACH if command == "attach" else CREATE), option, str(file))
    assert result.code == 1
    assert_clean(result.stderr)
    assert said in result.stderr
    assert str(file) in result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("untouched")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text("{}")
    file.chmod(0)
    result = az(*ATTACH, "--config", str(file))
    assert result.code == 1
    assert "may not be read" in result.stderr


@pytest.mark.usefixtures("untouched")
def test_every_wrong_setting_is_named_at_once_with_its_remedy(az: Az) -> None:
    result = az(*CREATE, "--config", "enableTrainning=True", "installNvidiaDevicePlugin=maybe", "clusterPurpose=Bogus")
    assert result.code == 1
    assert_clean(result.stderr)
    assert "enableTrainning" in result.stderr
    assert "enableTraining" in result.stderr.replace("enableTrainning", "")
    assert "installNvidiaDevicePlugin" in result.stderr
    assert "clusterPurpose" in result.stderr


@pytest.mark.usefixtures("untouched")
def test_a_wrong_configuration_is_named_by_line_and_column(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "attach.json"
    file.write_text('{\n  "namespace": "Default",\n  "instanceTypes": {"a": {"nodeSelectr": null}}\n}')
    result = az(*ATTACH, "--config", str(file))
    assert result.code == 1
    assert_clean(result.stderr)
    assert "attach.json:2:16" in result.stderr
    assert "attach.json:3:27" in result.stderr
    assert "nodeSelector" in result.stderr
    assert "defaultInstanceType" in result.stderr


@pytest.mark.usefixtures("untouched")
def test_what_breaks_a_policy_of_ones_own_is_never_sent(az: Az, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "description: Ours\nproperties: {namespace: {pattern: ^team-}, enableTraining: {const: 'False'}}\n"
    )
    attached = az(*ATTACH, "--namespace", "jobs", "--policy", str(policy))
    assert attached.code == 1
    assert '--namespace: error AMLARC-P001 namespace: namespace "jobs" does not match "^team-": Ours' in attached.stderr
    created = az(*CREATE, "--config", "enableTraining=True", "--policy", str(policy))
    assert created.code == 1
    assert f"the policy is {policy}:2:61" in created.stderr
    assert_clean(attached.stderr)
    assert_clean(created.stderr)
    (tmp_path / "fleet.yaml").write_text(
        "kind: Fleet\napiVersion: amlarc/v1alpha1\nmetadata: {name: plants}\nspec: {}\n"
    )
    policy.write_text("properties: {metadata: {properties: {name: {const: mills}}}}\n")
    for command in ("plan", "status"):
        judged = az("amlarc", command, "-f", "fleet.yaml", "--policy", "policy.yaml", folder=tmp_path)
        assert judged.code == 1
        assert "fleet.yaml:3:18: error AMLARC-P001 $.metadata.name:" in judged.stderr
        assert_clean(judged.stderr)


@pytest.mark.usefixtures("untouched")
def test_a_version_with_automatic_upgrades(az: Az) -> None:
    result = az(*CREATE, "--config", "enableTraining=True", "--version", "1.1.68", "--auto-upgrade", "true")
    assert result.code == 2
    assert "cannot be used together" in result.stderr


@pytest.mark.usefixtures("untouched")
def test_the_internal_load_balancer_on_a_connected_cluster(az: Az) -> None:
    result = az(*CREATE, "--config", "enableInference=True", "allowInsecureConnections=True",
                "inferenceRouterServiceType=LoadBalancer", "internalLoadBalancerProvider=azure")  # fmt: skip
    assert result.code == 1
    assert "internalLoadBalancerProvider" in result.stderr


MISSING = {
    "cluster": (("amlarc", "extension", "create", "-c", "nowhere", "-g", "amlarc-rg", "--config",
                 "enableTraining=True"), "There is no Azure Arc-enabled cluster 'nowhere'"),
    "cluster-shown": (("amlarc", "extension", "show", "-c", "nowhere", "-g", "amlarc-rg"),
                      "There is no Azure Arc-enabled cluster 'nowhere'"),
    "cluster-listed": (("amlarc", "extension", "list", "-c", "nowhere", "-g", "amlarc-rg"),
                       "There is no Azure Arc-enabled cluster 'nowhere'"),
    "managed-cluster": (("amlarc", "extension", "show", "-c", "nowhere", "-g", "amlarc-rg", "-t", "managedClusters"),
                        "There is no AKS cluster 'nowhere'"),
    "extension": (("amlarc", "extension", "show", *CLUSTER, "-n", "nothing"), "has no extension 'nothing'"),
    "workspace": (("amlarc", "attach", "-n", "k8s-compute", "-w", "nowhere", *CLUSTER[2:], "-c", "amlarc-cluster"),
                  "There is no workspace 'nowhere'"),
    "workspace-listed": (("amlarc", "list", "-w", "nowhere", "-g", "amlarc-rg"), "There is no workspace 'nowhere'"),
    "workspace-shown": (("amlarc", "show", "-n", "k8s-compute", "-w", "nowhere", "-g", "amlarc-rg"),
                        "There is no workspace 'nowhere'"),
    "compute": (("amlarc", "show", "-n", "nothing", *WORKSPACE), "has no compute target 'nothing'"),
    "workspace-of-a-detach": (("amlarc", "detach", "-n", "nothing", "-w", "nowhere", "-g", "amlarc-rg", "--yes"),
                              "There is no workspace 'nowhere'"),
    "group-of-a-detach": (("amlarc", "detach", "-n", "nothing", "-w", "amlarc-ws", "-g", "no-group", "--yes"),
                          "There is no resource group 'no-group'"),
    "group": (("amlarc", "extension", "create", "-c", "amlarc-cluster", "-g", "no-group", "--config",
               "enableTraining=True"), "There is no resource group 'no-group'"),
    "group-of-the-workspace": (("amlarc", "list", "-w", "amlarc-ws", "-g", "no-group"),
                               "There is no resource group 'no-group'"),
}  # fmt: skip


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("what", MISSING)
def test_something_that_does_not_exist(az: Az, what: str) -> None:
    arguments, said = MISSING[what]
    result = az(*arguments)
    assert result.code == 3
    assert_clean(result.stderr)
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("untouched")
def test_detaching_what_is_not_there_is_no_error(az: Az) -> None:
    absent = az.must("amlarc", "detach", "-n", "nothing", *WORKSPACE, "--yes")
    assert absent.stderr == "The workspace 'amlarc-ws' has no compute target 'nothing'.\n"
    assert absent.stdout == ""


def test_a_pause_that_azure_asks_for_is_said(az: Az, azure: Azure) -> None:
    azure.fault(path="/workspaces/amlarc-ws/computes$", status=429, retryAfter=6)
    listed = az.must("amlarc", "list", *WORKSPACE)
    assert listed.object == []
    assert listed.stderr == "Azure is busy; retrying in 6 s, as it asks\n"


USAGE = {
    "no-cluster": ("amlarc", "extension", "show", "-g", "amlarc-rg"),
    "two-clusters": ("amlarc", "extension", "show", *CLUSTER, "--resource-id", "/subscriptions/x"),
    "no-workspace": ("amlarc", "attach", "-n", "k8s-compute", *CLUSTER),
    "identity-without-ids": (*ATTACH, "--identity-type", "UserAssigned"),
    "conditions": ("amlarc", "wait", "-n", "k8s-compute", *WORKSPACE, "--created", "--deleted"),
    "no-query": ("amlarc", "wait", "-n", "k8s-compute", *WORKSPACE, "--custom", "a["),
    "no-direction": ("amlarc", "config", "convert", "-f", "attach.json"),
    "default-and-gpu": ("amlarc", "config", "init", "--default", "--gpu", "a100"),
    "empty": ("amlarc", "extension", "show", *CLUSTER, "-n", ""),
    "another-scope": (*CREATE, "--scope", "namespace"),
    "unknown-type": ("amlarc", "extension", "show", *CLUSTER, "-t", "otherClusters"),
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("what", USAGE)
def test_usage_errors_end_with_two(az: Az, what: str) -> None:
    result = az(*USAGE[what])
    assert result.code == 2
    assert_clean(result.stderr)


def test_an_aks_cluster_named_as_a_connected_one_is_told_the_option(az: Az) -> None:
    shown = az("amlarc", "extension", "show", "-c", "aks-cluster", "-g", "amlarc-rg")
    assert shown.code == 3
    assert "add -t managedClusters" in shown.stderr


def test_a_line_of_k8s_extension_installs(az: Az) -> None:
    line = (
        "--name azureml --extension-type Microsoft.AzureML.Kubernetes --config enableTraining=True --scope cluster "
        "--cluster-type managedClusters --cluster-name aks-cluster --resource-group amlarc-rg"
    )
    made = az.must("amlarc", "extension", "create", *line.split()).object
    assert (made["name"], made["installState"]) == ("azureml", "Installed")


def test_a_line_of_ml_compute_attach_attaches(installed: Az) -> None:
    cluster = installed.must("amlarc", "extension", "show", *CLUSTER).object["id"].partition("/providers/Microsoft.Kub")
    name = f"{cluster[0]}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
    identities = f"{cluster[0]}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    made = installed.must(
        *("amlarc", "attach", *WORKSPACE, "-n", "k8s-compute", "-t", "Kubernetes", "--resource-id", name),
        *("--user-assigned-identities", f"{identities}/a,{identities}/b"),
    ).object
    assert sorted(key.rpartition("/")[2] for key in made["identity"]["userAssignedIdentities"]) == ["a", "b"]


@pytest.mark.usefixtures("untouched")
def test_the_id_of_something_else(az: Az) -> None:
    result = az("amlarc", "extension", "show", "--resource-id", "/subscriptions/s/resourceGroups/g/providers/"
                "Microsoft.ContainerService/connectedClusters/c")  # fmt: skip
    assert result.code == 1
    assert "/providers/Microsoft.Kubernetes/connectedClusters/<name>" in result.stderr


def test_nobody_is_signed_in(az: Az, tmp_path: Path) -> None:
    result = az("amlarc", "extension", "show", *CLUSTER, variables={"AZURE_CONFIG_DIR": str(tmp_path)})
    assert result.code == 1
    assert_clean(result.stderr)
    assert "az login" in result.stderr


def test_azure_is_down(az: Az, azure: Azure, tmp_path: Path) -> None:
    dead = Azure.start(tmp_path, "--polls", "0")
    other = Az(dead)
    other.sign_in(dead)
    dead.stop()
    result = other("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
    assert result.code == 1
    assert_clean(result.stderr)
    assert "Azure could not be reached" in result.stderr


@pytest.fixture
def unregistered(azure: Azure) -> str:
    """Microsoft.KubernetesConfiguration, not registered."""
    provider = f"/subscriptions/{azure.ready['subscriptionId']}/providers/Microsoft.KubernetesConfiguration"
    azure.call("POST", f"{provider}/unregister", "2021-04-01")
    return provider


@pytest.mark.usefixtures("unregistered")
def test_an_unregistered_provider_is_registered_once_and_said(az: Az, azure: Azure) -> None:
    result = az.must(*CREATE, "--config", "enableTraining=True")
    assert "Registering the resource provider Microsoft.KubernetesConfiguration" in result.stderr
    assert [line["url"].rpartition("/")[2] for line in azure.traffic() if "/register" in line["url"]] == [
        "register?api-version=2021-04-01"
    ]
    again = az.must(*CREATE, "--config", "enableTraining=True")
    assert "Registering" not in again.stderr


@pytest.mark.usefixtures("unregistered")
def test_a_command_that_reads_registers_nothing(az: Az, azure: Azure) -> None:
    result = az("amlarc", "extension", "show", *CLUSTER)
    assert result.code == 1
    assert_clean(result.stderr)
    assert "az provider register -n Microsoft.KubernetesConfiguration --wait" in result.stderr
    assert [line["method"] for line in azure.traffic()][1:] == ["GET"]


@pytest.mark.usefixtures("unregistered")
def test_without_the_right_to_register_the_administrators_command_is_said(az: Az, azure: Azure) -> None:
    azure.fault(
        method="POST", path="/register", status=403, body={"error": {"code": "AuthorizationFailed", "message": "No."}}
    )
    result = az(*CREATE, "--config", "enableTraining=True")
    assert result.code == 1
    assert_clean(result.stderr)
    assert "az provider register -n Microsoft.KubernetesConfiguration --wait --subscription" in result.stderr
    assert not [line for line in azure.traffic() if line["method"] == "PUT"]


def test_a_failed_installation_says_azures_reason_once(az: Az, azure: Azure) -> None:
    reason = "Helm installation failed : release failed: failed pre-install: pod healthcheck failed"
    error = {"code": "ExtensionOperationFailed", "message": reason}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    result = az(*CREATE, "--config", "enableTraining=True")
    assert result.code == 1
    assert_clean(result.stderr)
    assert result.stderr.count(reason) == 1
    assert result.stderr.count("ExtensionOperationFailed") == 1
    assert "arcml-healthcheck" in result.stderr


def test_a_failed_attach_says_azures_reason_once_with_a_hint(installed: Az, azure: Azure) -> None:
    error = {"code": "ClusterNotReachable", "message": "The cluster is not reachable."}
    azure.fault(method="PUT", path="/computes/", operation="Failed", error=error)
    result = installed(*ATTACH, "--config", ADVANCED)
    assert result.code == 1
    assert_clean(result.stderr)
    assert result.stderr.count("The cluster is not reachable.") == 1
    assert result.stderr.count("ClusterNotReachable") == 1
    assert "Start the cluster" in result.stderr
    [write] = [line for line in azure.traffic() if line["method"] == "PUT" and "/computes/" in line["url"]]
    correlation_id = write["responseHeaders"]["x-ms-correlation-request-id"]
    assert result.stderr.count(f"Correlation id: {correlation_id}\n") == 1
    assert result.stdout == ""


@pytest.mark.usefixtures("untouched")
def test_attaching_without_the_extension_says_what_to_install(az: Az) -> None:
    result = az(*ATTACH)
    assert result.code == 1
    assert_clean(result.stderr)
    assert "does not have the extension yet" in result.stderr
    assert "az ml arc extension create -c amlarc-cluster -g amlarc-rg" in result.stderr


def test_attaching_while_the_extension_is_being_installed_says_what_to_wait_for(az: Az, azure: Azure) -> None:
    az.must(*CREATE, "--config", "enableTraining=True", "--no-wait")
    listed = azure.get(f"{azure.group}{EXTENSIONS}", "2023-05-01").body
    listed["value"][0]["properties"]["provisioningState"] = "Creating"
    azure.fault(method="GET", path="/extensions$", status=200, body=listed)
    result = az(*ATTACH)
    assert result.code == 1
    assert "az ml arc extension wait -c amlarc-cluster -g amlarc-rg" in result.stderr


def test_a_refusal_of_azure_keeps_its_code_and_correlation_id(az: Az, azure: Azure) -> None:
    body = {"error": {"code": "AuthorizationFailed", "message": "The client has no authorization."}}
    azure.fault(method="PUT", path="/extensions/", status=403, body=body)
    result = az(*CREATE, "--config", "enableTraining=True")
    assert result.code == 1
    assert_clean(result.stderr)
    assert "(AuthorizationFailed) The client has no authorization." in result.stderr
    assert "Correlation id: " in result.stderr
    assert "Sent so far: Relay namespace" in result.stderr
