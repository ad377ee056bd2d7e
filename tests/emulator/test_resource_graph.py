"""Resource Graph: Kusto queries over what there is, in Azure's shapes, with Azure's errors, pages and throttle.

Shapes and errors are those of recordings with Azure, in the test suites of az's extension resource-graph and of the
packages azure-mgmt-resourcegraph for Python and .NET; queries are those that Microsoft's documents and tools publish.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.providers.resource_graph.quota import Quota
from tests.support.azure import Azure, Reply, running
from tests.support.emulated import CLUSTER, EXTENSION, WORKSPACE, install

PATH = "/providers/Microsoft.ResourceGraph/resources"
BODY = {
    "location": "West Europe",
    "tags": {"ring": "canary", "a.b": "c"},
    "properties": {"agentPublicKeyCertificate": "M"},
}
CLUSTERS = "Resources | where type =~ 'Microsoft.Kubernetes/connectedClusters'"


def ask(
    azure: Azure, query: str, version: str = "2021-03-01", scope: Mapping[str, Any] | None = None, **options: Any
) -> Reply:
    """Send a query; `options` without their dollar signs."""
    body = {"query": query, "options": {(f"${key}" if key != "resultFormat" else key): options[key] for key in options}}
    where = {"subscriptions": [azure.subscription_id]} if scope is None else scope
    return azure.call("POST", PATH, version, {**body, **where})


def rows(azure: Azure, query: str, **options: Any) -> list[Any]:
    reply = ask(azure, query, **options)
    assert reply.status == 200, reply.body
    found: list[Any] = reply.body["data"]
    return found


def codes(reply: Reply) -> list[str]:
    """The codes of a refusal, the outer one first."""
    return [reply.code, *(detail["code"] for detail in reply.body["error"]["details"])]


def more_clusters(azure: Azure, *names: str) -> None:
    for name in names:
        azure.put(azure.group + CLUSTER.replace("amlarc-cluster", name), "2021-10-01", BODY)


# What rows look like


def test_a_cluster_has_every_column_in_the_casing_of_the_graph(azure: Azure) -> None:
    [row] = rows(azure, "resources | where name == 'amlarc-cluster'")
    shown = azure.get(azure.group + CLUSTER, "2024-01-01").body
    properties = row.pop("properties")
    assert {name: properties[name] for name in ("connectivityStatus", "totalNodeCount", "agentVersion")} == {
        name: shown["properties"][name] for name in ("connectivityStatus", "totalNodeCount", "agentVersion")
    }
    assert row == {
        "id": shown["id"],
        "name": "amlarc-cluster",
        "type": "microsoft.kubernetes/connectedclusters",
        "tenantId": "00000000-0000-0000-0000-00000000a0a0",
        "kind": "",
        "location": "eastus",
        "resourceGroup": "amlarc-rg",
        "subscriptionId": azure.subscription_id,
        "managedBy": "",
        "sku": None,
        "plan": None,
        "tags": shown["tags"],
        "identity": shown["identity"],
        "zones": None,
        "extendedLocation": None,
        "apiVersion": "2026-05-01",
    }


def test_regions_and_groups_are_in_lower_case_and_names_are_not(azure: Azure) -> None:
    path = f"/subscriptions/{azure.subscription_id}/resourceGroups/Mixed"
    azure.put(path, "2021-04-01", {"location": "West Europe"})
    azure.put(f"{path}/providers/Microsoft.Kubernetes/connectedClusters/Big", "2021-10-01", BODY)
    assert rows(azure, "Resources | where name =~ 'big' | project id, name, resourceGroup, location") == [
        {
            "id": f"{path}/providers/Microsoft.Kubernetes/connectedClusters/Big",
            "name": "Big",
            "resourceGroup": "mixed",
            "location": "westeurope",
        }
    ]


def test_the_properties_of_extensions_begin_with_capitals_and_show_no_secret(azure: Azure) -> None:
    install(azure)
    [row] = rows(
        azure, "KubernetesConfigurationResources | where type =~ 'Microsoft.KubernetesConfiguration/extensions'"
    )
    assert row["id"] == (azure.group + CLUSTER + EXTENSION).replace("/extensions/", "/Extensions/").replace(
        "/connectedClusters/", "/ConnectedClusters/"
    )
    assert row["identity"]["principalId"]
    properties = row["properties"]
    assert properties["ExtensionType"] == "Microsoft.AzureML.Kubernetes"
    assert properties["ProvisioningState"] == "Succeeded"
    assert properties["Scope"] == {"cluster": {"ReleaseNamespace": "azureml"}}
    assert properties["ConfigurationSettings"] == {"enableTraining": "True"}
    assert properties["ConfigurationProtectedSettings"] == {"relayServerConnectionString": ""}


def test_resources_has_what_is_tracked_and_not_what_is_below_it(azure: Azure) -> None:
    install(azure)
    assert {row["type"] for row in rows(azure, "Resources | distinct type")} == {
        "microsoft.kubernetes/connectedclusters",
        "microsoft.containerservice/managedclusters",
        "microsoft.machinelearningservices/workspaces",
    }


def test_containers_are_subscriptions_and_groups(azure: Azure) -> None:
    found = rows(azure, "ResourceContainers | project id, name, type, resourceGroup | order by type asc")
    subscription = f"/subscriptions/{azure.subscription_id}"
    assert found == [
        {"id": subscription, "name": "Local Azure", "type": "microsoft.resources/subscriptions", "resourceGroup": ""},
        {
            "id": f"{subscription}/resourceGroups/amlarc-rg",
            "name": "amlarc-rg",
            "type": "microsoft.resources/subscriptions/resourcegroups",
            "resourceGroup": "amlarc-rg",
        },
    ]


# The language


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Resources | count", [{"Count": 4}]),
        ("resources | summarize count()", [{"count_": 4}]),
        ("RESOURCES | where type has 'connectedclusters' | project name | order by name asc",
         [{"name": "amlarc-cluster"}, {"name": "edge-cluster"}]),
        ("where name startswith 'edge' | project name", [{"name": "edge-cluster"}]),
        ("project name | order by name asc | limit 1", [{"name": "aks-cluster"}]),
        ("Resources | where properties.distribution == 'k3s' | project n = properties.totalNodeCount", [{"n": 1}]),
        ("Resources | where name in~ ('EDGE-cluster') | project tostring(properties.distribution)",
         [{"properties_distribution": "k3s"}]),
        ("Resources | where toint(properties.totalCoreCount) < 5 | extend low = true | project name, low",
         [{"name": "edge-cluster", "low": True}]),
        ("Resources | where type == 'microsoft.kubernetes/connectedclusters' | summarize n = count() by location",
         [{"location": "eastus", "n": 2}]),
        ("Resources | where isnotempty(sku) | project tier = sku.tier, name | top 1 by name asc",
         [{"tier": "Free", "name": "aks-cluster"}]),
        ("Resources | where name =~ 'aks-cluster' "
         "| mv-expand pool = properties.agentPoolProfiles | project pool.maxPods",
         [{"pool_maxPods": 110}]),
        ("Resources | where name == 'edge-cluster' | project a = pack('n', name), b = split(location, 'u'), c = 1.5",
         [{"a": {"n": "edge-cluster"}, "b": ["east", "s"], "c": 1.5}]),
        ("Resources | where name == 'edge-cluster' | join kind=leftouter (ResourceContainers | where type == "
         "'microsoft.resources/subscriptions' | project SubName = name, subscriptionId) on subscriptionId "
         "| project name, SubName", [{"name": "edge-cluster", "SubName": "Local Azure"}]),
        ("resources | where name == 'edge-cluster' | union (resourcecontainers | where name == 'amlarc-rg') "
         "| project name | order by name asc", [{"name": "amlarc-rg"}, {"name": "edge-cluster"}]),
        ("let n = 'edge-cluster'; Resources | where name == n | project l = location", [{"l": "eastus"}]),
        ("Resources | parse id with * '/providers/' provider '/' * | summarize n = count() by provider "
         "| order by n desc, provider asc | take 1", [{"provider": "Microsoft.Kubernetes", "n": 2}]),
        ("Resources | where name =~ 'edge-cluster' | project t = datetime(2026-01-02 03:04:05.5), d = 90m, "
         "u = dynamic(null)",
         [{"t": "2026-01-02T03:04:05.5000000Z", "d": "01:30:00", "u": None}]),
    ],
)  # fmt: skip
def test_queries_are_kusto(azure: Azure, query: str, found: list[Any]) -> None:
    assert rows(azure, query) == found


def test_published_queries_for_extensions_of_clusters_work(azure: Azure) -> None:
    """Microsoft's for clusters without an extension; for the namespace that an extension is in; all in lower case."""
    install(azure)
    missing = """Resources
| where type =~ 'Microsoft.Kubernetes/connectedClusters' | extend connectedClusterId = tolower(id)
| project connectedClusterId, name
| join kind = leftouter (KubernetesConfigurationResources
    | where type == 'microsoft.kubernetesconfiguration/extensions'
    | where properties.ExtensionType =~ 'microsoft.azureml.kubernetes'
    | parse tolower(id) with connectedClusterId '/providers/microsoft.kubernetesconfiguration/extensions' *
    | project connectedClusterId
) on connectedClusterId
| where isempty(connectedClusterId1)
| project name"""
    assert rows(azure, missing) == [{"name": "edge-cluster"}]
    of = "KubernetesConfigurationResources | parse id with cluster '/providers/Microsoft.KubernetesConfiguration/Ext' *"
    [row] = rows(azure, f"{of} | parse cluster with '/' a '/' b '/' * | parse a with c | project cluster, a, b, c")
    assert row["cluster"].lower() == (azure.group + CLUSTER).lower()
    assert [row[name] for name in "abc"] == ["subscriptions", azure.subscription_id, "subscriptions"]
    namespace = f"""KubernetesConfigurationResources
| where (properties.ProvisioningState =~ 'succeeded' or properties.InstallState =~ 'installed')
| where id contains '{azure.group}{CLUSTER}'
| project namespace = properties.Scope.cluster.ReleaseNamespace"""
    assert rows(azure, namespace) == [{"namespace": "azureml"}]
    lowered = (
        "KubernetesConfigurationResources | extend p = parse_json(tolower(properties)) | project t = p.extensiontype"
    )
    assert rows(azure, lowered) == [{"t": "microsoft.azureml.kubernetes"}]


