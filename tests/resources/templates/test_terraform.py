"""The Terraform configurations, read by another parser, send what `extension create` and `attach` send."""

import json
import re
from typing import Any

import pytest

from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId, name_of
from azext_amlarc.resources.role_assignment import Grant
from azext_amlarc.resources.templates import terraform
from azext_amlarc.resources.templates.parts import deployment
from tests.resources.templates.samples import AKS, ARC, DOMAIN, FLEETS, LOCATIONS, SUB, bodies, drawn, state_of

hcl2 = pytest.importorskip("hcl2", reason="the environment is older than its lock: make test renews it")

REFERENCE = re.compile(r"\$\{([a-z_]+)\.([a-z0-9_.A-Z]+)\}")


def parsed(text: str) -> dict[str, Any]:
    """The configuration as python-hcl2 reads it: blocks by kind and labels, texts without their quotes."""
    found: dict[str, Any] = _plain(hcl2.loads(text))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain(key): _plain(member) for key, member in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, str) and value.startswith('"'):
        return json.loads(value).replace("$${", "${").replace("%%{", "%{")
    return value


class Configuration:
    """The resources of a configuration as azapi sends them, its references followed."""

    def __init__(self, text: str) -> None:
        whole = parsed(text)
        self.resources = {label: one for block in whole["resource"] for label, one in block["azapi_resource"].items()}
        actions = [block["azapi_resource_action"] for block in whole.get("ephemeral", [])]
        self.actions = {label: one for block in actions for label, one in block.items()}
        self.variables = {label: one for block in whole.get("variable", []) for label, one in block.items()}

    def id(self, label: str) -> str:
        one = self.resources[label]
        parent, kind = self.filled(one["parent_id"]), one["type"].partition("@")[0]
        provider, *types = kind.split("/")
        inner = f"{types[-1]}/{one['name']}"
        return f"{parent}/{inner}" if len(types) > 1 else f"{parent}/providers/{provider}/{inner}"

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.filled(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.filled(member) for member in value]
        found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
        return self._meant(found[1], found[2].split(".")) if found else value

    def _meant(self, kind: str, path: list[str]) -> str:
        if kind == "var":
            assert self.variables[path[0]]["ephemeral"] is True
            return f"<given {path[0]}>"
        if kind == "azapi_resource":
            label, what, *rest = path
            if what == "id":
                return self.id(label)
            assert ".".join(rest) in self.resources[label]["response_export_values"]
            return f"<reference {self.id(label)} {rest[-1]}>"
        assert (kind, path[0], path[2]) == ("ephemeral", "azapi_resource_action", "output")
        action = self.actions[path[1]]
        assert action["response_export_values"] == [path[3]]
        return f"<listKeys {self.filled(action['resource_id'])} {path[3]}>"

    def sent(self) -> dict[str, dict[str, Any]]:
        return {self.id(label): self._body(one) for label, one in self.resources.items()}

    def _body(self, one: dict[str, Any]) -> dict[str, Any]:
        body = _merged(self.filled(one["body"]), self.filled(one.get("sensitive_body", {})))
        for identity in one.get("identity", []):
            ids: dict[str, dict[str, str]] = {id_: {} for id_ in identity.get("identity_ids", [])}
            body["identity"] = {"type": identity["type"], **({"userAssignedIdentities": ids} if ids else {})}
        return {**body, **{key: one[key] for key in ("location", "tags") if key in one}}


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _merged(one.get(key) or {}, other[key])
        if isinstance(other.get(key), dict)
        else other.get(key, one.get(key))
        for key in {**one, **other}
    }


def expected(name: str, cluster: Cluster) -> dict[str, Any]:
    """What the tool sends; protected values are called as the variables are."""
    text = json.dumps(bodies(state_of(name, cluster)))
    text = text.replace("<given scoringFe.sslKey>", "<given scoring_fe_ssl_key>")
    found: dict[str, Any] = json.loads(text.replace("<given scoringFe.sslCert>", "<given scoring_fe_ssl_cert>"))
    for body in found.values():
        if not body.get("properties", {}).get("configurationProtectedSettings", True):
            del body["properties"]["configurationProtectedSettings"]  # none is the same as an empty set
    return found


