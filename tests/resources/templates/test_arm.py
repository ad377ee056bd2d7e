"""The ARM templates deploy what `extension create` and `attach` send, in an order that works, without a secret."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.fleet import Fleet, Member, wanted_for
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.role_assignment import Grant
from azext_amlarc.resources.templates import arm
from azext_amlarc.resources.templates.parts import deployment
from tests.resources.templates.evaluating import Place, Sent, deployed
from tests.resources.templates.samples import AKS, ARC, DOMAIN, FLEETS, LOCATIONS, SUB, bodies, drawn, state_of

ARMCHECK = Path(__file__).parents[4] / "shared" / "tools" / "armcheck.py"
GIVEN = {"scoringFeSslKey": "<given scoringFe.sslKey>", "scoringFeSslCert": "<given scoringFe.sslCert>"}
PLACE = Place(SUB, "rg7", GIVEN, {})


def sent(name: str, cluster: Cluster = ARC) -> list[Sent]:
    made = arm.template([drawn(name, cluster)])
    first = made["resources"][0]
    return deployed(
        made, PLACE._replace(group=first.get("resourceGroup", "rg7" if name != "computes-only" else "rg-ml"))
    )


@pytest.mark.parametrize("cluster", [ARC, AKS], ids=["arc", "aks"])
@pytest.mark.parametrize("name", FLEETS)
def test_each_resource_is_sent_as_the_tool_itself_sends_it(name: str, cluster: Cluster) -> None:
    state = state_of(name, cluster)
    if name == "own-relay" and cluster is AKS:
        pytest.skip("an AKS cluster has no Relay")
    assert {one.id: one.body for one in sent(name, cluster)} == bodies(state)


def test_the_whole_path_is_there_for_a_cluster_of_arc() -> None:
    assert [one.id.split("/")[-2] for one in sent("all")] == [
        *("namespaces", "hybridConnections", "authorizationRules"),
        *("namespaces", "topics", "subscriptions", "topics", "subscriptions"),
        *("workspaces", "extensions"),
    ]


def test_one_group_gets_a_template_of_its_own_and_several_a_subscriptions() -> None:
    assert arm.is_of_a_group(arm.template([drawn("all")]))
    whole = arm.template([drawn("computes")])
    assert not arm.is_of_a_group(whole)
    groups = [(one["resourceGroup"], len(one["properties"]["template"]["resources"])) for one in whole["resources"]]
    assert groups == [("rg7", 3 + 1 + 1), ("rg-ml", 1)]


def test_roles_are_given_after_what_they_are_on_and_before_what_is_attached() -> None:
    plain = drawn("computes")
    relay = plain.parts[0].id
    grants = [Grant("who", "reader", str(ARC.id)), Grant("who", "owner", relay)]
    one = deployment(state_of("computes"), DOMAIN, LOCATIONS, grants=grants)
    made = deployed(arm.template([one]), PLACE)
    assert [item.id for item in made][3:6] == [plain.parts[3].id, *(grant.address for grant in grants)]
    assert [item.body for item in made][4:6] == [grant.body for grant in grants]
    needs = {part.id: part.after for part in one.parts}
    assert (needs[grants[0].address], needs[grants[1].address]) == ((), (relay,))
    assert {needs[compute.id][1:] for compute in one.state.computes} == {tuple(grant.address for grant in grants)}


def test_what_only_the_user_has_is_a_secure_parameter() -> None:
    made = arm.template([drawn("tls")])
    assert {name: one["type"] for name, one in made["parameters"].items()} == dict.fromkeys(GIVEN, "securestring")
    assert "defaultValue" not in json.dumps(made)


def test_keys_are_listed_while_azure_deploys() -> None:
    text = json.dumps(arm.template([drawn("all")]))
    assert text.count("listKeys(") == 5
    assert "SharedAccessKey=" not in text


def test_text_that_looks_like_an_expression_means_itself() -> None:
    assert arm.escaped({"a": ["[x]", "[x", "x]", 1]}) == {"a": ["[[x]", "[x", "x]", 1]}


def test_a_name_with_a_quote_cannot_end_an_expression() -> None:
    state = wanted_for(
        FLEETS["training"], Member(Cluster(ClusterId(SUB, "rg7", "connectedClusters", "it's"), "eastus", 3, None))
    )
    made = arm.template([deployment(state, DOMAIN, LOCATIONS)])
    assert {one.id: one.body for one in deployed(made, PLACE)} == bodies(state)


def test_a_template_beyond_azures_limits_is_told() -> None:
    assert arm.too_large(arm.template([drawn("all")])) == ""
    clusters = [
        Cluster(ClusterId(SUB, "rg7", "connectedClusters", f"c{number}"), "eastus", 3, None) for number in range(201)
    ]
    fleet = Fleet("f", (), FLEETS["training"].extension)
    many = [deployment(wanted_for(fleet, Member(one)), DOMAIN, {}) for one in clusters]
    assert arm.too_large(arm.template(many[:200])) == ""
    assert arm.too_large(arm.template(many)) == "it has 804 resources, and Azure takes 800 in one template"


def test_nested_deployments_have_names_of_their_own_that_stay_the_same() -> None:
    first, second = (arm.template([drawn("computes"), drawn("computes", AKS)]) for _ in range(2))
    names = [one["name"] for one in first["resources"]]
    assert len(set(names)) == len(names) == 4
    assert first == second


def held_against_swagger(resources: list[Sent], folder: Path) -> list[str]:
    """What armcheck says of the requests."""
    exchanges = [
        {
            "method": "PUT",
            "url": f"https://localhost{one.id}?api-version={one.api_version}",
            "requestBody": one.body,
            "status": 200,
            "responseHeaders": {},
            "responseBody": None,
            "fault": "only what is sent is held against it",
        }
        for one in resources
    ]
    path = folder / "traffic.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in exchanges), encoding="utf-8")
    done = subprocess.run([sys.executable, ARMCHECK, path], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[:-1]


@pytest.mark.skipif(not ARMCHECK.is_file(), reason="Azure's Swagger is not here")
@pytest.mark.parametrize("cluster", [ARC, AKS], ids=["arc", "aks"])
def test_every_body_fits_azures_swagger(cluster: Cluster, tmp_path: Path) -> None:
    resources = [one for name in FLEETS for one in sent(name, cluster)]
    assert held_against_swagger(resources, tmp_path) == []
    spoilt = [one._replace(body={**one.body, "sizes": 1}) for one in resources]
    assert held_against_swagger(spoilt, tmp_path) != []


def test_api_versions_are_those_of_the_tool_itself() -> None:
    versions = {one.id.split("/providers/")[-1].split("/")[0]: one.api_version for name in FLEETS for one in sent(name)}
    assert versions == {provider: API_VERSIONS[provider] for provider in versions}