NAMES = ["alpha", "Beta", "gamma-1", "delta", "EPSILON"]
RINGS = ["canary", "broad", ""]
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "=~": lambda left, right: left.lower() == right.lower(),
    "contains": lambda left, right: right.lower() in left.lower(),
    "startswith": lambda left, right: left.lower().startswith(right.lower()),
    "in~": lambda left, right: left.lower() == right.lower(),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(OPERATORS)),
    wanted=st.sampled_from([*NAMES, "a", "beta", ""]),
    ring=st.sampled_from(RINGS),
    key=st.sampled_from(["name", "ring", "nodes"]),
    down=st.booleans(),
    skip=st.integers(0, 6),
    top=st.integers(1, 6),
)
def test_what_a_query_finds_is_what_a_walk_over_the_list_finds(
    fleet: Azure, name: str, wanted: str, ring: str, key: str, down: bool, skip: int, top: int
) -> None:
    """Filters, orders and pages, held against the same done in Python to what ARM lists."""
    listed = fleet.get(f"{fleet.group}/providers/Microsoft.Kubernetes/connectedClusters", "2021-10-01").body["value"]
    facts = [
        {"name": item["name"], "ring": item["tags"].get("ring", ""), "nodes": item["properties"]["totalNodeCount"]}
        for item in listed
    ]
    found = [fact for fact in facts if OPERATORS[name](fact["name"], wanted) and (not ring or fact["ring"] == ring)]
    found.sort(key=lambda fact: (fact[key], fact["name"]), reverse=down)
    right = f"('{wanted}')" if name == "in~" else f"'{wanted}'"
    way = "desc" if down else "asc"
    query = (
        f"{CLUSTERS} | where name {name} {right}" + (f" | where tags.ring == '{ring}'" if ring else "")
        + " | project name, ring = tostring(tags.ring), nodes = toint(properties.totalNodeCount)"
        + f" | order by {key} {way}, name {way}"
    )  # fmt: skip
    reply = ask(fleet, query, skip=skip, top=top).body
    assert reply["data"] == found[skip : skip + top]
    assert (reply["totalRecords"], reply["count"]) == (len(found), len(found[skip : skip + top]))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """An emulator with five clusters of its own."""
    with running(tmp_path_factory.mktemp("fleet")) as azure:
        for number, name in enumerate(NAMES):
            body = {**BODY, "tags": {"ring": RINGS[number % 2]}}
            azure.put(azure.group + CLUSTER.replace("amlarc-cluster", name), "2021-10-01", body)
            for _ in range(6):
                azure.get(azure.group + CLUSTER.replace("amlarc-cluster", name), "2021-10-01")
        yield azure


