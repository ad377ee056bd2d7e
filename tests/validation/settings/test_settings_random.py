"""Any settings give findings, never exceptions, and what is sent is text without local paths."""

import string
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from azext_amlarc.findings import Finding
from azext_amlarc.product import catalogue
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings import RULES, ClusterFacts, Setting
from azext_amlarc.validation.settings.breakage import what_breaks

CODES = {rule.code for rule in RULES}
KEYS = st.one_of(
    st.sampled_from(sorted(catalogue.records())),
    st.sampled_from(["nodeSelector.disk", "servicebus.topicSubMapping.x", "doamin", "some.chart.value"]),
    st.text(max_size=12),
)
WORDS = st.sampled_from(["True", "false", "yes", "", " ", "azure", "NodePort", "LoadBalancer", "/x", "ml.example.com"])
TEXTS = WORDS | st.text(max_size=20)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
SOURCES = st.sampled_from(["--config", "--config-protected", "a.json", "b.json"])
SETTINGS = st.lists(st.builds(Setting, KEYS, JSON | TEXTS, SOURCES, protected=st.booleans()), max_size=8)
CLUSTERS = st.none() | st.builds(
    ClusterFacts,
    st.sampled_from(["connectedClusters", "managedClusters"]),
    st.none() | st.integers(0, 5),
    st.sampled_from([None, "", "openshift", "k3s"]),
)


def checked(findings: list[Finding] | tuple[Finding, ...]) -> None:
    for finding in findings:
        assert finding.code in CODES
        assert finding.message
        assert finding.fix


VALUES = st.dictionaries(KEYS, TEXTS, max_size=8)


@given(SETTINGS, CLUSTERS, st.booleans(), st.binary(max_size=40), VALUES)
@example([Setting("servicebus.topicSubMapping.x", "", "--config")], None, False, b"", {})
def test_random_settings_give_findings_and_text(
    given_settings: list[Setting],
    cluster: ClusterFacts | None,
    allow_unknown: bool,
    content: bytes,
    installed: dict[str, str],
) -> None:
    files = dict.fromkeys(settings.local_files(given_settings), content)
    judgement = settings.judge(
        given_settings, cluster=cluster, allow_unknown=allow_unknown, files=files, installed=installed
    )
    checked(judgement.findings)
    sent = {**judgement.plain, **judgement.protected}
    assert all(type(key) is str and type(value) is str for key, value in sent.items())
    assert not set(sent) & {"sslCertPemFile", "sslKeyPemFile"}


@given(st.lists(st.text(max_size=30) | st.builds("{}={}".format, KEYS, TEXTS), max_size=6), st.booleans())
def test_random_pairs_give_settings_and_findings(pairs: list[str], protected: bool) -> None:
    found, findings = settings.parse_pairs(pairs, protected=protected)
    assert len(found) + len(findings) == len(pairs)
    checked(findings)


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_random_files_give_settings_and_findings(data: dict[str, Any]) -> None:
    found, findings = settings.from_mapping(data, "f.json")
    nested = sum(isinstance(value, dict | list) for value in data.values())
    assert len(found) + len(findings) == len(data) - max(nested - 1, 0)
    checked(findings)


PATH = st.text(string.ascii_letters + string.digits + "/._-", min_size=6, max_size=30).filter(lambda path: path.strip())


@given(PATH, PATH, SETTINGS)
def test_a_local_path_is_never_sent(certificate: str, key: str, others: list[Setting]) -> None:
    pair = [
        Setting("sslCertPemFile", f"//local/{certificate}", "--config-protected", protected=True),
        Setting("sslKeyPemFile", f"//local/{key}", "--config-protected", protected=True),
    ]
    files = dict.fromkeys(settings.local_files([*pair, *others]), b"no PEM")
    judgement = settings.judge([*pair, *others], files=files)
    assert "//local/" not in str(judgement.plain) + str(judgement.protected)


@given(VALUES, VALUES)
def test_random_updates_give_findings(old: dict[str, str], new: dict[str, str]) -> None:
    checked(what_breaks(old, new))
    assert what_breaks(new, new) == []
