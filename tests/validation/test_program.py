"""`python -m azext_amlarc.validation` as users run it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.validation.documents import CASES, EXAMPLES

PACKAGE_ROOT = Path(__file__).parent.parent.parent
ISOLATED = """
import runpy, sys
sys.path.append(sys.argv.pop(1))
runpy.run_module("azext_amlarc.validation", run_name="__main__", alter_sys=True)
"""
VALID = str(CASES / "document/valid/cpu.json")
INVALID = str(CASES / "document/invalid/D007-default-type-missing.json")
WARNING = str(CASES / "document/warning/D009-upper-case.json")


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "azext_amlarc.validation", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False, cwd=PACKAGE_ROOT)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((VALID,), 0),
        ((WARNING,), 0),
        ((WARNING, "--strict"), 1),
        ((INVALID,), 1),
        ((VALID, INVALID), 1),
        (("no-such-file.json",), 1),
        ((), 2),
        ((VALID, "--format", "xml"), 2),
        ((VALID, "--no-such-option"), 2),
    ],
)
def test_the_exit_code_says_clean_invalid_or_wrong_usage(arguments: tuple[str, ...], code: int) -> None:
    assert run(*arguments).returncode == code


def test_it_runs_with_neither_az_nor_azure_nor_any_sdk(tmp_path: Path) -> None:
    (tmp_path / "azext_amlarc").symlink_to(PACKAGE_ROOT / "azext_amlarc")
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", ISOLATED, str(tmp_path), INVALID, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stderr == ""
    assert done.returncode == 1
    assert [finding["code"] for finding in json.loads(done.stdout)["findings"]] == ["AMLARC-D007"]


def test_a_clean_file_costs_no_library_and_no_second_parser() -> None:
    probe = "import sys; from azext_amlarc.validation.__main__ import main; main(sys.argv[2:]); print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append(sys.argv[1]); {probe}"]
    done = subprocess.run([*command, str(PACKAGE_ROOT), VALID], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {
        "jsonschema",
        "yaml",
        "azure",
        "knack",
        "cryptography",
        "subprocess",
        "xml.etree.ElementTree",
        "urllib.parse",
    }


def test_standard_input_is_validated() -> None:
    done = run("-", given=b'{"namespace": "A"}')
    assert done.stdout.startswith(b"<stdin>:1:15: error AMLARC-N007 $.namespace: ")


def test_text_has_place_code_message_and_fix_and_a_summary() -> None:
    lines = run(INVALID).stdout.decode().splitlines()
    assert lines == [
        f"{INVALID}:3:26: error AMLARC-D007 $.defaultInstanceType: "
        'defaultInstanceType "cpus" is not one of instanceTypes',
        '    fix: did you mean "cpu"?',
        "1 file: 1 error, 0 warnings",
    ]


def test_a_clean_file_is_one_line() -> None:
    assert run(VALID).stdout == b"1 file: valid\n"


def test_a_directory_is_validated_as_a_whole(tmp_path: Path) -> None:
    for example in (*EXAMPLES.glob("*.json"), *EXAMPLES.glob("*.yaml")):
        shutil.copy(example, tmp_path)
    done = run(str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.endswith(b"3 files: valid\n")


@pytest.mark.parametrize("form", ["sarif", "junit", "json"])
def test_the_exit_code_is_the_same_whatever_the_format(form: str) -> None:
    assert run(INVALID, "--format", form).returncode == 1
    assert run(VALID, "--format", form).returncode == 0


def test_a_terminal_that_cannot_show_a_character_gets_an_escape() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "azext_amlarc.validation", "-"],
        input='{"größe": "\\ud800"}'.encode(),
        capture_output=True,
        check=False,
        cwd=PACKAGE_ROOT,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 1
    assert b"gr\\xf6\\xdfe" in done.stdout


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "many.json").write_text(json.dumps({f"key-{n}": 1 for n in range(20_000)}), encoding="utf-8")
    command = [sys.executable, "-m", "azext_amlarc.validation", str(tmp_path / "many.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=PACKAGE_ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("redirected", [">/dev/full", ">&-", "<&- -"])
def test_streams_that_fail_are_a_line_and_exit_code_one(redirected: str) -> None:
    command = f'"{sys.executable}" -m azext_amlarc.validation {VALID} {redirected}'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, cwd=PACKAGE_ROOT)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len((done.stderr + done.stdout).splitlines()) <= 3