# Shapes


def test_a_table_names_its_columns_with_their_types(azure: Azure) -> None:
    query = "Resources | where name == 'edge-cluster' | project id, tags, n = toint(1), f = 1.5, b = true, t = now()"
    data = ask(azure, query, resultFormat="table").body["data"]
    assert data["columns"] == [
        {"name": "id", "type": "string"},
        {"name": "tags", "type": "object"},
        {"name": "n", "type": "integer"},
        {"name": "f", "type": "number"},
        {"name": "b", "type": "boolean"},
        {"name": "t", "type": "datetime"},
    ]
    assert [row[1:5] for row in data["rows"]] == [[{}, 1, 1.5, True]]


def test_versions_before_2021_answer_with_a_table_unless_told_otherwise(azure: Azure) -> None:
    query = "Resources | project name | order by name asc | limit 1"
    assert ask(azure, query, "2019-04-01").body["data"] == {
        "columns": [{"name": "name", "type": "string"}],
        "rows": [["aks-cluster"]],
    }
    objects = ask(azure, query, "2019-04-01", resultFormat="objectArray")
    assert objects.body["data"] == ask(azure, query, "2024-04-01").body["data"] == [{"name": "aks-cluster"}]


def test_facets_count_the_values_of_columns_as_recorded(azure: Azure) -> None:
    facets = [
        {"expression": "location", "options": {"sortOrder": "desc", "$top": 1}},
        {"expression": "nonExistingColumn"},
    ]
    body = {"query": "project id, location | limit 10", "facets": facets, "subscriptions": [azure.subscription_id]}
    reply = azure.call("POST", PATH, "2020-04-01-preview", body).body
    columns = [{"name": "location", "type": "string"}, {"name": "count", "type": "integer"}]
    assert reply["facets"] == [
        {
            "expression": "location",
            "totalRecords": 1,
            "count": 1,
            "data": {"columns": columns, "rows": [["eastus", 4]]},
            "resultType": "FacetResult",
        },
        {
            "expression": "nonExistingColumn",
            "errors": [
                {"code": "NoValidColumns", "message": "No valid columns in facet expression."},
                {"code": "InvalidColumnNames", "message": "Invalid column names: [nonExistingColumn]."},
            ],
            "resultType": "FacetError",
        },
    ]


