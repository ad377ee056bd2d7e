"""Finds and reads the user's kubeconfig and a context in it. Messages never contain its values.

Several files are merged as kubectl does it:
https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import yaml

from azext_amlarc.errors import InvalidInput
from azext_amlarc.kubernetes.entries import Cluster, ContextEntry, User
from azext_amlarc.validation import files
from azext_amlarc.wording import in_line, nearest

T = TypeVar("T", Cluster, ContextEntry, User)

_DEFAULT = "~/.kube/config"
_MOST_LISTED = 10
_FIX = "Create one with: az aks get-credentials -n CLUSTER -g GROUP; through Azure Arc: az connectedk8s proxy"
# What PyYAML raises for text that is not YAML, and for values that their tags do not fit.
_NO_YAML = (yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError, RecursionError)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A name such as 2024-06-01 is text, as for kubectl."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (it is PyYAML's own attribute)
        start: [resolver for resolver in resolvers if resolver[0] != "tag:yaml.org,2002:timestamp"]
        for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Context:
    """A context of a kubeconfig: its cluster and its user, whose paths are absolute."""

    source: str
    name: str
    cluster: Cluster
    user: User

    def unusable(self, reason: str, fix: str = "") -> InvalidInput:
        """The error for a context that can't be used for this reason."""
        usual = (
            "Check its certificates, keys and files, or create a new one: az aks get-credentials -n CLUSTER -g GROUP"
        )
        return InvalidInput(
            f"{in_line(self.source)}: the context {self.name!r} cannot be used: {reason}.", fix or usual
        )


def read_context(kubeconfig: str | None, name: str | None) -> Context:
    """The named or current context of the named file, or of the files in $KUBECONFIG, or of ~/.kube/config.

    InvalidInput if a file is missing or not a kubeconfig, or the context is unknown or incomplete.
    """
    sources = _sources(kubeconfig)
    return _chosen(_Merged({source: _read(source, beside_others=len(sources) > 1) for source in sources}), name)


def fetched_context(content: bytes, source: str) -> Context:
    """The current context of a kubeconfig that is no file; `source` says in messages where it is from."""
    return _chosen(_Merged({source: _parsed(content, source)}), None)


def _chosen(merged: "_Merged", name: str | None) -> Context:
    contexts = merged.section("contexts")
    wanted = name or merged.current_context()
    where = " and ".join(map(in_line, merged.documents))
    if wanted is None:
        raise InvalidInput(f"{where} has no current context.", f"Pass one of its contexts: {_listed(contexts)}")
    if wanted not in contexts:
        near = nearest(wanted, contexts)
        meant = f"Did you mean {in_line(near)}?" if near else "Pass one of those, or another file"
        raise InvalidInput(f"{where} has no context {wanted!r}, only: {_listed(contexts)}", meant)
    return _context(merged, wanted)


