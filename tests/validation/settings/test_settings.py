"""Settings as they are read, translated and sent."""

import base64
from collections.abc import Mapping
from datetime import datetime

import pytest

from azext_amlarc.findings import Finding, Severity, errors_in
from azext_amlarc.product import catalogue
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings import ClusterFacts, Judgement, Setting
from azext_amlarc.validation.text.reading import Position

SECRET = "c2VjcmV0LXRoYXQtbm9ib2R5LXNlZXM="
CONNECTION = f"Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=rw;SharedAccessKey={SECRET}"


def judge(
    *pairs: str, protected: tuple[str, ...] = (), **more: Mapping[str, bytes] | Mapping[str, str] | bool | datetime
) -> Judgement:
    plain, _ = settings.parse_pairs(pairs)
    secret, _ = settings.parse_pairs(protected, "--config-protected", protected=True)
    return settings.judge([*plain, *secret], **more)  # type: ignore[arg-type]


def only(findings: tuple[Finding, ...] | list[Finding], code: str) -> Finding:
    (finding,) = [finding for finding in findings if finding.code == code]
    return finding


def test_the_guides_command_is_sent_as_it_is_with_one_info() -> None:
    judgement = judge("enableTraining=True")
    assert judgement.plain == {"enableTraining": "True"}
    assert judgement.protected == {}
    assert [finding.code for finding in judgement.findings] == ["AMLARC-S039"]


def test_a_value_may_hold_equals_signs() -> None:
    found, findings = settings.parse_pairs(["a.b=c=d="])
    assert found == [Setting("a.b", "c=d=", "--config")]
    assert findings == []


def test_booleans_are_sent_as_true_and_false() -> None:
    judgement = judge("enableTraining=TRUE", "installVolcano=false", "servicebus.enabled=fALSE")
    assert judgement.plain == {"enableTraining": "True", "installVolcano": "False", "servicebus.enabled": "False"}


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ("yes", "write enableTraining=True: only True and False are allowed, in any case, without spaces"),
        ("1", "write enableTraining=True: only True and False are allowed, in any case, without spaces"),
        (" true", "write enableTraining=True: only True and False are allowed, in any case, without spaces"),
        ("no", "write enableTraining=False: only True and False are allowed, in any case, without spaces"),
        ("0", "write enableTraining=False: only True and False are allowed, in any case, without spaces"),
    ],
)
def test_what_is_almost_a_boolean_is_refused_with_the_one_that_was_meant(value: str, fix: str) -> None:
    finding = only(judge(f"enableTraining={value}").findings, "AMLARC-S004")
    assert finding.fix == fix


@pytest.mark.parametrize(
    ("name", "message", "fix"),
    [
        ("10.0.0.4", '"10.0.0.4" is an IP address, not a hostname', "write the DNS name of the endpoint"),
        ("fd00::1", '"fd00::1" is an IP address, not a hostname', "write the DNS name of the endpoint"),
        ("ml.a.com.", '"ml.a.com." is not a valid hostname', "write it without the final dot: ml.a.com"),
        (
            "*.a.com",
            '"*.a.com" is not a valid hostname',
            "write the endpoint's own name, which the wildcard covers, such as ml.a.com",
        ),
    ],
)
def test_what_is_no_hostname_is_told_by_its_shape(name: str, message: str, fix: str) -> None:
    finding = only(judge("enableTraining=True", f"sslCname={name}").findings, "AMLARC-S008")
    assert (finding.message, finding.fix) == (message, fix)


def test_a_wrong_boolean_is_not_reported_as_a_missing_workload_too() -> None:
    assert [finding.code for finding in judge("enableTraining=yes").findings] == ["AMLARC-S004"]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("enableTrainning", "enableTraining"),
        ("enableInferenc", "enableInference"),
        ("ENABLETRAINING", "enableTraining"),
        ("enable_training", "enableTraining"),
        ("sslCertKeyFile", "sslKeyPemFile"),
        ("doamin", "domain"),
        ("InferenceRouterHA", "inferenceRouterHA"),
        ("relayConnectionString", "relayServerConnectionString"),
    ],
)
def test_a_misspelt_key_is_refused_with_the_one_that_was_meant(key: str, meant: str) -> None:
    finding = only(judge("enableTraining=True", f"{key}=True").findings, "AMLARC-S005")
    assert finding.fix.startswith(f"did you mean {meant}? ")


def test_a_key_like_no_other_gets_no_suggestion() -> None:
    finding = only(judge("enableTraining=True", "zzz=True").findings, "AMLARC-S005")
    assert finding.fix.startswith("`az ml arc settings list`")


