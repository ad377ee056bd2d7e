"""What an update of the settings breaks."""

import pytest

from azext_amlarc.validation.settings.breakage import what_breaks


def said(old: dict[str, str], new: dict[str, str]) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in what_breaks(old, new)]


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("enableTraining", "True", "False"),
        ("enableInference", "true", "False"),
        ("allowInsecureConnections", "True", "False"),
        ("allowInsecureConnections", "False", "True"),
        ("inferenceRouterServiceType", "NodePort", "LoadBalancer"),
        ("sslCname", "a.example.com", "b.example.com"),
        ("installNvidiaDevicePlugin", "True", "False"),
        ("logAnalyticsWS", "True", "False"),
        ("logAnalyticsWS", "False", "True"),
    ],
)
def test_a_change_that_breaks_something_is_reported(key: str, old: str, new: str) -> None:
    both = {"enableTraining": "True", "enableInference": "True"}
    assert said({**both, key: old}, {**both, key: new}) == [("AMLARC-S070", key)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"enableTraining": "true"}, {"enableTraining": "True"}),
        ({"enableTraining": "False"}, {"enableTraining": "True"}),
        ({}, {"enableTraining": "False"}),
        ({"installPromOp": "True"}, {"installPromOp": "False"}),
        ({"some.chart.value": "1"}, {"some.chart.value": "2"}),
        (
            {"enableInference": "False"},
            {"enableInference": "True", "inferenceRouterServiceType": "NodePort", "allowInsecureConnections": "True"},
        ),
        ({"nodeSelector.disk": "ssd"}, {"nodeSelector.disk": "hdd", "nodeSelector.gpu": "yes"}),
        ({"enableTraining": "True", "cluster_name": "x"}, {"enableTraining": "True"}),
    ],
)
def test_a_change_that_breaks_nothing_is_not_reported(old: dict[str, str], new: dict[str, str]) -> None:
    assert said(old, new) == []


def test_what_an_update_does_not_mention_stays() -> None:
    assert said({"enableTraining": "True"}, {}) == []


def test_a_node_selector_cannot_be_removed() -> None:
    (finding,) = what_breaks({"nodeSelector.disk": "ssd"}, {"enableTraining": "True"})
    assert finding.code == "AMLARC-S071"
    assert finding.fix == "keep nodeSelector.disk=ssd, or delete the extension and install it again"


def test_new_protected_settings_lose_the_certificate_unless_it_is_sent_again() -> None:
    old = {"scoringFe.sslCert": "", "scoringFe.sslKey": "", "relayServerConnectionString": ""}
    (finding,) = what_breaks(old, {"serviceBusConnectionString": "x"})
    assert finding.code == "AMLARC-S072"
    assert finding.fix == (
        "send them again: use sslCertPemFile, whose contents it has; use sslKeyPemFile, whose contents it has"
    )
    assert said(old, {"scoringFe.sslCert": "y", "scoringFe.sslKey": "z"}) == []


def test_an_update_without_protected_settings_loses_none() -> None:
    assert said({"scoringFe.sslCert": ""}, {"enableTraining": "True"}) == []


def test_no_protected_value_is_in_a_finding() -> None:
    findings = what_breaks({"scoringFe.sslKey": "old secret"}, {"serviceBusConnectionString": "new secret"})
    assert len(findings) == 1
    assert "secret" not in repr(findings).replace("secrets", "")