def _sources(kubeconfig: str | None) -> list[str]:
    """The files that kubectl would read: those in $KUBECONFIG that exist, or ~/.kube/config."""
    if kubeconfig is not None:
        return [kubeconfig]
    named = [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    found = [path for path in named or [os.path.expanduser(_DEFAULT)] if os.path.exists(path)]
    if not found:
        missing = (
            f"the files in KUBECONFIG do not exist: {in_line(' '.join(named))}"
            if named
            else f"KUBECONFIG is not set and {_DEFAULT} does not exist"
        )
        raise InvalidInput(f"No kubeconfig found: none was given, and {missing}.", _FIX)
    return found


def _read(source: str, *, beside_others: bool = False) -> Mapping[str, Any]:
    """The file's content; beside others it may be empty, as for kubectl."""
    return _parsed(files.read(source), source, beside_others=beside_others)


def _parsed(content: bytes, source: str, *, beside_others: bool = False) -> Mapping[str, Any]:
    try:
        document = yaml.load(content, _Loader)
    except yaml.MarkedYAMLError as error:
        # The error's own message quotes the text, which may be a password.
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise _invalid(source, f"it is not valid YAML{place}") from None
    except _NO_YAML:
        raise _invalid(source, "it is not valid YAML") from None
    if document is None and beside_others:
        return {}
    if not isinstance(document, dict):
        raise _invalid(source, "it is not a mapping")
    return document


@dataclass(frozen=True)
class _Merged:
    """The documents of all files, by file; of entries with one name, the first file's counts, as a whole."""

    documents: Mapping[str, Mapping[str, Any]]

    def current_context(self) -> str | None:
        """That of the first file that has one."""
        for source, document in self.documents.items():
            found = document.get("current-context")
            if found is not None and not isinstance(found, str):
                raise _invalid(source, "its current-context is not text")
            if found:
                return found
        return None

    def section(self, kind: str) -> dict[str, tuple[Any, str]]:
        """The entries of all files under `clusters`, `users` or `contexts` by name, each with its file."""
        merged: dict[str, tuple[Any, str]] = {}
        for source, document in self.documents.items():
            for name, entry in _named(document.get(kind), kind, source).items():
                merged.setdefault(name, (entry, source))
        return merged

    def entry(self, kind: str, name: str, form: type[T], user_of: str = "") -> tuple[T, str]:
        """The entry with this name and its file; InvalidInput if it is missing or has fields of another type."""
        found = self.section(f"{kind}s")
        if name not in found:
            where = " and ".join(map(in_line, self.documents))
            raise InvalidInput(f"{where} has no {kind} {name!r}, which the context {user_of!r} needs.", _FIX)
        entry, source = found[name]
        try:
            return msgspec.convert({} if entry.get(kind) is None else entry[kind], form), source
        except msgspec.ValidationError as error:
            raise _invalid(source, f"the {kind} {name!r}: {error}") from None


def _named(entries: object, kind: str, source: str) -> dict[str, dict[str, Any]]:
    if entries is None:
        return {}
    if not isinstance(entries, list) or not all(map(_has_name, entries)):
        raise _invalid(source, f"its {kind} are not a list of named {kind}")
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry["name"] in found:
            raise _invalid(source, f"two of its {kind} are named {entry['name']!r}")
        found[entry["name"]] = entry
    return found


def _has_name(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def _context(merged: _Merged, name: str) -> Context:
    context, source = merged.entry("context", name, ContextEntry)
    cluster, cluster_source = merged.entry("cluster", context.cluster or "", Cluster, name)
    user, user_source = merged.entry("user", context.user, User, name) if context.user else (User(), source)
    if not cluster.server:
        raise _invalid(cluster_source, f"the cluster {context.cluster!r} has no server")
    return Context(source, name, _cluster_beside(cluster, cluster_source), _user_beside(user, user_source))


def _cluster_beside(cluster: Cluster, source: str) -> Cluster:
    return msgspec.structs.replace(cluster, authority=_beside(source, cluster.authority))


def _user_beside(user: User, source: str) -> User:
    plugin = user.plugin
    if plugin is not None and _is_path(plugin.command):
        plugin = msgspec.structs.replace(plugin, command=_beside(source, plugin.command))
    paths = {name: _beside(source, getattr(user, name)) for name in ("certificate", "key", "token_file")}
    return msgspec.structs.replace(user, plugin=plugin, **paths)


def _is_path(command: str) -> bool:
    """Whether a command is a path; if not, it is looked for in PATH."""
    return os.sep in command or bool(os.altsep and os.altsep in command)


def _beside(source: str, path: str | None) -> str | None:
    """The path as the kubeconfig file means it: relative to the file's folder."""
    return os.path.join(os.path.dirname(os.path.abspath(source)), path) if path else None


def _invalid(source: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{in_line(source)} is not a valid kubeconfig: {reason}.", _FIX)


def _listed(contexts: Collection[str]) -> str:
    names = [in_line(name) for name in sorted(contexts)]
    return ", ".join([*names[:_MOST_LISTED], *(["…"] if len(names) > _MOST_LISTED else [])]) or "none"
