"""What is sent to Azure, and in how many requests."""

from typing import Any
from urllib.parse import urlsplit

from amlarc_emulator.client import State
from tests.e2e.conftest import ADVANCED, CLUSTER, WORKSPACE, Installation
from tests.support.az import Az
from tests.support.azure import Azure


def sent(traffic: list[dict[str, Any]], method: str, part: str) -> list[Any]:
    return [line["requestBody"] for line in traffic if line["method"] == method and part in line["url"]]


def test_the_first_create_on_a_connected_cluster_takes_nine_requests(installation: Installation) -> None:
    """Azure activates the Relay namespace and installs the extension at the same time; both have ended afterwards."""
    lines = [(line["method"], urlsplit(line["url"]).path.rpartition("/")[2]) for line in installation.traffic]
    namespace = "amlarccluster000000000000000000000000000000075a1d2"
    assert lines == [
        ("GET", "amlarc-cluster"),
        ("GET", "extensions"),
        ("PUT", namespace),
        ("PUT", "amlarc-cluster"),
        ("PUT", "azureml_rw"),
        ("POST", "listKeys"),
        ("PUT", "amlarc-compute"),
        ("GET", "amlarc-compute"),
        ("GET", namespace),
    ]
    assert states(installation.state) == {"Succeeded"}


def test_without_waiting_nothing_is_sent_after_the_installation(az: Az, azure: Azure) -> None:
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "--no-wait")
    [body] = sent(azure.traffic(), "PUT", "/extensions/")
    assert "Endpoint=sb://" in body["properties"]["configurationProtectedSettings"]["relayServerConnectionString"]
    assert azure.traffic()[-1]["method"] == "PUT"


def test_an_update_waits_for_the_service_bus_that_it_switches_on(installed: Az, azure: Azure) -> None:
    before = len(azure.traffic())
    installed.must("amlarc", "extension", "update", *CLUSTER, "--config", "servicebus.enabled=true", "--yes")
    lines = [line["method"] for line in azure.traffic()[before:]]
    assert lines.index("PATCH") > max(index for index, method in enumerate(lines) if method == "PUT")
    assert azure.traffic()[-1]["url"].partition("?")[0].endswith("amlarccluster000000000000000000000000000000054806c")
    assert states(azure.state()) == {"Succeeded"}


def states(there: State) -> set[str]:
    found = [(item["body"].get("properties") or {}).get("provisioningState") for item in there["resources"].values()]
    return {state for state in found if state}


def test_a_connected_cluster_gets_an_identity_a_relay_and_the_derived_settings(az: Az, azure: Azure) -> None:
    az.must("amlarc", "extension", "create", "-c", "edge-cluster", "-g", "amlarc-rg", "--config", "enableTraining=True")
    [body] = sent(azure.traffic(), "PUT", "/extensions/")
    cluster = f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/edge-cluster"
    namespace = "edgecluster00000000000000000000000000000001ae6b580"
    hybrid = f"{azure.group}/providers/Microsoft.Relay/namespaces/{namespace}/hybridConnections/edge-cluster"
    secret = body["properties"].pop("configurationProtectedSettings")
    assert body == {
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "extensionType": "microsoft.azureml.kubernetes",
            "autoUpgradeMinorVersion": True,
            "releaseTrain": "stable",
            "scope": {"cluster": {"releaseNamespace": "azureml"}},
            "configurationSettings": {
                "enableTraining": "True",
                "enableInference": "False",
                "clusterPurpose": "DevTest",
                "inferenceRouterHA": "false",
                "cluster_name": cluster,
                "clusterId": cluster,
                "prometheus.prometheusSpec.externalLabels.cluster_name": cluster,
                "cluster_name_friendly": "edge-cluster",
                "domain": "eastus.cloudapp.localhost",
                "location": "eastus",
                "jobSchedulerLocation": "eastus",
                "servicebus.enabled": "false",
                "relayserver.enabled": "true",
                "nginxIngress.enabled": "false",
                "relayserver.hybridConnectionResourceID": hybrid,
                "relayserver.hybridConnectionName": "edge-cluster",
            },
        },
    }
    assert sorted(secret) == ["relayServerConnectionString", "relayserver.relayConnectionString"]
    assert len(set(secret.values())) == 1
    assert secret["relayServerConnectionString"].startswith(
        f"Endpoint=sb://{namespace}.servicebus.windows.net/;SharedAccessKeyName=azureml_rw;SharedAccessKey="
    )
    assert secret["relayServerConnectionString"].endswith(";EntityPath=edge-cluster")