# Pages


def test_pages_follow_each_other_by_their_tokens(azure: Azure) -> None:
    more_clusters(azure, "a", "b", "c")
    query = f"{CLUSTERS} | project name | order by name asc"
    first = ask(azure, query, top=2).body
    assert first["data"] == [{"name": "a"}, {"name": "amlarc-cluster"}]
    assert (first["totalRecords"], first["count"], first["resultTruncated"]) == (5, 2, "false")
    second = ask(azure, query, skipToken=first["$skipToken"]).body
    assert second["data"] == [{"name": "b"}, {"name": "c"}]
    last = ask(azure, query, skipToken=second["$skipToken"], top=5).body
    assert (last["data"], last["resultTruncated"]) == ([{"name": "edge-cluster"}], "false")
    assert "$skipToken" not in last
    assert ask(azure, query, skip=1, top=1).body["data"] == [{"name": "amlarc-cluster"}]


@pytest.mark.parametrize("query", [f"{CLUSTERS} | limit 2", f"{CLUSTERS} | project tags, properties"])
def test_what_cant_go_on_is_truncated_and_has_no_token(azure: Azure, query: str) -> None:
    reply = ask(azure, query, top=1).body
    assert (reply["totalRecords"], reply["count"], reply["resultTruncated"]) == (2, 1, "true")
    assert "$skipToken" not in reply