@pytest.mark.parametrize("cluster", [ARC, AKS], ids=["arc", "aks"])
@pytest.mark.parametrize("name", FLEETS)
def test_each_body_is_what_the_tool_itself_sends(name: str, cluster: Cluster) -> None:
    if name == "own-relay" and cluster is AKS:
        pytest.skip("an AKS cluster has no Relay")
    made = Configuration(terraform.configuration([drawn(name, cluster)]))
    assert made.sent() == expected(name, cluster)


def test_compute_targets_are_detached_on_destroy() -> None:
    made = Configuration(terraform.configuration([drawn("computes")]))
    asked = {label: one.get("delete_query_parameters") for label, one in made.resources.items()}
    detach = {"underlyingResourceAction": ["Detach"]}
    assert [label for label, query in asked.items() if query] == [
        "compute_plant_7_plant_7_a",
        "compute_plant_7_plant_7_b",
    ]
    assert asked["compute_plant_7_plant_7_a"] == detach


def test_everything_waits_for_what_it_needs() -> None:
    made = Configuration(terraform.configuration([drawn("computes")]))
    assert made.resources["compute_plant_7_plant_7_b"]["depends_on"] == ["${azapi_resource.extension_plant_7}"]
    assert "${azapi_resource.rule_plant_7}" in made.resources["extension_plant_7"]["depends_on"]


def test_roles_are_resources_on_what_they_are_about_whose_labels_stay_the_same() -> None:
    relay = drawn("training").parts[0].id
    grants = [Grant("who", "reader", str(ARC.id)), Grant("who", "owner", relay)]
    for some in (grants, grants[1:]):
        made = deployment(state_of("training"), DOMAIN, LOCATIONS, grants=some)
        resources = parsed(terraform.configuration([made]))
        label = f"role_plant_7_{name_of(grants[1].address).replace('-', '_')}"
        own = next(one["azapi_resource"][label] for one in resources["resource"] if label in one["azapi_resource"])
        assert own["parent_id"] == "${azapi_resource.relay_plant_7.id}"
        assert (own["type"], own["body"]) == ("Microsoft.Authorization/roleAssignments@2022-04-01", grants[1].body)


def test_keys_and_the_users_secrets_stay_out_of_files_and_state() -> None:
    made = Configuration(terraform.configuration([drawn("tls"), drawn("all", AKS)]))
    secret = {
        label: "configurationProtectedSettings" in one["body"]["properties"]
        for label, one in made.resources.items()
        if label.startswith("extension")
    }
    assert secret == {"extension_plant_7": False, "extension_big": False}
    assert {name: (one["sensitive"], one["ephemeral"], "default" in one) for name, one in made.variables.items()} == {
        "scoring_fe_ssl_cert": (True, True, False),
        "scoring_fe_ssl_key": (True, True, False),
    }


def test_two_clusters_of_one_name_have_labels_of_their_own() -> None:
    twin = Cluster(ClusterId(SUB, "other", "connectedClusters", "Plant_7"), "eastus", 3, None)
    made = Configuration(terraform.configuration([drawn("training"), drawn("training", twin)]))
    assert made.sent() == expected("training", ARC) | expected("training", twin)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("C:\\bin\\f \b", r'"C:\\bin\\f \u0008"'),
        ("\U0001f600 \u00e9", r'"\U0001f600 \u00e9"'),
        ("${a} $${b} %{c}", '"$${a} $$${b} %%{c}"'),
    ],
)
def test_texts_are_spelled_in_terraforms_own_escapes(text: str, spelled: str) -> None:
    assert terraform.spelled(text) == spelled
