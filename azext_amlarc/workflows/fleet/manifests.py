"""A manifest in a file, read and validated, and the protected values that it refers to."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import json_object
from azext_amlarc.errors import InvalidInput, stop_at_errors
from azext_amlarc.findings import Finding
from azext_amlarc.resources.fleet import Fleet, Reference
from azext_amlarc.validation import files, manifest
from azext_amlarc.validation.manifest.given import Contents
from azext_amlarc.validation.settings import Unread
from azext_amlarc.wording import in_line
from azext_amlarc.workflows.fleet.present import why

_VAULT_VERSION = "7.4"


@dataclass(frozen=True)
class Manifest:
    """A valid manifest: its fleet, its warnings, and what is in the files that its protected settings name."""

    fleet: Fleet
    findings: tuple[Finding, ...]
    source: str
    contents: Contents = field(repr=False)


def load(path: str, policies: Sequence[str] = ()) -> Manifest:
    """The manifest in this file, `-` for standard input; InvalidInput with all findings at once.

    `policies` names JSON Schemas that it has to keep as well (docs/guardrails.md).
    """
    loaded = files.as_text(path)  # what az has loaded for `@FILE`
    source = files.TEXT if loaded else files.STDIN if path == "-" else path
    outcome = manifest.read(loaded or files.read(path), source, files.read)
    findings = (*outcome.findings, *_broken(outcome, policies))
    stop_at_errors(f"Invalid manifest {in_line(source)}", findings)
    if outcome.fleet is None:
        fix = "To see one: az ml arc config init --kind fleet"
        raise InvalidInput(f"{in_line(source)} is not the manifest of a fleet.", fix)
    return Manifest(outcome.fleet, findings, source, outcome.contents)


def _broken(outcome: manifest.Outcome, names: Sequence[str]) -> Sequence[Finding]:
    """What the policies say."""
    if not names:
        return ()
    from azext_amlarc.validation.guardrails import of_fleet, policy

    return policy.read(names).judge(list(of_fleet.subjects(outcome)))


def revealed(azure: AzureClient, given: Manifest) -> dict[Reference, bytes | Unread]:
    """The protected values; those of environment variables and Key Vaults are looked up now.

    InvalidInput with all of those that can't be had: nothing is sent without them.
    """
    wanted = given.fleet.extension.protected.values() if given.fleet.extension else ()
    found = {one: given.contents.get(one) or _looked_up(azure, one) for one in wanted}
    missing = [f"{one}: {content.message}" for one, content in found.items() if isinstance(content, Unread)]
    if missing:
        raise InvalidInput("\n".join([*missing, "Nothing was sent."]), "Correct the manifest, or provide the values.")
    return found


def _looked_up(azure: AzureClient, reference: Reference) -> bytes | Unread:
    if reference.source != "env":
        return _from_vault(azure, reference.name)
    value = os.environ.get(reference.name)
    return value.encode() if value else Unread("the environment variable is not set", "set it")


def _from_vault(azure: AzureClient, url: str) -> bytes | Unread:
    """The secret at this URL, by a token that only Key Vaults take.

    https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret
    """
    host = urlsplit(url).netloc
    endpoint, scope = f"https://{host}", f"https://{host.partition('.')[2]}/.default"
    try:
        with azure.elsewhere(endpoint, scope) as vault:
            answer = json_object(vault.get_url(f"{url}?api-version={_VAULT_VERSION}"))
    except (AzureError, OSError) as error:
        return Unread(f"the secret cannot be read: {why(error)}", "check the name, and your access to the Key Vault")
    value = answer.get("value")
    return value.encode() if isinstance(value, str) else Unread("the secret has no value", "give it one")
