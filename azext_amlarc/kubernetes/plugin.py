"""Runs the credential plugins that a kubeconfig names for signing in, such as kubelogin.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
lightkube would run them too, but it hides their output from the user, has no timeout, and does not support v1.
"""

import base64
import codecs
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import IO, Any

from msgspec.structs import replace

from azext_amlarc.errors import Denied, InvalidInput
from azext_amlarc.kubernetes.credentials import authority
from azext_amlarc.kubernetes.entries import Cluster, Plugin, User
from azext_amlarc.kubernetes.kubeconfig import Context
from azext_amlarc.wording import in_line, legible

_TIMEOUT = 300  # seconds: the user may have to sign in with a browser
_LARGEST = 2**20  # bytes on stdout; a token and a certificate with its key are a few thousand
_MOST_SHOWN = 2**16  # bytes of its messages that the user gets to see
_AFTER_EXIT = 5  # seconds for what it wrote last; a child that it left behind may keep its pipes open for ever
_CREDENTIALS = ("token", "clientCertificateData", "clientKeyData")
_V1 = "client.authentication.k8s.io/v1"  # the first version without a default for interactiveMode
_OF_PLUGINS = "client.authentication.k8s.io/exec"  # the name under which a cluster keeps what is meant for them


def sign_in(context: Context, plugin: Plugin) -> User:
    """Run the plugin for a token or a client certificate. Its messages on stderr go to the user, as legible text.

    Denied if it fails, InvalidInput if it can't be run. Errors never contain its arguments, which may be secret.
    """
    status = _status(_output(context, plugin), plugin.command)
    found = [status.get(name) for name in _CREDENTIALS]
    if not all(value is None or isinstance(value, str) for value in found):
        raise _no_credentials(plugin.command)
    token, certificate, key = found
    if not token and not (certificate and key):
        raise _no_credentials(plugin.command)
    signed_in = replace(context.user, plugin=None, token=token)
    if not (certificate and key):
        return signed_in
    return replace(signed_in, certificate_data=_base64(certificate), key_data=_base64(key))


def kubelogin_audience(plugin: Plugin | None) -> str | None:
    """For which application kubelogin would get a token; None for any other sign-in program."""
    if plugin is None or Path(plugin.command).stem != "kubelogin":
        return None
    words = [part for word in plugin.args or () for part in word.split("=", 1)]
    return next((after for word, after in pairwise(words) if word.lstrip("-") == "server-id"), None)