def test_a_misspelt_chart_value_passes_with_a_question() -> None:
    judgement = judge("enableTraining=True", "amloperator.skipResourceValidaton=True")
    finding = only(judgement.findings, "AMLARC-S006")
    assert finding.fix.startswith("did you mean amloperator.skipResourceValidation? ")
    assert judgement.plain["amloperator.skipResourceValidaton"] == "True"


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("nodeselector.disk", "nodeSelector.disk"),
        ("nodeSelectors.disk", "nodeSelector.disk"),
        ("workloadToleration[0].key", "workLoadToleration[0].key"),
        ("tolerations[1].effect", "toleration[1].effect"),
        ("toleration.0.value", "toleration[0].value"),
        ("amlOperator.skipResourceValidation", "amloperator.skipResourceValidation"),
    ],
)
def test_a_chart_value_that_certainly_means_another_is_refused(key: str, meant: str) -> None:
    finding = only(judge("enableTraining=True", f"{key}=True").findings, "AMLARC-S005")
    assert finding.fix.startswith(f"did you mean {meant}? ")
    assert judge("enableTraining=True", f"{key}=True", allow_unknown=True).plain[key] == "True"


def test_a_part_of_the_chart_is_told_with_its_settings() -> None:
    finding = only(judge("enableTraining=True", "nginxIngress=False").findings, "AMLARC-S005")
    assert "nginxIngress.controller, " in finding.fix
    assert "nginxIngress.enabled" in finding.fix


def test_a_chart_value_that_only_begins_like_another_gets_no_suggestion() -> None:
    finding = only(judge("enableTraining=True", "nginxIngress.service.type=x").findings, "AMLARC-S006")
    assert finding.fix.startswith("`az ml arc settings list`")


def test_a_settings_file_may_hold_booleans_numbers_and_text() -> None:
    found, findings = settings.from_mapping({"enableTraining": True, "a.b": 3, "a.c": 0.5, "a.d": "x"}, "f.json")
    assert findings == []
    assert settings.judge(found).plain == {"enableTraining": "True", "a.b": "3", "a.c": "0.5", "a.d": "x"}


def test_a_nested_object_is_refused_with_its_dotted_keys() -> None:
    data = {"amloperator": {"skipResourceValidation": True, "deep": {"er": 1}}}
    found, (finding,) = settings.from_mapping(data, "f.json", position=lambda key: Position(2, 3))
    assert found == []
    assert (finding.code, finding.source, finding.line, finding.column) == ("AMLARC-S003", "f.json", 2, 3)
    assert finding.fix == (
        "write each value at the top level under its dotted key: "
        '"amloperator.skipResourceValidation", "amloperator.deep.er"'
    )


def test_the_command_line_overrides_the_file_in_any_order() -> None:
    line, _ = settings.parse_pairs(["installVolcano=False", "enableTraining=True"])
    file, _ = settings.from_mapping({"installVolcano": True}, "f.json")
    for given in (line + file, file + line):
        judgement = settings.judge(given)
        assert judgement.plain["installVolcano"] == "False"
        assert only(judgement.findings, "AMLARC-S014").source == "f.json"


def test_two_files_do_not_overrule_each_other() -> None:
    one, _ = settings.from_mapping({"enableTraining": True}, "a.json")
    two, _ = settings.from_mapping({"enableTraining": True}, "b.json")
    finding = only(settings.judge(one + two).findings, "AMLARC-S012")
    assert finding.message == "given in both a.json and b.json"


def test_renamed_settings_are_sent_under_todays_names() -> None:
    judgement = judge(
        "enableTraining=True",
        "reuseExistingPromOp=false",
        "volcanoScheduler.enable=false",
        "inferenceLoadBalancerHA=FALSE",
        "OpenShift=true",
    )
    assert judgement.plain == {
        "enableTraining": "True",
        "installPromOp": "True",
        "installVolcano": "False",
        "inferenceRouterHA": "False",
        "openshift": "True",
    }


def test_an_inverted_setting_says_so() -> None:
    finding = only(judge("enableTraining=True", "reuseExistingPromOp=True").findings, "AMLARC-S032")
    assert finding.message == "renamed: True is sent as installPromOp=False, its opposite"


def test_the_old_private_endpoints_become_a_router_type() -> None:
    assert judge("privateEndpointNodeport=True").plain == {"inferenceRouterServiceType": "NodePort"}
    assert judge("privateEndpointILB=True").plain == {
        "inferenceRouterServiceType": "LoadBalancer",
        "internalLoadBalancerProvider": "azure",
    }
    assert judge("privateEndpointILB=False").plain == {}


