"""Runs the credential plugins that a kubeconfig names for signing in, such as kubelogin.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
lightkube would run them too, but it hides their output from the user, has no timeout, and does not support v1.
"""

import base64
import json
import os
import subprocess
from typing import Any

from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import User, UserExec

from azext_amlarc.errors import Denied, InvalidInput

_TIMEOUT = 300  # seconds: the user may have to sign in with a browser


def sign_in(config: SingleConfig, plugin: UserExec) -> User:
    """Run the plugin for a token or a client certificate. Its messages on stderr go to the user.

    Denied if it fails, InvalidInput if it can't be run. Errors never contain its arguments, which may be secret.
    """
    status = _status(_output(config, plugin), plugin.command)
    token, certificate, key = (status.get(name) for name in ("token", "clientCertificateData", "clientKeyData"))
    if not token and not (certificate and key):
        raise _no_credentials(plugin.command)
    return User(token=token, client_cert_data=_base64(certificate), client_key_data=_base64(key))


def _output(config: SingleConfig, plugin: UserExec) -> bytes:
    program = f"The sign-in program {plugin.command!r} of the context {config.context_name!r}"
    command = str(config.abs_file(plugin.command)) if os.sep in plugin.command else plugin.command
    try:
        done = subprocess.run(
            [command, *(plugin.args or ())],
            env=_environment(plugin),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=_TIMEOUT,
            check=False,
        )
    except OSError as error:
        hint = plugin.installHint or "Install it, or sign in another way, such as az aks get-credentials --admin"
        raise InvalidInput(f"{program} cannot be run: {error.strerror}.", hint) from None
    except subprocess.TimeoutExpired:
        raise Denied(f"{program} did not finish within {_TIMEOUT} s.", "To try it: kubectl get nodes") from None
    if done.returncode:
        fix = "See its output above; to try it: kubectl get nodes. For kubelogin: az login, or kubelogin -h"
        raise Denied(f"{program} exited with {done.returncode}.", fix)
    return done.stdout


def _environment(plugin: UserExec) -> dict[str, str]:
    told = {"apiVersion": plugin.apiVersion, "kind": "ExecCredential", "spec": {"interactive": False}}
    given = {one.name: one.value for one in plugin.env or ()}
    return {**os.environ, "KUBERNETES_EXEC_INFO": json.dumps(told), **given}


def _status(output: bytes, command: str) -> dict[str, Any]:
    try:
        status = json.loads(output)["status"]
    except (ValueError, KeyError, TypeError):
        status = None
    if not isinstance(status, dict):
        raise _no_credentials(command)
    return status


def _no_credentials(command: str) -> Denied:
    fix = "See its documentation; to try it: kubectl get nodes"
    return Denied(f"The sign-in program {command!r} returned neither a token nor a certificate.", fix)


def _base64(pem: str | None) -> str | None:
    return base64.b64encode(pem.encode()).decode() if pem else None