def _output(context: Context, plugin: Plugin) -> bytes:
    program = f"The sign-in program {plugin.command!r} of the context {context.name!r}"
    interactive = _is_interactive(context, plugin, program)
    environment = _environment(context, plugin, interactive)
    try:
        # A program in PATH is found by its name; a path is absolute.
        process = subprocess.Popen(  # pylint: disable=consider-using-with  # _Run ends it
            [plugin.command, *(plugin.args or ())],
            env=environment,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except (OSError, ValueError) as error:
        hint = plugin.hint or "Install it, or sign in another way, such as az aks get-credentials --admin"
        reason = getattr(error, "strerror", None) or "its command contains characters that no command can"
        raise InvalidInput(f"{program} cannot be run: {reason}.", legible(hint)) from None
    with _Run(process) as run:
        code = run.wait(time.monotonic() + _TIMEOUT)
    if code is None:
        raise Denied(f"{program} did not finish within {_TIMEOUT} s.", "To try it: kubectl get nodes")
    if len(run.output) > _LARGEST:
        raise Denied(f"{program} printed more than {_LARGEST} bytes.", "To try it: kubectl get nodes")
    if code:
        fix = "See its output above; to try it: kubectl get nodes. For kubelogin: az login, or kubelogin -h"
        raise Denied(f"{program} exited with {code}.", fix)
    return bytes(run.output)


@dataclass
class _Run:
    """A program that runs: what it writes to stdout is kept, what it writes to stderr is shown, each up to a limit."""

    process: "subprocess.Popen[bytes]"

    def __post_init__(self) -> None:
        self.output = bytearray()
        self._threads = [Thread(target=self._keep, daemon=True), Thread(target=self._show, daemon=True)]

    def __enter__(self) -> "_Run":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(_AFTER_EXIT)

    def wait(self, deadline: float) -> int | None:
        """Its exit code; None if it did not end in time. It is ended when it has written too much."""
        while (code := self.process.poll()) is None and time.monotonic() < deadline:
            if len(self.output) > _LARGEST:
                self.process.kill()
            time.sleep(0.01)
        return code

    def _keep(self) -> None:
        for piece in _pieces(self.process.stdout):
            self.output += piece
            if len(self.output) > _LARGEST:
                break

    def _show(self) -> None:
        """As it comes, since the user may have to act on it; what would be too much is read and left out."""
        decoder, shown = codecs.getincrementaldecoder("utf-8")("replace"), 0
        for piece in _pieces(self.process.stderr):
            if shown < _MOST_SHOWN:
                sys.stderr.write(legible(decoder.decode(piece[: _MOST_SHOWN - shown])))
                sys.stderr.flush()
            shown += len(piece)


def _pieces(pipe: IO[bytes] | None) -> Iterator[bytes]:
    """What comes through a pipe, as it comes; the pipe is closed by its reader, perhaps after the program's end."""
    assert pipe is not None
    with pipe:
        while piece := os.read(pipe.fileno(), 65536):
            yield piece


def _is_interactive(context: Context, plugin: Plugin, program: str) -> bool:
    """Whether it may ask the user, on our standard input; Denied if it must and can't, InvalidInput for no mode."""
    if not plugin.interactive_mode and plugin.api_version == _V1:
        reason = f"its exec has no interactiveMode, which {_V1} demands, and kubectl with it"
        raise context.unusable(reason, "Add to the user's exec: interactiveMode: IfAvailable")
    mode, terminal = plugin.interactive_mode or "IfAvailable", os.isatty(0)
    if mode not in ("Never", "IfAvailable", "Always"):
        reason = f"its exec has the interactiveMode {mode!r}"
        raise context.unusable(reason, "Write one of Never, IfAvailable, Always")
    if mode == "Always" and not terminal:
        fix = "Run the command in a terminal, or use a kubeconfig whose sign-in asks nothing"
        raise Denied(f"{program} has to ask the user, but standard input is not a terminal.", fix)
    return terminal and mode != "Never"


def _environment(context: Context, plugin: Plugin, interactive: bool) -> dict[str, str]:
    """As kubectl does it, our word comes last."""
    given = {one.name: one.value or "" for one in plugin.env or ()}
    try:
        spec = {**({"cluster": _told(context.cluster)} if plugin.wants_cluster else {}), "interactive": interactive}
        told = {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}
        return {**os.environ, **given, "KUBERNETES_EXEC_INFO": json.dumps(told, allow_nan=False)}
    except (ValueError, TypeError, RecursionError) as error:
        raise context.unusable(f"its cluster cannot be told to its sign-in program: {in_line(str(error))}") from None


def _told(cluster: Cluster) -> dict[str, Any]:
    """The cluster as client-go tells it to plugins (ConfigToExecCluster); the certificates are told, not their file."""
    trusted = authority(cluster)
    ours = [one.extension for one in cluster.extensions or () if one.name == _OF_PLUGINS]
    told = {
        "tls-server-name": cluster.server_name,
        "insecure-skip-tls-verify": cluster.insecure,
        "certificate-authority-data": base64.b64encode(trusted).decode() if trusted else None,
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
    }
    named = {name: value for name, value in told.items() if value}
    return {"server": cluster.server, **named, "config": ours[0] if ours else None}


def _status(output: bytes, command: str) -> dict[str, Any]:
    try:
        status = json.loads(output)["status"]
    except (ValueError, LookupError, TypeError, RecursionError):
        status = None
    if not isinstance(status, dict):
        raise _no_credentials(command)
    return status


def _no_credentials(command: str) -> Denied:
    fix = "See its documentation; to try it: kubectl get nodes"
    return Denied(f"The sign-in program {command!r} returned neither a token nor a certificate.", fix)


def _base64(pem: str) -> str:
    return base64.b64encode(pem.encode(errors="replace")).decode()
