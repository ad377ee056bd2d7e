"""Which kubeconfig is meant, and which context in it; what is wrong with one, without a word of what it holds."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_amlarc.errors import InvalidInput
from azext_amlarc.kubernetes.client import connect
from azext_amlarc.kubernetes.kubeconfig import read_context

SECRET = "hunter2-hunter2-hunter2"


def kubeconfig(path: Path, *names: str, current: str | None = None, **cluster: Any) -> Path:
    """A file with a context, a cluster and a user under each name."""
    document = {
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}:6443", **cluster}} for name in names],
        "users": [{"name": name, "user": {"token": SECRET}} for name in names],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "current-context": current,
    }
    path.write_text(yaml.safe_dump(document))
    return path


def refusal(path: Path | str, context: str | None = None) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        connect(str(path), context)
    assert SECRET not in f"{caught.value.message} {caught.value.fix}"
    return caught.value


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without a kubeconfig, and no KUBECONFIG."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return tmp_path


def test_the_current_context_is_taken_unless_one_is_named(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "prod", "test", current="test")
    assert read_context(str(file), None).config.cluster.server == "https://test:6443"
    assert read_context(str(file), "prod").config.cluster.server == "https://prod:6443"


def test_kubectls_own_place_is_looked_into(elsewhere: Path) -> None:
    (elsewhere / ".kube").mkdir()
    kubeconfig(elsewhere / ".kube" / "config", "home", current="home")
    assert read_context(None, None).name == "home"


def test_the_environment_wins_over_kubectls_own_place(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / ".kube").mkdir()
    kubeconfig(elsewhere / ".kube" / "config", "home", current="home")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(elsewhere / "other", "other", current="other")))
    assert read_context(None, None).name == "other"


def test_of_several_files_the_first_with_a_context_counts(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kubeconfig(elsewhere / "first", "prod")
    second = kubeconfig(elsewhere / "second", "prod", "test", current="test")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{elsewhere / 'missing'}:{second}")
    assert (read_context(None, None).name, read_context(None, None).source) == ("test", str(second))
    assert read_context(None, "prod").source == str(first)


def test_a_proxy_of_the_kubeconfig_is_used(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod", **{"proxy-url": "http://proxy:3128"})
    assert read_context(str(file), None).proxy == "http://proxy:3128"


def test_no_kubeconfig_at_all(elsewhere: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        connect(None, None)
    assert caught.value.message == (
        "No kubeconfig found: none was given, and KUBECONFIG is not set and ~/.kube/config does not exist."
    )
    assert "az aks get-credentials" in caught.value.fix


def test_an_environment_that_names_missing_files(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/a:/b")
    with pytest.raises(InvalidInput, match="the files in KUBECONFIG do not exist: /a /b"):
        connect(None, None)


def test_a_missing_file(tmp_path: Path) -> None:
    refused = refusal(tmp_path / "missing")
    assert refused.message == f"file not found: {tmp_path / 'missing'}"


def test_an_unknown_context_names_the_nearest(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "production", "staging", current="staging")
    refused = refusal(file, "prodution")
    assert refused.message == f"{file} has no context 'prodution', only: production, staging"
    assert refused.fix == "Did you mean production?"


def test_a_context_unlike_all_others(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", *(f"cluster-{number:02}" for number in range(12)))
    refused = refusal(file, "x")
    assert refused.message.endswith(", only: " + ", ".join(f"cluster-{n:02}" for n in range(10)) + ", …")
    assert refused.fix == "Pass one of those, or another file"


def test_no_current_context(tmp_path: Path) -> None:
    refused = refusal(kubeconfig(tmp_path / "config", "prod", "test"))
    assert refused.message.endswith("config has no current context.")
    assert refused.fix == "Pass one of its contexts: prod, test"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"users:\n  - user: {{password: *{SECRET}}}", "it is not valid YAML, line 2, column 22"),
        (f"users: [{{token: !{SECRET} x}}]", "it is not valid YAML, line 1, column 17"),
        (f"users: {SECRET}\n\tx: y", "it is not valid YAML, line 2, column 1"),
        ("a: \x01", "it is not valid YAML"),
        (SECRET, "it is not a mapping"),
        ("", "it is not a mapping"),
        (f"contexts: {SECRET}", "its contexts are not a list of named contexts"),
        ("contexts: [{name: a, context: {cluster: b}}]\ncurrent-context: a", "it has no 'clusters', which the context"),
        ("clusters: []\ncontexts: [{name: a, context: {cluster: b}}]\ncurrent-context: a", "it has no 'b', which the"),
        (
            "clusters: [{name: b, cluster: {server: [1]}}]\ncontexts: [{name: a, context: {cluster: b}}]\n"
            "current-context: a",
            "Expected `str`, got `array` - at `$.server`",
        ),
    ],
)
def test_what_is_no_kubeconfig(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "config").write_text(text)
    refused = refusal(tmp_path / "config")
    assert refused.message.startswith(f"{tmp_path / 'config'} is not a valid kubeconfig: {reason}")


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        ({"client-certificate-data": "bm90IHBlbQ==", "client-key-data": "bm90IHBlbQ=="}, "PEM lib"),
        ({"client-certificate-data": "x", "client-key-data": "x"}, "base64"),
        ({"client-certificate": "missing.pem", "client-key": "missing.key"}, "No such file"),
        ({"auth-provider": {"name": "azure", "config": {"access-token": SECRET}}}, "auth-provider not supported"),
    ],
)
def test_credentials_that_cannot_be_used(tmp_path: Path, credentials: dict[str, Any], reason: str) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod")
    document = yaml.safe_load(file.read_text())
    document["users"][0]["user"] = credentials
    file.write_text(yaml.safe_dump(document))
    refused = refusal(file)
    assert refused.message.startswith(f"{file}: the context 'prod' cannot be used: ")
    assert reason in refused.message
