"""What the tool works out itself may be given back to it: the same is taken, anything else refused."""

from typing import Any

import pytest

from azext_amlarc.errors import InvalidInput
from azext_amlarc.product.clusters import CONNECTED, MANAGED
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import resolve
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings.given import GivenSettings

DOMAIN = "cloudapp.azure.com"
ARC = Cluster(ClusterId("s", "g", CONNECTED, "edge"), "eastus", 3, "k3s")
SMALL = Cluster(ClusterId("s", "g", CONNECTED, "edge"), "eastus", 1, "openshift")
AKS = Cluster(ClusterId("s", "g", MANAGED, "aks"), "eastus", 3, "aks")
OWN_RELAY = "/subscriptions/s/resourceGroups/x/providers/Microsoft.Relay/namespaces/mine/hybridConnections/hc"
RELAY_SECRET = "Endpoint=sb://mine.servicebus.windows.net/;SharedAccessKeyName=rw;SharedAccessKey=abc="


def given(plain: dict[str, Any], protected: dict[str, Any] | None = None) -> GivenSettings:
    parts = [settings.from_mapping(plain, "f.json"), settings.from_mapping(protected or {}, "p.json", protected=True)]
    return GivenSettings.read(parts, allow_unknown=False)


def shown(cluster: Cluster, plain: dict[str, str]) -> dict[str, str]:
    """What `show` prints after an installation."""
    return resolve(cluster, DOMAIN, given(plain).judged(cluster, domain=DOMAIN).plain, None).settings


def refused(cluster: Cluster, plain: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        given({"enableTraining": "True", **plain}).judged(cluster, domain=DOMAIN)
    return {finding.path: finding.message for finding in caught.value.findings if finding.severity == "error"}


SERVING = {"enableInference": "True", "allowInsecureConnections": "True"}
INSTALLED: list[tuple[Cluster, dict[str, str]]] = [
    (ARC, {"enableTraining": "True"}),
    (SMALL, {"enableTraining": "True"}),
    (AKS, {"enableTraining": "True"}),
    (ARC, {"enableTraining": "True", "servicebus.enabled": "True"}),
    (ARC, {"enableTraining": "True", "relayserver.enabled": "False"}),
    (ARC, {"enableTraining": "True", "domain": "ml.example.com"}),
    (ARC, {**SERVING, "inferenceRouterServiceType": "NodePort"}),
    (AKS, {**SERVING, "inferenceRouterServiceType": "LoadBalancer", "internalLoadBalancerProvider": "azure"}),
    (AKS, {"enableInference": "True", "inferenceRouterServiceType": "LoadBalancer", "sslSecret": "tls",
           "sslCname": "ml.example.com", "isAKSMigration": "True"}),
]  # fmt: skip


@pytest.mark.parametrize(("cluster", "plain"), INSTALLED)
def test_what_show_prints_can_be_given_back_and_nothing_changes(cluster: Cluster, plain: dict[str, str]) -> None:
    printed = shown(cluster, plain)
    judgement = given(printed).judged(cluster, domain=DOMAIN)
    assert resolve(cluster, DOMAIN, judgement.plain, None).settings == printed
    assert {finding.severity for finding in judgement.findings} <= {"info"}
    assert "cluster_name" not in judgement.plain


def test_letter_case_and_spaces_do_not_count() -> None:
    judgement = given(
        {"enableTraining": "True", "location": "East US", "clusterId": str(ARC.id).upper(), "relayserver.enabled": True}
    ).judged(ARC, domain=DOMAIN)
    assert judgement.plain == {"enableTraining": "True"}
    assert [finding.code for finding in judgement.findings if finding.path != "enableTraining"] == ["AMLARC-S045"] * 3


def test_another_value_is_refused_with_the_one_that_the_tool_sets() -> None:
    messages = refused(
        ARC,
        {
            "location": "westeurope",
            "cluster_name": "edge",
            "cluster_name_friendly": "other",
            "relayserver.hybridConnectionName": "other",
            "scoringFe.serviceType.nodePort": "True",
            "azure_log_analytics.customer_id": "x",
        },
    )
    assert messages == {
        "location": "the tool determines this setting: for this cluster it is eastus",
        "cluster_name": f"the tool determines this setting: for this cluster it is {ARC.id}",
        "cluster_name_friendly": "the tool determines this setting: for this cluster it is edge",
        "relayserver.hybridConnectionName": "the tool determines this setting: for this cluster it is edge",
        "scoringFe.serviceType.nodePort": "the tool determines this setting, and a wrong value breaks the extension",
        "azure_log_analytics.customer_id": "the tool determines this setting, and a wrong value breaks the extension",
    }


def test_a_switch_of_the_chart_that_is_off_says_the_same_as_none() -> None:
    judgement = given({"enableTraining": "True", "scoringFe.serviceType.nodePort": "False"}).judged(ARC, domain=DOMAIN)
    assert judgement.plain == {"enableTraining": "True"}


def test_the_workspace_of_logs_is_read_again() -> None:
    logs = {"logAnalyticsWS": "True", "azure_log_analytics.enabled": "True", "azure_log_analytics.customer_id": "id"}
    judgement = given({"enableTraining": "True", **logs}).judged(ARC, domain=DOMAIN)
    assert judgement.plain == {"enableTraining": "True", "logAnalyticsWS": "True"}


def test_a_relay_of_ones_own_is_sent_with_the_name_that_follows_from_it() -> None:
    own = {"relayserver.hybridConnectionResourceID": OWN_RELAY, "relayserver.hybridConnectionName": "hc"}
    judgement = given({"enableTraining": "True", **own}, {"relayServerConnectionString": RELAY_SECRET}).judged(
        ARC, domain=DOMAIN
    )
    assert judgement.plain["relayserver.hybridConnectionResourceID"] == OWN_RELAY
    assert "relayserver.hybridConnectionName" not in judgement.plain


def test_a_switch_that_the_tool_would_not_set_is_the_users() -> None:
    judgement = given({"enableTraining": "True", "openshift": "True"}).judged(ARC, domain=DOMAIN)
    assert judgement.plain["openshift"] == "True"


def test_offline_nothing_is_compared_but_what_cannot_be_right_is_refused() -> None:
    report = given({"enableTraining": "True", "location": "eastus", "cluster_name": "edge"}).report(
        settings.ClusterFacts(), strict=False
    )
    assert {finding.path: finding.code for finding in report.findings if finding.path != "enableTraining"} == {
        "location": "AMLARC-S045",
        "cluster_name": "AMLARC-S036",
    }


def test_another_spelling_of_the_tools_own_settings_leads_to_none_of_them() -> None:
    given, _ = settings.parse_pairs(["enableTraining=True", "clusterName=edge"])
    (finding,) = [one for one in settings.judge(given).findings if one.severity == "error"]
    assert finding.code == "AMLARC-S005"
    assert finding.fix.startswith("leave it out: the tool sets what the extension needs")