def test_the_relay_is_made_as_todays_tools_make_it(installation: Installation) -> None:
    namespace, hybrid, rule = sent(installation.traffic, "PUT", "Microsoft.Relay")
    assert namespace == {"location": "eastus", "tags": {"created_by": "Azure Arc-enabled ML"}}
    assert hybrid == {"properties": {"requiresClientAuthorization": True}}
    assert rule == {"properties": {"rights": ["Manage", "Send", "Listen"]}}


def test_a_cluster_of_three_nodes_gets_no_development_profile(installation: Installation) -> None:
    [body] = sent(installation.traffic, "PUT", "/extensions/")
    assert not {"clusterPurpose", "inferenceRouterHA"} & set(body["properties"]["configurationSettings"])


def test_a_managed_cluster_gets_neither_identity_nor_relay(az: Az, azure: Azure) -> None:
    az.must("amlarc", "extension", "create", "-c", "aks-cluster", "-g", "amlarc-rg", "-t", "managedClusters",
            "--config", "enableTraining=True")  # fmt: skip
    [body] = sent(azure.traffic(), "PUT", "/extensions/")
    assert "identity" not in body
    assert not body["properties"].get("configurationProtectedSettings")
    settings = body["properties"]["configurationSettings"]
    assert settings["relayserver.enabled"] == "false"
    assert settings["nginxIngress.enabled"] == "true"
    assert sent(azure.traffic(), "PUT", "Microsoft.Relay") == []


def test_a_pinned_version_turns_automatic_upgrades_off(az: Az, azure: Azure) -> None:
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "--version", "1.1.60")
    [body] = sent(azure.traffic(), "PUT", "/extensions/")
    assert body["properties"]["version"] == "1.1.60"
    assert body["properties"]["autoUpgradeMinorVersion"] is False


def test_the_command_line_wins_over_the_settings_file(az: Az, azure: Azure, tmp_path: Any) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"enableTraining": "False", "installPromOp": false}')
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "--config-file", str(file))
    [body] = sent(azure.traffic(), "PUT", "/extensions/")
    settings = body["properties"]["configurationSettings"]
    assert (settings["enableTraining"], settings["installPromOp"]) == ("True", "False")


def test_the_attach_body_is_that_of_the_sdk(installed: Az, azure: Azure) -> None:
    installed.must("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster", "--config", ADVANCED,
                   "--identity-type", "SystemAssigned")  # fmt: skip
    [body] = sent(azure.traffic(), "PUT", "/computes/")
    assert body == {
        "location": "eastus",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "computeType": "Kubernetes",
            "resourceId": f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster",
            "properties": {
                "namespace": "amlarc-testing",
                "defaultInstanceType": "gpu_instance",
                "instanceTypes": {
                    "gpu_instance": {
                        "nodeSelector": {"accelerator": "nvidia-tesla-k80"},
                        "resources": {
                            "requests": {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": "1"},
                            "limits": {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": "1"},
                        },
                    },
                    "big_cpu_sku": {
                        "nodeSelector": {"VMSizes": "VM-64vCPU-256GB"},
                        "resources": {
                            "requests": {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "0"},
                            "limits": {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "0"},
                        },
                    },
                },
            },
        },
    }


def test_a_user_assigned_identity_and_a_cluster_by_its_id(installed: Az, azure: Azure) -> None:
    identity = f"{azure.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/trainer"
    cluster = f"{azure.group}/providers/microsoft.kubernetes/CONNECTEDCLUSTERS/amlarc-cluster"
    installed.must("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "--resource-id", cluster, "--namespace",
                   "team-a", "--user-identities", identity)  # fmt: skip
    [body] = sent(azure.traffic(), "PUT", "/computes/")
    assert body["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    assert body["properties"]["properties"] == {"namespace": "team-a"}


def test_an_attach_takes_six_requests(installed: Az, azure: Azure) -> None:
    before = len(azure.traffic())
    installed.must("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster")
    assert [line["method"] for line in azure.traffic()[before:]] == ["GET", "GET", "GET", "GET", "PUT", "GET"]