def test_a_removed_setting_is_sent_as_given() -> None:
    assert judge("enableTraining=True", "installBlobfuseSysctl=false").plain["installBlobfuseSysctl"] == "False"


def test_the_users_own_domain_is_respected() -> None:
    assert judge("enableTraining=True", "domain=ml.example.com").plain["domain"] == "ml.example.com"


def test_the_guides_warning_names_only_what_is_left_on() -> None:
    finding = only(judge("enableTraining=True", "installBlobfuseSysctl=False").findings, "AMLARC-S039")
    assert finding.fix == (
        "for components that the cluster already has, add installNvidiaDevicePlugin=False installBlobfuseFlexvol=False"
    )


def test_following_the_guides_warning_leaves_no_warning() -> None:
    judgement = judge(
        "enableTraining=True",
        "installNvidiaDevicePlugin=False",
        "installBlobfuseSysctl=False",
        "installBlobfuseFlexvol=False",
    )
    assert judgement.findings == ()


def test_the_pem_pair_is_sent_as_its_contents_and_never_as_its_paths(
    pem_files: Mapping[str, bytes], now: datetime
) -> None:
    judgement = judge(
        "enableInference=True",
        "inferenceRouterServiceType=LoadBalancer",
        "sslCname=ml.example.com",
        protected=("sslCertPemFile=/home/me/cert.pem", "sslKeyPemFile=/home/me/key.pem"),
        files={"/home/me/cert.pem": pem_files["chain"], "/home/me/key.pem": pem_files["key"]},
        now=now,
    )
    assert judgement.findings == ()
    assert judgement.protected == {
        "scoringFe.sslCert": base64.b64encode(pem_files["chain"]).decode(),
        "scoringFe.sslKey": base64.b64encode(pem_files["key"]).decode(),
    }
    assert "/home/me" not in str(judgement.plain) + str(judgement.protected)


def test_a_byte_order_mark_is_not_sent(pem_files: Mapping[str, bytes], now: datetime) -> None:
    judgement = judge(
        "enableInference=True",
        "inferenceRouterServiceType=LoadBalancer",
        "sslCname=ml.example.com",
        protected=("sslCertPemFile=both.pem", "sslKeyPemFile=both.pem"),
        files={"both.pem": b"\xef\xbb\xbf" + pem_files["certificate and key"]},
        now=now,
    )
    assert judgement.findings == ()
    sent = {key: base64.b64decode(value) for key, value in judgement.protected.items()}
    assert sent == {"scoringFe.sslCert": pem_files["certificate"], "scoringFe.sslKey": pem_files["key"]}


def test_only_well_placed_local_files_are_to_be_read() -> None:
    plain, _ = settings.parse_pairs(["sslCertPemFile=plain.pem", "enableTraining=True"])
    secret, _ = settings.parse_pairs(["sslKeyPemFile=key.pem", "sslKeyPemFile="], "--config-protected", protected=True)
    assert settings.local_files(plain + secret) == ["key.pem"]


def test_a_file_whose_setting_the_command_line_replaces_is_not_read() -> None:
    line, _ = settings.parse_pairs(["sslKeyPemFile=new.pem"], "--config-protected", protected=True)
    file, _ = settings.from_mapping({"sslKeyPemFile": "old.pem"}, "secrets.json", protected=True)
    assert settings.local_files(file + line) == ["new.pem"]


@pytest.mark.parametrize(
    "protected",
    [
        (f"relayServerConnectionString={CONNECTION}", f"relayServerConnectionString={CONNECTION}x"),
        (f"relayServerConnectionString= {SECRET}",),
        (f"enableTraining={SECRET}",),
        (SECRET.rstrip("="),),
        (f"={SECRET}",),
        (f"color={SECRET}",),
        (f"serviceBusConnectionString={SECRET}",),
        (f"scoringFe.sslKey={SECRET}",),
    ],
)
def test_no_finding_contains_a_protected_value(protected: tuple[str, ...]) -> None:
    found, findings = settings.parse_pairs(protected, "--config-protected", protected=True)
    judgement = settings.judge(found)
    assert findings or judgement.findings
    assert SECRET.rstrip("=") not in repr([*findings, *judgement.findings])


def test_a_secret_among_plain_settings_is_not_repeated() -> None:
    finding = only(judge("enableTraining=True", f"relayServerConnectionString={CONNECTION}").findings, "AMLARC-S015")
    assert SECRET not in repr(finding)


