"""Finds and reads the user's kubeconfig and a context in it. Messages never contain its values."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml
from lightkube.config.kubeconfig import KubeConfig, SingleConfig

from azext_amlarc.errors import InvalidInput
from azext_amlarc.validation import files
from azext_amlarc.wording import nearest

_DEFAULT = "~/.kube/config"
_MOST_LISTED = 10
_FIX = "Create one with: az aks get-credentials -n CLUSTER -g GROUP; through Azure Arc: az connectedk8s proxy"


@dataclass(frozen=True)
class Context:
    """A context of a kubeconfig: the cluster, the user, and the proxy."""

    source: str
    name: str
    config: SingleConfig
    proxy: str | None


def read_context(kubeconfig: str | None, name: str | None) -> Context:
    """The named or current context of the named file, or of $KUBECONFIG or ~/.kube/config.

    InvalidInput if the file is missing or not a kubeconfig, or the context is unknown.
    """
    documents = {source: _read(source) for source in _sources(kubeconfig)}
    wanted = name or next(filter(None, (document.get("current-context") for document in documents.values())), None)
    contexts = {entry: source for source in reversed(documents) for entry in _names(documents[source], source)}
    where = " and ".join(documents)
    if wanted is None:
        raise InvalidInput(f"{where} has no current context.", f"Pass one of its contexts: {_listed(contexts)}")
    if wanted not in contexts:
        near = nearest(wanted, contexts)
        meant = f"Did you mean {near}?" if near else "Pass one of those, or another file"
        raise InvalidInput(f"{where} has no context {wanted!r}, only: {_listed(contexts)}", meant)
    return _context(documents[contexts[wanted]], contexts[wanted], wanted)


def _sources(kubeconfig: str | None) -> list[str]:
    """The files that kubectl would read: those in $KUBECONFIG that exist, or ~/.kube/config."""
    if kubeconfig is not None:
        return [kubeconfig]
    named = [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    found = [path for path in named or [os.path.expanduser(_DEFAULT)] if os.path.exists(path)]
    if not found:
        missing = (
            f"the files in KUBECONFIG do not exist: {' '.join(named)}"
            if named
            else f"KUBECONFIG is not set and {_DEFAULT} does not exist"
        )
        raise InvalidInput(f"No kubeconfig found: none was given, and {missing}.", _FIX)
    return found


def _read(source: str) -> Mapping[str, Any]:
    try:
        document = yaml.load(files.read(source), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        # The error's own message quotes the text, which may be a password.
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise _invalid(source, f"it is not valid YAML{place}") from None
    except (yaml.YAMLError, ValueError):
        raise _invalid(source, "it is not valid YAML") from None
    if not isinstance(document, dict):
        raise _invalid(source, "it is not a mapping")
    return document


def _names(document: Mapping[str, Any], source: str) -> Sequence[str]:
    try:
        return [str(entry["name"]) for entry in document.get("contexts") or ()]
    except (TypeError, KeyError):
        raise _invalid(source, "its contexts are not a list of named contexts") from None


def _context(document: Mapping[str, Any], source: str, name: str) -> Context:
    try:
        read = KubeConfig.from_dict(dict(document) | {"users": document.get("users") or []}, fname=Path(source))
        proxies = {entry["name"]: entry["cluster"].get("proxy-url") for entry in document["clusters"]}
        config = read.get(name)
    except KeyError as error:
        raise _invalid(source, f"it has no {error}, which the context {name!r} needs") from None
    except (TypeError, AttributeError, msgspec.ValidationError) as error:
        raise _invalid(source, str(error)) from None
    assert config is not None  # lightkube returns None only if it is given a default
    return Context(source, name, config, proxies[config.context.cluster])


def _invalid(source: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{source} is not a valid kubeconfig: {reason}.", _FIX)


def _listed(contexts: Mapping[str, str]) -> str:
    names = sorted(contexts)
    return ", ".join([*names[:_MOST_LISTED], *(["…"] if len(names) > _MOST_LISTED else [])]) or "none"
