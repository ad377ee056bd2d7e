"""Whatever is wrong with a protected value, and wherever it was given: no finding, message or log repeats it."""

import base64
import itertools
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from azext_amlarc.commands.inputs.settings import read_settings
from azext_amlarc.errors import InvalidInput
from azext_amlarc.validation.report.formats import render
from azext_amlarc.validation.settings import RULES, ClusterFacts

SECRET = "TOPSECRETxKEYx123x456"
CONNECTION = f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=azureml_rw;SharedAccessKey={SECRET}="
OBJECT = json.dumps({"relayServerConnectionString": CONNECTION})


def secrets(pem_files: Mapping[str, bytes]) -> dict[str, str]:
    key = pem_files["key"].decode()
    body = "".join(key.splitlines()[1:-1])
    return {
        "PEM": key,
        "PEM on one line": key.replace("\n", " "),
        "PEM with spelled line ends": key.replace("\n", "\\n"),
        "base64 of PEM": base64.b64encode(key.encode()).decode(),
        "base64 of DER": body,
        "connection string": CONNECTION,
        "JSON": OBJECT,
        "JSON, cut off": OBJECT[:-2],
        "password": SECRET,
        "password and equals signs": f"{SECRET}==",
        "password as a pair": f"{SECRET}=x",
        "password in quotes": f'"{SECRET}"',
        "two lines": f"{SECRET}\n{SECRET}",
    }


KEYS = ["", "sslKeyPemFile=", "relayServerConnectionString=", "scoringFe.sslKey=", "installVolcano=", "chart.password=",
        "unheardOf=", "sslkeypemfile=", "nodeSelector.x=", "=", "relayserver.enabled="]  # fmt: skip
OPTIONS = ["config", "config_protected", "config_file", "config_protected_file"]


def fragments(secret: str) -> list[str]:
    """What must not be found: each long piece of the secret."""
    pieces = [piece for line in secret.split() for piece in line.split("\\n")]
    inner = SECRET if SECRET in secret else ""
    return [piece for piece in [*pieces, inner] if len(piece) >= 20 and "BEGIN" not in piece]


@pytest.mark.parametrize(("option", "key"), list(itertools.product(OPTIONS, KEYS)))
def test_no_finding_repeats_a_secret(
    option: str, key: str, pem_files: Mapping[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    for kind, secret in secrets(pem_files).items():
        if option == "config" and "password" in kind and not key.startswith(("ssl", "relayServer", "scoringFe")):
            continue  # a short password in place of a plain value looks like any other word
        if option == "config_file" and SECRET in secret and kind not in ("connection string", "JSON", "JSON, cut off"):
            continue  # so does one in place of a file's name
        value: object = f"{key}{secret}"
        said = outcome(**{option: [value] if option in ("config", "config_protected") else value})
        said += caplog.text
        assert [piece for piece in fragments(secret) if piece in said] == [], (kind, said)


def outcome(**options: object) -> str:
    given = read_settings(**{"config": ["enableTraining=True"], **options})  # type: ignore[arg-type]
    said = repr(given.findings) + render(given.report(ClusterFacts(), False), "text", RULES)
    for validate in (given.judged, given.stop_at_single_errors):
        try:
            validate()
        except InvalidInput as error:
            said += repr(error.findings) + str(error) + error.fix
    return said.replace("\\\\", "\\")


@pytest.mark.parametrize(
    "content",
    [
        f'{{"serviceBusConnectionString": {SECRET}}}',
        f'{{"serviceBusConnectionString": "{SECRET}", "serviceBusConnectionString": "{SECRET}"}}',
        f'{{"sslKeyPemFile": "{SECRET}\n"}}',
        f"serviceBusConnectionString: !{SECRET} x",
        f"serviceBusConnectionString: *{SECRET}",
        SECRET,
        f"[{SECRET}]",
        f'["{SECRET}"]',
        f'{{"a": {{"b": "{SECRET}"}}, "c": ["{SECRET}"]}}',
        f'{{"parameters": {{"sslKeyPemFile": {{"value": "{SECRET}"}}}}}}',
        f'{{"parameters": {{"enableTraining": {{"value": "{SECRET}"}}}}}}',
    ],
)
def test_no_finding_about_a_protected_file_repeats_what_is_in_it(content: str, tmp_path: Path) -> None:
    for name in ("p.json", "p.yaml", "p"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert SECRET not in outcome(config_protected_file=str(tmp_path / name))
    assert SECRET not in outcome(config_protected_file=content)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("PEM", "the value is PEM text, not the path of a file"),
        ("base64 of PEM", "the value is PEM text in base64, not the path of a file"),
        ("JSON", "the value is JSON text, not the path of a file"),
        ("connection string", "the value is a connection string, not the path of a file"),
    ],
)
def test_contents_in_place_of_a_path_are_named(value: str, message: str, pem_files: Mapping[str, bytes]) -> None:
    given = read_settings(
        config=["enableTraining=True"], config_protected=[f"sslKeyPemFile={secrets(pem_files)[value]}"]
    )
    errors = [finding for finding in given.report(ClusterFacts(), False).failing if finding.code == "AMLARC-S061"]
    assert [finding.message for finding in errors] == [message]


def test_a_home_folder_and_an_at_sign_are_understood_in_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pem_files: Mapping[str, bytes]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key.pem").write_bytes(pem_files["key"])
    for path in ("~/key.pem", f"@{tmp_path}/key.pem", f"{tmp_path}/key.pem"):
        given = read_settings(config_protected=[f"sslKeyPemFile={path}"])
        assert given.files[path] == pem_files["key"]