def test_a_page_has_a_thousand_rows_at_most(azure: Azure) -> None:
    for top in (0, 1001):
        assert ask(azure, "Resources", top=top).status == 400
    assert ask(azure, "Resources", top=1000).status == 200


@pytest.mark.parametrize("token", ["82aw3vQlArEastJ24LABY8oPgQ", "!", "e30=", "WzFd", "MQ=="])
def test_a_token_of_somebody_elses_making_is_refused_as_recorded(azure: Azure, token: str) -> None:
    reply = ask(azure, "project id", skipToken=token)
    assert codes(reply) == ["BadRequest", "CouldNotDecodeSkipToken"]
    assert reply.body["error"]["details"][0]["message"] == "Skip token could not be decoded."


# Scopes and rights


def test_without_a_scope_the_whole_tenant_is_asked(azure: Azure) -> None:
    query = "ResourceContainers | summarize by type | order by type asc"
    every = ask(azure, query, scope={}).body["data"]
    assert [row["type"] for row in every] == [
        "microsoft.management/managementgroups",
        "microsoft.resources/subscriptions",
        "microsoft.resources/subscriptions/resourcegroups",
    ]
    root = {"managementGroups": [azure.ready["tenantId"]]}
    assert ask(azure, query, scope=root).body["data"] == every
    assert len(rows(azure, query)) == 2


def test_scopes_that_nobody_has_are_refused_as_recorded(azure: Azure) -> None:
    stranger = "11111111-1111-1111-1111-111111111111"
    nowhere = ask(azure, "Resources", scope={"subscriptions": [stranger]})
    assert codes(nowhere) == ["BadRequest", "NoValidSubscriptionsInQueryRequest"]
    assert nowhere.body["error"]["details"][0]["message"] == (
        f"There must be at least one subscription that is eligible to contain resources. Given: '{stranger}'."
    )
    group = ask(azure, "Resources", scope={"managementGroups": ["Plants"]})
    assert codes(group) == ["BadRequest", "ManagementGroupsContainInvalidIds"]
    both = {"subscriptions": [azure.subscription_id], "managementGroups": [azure.ready["tenantId"]]}
    assert ask(azure, "Resources", scope=both).status == 400
    some = {"subscriptions": [stranger, azure.subscription_id.upper()]}
    assert ask(azure, "Resources | count", scope=some).body["data"] == [{"Count": 4}]