def test_protected_values_are_not_in_the_judgements_repr() -> None:
    judgement = judge(protected=("serviceBusConnectionString=" + CONNECTION,))
    assert judgement.protected == {"serviceBusConnectionString": CONNECTION}
    assert SECRET not in repr(judgement)


@pytest.mark.parametrize(("nodes", "codes"), [(None, set()), (3, set()), (2, {"AMLARC-S027"}), (0, {"AMLARC-S027"})])
def test_high_availability_is_validated_when_the_nodes_are_known(nodes: int | None, codes: set[str]) -> None:
    given, _ = settings.parse_pairs(
        [
            "enableInference=True",
            "inferenceRouterServiceType=ClusterIP",
            "allowInsecureConnections=True",
            "inferenceRouterHA=True",
        ]
    )
    judgement = settings.judge(given, cluster=ClusterFacts("connectedClusters", nodes))
    assert {finding.code for finding in judgement.findings} == codes


def test_a_finding_of_a_file_has_the_place_of_its_key() -> None:
    given, _ = settings.from_mapping({"enableTraining": "yes"}, "f.json", position=lambda key: Position(4, 7))
    (finding,) = settings.judge(given).findings
    assert finding.place == "f.json:4:7"
    assert finding.path == "enableTraining"


def test_a_misspelt_key_that_is_let_through_is_no_workload() -> None:
    judgement = judge("enableTrainning=True", allow_unknown=True)
    assert only(judgement.findings, "AMLARC-S020").severity == "error"


def test_findings_of_a_file_are_in_the_order_of_its_lines() -> None:
    lines = {"installVolcano": 2, "enableTraining": 3, "color": 4}
    given, _ = settings.from_mapping(
        {"installVolcano": "x", "enableTraining": True, "color": "red"},
        "f.json",
        position=lambda key: Position(lines[key], 1),
    )
    assert [finding.line for finding in settings.judge(given).findings] == [2, 3, 4]


def test_a_setting_does_not_show_its_value() -> None:
    assert SECRET not in repr(Setting("serviceBusConnectionString", CONNECTION, protected=True))


def updated(installed: Mapping[str, str], *pairs: str) -> Judgement:
    return settings.judge(settings.parse_pairs(pairs)[0], installed=installed)


def errors(judgement: Judgement) -> list[str]:
    return [finding.code for finding in judgement.findings if finding.severity == "error"]


TRAINING = {
    "enableTraining": "True",
    "enableInference": "False",
    "cluster_name": "/subscriptions/x",
    "location": "west",
}
SERVING = {"enableInference": "True", "inferenceRouterServiceType": "NodePort", "allowInsecureConnections": "true"}


def test_an_update_is_validated_with_what_is_installed() -> None:
    assert errors(updated(TRAINING, "installVolcano=False")) == []
    assert errors(updated(TRAINING, "enableInference=True")) == ["AMLARC-S023", "AMLARC-S024"]
    assert errors(updated(TRAINING, "enableTraining=False")) == ["AMLARC-S020"]
    assert errors(updated(SERVING, "internalLoadBalancerProvider=azure")) == ["AMLARC-S025"]
    assert errors(updated(SERVING, "allowInsecureConnections=False")) == ["AMLARC-S024"]


def test_an_internal_balancer_can_be_left_though_its_setting_stays() -> None:
    internal = {**SERVING, "inferenceRouterServiceType": "LoadBalancer", "internalLoadBalancerProvider": "azure"}
    assert errors(updated(internal, "inferenceRouterServiceType=NodePort")) == []
    both = updated(internal, "inferenceRouterServiceType=NodePort", "internalLoadBalancerProvider=azure")
    assert errors(both) == ["AMLARC-S025"]


def test_https_can_be_left_and_taken_up_by_an_update() -> None:
    secure = {
        "enableInference": "True",
        "inferenceRouterServiceType": "LoadBalancer",
        "sslSecret": "s",
        "sslCname": "a.b",
    }
    assert errors(updated(secure, "allowInsecureConnections=True")) == []
    secret = ("sslSecret=s", "sslCname=a.b")
    [refused] = [one for one in updated(SERVING, *secret).findings if one.severity is Severity.ERROR]
    assert (refused.code, refused.fix) == ("AMLARC-S028", "for HTTPS, add allowInsecureConnections=False")
    assert errors(updated(SERVING, *secret, "allowInsecureConnections=False")) == []


