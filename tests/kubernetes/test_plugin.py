"""Programs that sign in: what they are told, as client-go 0.34 tells it, what they may ask, and what they may answer.

The expected texts of KUBERNETES_EXEC_INFO are what client-go itself gave a program for the same kubeconfigs.
"""

import base64
import json
import os
import pty
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_amlarc.errors import Denied, InvalidInput
from tests.kubernetes.test_client import TOKEN, changed, failure, list_nodes, token_of
from tests.support.az import ROOT
from tests.support.cluster import READ_NODES, Cluster

API = "client.authentication.k8s.io/v1"


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A program that signs in; tests say what it does by the argument that it gets."""
    path = tmp_path / "sign-in"
    path.write_text('#!/bin/sh\neval "$1"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def with_plugin(cluster: Cluster, folder: Path, command: str | Path, script: str, **parts: Any) -> Path:
    described = {"apiVersion": API, "command": str(command), "args": [script], "interactiveMode": "Never", **parts}
    return changed(cluster, folder, user={"exec": described})


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
def test_a_program_signs_in_with_a_token(cluster: Cluster, tmp_path: Path, plugin: Path, version: str) -> None:
    credential = json.dumps({"status": {"token": token_of(cluster, READ_NODES)}})
    name = f"client.authentication.k8s.io/{version}"
    script = f"echo \"$KUBERNETES_EXEC_INFO\" | grep -q {name} && test $AS = x && echo '{credential}'"
    env = [{"name": "AS", "value": "x"}]
    assert list_nodes(with_plugin(cluster, tmp_path, plugin, script, apiVersion=name, env=env)) == []


def test_a_program_beside_the_kubeconfig_signs_in_with_a_certificate(
    cluster: Cluster, tmp_path: Path, plugin: Path
) -> None:
    certificate = cluster.ca.issue_cert(READ_NODES, common_name=READ_NODES)
    status = {
        "clientCertificateData": certificate.cert_chain_pems[0].bytes().decode(),
        "clientKeyData": certificate.private_key_pem.bytes().decode(),
    }
    (tmp_path / "credential.json").write_text(json.dumps({"status": status}))
    file = with_plugin(cluster, tmp_path, f"./{plugin.name}", f"cat {tmp_path / 'credential.json'}")
    assert list_nodes(file) == []
    assert [request.user for request in cluster.requests()] == [READ_NODES]


def test_a_program_beside_a_kubeconfig_named_without_a_folder_is_that_file(
    cluster: Cluster, tmp_path: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tmp_path / "others"
    others.mkdir()
    (others / plugin.name).write_text("#!/bin/sh\nexit 9\n")
    (others / plugin.name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{others}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    credential = json.dumps({"status": {"token": token_of(cluster, READ_NODES)}})
    with_plugin(cluster, tmp_path, f"./{plugin.name}", f"echo '{credential}'")
    assert list_nodes(Path("config")) == []


def test_what_a_program_prints_is_shown_as_it_comes_without_control_characters(
    cluster: Cluster, tmp_path: Path, plugin: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = "printf 'code \\033[31m1234\\342\\200\\256\\nnext' >&2; exit 3"
    failure(with_plugin(cluster, tmp_path, plugin, script))
    assert capfd.readouterr().err == "code \\x1b[31m1234\\u202e\nnext"


def test_a_program_that_prints_without_end_is_ended(
    cluster: Cluster, tmp_path: Path, plugin: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    refused = failure(with_plugin(cluster, tmp_path, plugin, "exec yes"))
    assert isinstance(refused, Denied)
    assert refused.message.endswith("printed more than 1048576 bytes.")
    refused = failure(with_plugin(cluster, tmp_path, plugin, "yes | head -c 3000000 >&2; exit 3"))
    assert refused.message.endswith("exited with 3.")
    assert len(capfd.readouterr().err) <= 65536


def test_a_program_that_leaves_a_child_behind_is_not_waited_for(
    cluster: Cluster, tmp_path: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azext_amlarc.kubernetes.plugin._AFTER_EXIT", 0.2)
    credential = json.dumps({"status": {"token": token_of(cluster, READ_NODES)}})
    began = time.monotonic()
    assert list_nodes(with_plugin(cluster, tmp_path, plugin, f"sleep 6 & echo '{credential}'")) == []
    assert time.monotonic() - began < 5


def test_a_hint_is_legible(cluster: Cluster, tmp_path: Path) -> None:
    refused = failure(with_plugin(cluster, tmp_path, "kubelogin-x", "", installHint="brew\x1b[2J install\nkubelogin"))
    assert refused.fix == "brew\\x1b[2J install\nkubelogin"


@pytest.mark.parametrize("command", ["", "a\0b", ".", "/"])
def test_a_program_that_cannot_be_one(cluster: Cluster, tmp_path: Path, command: str) -> None:
    assert isinstance(failure(with_plugin(cluster, tmp_path, command, "")), InvalidInput)


def test_a_program_that_is_not_installed_is_named_with_its_own_hint(cluster: Cluster, tmp_path: Path) -> None:
    refused = failure(with_plugin(cluster, tmp_path, "kubelogin-x", TOKEN, installHint="brew install kubelogin"))
    assert isinstance(refused, InvalidInput)
    assert "'kubelogin-x' of the context 'read-nodes' cannot be run: No such file" in refused.message
    assert refused.fix == "brew install kubelogin"


def test_a_program_that_fails_speaks_to_the_user_itself(
    cluster: Cluster, tmp_path: Path, plugin: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    refused = failure(with_plugin(cluster, tmp_path, plugin, f"echo expired >&2; : {TOKEN}; exit 3"))
    assert isinstance(refused, Denied)
    assert refused.message.endswith(" of the context 'read-nodes' exited with 3.")
    assert capfd.readouterr().err == "expired\n"


def test_a_program_that_does_not_end(
    cluster: Cluster, tmp_path: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azext_amlarc.kubernetes.plugin._TIMEOUT", 0.1)
    refused = failure(with_plugin(cluster, tmp_path, plugin, "exec sleep 60"))
    assert isinstance(refused, Denied)
    assert refused.message.endswith(" of the context 'read-nodes' did not finish within 0.1 s.")


@pytest.mark.parametrize(
    "output",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        "<html>",
        '{"status": {}}',
        '{"status": null}',
        '{"status": {"token": 1}}',
        '{"status": {"token": ["x"]}}',
        '{"status": {"clientCertificateData": "x"}}',
        '{"status": {"clientCertificateData": 1, "clientKeyData": 1}}',
        '{"status": {"token": "x", "clientKeyData": {}}}',
    ],
)
def test_a_program_that_gives_no_credentials(cluster: Cluster, tmp_path: Path, plugin: Path, output: str) -> None:
    refused = failure(with_plugin(cluster, tmp_path, plugin, f"echo '{output}'"))
    assert isinstance(refused, Denied)
    assert "returned neither a token nor a certificate" in refused.message


def told(cluster: Cluster, folder: Path, plugin: Path, parts: dict[str, Any] | None = None, **fields: Any) -> Any:
    """What a program finds in KUBERNETES_EXEC_INFO, with these fields of its user and these parts of its cluster."""
    credential = json.dumps({"status": {"token": token_of(cluster, READ_NODES)}})
    script = f"printf %s \"$KUBERNETES_EXEC_INFO\" > {folder / 'told'}; echo '{credential}'"
    file = with_plugin(cluster, folder, plugin, script, **fields)
    document = yaml.safe_load(file.read_text())
    document["clusters"][0]["cluster"] |= parts or {}
    file.write_text(yaml.safe_dump(document))
    assert list_nodes(file) == []
    return json.loads((folder / "told").read_text())


def test_a_program_is_told_of_the_cluster_only_where_it_wants_to_know(
    cluster: Cluster, tmp_path: Path, plugin: Path
) -> None:
    plain = {"kind": "ExecCredential", "apiVersion": API, "spec": {"interactive": False}}
    assert told(cluster, tmp_path, plugin) == plain
    authority = base64.b64encode(cluster.ca.cert_pem.bytes()).decode()
    known = {"server": cluster.url, "certificate-authority-data": authority, "config": None}
    spec = {"cluster": known, "interactive": False}
    assert told(cluster, tmp_path, plugin, provideClusterInfo=True) == {**plain, "spec": spec}


def test_a_program_is_told_all_that_client_go_tells(cluster: Cluster, tmp_path: Path, plugin: Path) -> None:
    cluster.ca.cert_pem.write_to_path(tmp_path / "own-ca.pem")
    ours = {"audience": "a", "5": ["x", None]}
    parts = {
        "certificate-authority": "own-ca.pem",
        "certificate-authority-data": None,
        "tls-server-name": "localhost",
        "disable-compression": True,
        "extensions": [
            {"name": "other", "extension": 1},
            {"name": "client.authentication.k8s.io/exec", "extension": ours},
        ],
    }
    assert told(cluster, tmp_path, plugin, parts, provideClusterInfo=True)["spec"]["cluster"] == {
        "server": cluster.url,
        "tls-server-name": "localhost",
        "certificate-authority-data": base64.b64encode(cluster.ca.cert_pem.bytes()).decode(),
        "disable-compression": True,
        "config": ours,
    }
    insecure = {"certificate-authority-data": None, "insecure-skip-tls-verify": True}
    found = told(cluster, tmp_path, plugin, insecure, provideClusterInfo=True)["spec"]["cluster"]
    assert found == {"server": cluster.url, "insecure-skip-tls-verify": True, "config": None}


def test_what_a_program_is_told_is_not_what_its_kubeconfig_says(cluster: Cluster, tmp_path: Path, plugin: Path) -> None:
    env = [{"name": "KUBERNETES_EXEC_INFO", "value": "mine"}]
    assert told(cluster, tmp_path, plugin, env=env)["kind"] == "ExecCredential"


@pytest.mark.parametrize("extension", ["!!binary eA==", "&a [*a]", ".nan", "!!set {a: }", "2024-01-01"])
def test_a_cluster_that_cannot_be_told(cluster: Cluster, tmp_path: Path, plugin: Path, extension: str) -> None:
    file = with_plugin(cluster, tmp_path, plugin, "exit 3", provideClusterInfo=True)
    named = f"extensions: [{{name: client.authentication.k8s.io/exec, extension: {extension}}}]"
    text = file.read_text().replace("- cluster:\n", f"- cluster:\n    {named}\n", 1)
    assert named in text
    file.write_text(text)
    message = failure(file).message
    if extension == "2024-01-01":  # text, as for kubectl
        assert message.endswith("exited with 3.")
    else:
        assert "the context 'read-nodes' cannot be used: its cluster cannot be told to its sign-in program: " in message


@pytest.mark.parametrize("written", ["token", "certificate"])
def test_what_is_written_beside_a_program_counts_instead_as_for_kubectl(
    cluster: Cluster, tmp_path: Path, plugin: Path, written: str
) -> None:
    user = {"token": token_of(cluster, READ_NODES)}
    if written == "certificate":
        certificate = cluster.ca.issue_cert(READ_NODES, common_name=READ_NODES)
        pair = (certificate.cert_chain_pems[0].bytes(), certificate.private_key_pem.bytes())
        named = zip(("client-certificate-data", "client-key-data"), pair, strict=True)
        user = {name: base64.b64encode(data).decode() for name, data in named}
    described = {"apiVersion": API, "command": str(plugin), "args": ["exit 3"]}
    assert list_nodes(changed(cluster, tmp_path, user={**user, "exec": described})) == []


@pytest.mark.parametrize("mode", [None, ""])
def test_v1_demands_an_interactive_mode_as_kubectl_does(
    cluster: Cluster, tmp_path: Path, plugin: Path, mode: str | None
) -> None:
    refused = failure(with_plugin(cluster, tmp_path, plugin, "exit 3", interactiveMode=mode))
    assert isinstance(refused, InvalidInput)
    assert "its exec has no interactiveMode, which client.authentication.k8s.io/v1 demands" in refused.message
    assert refused.fix == "Add to the user's exec: interactiveMode: IfAvailable"
    old = "client.authentication.k8s.io/v1beta1"
    assert told(cluster, tmp_path, plugin, interactiveMode=mode, apiVersion=old)["apiVersion"] == old


@pytest.mark.parametrize("mode", ["never", "a\nb"])
def test_an_interactive_mode_that_there_is_none(cluster: Cluster, tmp_path: Path, plugin: Path, mode: str) -> None:
    refused = failure(with_plugin(cluster, tmp_path, plugin, "exit 3", interactiveMode=mode))
    assert f"its exec has the interactiveMode {mode!r}" in refused.message


def test_a_program_that_must_ask_is_not_started_where_nobody_can_answer(
    cluster: Cluster, tmp_path: Path, plugin: Path
) -> None:
    refused = failure(with_plugin(cluster, tmp_path, plugin, f"touch {tmp_path}/started", interactiveMode="Always"))
    assert isinstance(refused, Denied)
    assert "has to ask the user, but standard input is not a terminal" in refused.message
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(("mode", "asks"), [("Never", False), ("IfAvailable", True), ("Always", True)])
def test_a_program_asks_at_a_terminal_if_it_may(
    cluster: Cluster, tmp_path: Path, plugin: Path, mode: str, asks: bool
) -> None:
    credential = json.dumps({"status": {"token": token_of(cluster, READ_NODES)}})
    script = f"read answer; printf %s \"$answer$KUBERNETES_EXEC_INFO\" > {tmp_path / 'told'}; echo '{credential}'"
    file = with_plugin(cluster, tmp_path, plugin, script, interactiveMode=mode)
    ours, theirs = pty.openpty()
    code = "import sys; from azext_amlarc.kubernetes.client import connect; connect(sys.argv[1], None).close()"
    with subprocess.Popen([sys.executable, "-c", code, file], stdin=theirs, cwd=ROOT) as process:
        os.write(ours, b"yes\n")
        assert process.wait(60) == 0
    os.close(ours)
    os.close(theirs)
    answer, _, info = (tmp_path / "told").read_text().partition("{")
    assert answer == ("yes" if asks else "")
    assert json.loads("{" + info)["spec"] == {"interactive": asks}