def test_only_what_the_caller_may_read_is_found(azure: Azure) -> None:
    install(azure)
    azure.allow("*/read", but=["Microsoft.Kubernetes/connectedClusters/read"])
    assert "microsoft.kubernetes/connectedclusters" not in {
        row["type"] for row in rows(azure, "Resources | distinct type")
    }
    assert rows(azure, "KubernetesConfigurationResources | count") == [{"Count": 1}]
    azure.allow("Microsoft.MachineLearningServices/*")
    assert rows(azure, "Resources | project name") == [{"name": WORKSPACE.rpartition("/")[2]}]
    azure.allow()
    assert rows(azure, "Resources") == rows(azure, "ResourceContainers") == []


def test_a_query_needs_a_login(azure: Azure) -> None:
    reply = azure.send("POST", f"{PATH}?api-version=2021-03-01", {"query": "Resources"}, authorization="")
    assert (reply.status, reply.code) == (401, "AuthenticationFailed")


# What is refused


def test_what_does_not_parse_is_told_by_place_and_token(azure: Azure) -> None:
    reply = ask(azure, "Resources\n| where name cout 'x'")
    assert codes(reply) == ["BadRequest", "InvalidQuery", "ParserFailure"]
    assert reply.message.startswith("Please provide below info when asking for support: timestamp = ")
    assert reply.body["error"]["details"][1] == {
        "code": "ParserFailure",
        "message": "ParserFailure",
        "line": 2,
        "characterPositionInLine": 13,
        "token": "cout",
    }


@pytest.mark.parametrize(
    ("query", "code", "told"),
    [
        ("where where", "ParserFailure", ""),
        ("Resources | where name == 'open", "ParserFailure", ""),
        ("AdvisorResources | take 1", "DisallowedLogicalTableName",
         "Table AdvisorResources is invalid, unsupported or disallowed."),
        ("Resources | join (nowhere) on id", "DisallowedLogicalTableName",
         "Table nowhere is invalid, unsupported or disallowed."),
        ("duckdb_tables | project table_name", "DisallowedLogicalTableName", ""),
        ("database('memory').Resources", "DisallowedLogicalTableName", ""),
        ("Resources | where nosuch == 1", "InvalidColumnNames", "Invalid column names: [nosuch]."),
        ("Resources | project name | where location == 'x'", "InvalidColumnNames", "Invalid column names: [location]."),
        ("Resources | extend a = b, b = 1", "InvalidColumnNames", "Invalid column names: [b]."),
        ("Resources | where cout(name) > 1", "UnknownFunction", "Unknown function: 'cout'."),
        ("Resources | lookup (ResourceContainers) on id", "InvalidQueryLanguage", "InvalidQueryLanguage"),
        ("Resources | render piechart", "InvalidQueryLanguage", "InvalidQueryLanguage"),
        ("Resources | evaluate bag_unpack(tags)", "InvalidQueryLanguage", "InvalidQueryLanguage"),
        ("print 1", "InvalidQueryLanguage", ""),
        ("datatable(a: string) ['x']", "InvalidQueryLanguage", ""),
        ("externaldata (a: string) ['/etc/passwd']", "InvalidQueryLanguage", ""),
        (".show tables", "InvalidQueryLanguage", ""),
        (".drop table Resources", "InvalidQueryLanguage", ""),
        ("Resources; ResourceContainers", "InvalidQueryLanguage", ""),
        ("Resources | join kind=leftsemi (Resources) on id", "UnsupportedJoinFlavor",
         'The join kind "LeftSemi" is not supported or not allowed.'),
        ("Resources | where name == 1", "SemanticError", ""),
        ("", "InvalidQuery", ""),
    ],
)  # fmt: skip
def test_what_azure_would_refuse_is_400(azure: Azure, query: str, code: str, told: str) -> None:
    reply = ask(azure, query)
    assert reply.status == 400
    assert code in codes(reply)
    assert told in [detail["message"] for detail in reply.body["error"]["details"]] or not told
    assert rows(azure, "Resources | count") == [{"Count": 4}]