def test_an_update_sends_only_what_is_new_and_says_nothing_of_the_old() -> None:
    judgement = updated({**TRAINING, "reuseExistingPromOp": "True", "openshift": "true"}, "installPromOp=True")
    assert judgement.plain == {"installPromOp": "True"}
    assert judgement.findings == ()


def test_an_installed_certificate_counts() -> None:
    installed = {"enableInference": "True", "inferenceRouterServiceType": "LoadBalancer", "scoringFe.sslCert": ""}
    assert errors(updated({**installed, "scoringFe.sslKey": ""}, "clusterPurpose=FastProd")) == []


def test_the_relay_of_an_installed_extension_is_complete_though_its_secret_is_not_shown() -> None:
    relay = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Relay/namespaces/n/hybridConnections/c"
    installed = {
        "enableTraining": "True",
        "relayserver.hybridConnectionResourceID": relay,
        "relayServerConnectionString": "",
    }
    assert errors_in(judge("installPromOp=False", installed=installed).findings) == []


def test_a_shared_ending_alone_suggests_no_node_selector() -> None:
    assert catalogue.suggestion("chart.password") is None
    assert catalogue.suggestion("nodeSelectr.disk") == "nodeSelector.disk"


def test_what_others_installed_and_nobody_touches_only_warns() -> None:
    """A bare PUT may have left out what we would have asked for."""
    foreign = {"enableInference": "True", "inferenceRouterServiceType": "NodePort"}
    judgement = updated(foreign, "installPromOp=False")
    assert errors(judgement) == []
    assert [finding.code for finding in judgement.findings if finding.severity == "warning"] == ["AMLARC-S024"]
    assert errors(updated({}, "enableInference=True", "inferenceRouterServiceType=NodePort")) == ["AMLARC-S024"]


@pytest.mark.parametrize("key", ["nodeSelector.a", "some.chart.value"])
def test_what_is_not_unicode_cannot_be_sent(key: str) -> None:
    lone = "x\udc9by"
    [finding] = [found for found in settings.judge([Setting(key, lone, "--config")], allow_unknown=True).findings
                 if "Unicode" in found.message]  # fmt: skip
    assert finding.severity is Severity.ERROR
    [named] = [found for found in settings.judge([Setting(key + lone, "v", "--config")], allow_unknown=True).findings
               if "Unicode" in found.message]  # fmt: skip
    assert named.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("enable Training", "write enableTraining"),
        (" installVolcano ", "write installVolcano"),
        ("nodeSelector.a b", "write the label's key as the nodes have it: kubectl get nodes --show-labels"),
        ("some chart.value", "write key=value, without spaces"),
        (" ", "write key=value, without spaces"),
    ],
)
def test_a_key_with_spaces_gets_a_suggestion_only_if_one_is_certain(key: str, fix: str) -> None:
    _, [finding] = settings.parse_pairs([f"{key}=c"])
    assert (finding.code, finding.fix) == ("AMLARC-S002", fix)


@pytest.mark.parametrize(
    ("pair", "code", "fix"),
    [
        ("enableTraining=True,", "AMLARC-S001", "write enableTraining=True"),
        ("inferenceRouterServiceType=LoadBalancer;", "AMLARC-S001", "write inferenceRouterServiceType=LoadBalancer"),
        ("installVolcano=", "AMLARC-S011", "give it a value, or leave installVolcano out"),
        ('nodeSelector.pool="gpu"', "AMLARC-S010", "write gpu, without the inner quotes"),
        (
            "nodeSelector.pool=gpu,kubernetes.io/os=linux",
            "AMLARC-S010",
            r"give each label its own setting: nodeSelector.pool=gpu nodeSelector.kubernetes\.io/os=linux",
        ),
        (
            "httpsProxy=http://proxy:3128",
            "AMLARC-S005",
            "leave it out: the proxy is the cluster's, and given to az connectedk8s connect or az aks create",
        ),
        (
            "sslCert=cert.pem",
            "AMLARC-S005",
            "did you mean sslCertPemFile? `az ml arc settings list` shows all known settings; "
            "to send it unchecked, allow unknown settings (--allow-unknown-settings)",
        ),
    ],
)
def test_what_people_type_gets_the_one_next_step(pair: str, code: str, fix: str) -> None:
    given, findings = settings.parse_pairs(["enableTraining=True", pair][pair.startswith("enableTraining") :])
    found = [*findings, *settings.judge(given, incomplete=bool(findings)).findings]
    assert [(one.code, one.fix) for one in found if one.severity is Severity.ERROR] == [(code, fix)]
