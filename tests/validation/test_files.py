"""Files that users name: found, read within a limit, judged."""

import errno
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.errors import InvalidInput
from azext_amlarc.validation import documents, files


def refusal(path: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        files.read(str(path))
    assert caught.value.fix
    return caught.value


def test_the_bytes_of_a_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf{}")
    assert files.read(str(tmp_path / "a.json")) == b"\xef\xbb\xbf{}"


def test_a_missing_file_is_f018(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.json").code == "AMLARC-F018"


def test_a_directory_is_f019(tmp_path: Path) -> None:
    assert refusal(tmp_path).code == "AMLARC-F019"


def test_a_pipe_or_socket_or_device_is_f020_and_is_not_waited_for(tmp_path: Path) -> None:
    assert refusal("/dev/zero").code == "AMLARC-F020"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "s"))
        assert refusal(tmp_path / "s").code == "AMLARC-F020"


def test_a_pipe_that_nobody_writes_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    began = time.monotonic()
    refused = refusal(tmp_path / "pipe")
    assert refused.code == "AMLARC-F021"
    assert refused.message == f"{tmp_path / 'pipe'} is a pipe that nobody writes to"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("script", ["sleep 0.3; printf %s '{}'", "printf %s '{'; sleep 2; printf %s '}'"])
def test_a_pipe_that_somebody_writes_slowly_is_read_to_its_end(tmp_path: Path, script: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", f"exec > pipe; {script}"], cwd=tmp_path) as writer:
        assert files.read(str(tmp_path / "pipe")) == b"{}"
    assert writer.returncode == 0


def test_what_a_shell_substitutes_is_read() -> None:
    reader = "import sys; from azext_amlarc.validation import files; print(len(files.read(sys.argv[1])))"
    script = f"{sys.executable} -c '{reader}' <(sleep 2; head -c 300000 /dev/zero)"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "300000\n"


def test_a_pipe_beyond_the_limit_is_f011(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", "yes > pipe"], cwd=tmp_path, stderr=subprocess.DEVNULL):
        assert refusal(tmp_path / "pipe").code == "AMLARC-F011"


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "attach.json/inside"])
def test_a_path_that_the_system_refuses_is_an_error_of_ours(path: str, tmp_path: Path) -> None:
    (tmp_path / "attach.json").write_text("{}", encoding="utf-8")
    assert refusal(tmp_path / path).code in ("AMLARC-F018", "AMLARC-F021")


def test_an_unreadable_file_is_f021(tmp_path: Path) -> None:
    path = tmp_path / "loop.json"
    path.symlink_to(path)
    assert refusal(path).code == "AMLARC-F021"


def test_a_file_beyond_the_limit_is_f011(tmp_path: Path) -> None:
    with open(tmp_path / "big.json", "wb") as file:
        file.truncate(32 * 2**20 + 1)
    assert refusal(tmp_path / "big.json").code == "AMLARC-F011"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.json", "a.yaml", "c.txt", "sub/d.YML", "sub/e.json", ".hidden/f.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


SUB = ["./sub/d.YML", "./sub/e.json"]


def test_a_directory_stands_for_its_json_and_yaml_at_any_depth_in_order(tree: Path) -> None:
    assert files.expand(".") == ["./a.yaml", "./b.json", *SUB]


def test_a_directory_stands_for_what_is_behind_its_links_if_the_caller_says_so(tree: Path) -> None:
    (tree / "elsewhere").symlink_to(".hidden")
    (tree / "loop").symlink_to(".")
    (tree / "sub" / "up").symlink_to("..")
    assert "./elsewhere/f.json" not in files.expand(".")
    assert files.expand(".", through_links=True) == ["./a.yaml", "./b.json", "./elsewhere/f.json", *SUB]


def test_a_directory_with_an_unreadable_one_in_it_is_f021(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(folder: str) -> Any:  # root may read everything, so no permission makes one
        if os.path.basename(folder) == "sub":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)
        return listed(folder)

    listed = os.scandir
    monkeypatch.setattr(os, "scandir", unreadable)
    with pytest.raises(InvalidInput) as caught:
        files.expand(str(tree))
    assert (caught.value.code, caught.value.message) == ("AMLARC-F021", f"{tree}/sub cannot be read: Permission denied")


def test_a_pattern_stands_for_its_matches_in_order(tree: Path) -> None:
    assert files.expand("*.json") == ["b.json"]
    assert files.expand("**/*.json") == ["b.json", "sub/e.json"]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tree: Path) -> None:
    (tree / "[a].json").write_text("{}", encoding="utf-8")
    assert files.expand("[a].json") == ["[a].json"]


def test_what_stands_for_nothing_is_f022(tree: Path) -> None:
    (tree / "empty").mkdir()
    for name in ("empty", "*.toml"):
        with pytest.raises(InvalidInput) as caught:
            files.expand(name)
        assert caught.value.code == "AMLARC-F022"


def test_every_file_is_judged_once_and_what_cannot_be_read_is_a_finding(tree: Path) -> None:
    (tree / "b.json").write_text('{"namespace": 1}', encoding="utf-8")
    report = documents.validate_documents(["b.json", "*.json", "none.json", "empty-*", "sub"])
    assert report.sources == ("b.json", "none.json", "empty-*", "sub/d.YML", "sub/e.json")
    assert [(finding.source, finding.code) for finding in report.findings] == [
        ("b.json", "AMLARC-D002"),
        ("none.json", "AMLARC-F018"),
        ("empty-*", "AMLARC-F022"),
    ]


def test_a_pipe_is_read_as_the_shell_gives_it() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    assert files.read(f"/dev/fd/{reading}") == b"{}"
    os.close(reading)