def test_what_only_azure_can_is_501_and_not_a_refusal_of_azures(azure: Azure) -> None:
    reply = ask(azure, "Resources | sample 1")
    assert (reply.status, reply.code) == (501, "NotImplementedLocally")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"query": 1}', b'{"query": "Resources", "options": {"$top": "x"}}', b'{"subscriptions": []}'],
)
def test_a_body_that_is_not_a_request_is_400(azure: Azure, body: bytes) -> None:
    assert azure.send("POST", f"{PATH}?api-version=2021-03-01", body).status == 400


def test_only_azures_versions_and_methods_are_taken(azure: Azure) -> None:
    assert ask(azure, "Resources", "2019-01-01").code == "InvalidApiVersionParameter"
    assert azure.send("POST", PATH, {"query": "Resources"}).code == "MissingApiVersionParameter"
    assert azure.get(PATH, "2021-03-01").status == 404
    assert azure.get("/providers/Microsoft.ResourceGraph/operations", "2021-03-01").body["value"][0]["name"]


# The throttle, and the lag


def test_beyond_its_quota_a_caller_is_not_refused_unless_that_is_wanted(azure: Azure) -> None:
    assert {ask(azure, "Resources | count").status for _ in range(20)} == {200}


def test_with_throttling_the_sixteenth_query_in_five_seconds_is_refused_as_recorded(tmp_path: Path) -> None:
    with running(tmp_path, "--throttling") as azure:
        ask(azure, "Resources | count")
        azure.reset()
        answers = [ask(azure, "Resources | count" if number else "where where") for number in range(15)]
        assert [reply.status for reply in answers] == [400] + [200] * 14
        for name in ("x-ms-user-quota-remaining", "x-ms-ratelimit-remaining-tenant-resource-requests"):
            assert [reply.headers[name] for reply in answers] == [str(left) for left in range(14, -1, -1)]
        assert answers[0].headers["x-ms-user-quota-resets-after"] == "00:00:05"
        assert answers[0].headers["x-ms-resource-graph-request-duration"].startswith("0:00:00:00")
        refused = ask(azure, "Resources | count")
        assert (refused.status, codes(refused)) == (429, ["RateLimiting", "RateLimiting"])
        assert refused.headers["x-ms-user-quota-remaining"] == "0"
        assert 1 <= int(refused.headers["retry-after"]) <= 5


def test_a_window_of_the_quota_ends_after_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    quota = Quota(enforced=True)
    for _ in range(15):
        quota.take()
    now += 3.2
    with pytest.raises(ArmError) as refused:
        quota.take()
    assert refused.value.headers["retry-after"] == "2"
    now += 2
    quota.take()
    assert quota.headers["x-ms-user-quota-remaining"] == "14"


def test_with_a_lag_changes_are_seen_later(tmp_path: Path) -> None:
    with running(tmp_path, "--graph-lag", "1.5") as azure:
        query = f"{CLUSTERS} | project name, tags.ring | order by name asc"
        before = rows(azure, query)
        assert len(before) == 2
        more_clusters(azure, "late")
        azure.call("PATCH", azure.group + CLUSTER, "2021-10-01", {"tags": {"ring": "x"}})
        assert rows(azure, query) == before
        deadline = time.monotonic() + 5
        while rows(azure, query) == before and time.monotonic() < deadline:
            time.sleep(0.1)
        assert rows(azure, query) == [
            {"name": "amlarc-cluster", "tags_ring": "x"},
            {"name": "edge-cluster", "tags_ring": None},
            {"name": "late", "tags_ring": "canary"},
        ]
        azure.reset()
        assert rows(azure, query) == before


def test_the_engine_is_imported_with_the_first_query() -> None:
    probe = "import sys, amlarc_emulator.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert not {"duckdb", "duckdb_kql", "antlr4"} & set(done.stdout.split())
