"""Where output goes: encodings without our marks, pipes whose reader has gone, full disks, files that stay whole."""

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import CLUSTER, WORKSPACE
from tests.support.az import VENV, Az, Result
from tests.support.azure import Azure

NARROW = [
    {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]
CHECK = ("amlarc", "check", *CLUSTER)


def shell(az: Az, line: str, folder: Path) -> Result:
    """A line of a shell, in which `az` is ours; its exit code is that of az."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        env={**az.environment, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def odd(folder: Path) -> Path:
    """A configuration whose findings quote characters that few encodings have."""
    file = folder / "größe.json"
    file.write_text('{"namespace": "größe-東京"}', encoding="utf-8")
    return file


@pytest.mark.parametrize("variables", NARROW)
def test_reports_can_be_written_in_any_encoding(az: Az, tmp_path: Path, variables: dict[str, str]) -> None:
    odd(tmp_path)
    for form in ("text", "json", "junit"):
        result = az("amlarc", "config", "validate", "-f", ".", "--format", form, folder=tmp_path, variables=variables)
        assert result.code == 1
        assert "Internal error" not in result.stderr
        assert "AMLARC-N007" in result.stdout
        if form == "json":
            assert "größe-東京" in json.loads(result.stdout)["findings"][0]["message"]
    checked = az(*CHECK, "--phase", "pre", variables=variables)
    assert "Internal error" not in checked.stderr
    assert "checks" in checked.stdout


@pytest.mark.parametrize(
    "line",
    [
        "az amlarc check -c amlarc-cluster -g amlarc-rg --phase pre | head -1",
        "az amlarc settings list | head -1",
        "az amlarc config schema | head -1",
        "az amlarc settings list -o table | true",
        "az amlarc config validate -f missing.json 2>&1 | true",
    ],
)
def test_a_reader_that_has_seen_enough_is_no_error(az: Az, tmp_path: Path, line: str) -> None:
    result = shell(az, line, tmp_path)
    assert "ERROR" not in result.stderr
    assert "Broken pipe" not in result.stderr
    assert "Exception ignored" not in result.stderr
    assert "reached" not in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize(
    "words",
    ["check -c amlarc-cluster -g amlarc-rg --phase pre", "settings show -n enableTraining", "config schema"],
)
def test_a_full_disk_is_said_once_and_ends_with_one(az: Az, tmp_path: Path, words: str) -> None:
    result = shell(az, f"az amlarc {words} > /dev/full", tmp_path)
    assert result.code == 1
    assert result.stderr.count("No space left on device") == 1
    assert "reached" not in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("config validate -f -", "is empty"),
        ("extension delete -c amlarc-cluster -g amlarc-rg", "has no extension"),
        ("attach -w amlarc-ws -g amlarc-rg", "Missing required options"),
    ],
)
def test_a_closed_standard_input_is_an_empty_one(az: Az, tmp_path: Path, words: str, said: str) -> None:
    result = shell(az, f"az amlarc {words} <&-", tmp_path)
    assert said in result.stdout + result.stderr
    assert "Internal error" not in result.stderr


def test_the_result_is_on_stdout_before_a_file_fails(az: Az, tmp_path: Path) -> None:
    result = az(*CHECK, "--phase", "pre", "--output-file", str(tmp_path / "none" / "report.html"))
    assert result.code == 1
    assert "checks" in result.stdout
    assert "cannot be written: No such file or directory" in result.stderr
    listed = az(*CHECK, "--phase", "pre", "-o", "json", "--output-file", str(tmp_path / "none" / "report.html"))
    assert len(listed.object) > 10


def test_a_report_replaces_a_file_and_keeps_its_mode(az: Az, tmp_path: Path) -> None:
    report, link = tmp_path / "report.json", tmp_path / "link.json"
    report.write_text("old")
    report.chmod(0o640)
    link.symlink_to(report)
    az.must("amlarc", "settings", "validate", "--config", "enableTraining=True", "--output-file", str(link))
    assert json.loads(report.read_text())["valid"] is True
    assert report.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [link, report]


def test_a_dangling_link_is_not_followed(az: Az, tmp_path: Path) -> None:
    link = tmp_path / "report.json"
    link.symlink_to(tmp_path / "nowhere.json")
    result = az("amlarc", "settings", "validate", "--config", "enableTraining=True", "--output-file", str(link))
    assert result.code == 1
    assert "link to a file that does not exist" in result.stderr
    assert not (tmp_path / "nowhere.json").exists()


@pytest.mark.parametrize("command", ["config", "settings", "check"])
def test_every_report_has_the_same_options(az: Az, tmp_path: Path, command: str) -> None:
    file = tmp_path / "attach.json"
    file.write_text('{"namespace": "jobs"}')
    lines = {
        "config": ("amlarc", "config", "validate", "-f", str(file)),
        "settings": ("amlarc", "settings", "validate", "--config", "enableTraining=True"),
        "check": (*CHECK, "--phase", "pre"),
    }
    shown = az(*lines[command], "--format", "json")
    written = az(*lines[command], "--format", "json", "--output-file", str(tmp_path / "report.txt"))
    assert json.loads(shown.stdout)
    assert type(json.loads((tmp_path / "report.txt").read_text())) is type(json.loads(shown.stdout))
    assert not written.stdout.startswith(("{", "["))
    for suffix in (".xml", ".json"):
        az(*lines[command], "--output-file", str(tmp_path / f"report{suffix}"))
        assert (tmp_path / f"report{suffix}").read_text().startswith(("<?xml", "{", "["))
    assert az(*lines[command], "--output-file", "report.pdf").code == 2


@pytest.mark.parametrize("words", [("-o", "json"), ("--output", "tsv"), ("--query", "[0]"), ("--query=length(@)",)])
def test_output_and_query_give_the_object(az: Az, words: tuple[str, ...]) -> None:
    assert "✔" not in az(*CHECK, "--phase", "pre", *words).stdout
    judged = az("amlarc", "settings", "validate", "--config", "enableTraining=True", "--query", "valid")
    assert judged.stdout == "true\n"
    started = az.must("amlarc", "config", "init", "--default", "--query", "namespace", "-o", "tsv")
    assert started.stdout == "default\n"


def test_what_is_made_to_be_piped_is_json_whatever_the_default_output_is(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "attach.json"
    file.write_text('{"defaultInstanceType": "a", "instanceTypes": {"a": {"nodeSelector": {"x": "y"}}}}')
    table = {"AZURE_CORE_OUTPUT": "table"}
    made = az("amlarc", "config", "convert", "-f", str(file), "--to", "instancetype", variables=table)
    assert json.loads(made.stdout)["kind"] in ("List", "InstanceType", "InstanceTypeList")
    assert json.loads(az("amlarc", "config", "schema", variables=table).stdout)["title"] == "Attach configuration"
    assert "Result" not in az(*CHECK, "--phase", "pre", variables=table).stdout


def test_az_is_told_once_not_to_ask(installed: Az) -> None:
    silent = {"AZURE_CORE_DISABLE_CONFIRM_PROMPT": "true"}
    deleted = installed("amlarc", "extension", "delete", *CLUSTER, variables=silent)
    assert deleted.code == 0, deleted.stderr


def test_a_detach_asks_nothing_either(az: Az) -> None:
    silent = {"AZURE_CORE_DISABLE_CONFIRM_PROMPT": "true"}
    assert az("amlarc", "detach", "-n", "nothing", *WORKSPACE, variables=silent).code == 0


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}])
def test_messages_on_a_terminal_have_no_color_if_no_color_is_set(az: Az, variables: dict[str, str]) -> None:
    screen, terminal = os.openpty()
    command = [str(VENV / "bin" / "az"), "amlarc", "show", "-n", "..", *WORKSPACE]
    environment = {**az.environment, "TERM": "xterm", **variables}
    with subprocess.Popen(command, env=environment, cwd=az.config, stdin=terminal, stdout=terminal, stderr=terminal):
        os.close(terminal)
        seen = b""
        with suppress(OSError):  # how a terminal says that nobody writes to it any more
            while piece := os.read(screen, 4096):
                seen += piece
    os.close(screen)
    assert b"is not a valid compute target name" in seen
    assert (b"\x1b" in seen, seen.startswith(b"ERROR: ")) == ((False, True) if variables else (True, False))


HOSTILE = "a\x9b2J\u202eb\x85c\u2028d\x1be"


@pytest.mark.parametrize("form", ["json", "yaml", "tsv", "table"])
def test_what_others_put_into_a_result_is_printed_visibly(az: Az, azure: Azure, form: str) -> None:
    body = {
        "properties": {
            "extensionType": "Microsoft.AzureML.Kubernetes",
            "configurationSettings": {"enableTraining": "True", "relayserver.enabled": "false", "x.y": HOSTILE},
        }
    }
    place = f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
    azure.put(f"{place}/providers/Microsoft.KubernetesConfiguration/extensions/theirs", "2023-05-01", body)
    query = ("--query", 'configurationSettings."x.y"')
    shown = az.must("amlarc", "extension", "show", *CLUSTER, *query, "-o", form).stdout
    assert shown.replace("\n", "").isprintable()
    if form == "json":
        assert json.loads(shown) == HOSTILE
    elif form == "yaml":
        assert yaml.safe_load(shown) == HOSTILE
    else:
        assert r"a\x9b2J\u202eb\x85c\u2028d\x1be" in shown
