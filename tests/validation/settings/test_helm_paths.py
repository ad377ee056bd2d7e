"""Keys of settings as Helm reads them: labels with escaped dots, lists of tolerations."""

import json

import pytest

from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.findings import Finding
from azext_amlarc.product import helm
from azext_amlarc.validation import settings

TRAINING = "enableTraining=True"


def judged(*pairs: str, installed: dict[str, str] | None = None) -> settings.Judgement:
    given, findings = settings.parse_pairs([TRAINING, *pairs])
    assert findings == []
    return settings.judge(given, installed=installed)


def errors(*pairs: str) -> list[Finding]:
    return [finding for finding in judged(*pairs).findings if finding.severity == "error"]


@pytest.mark.parametrize(
    "key",
    [
        r"nodeSelector.nvidia\.com/gpu\.present",
        "nodeSelector.nvidia.com/gpu.present",
        r"nodeSelector.nvidia\.com/gpu.present",
        r"nodeSelector.nvidia\.com\/gpu\.present",
    ],
)
def test_every_spelling_of_a_label_is_sent_escaped_and_compared_unescaped(key: str) -> None:
    plain = judged(f"{key}=true").plain
    assert plain[r"nodeSelector.nvidia\.com/gpu\.present"] == "true"
    assert len(plain) == 2
    assert workloads.selector(plain) == {"nvidia.com/gpu.present": "true"}


def test_two_spellings_are_one_setting_given_twice() -> None:
    (finding,) = errors(r"nodeSelector.kubernetes\.io/os=linux", "nodeSelector.kubernetes.io/os=linux")
    assert finding.code == "AMLARC-S012"


def test_a_file_is_overridden_whatever_the_spelling() -> None:
    line, _ = settings.parse_pairs([TRAINING, "nodeSelector.a.b/c=new"])
    file, _ = settings.from_mapping({r"nodeSelector.a\.b/c": "old"}, "f.json")
    assert settings.judge([*file, *line]).plain[r"nodeSelector.a\.b/c"] == "new"


@pytest.mark.parametrize(
    ("pair", "fix"),
    [
        ("nodeSelector.=x", "write [dns.prefix/]name"),
        (r"nodeSelector.nvidia\\.com/gpu=x", r"write nodeSelector.nvidia\.com/gpu=…"),
        ('nodeSelector."nvidia.com/gpu"=x', r"write nodeSelector.nvidia\.com/gpu=…"),
        ("nodeSelector./gpu=x", "write [dns.prefix/]name"),
        ("nodeSelector.a/b/c=x", "write [dns.prefix/]name"),
    ],
)
def test_a_label_key_that_is_none_is_an_error(pair: str, fix: str) -> None:
    (finding,) = errors(pair)
    assert finding.code == "AMLARC-S010"
    assert finding.fix.startswith(fix)


@pytest.mark.parametrize(
    "value",
    [
        "ml.azure.com/inference=true",
        '{"ml.azure.com/inference": "true"}',
        '{"ml.azure.com/inference": true}',
        "{ml.azure.com/inference: true}",
        "ml.azure.com/inference: true",
    ],
)
def test_a_selector_in_one_value_is_refused_with_the_setting_that_works(value: str) -> None:
    (finding,) = errors(f"nodeSelector={value}")
    assert finding.code == "AMLARC-S005"
    assert finding.fix == r"write nodeSelector.ml\.azure\.com/inference=true"


def test_a_selector_as_an_object_of_a_file_is_refused_with_the_keys_that_work() -> None:
    _, (finding,) = settings.from_mapping({"nodeSelector": {"ml.azure.com/inference": "true"}}, "f.json")
    assert json.dumps(r"nodeSelector.ml\.azure\.com/inference") in finding.fix


def test_a_list_of_tolerations_in_a_file_is_refused_with_the_keys_that_work() -> None:
    _, (finding,) = settings.from_mapping({"workLoadToleration": [{"key": "sku", "operator": "Exists"}]}, "f.json")
    assert '"workLoadToleration[0].key", "workLoadToleration[0].operator"' in finding.fix


def test_a_list_without_its_index_is_refused_with_the_keys_that_work() -> None:
    (finding,) = errors("tolerations=[]")
    assert "toleration[0].key=… toleration[0].operator=…" in finding.fix


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        (("toleration[0].key=sku",), "AMLARC-S044"),
        (("toleration[0].value=gpu",), "AMLARC-S044"),
        (("toleration[0].effect=NoSchedule",), "AMLARC-S044"),
        (("workLoadToleration[0].operator=Exists", "workLoadToleration[0].value=x"), "AMLARC-S044"),
        (("toleration[0].operator=Exists", "toleration[2].operator=Exists"), "AMLARC-S044"),
        (("toleration[0].operator=In",), "AMLARC-S007"),
        (("toleration[].operator=Exists",), "AMLARC-S008"),
        (("toleration[-1].operator=Exists",), "AMLARC-S008"),
        (("toleration[01].operator=Exists",), "AMLARC-S008"),
        (("toleration[0].operator=Exists", "toleration[0].effect="), "AMLARC-S011"),
        (("toleration[0].key=sku", "toleration[0].value=a b"), "AMLARC-S010"),
    ],
)
def test_a_toleration_that_kubernetes_would_refuse_is_an_error(pairs: tuple[str, ...], code: str) -> None:
    assert [finding.code for finding in errors(*pairs)] == [code]


def test_tolerations_are_sent_in_kubernetes_spelling() -> None:
    plain = judged("toleration[0].operator=exists", "toleration[0].effect=noschedule").plain
    assert plain["toleration[0].operator"] == "Exists"
    assert plain["toleration[0].effect"] == "NoSchedule"


def test_a_toleration_may_follow_one_that_is_installed() -> None:
    installed = {"enableTraining": "True", "toleration[0].operator": "Exists"}
    assert judged("toleration[1].operator=Exists", installed=installed).findings[1:] == ()


def test_keys_that_are_no_node_selectors_are_left_as_they_are() -> None:
    assert helm.as_sent(r"chart.a\.b") == r"chart.a\.b"
    assert helm.unescaped(helm.escaped("a.b/c_d-e")) == "a.b/c_d-e"
