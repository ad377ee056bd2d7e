"""Who reaches a local Azure: this machine alone, unless told otherwise; and then control calls need a token."""

import json
import shutil
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from amlarc_emulator.client import LocalAzure
from amlarc_emulator.client import running as running_for_others
from amlarc_emulator.options import parse
from amlarc_emulator.server import _control_token
from tests.support.azure import Azure

# Another address of this machine, at which only a server that listens everywhere answers.
ELSEWHERE = "127.0.0.2"


def port_of(azure: LocalAzure) -> int:
    return urlsplit(azure.endpoint).port or 0


def test_it_listens_at_one_address_of_this_machine(azure: Azure) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((ELSEWHERE, port_of(azure)), 5)
    assert "controlToken" not in azure.ready


def test_others_reach_it_by_its_name_and_control_it_with_its_token(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    with running_for_others(data, "--host", "0.0.0.0", "--name", "azure.localhost") as azure:
        assert urlsplit(azure.endpoint).hostname == "azure.localhost"
        assert len(azure.ready["controlToken"]) == 43
        context = ssl.create_default_context(cafile=azure.ca_file)
        with socket.create_connection((ELSEWHERE, port_of(azure)), 5) as plain:
            context.wrap_socket(plain, server_hostname="azure.localhost").close()

        copy.mkdir()
        for name in ("ca.pem", "ready.json"):
            shutil.copy(data / name, copy)
        ready = json.loads((copy / "ready.json").read_text())
        (copy / "ready.json").write_text(json.dumps({**ready, "endpoint": f"https://localhost:{port_of(azure)}"}))
        other = LocalAzure.connect(copy)
        other.fault(path="/subscriptions", status=503, times=2)
        assert [fault["path"] for fault in other.faults()] == ["/subscriptions"]

        # Somebody without the token changes and learns nothing, but signs in and works like any client.
        for method, call in (("GET", "state"), ("GET", "faults"), ("DELETE", "faults"), ("POST", "reset")):
            for given in ("", "Bearer", f"Bearer {other.ready['controlToken'][:-1]}x", f"Bearer {other.token()}"):
                refused = other.send(method, f"/emulator/{call}", authorization=given)
                assert (refused.status, list(refused.body)) == (401, ["error"])
        refused = other.send("POST", "/emulator/principal", {"actions": []}, authorization="Bearer wrong")
        assert refused.status == 401
        assert other.faults()[0]["times"] == 2
        other.forget_faults()
        token = other.sign_in(audience=azure.endpoint).body["access_token"]
        listed = other.send("GET", "/subscriptions?api-version=2022-12-01", authorization=f"Bearer {token}")
        assert listed.status == 200
        other.reset()
        assert other.traffic() == []  # the record is on the other machine
        assert other.stop() == 0
        assert other.state()["resources"], "it goes on for whoever started it"
        other.stop()


def test_a_token_can_be_given_and_is_never_weak(tmp_path: Path) -> None:
    file = tmp_path / "token"
    options = parse(["--data", str(tmp_path), "--control-token-file", str(file)])
    file.write_text("0123456789abcdef\n")
    assert _control_token(options) == "0123456789abcdef"
    for weak in ("", "short", "0123456789abcdeß", "0123456789\nabcdef"):
        file.write_text(weak, encoding="utf-8")
        with pytest.raises(ValueError, match="has no token"):
            _control_token(options)
    everywhere = parse(["--data", str(tmp_path), "--host", "::"])
    assert _control_token(everywhere) != _control_token(everywhere)
    assert _control_token(parse(["--data", str(tmp_path), "--host", "::1"])) == ""
