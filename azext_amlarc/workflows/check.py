"""Runs checks: gathers what they need from Azure and from the cluster, then judges it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from threading import Event, Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from azext_amlarc import background
from azext_amlarc.checks import selection
from azext_amlarc.checks.azure import aks, cluster, workspace
from azext_amlarc.checks.azure import facts as azure_facts
from azext_amlarc.checks.azure.facts import AKS, COMPUTES, EXTENSION, EXTENSION_FOUND, NOW, SIGNED_IN, Presence
from azext_amlarc.checks.check import Check, Fact, Facts, Phase, Result, Status, Unknown, run
from azext_amlarc.checks.given import (
    CLUSTER_TYPE,
    DOCUMENT,
    DOCUMENT_SOURCE,
    EXTENSION_NAME,
    INSTALL_STATE,
    KNOWN_SETTINGS,
    NAMESPACE,
    POOLS,
    SETTINGS,
    TARGET,
)
from azext_amlarc.errors import Denied, StillRunning
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.extension import DEFAULT_NAME, DEFAULT_NAMESPACE
from azext_amlarc.resources.ids import Target

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.azure.connection.watcher import Watcher
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.kubernetes.client import Kube

# The checks for which a write reads enough anyway: they cost no request, and no import of another module of checks.
FREE: tuple[Check, ...] = (*cluster.CHECKS, *aks.CHECKS, *workspace.CHECKS)
# Facts that follow from what Azure says, and from what was given.
_FROM_AZURE: Mapping[Fact[Any], Fact[Any]] = {
    SETTINGS: EXTENSION,
    KNOWN_SETTINGS: EXTENSION,
    POOLS: AKS,
    EXTENSION_NAME: EXTENSION,
    INSTALL_STATE: EXTENSION,
    NAMESPACE: COMPUTES,
}


class Spelled(NamedTuple):
    """How a door spells what can be given for checks, in messages about what was not."""

    settings: str = "--settings key=value"
    configuration: str = "--config FILE"
    kubeconfig: str = "--kubeconfig FILE"
    credentials: str = "--get-credentials"


class CheckRequest(NamedTuple):
    """What to check: which target, with which settings and attach configuration (None for what was not given).

    `source` is the file that the attach configuration is in, and `extension` the name under which the extension will be
    installed, if they are known. Without a `phase`, all checks run, or those before an installation if nothing is
    installed.
    """

    target: Target
    settings: Mapping[str, str] | None = None
    document: Mapping[str, Any] | None = None
    source: str = ""
    extension: str = DEFAULT_NAME
    phase: Phase | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    kube: "KubeAccess | None" = None
    spelled: Spelled = Spelled()

    @property
    def checks(self) -> list[Check]:
        """The checks of the request."""
        from azext_amlarc.checks import table

        return self.among(table.CHECKS)

    def among(self, checks: Collection[Check]) -> list[Check]:
        """Those of `checks` that the request asks for."""
        return selection.select(checks, self.phase or Phase.ALL, self.only, self.skip)

    @property
    def given(self) -> dict[str, object]:
        """The facts that are known without asking."""
        nothing = Unknown(Status.SKIPPED, f"No configuration was given: {self.spelled.configuration}.")
        return {
            NOW.name: datetime.now(UTC),
            TARGET.name: self.target,
            CLUSTER_TYPE.name: self.target.cluster_type,
            DOCUMENT.name: nothing if self.document is None else self.document,
            DOCUMENT_SOURCE.name: self.source or "FILE",
            # Without a cluster, nothing is known of its type: that no cluster was named is the reason then.
            **(azure_facts.not_applicable(self.target.cluster_type) if self.target.cluster else {}),
        }


def run_checks(
    request: CheckRequest,
    azure: "AzureClient | None",
    login: Mapping[str, object],
    tell: "Tell | None" = None,
) -> list[Result]:
    """Every check of the request; none stops another.

    `login` has SIGNED_IN and ACCOUNT; without `azure`, every fact of Azure's is unknown for the reason in there. `tell`
    gets the results of each group as soon as they are there. InvalidInput, before anything is asked, for a kubeconfig
    that cannot be used.
    """
    needs = {fact for check in request.checks for fact in check.needs}
    if request.phase is None:
        needs.add(EXTENSION_FOUND)
    needs |= {_FROM_AZURE[fact] for fact in needs if fact in _FROM_AZURE}
    known, connection = {**request.given, **login}, _connection(request)
    left = Event()
    seen = _telling(request, connection, known, tell, left) if tell else lambda _known: None
    try:
        of_cluster = background.begin(partial(_kubernetes, connection, needs, seen))
        known = _azure(azure, needs, known, seen)
        seen(known)
        known = {**known, **of_cluster.result()}
        seen(known)
    finally:
        left.set()
    facts = _completed(known, request)
    return _judged(_applicable(request, facts), facts, connection)


def _applicable(request: CheckRequest, known: Mapping[str, object]) -> list[Check]:
    """Without a phase that was asked for, only the checks before an installation where nothing is installed."""
    is_before = request.phase is None and _is_not_installed(known)
    return request._replace(phase=Phase.PRE).checks if is_before else request.checks


Tell = Callable[[Sequence[Result]], None]


def _telling(
    request: CheckRequest, connection: "Kube | Unknown", given: Mapping[str, object], tell: Tell, left: Event
) -> Callable[[Mapping[str, object]], None]:
    """Tells the results of each group of checks once, as soon as all that they need is known.

    What it returns takes what is known besides, from any thread. Which checks apply depends on whether the extension is
    installed: nothing is told before that is known, unless a phase was asked for, and nothing by a thread that was
    `left`.
    """
    told, known, lock = set[str](), dict(given), Lock()

    def seen(news: Mapping[str, object]) -> None:
        with lock:
            known.update({name: value for name, value in news.items() if name not in given})
            if not left.is_set() and (request.phase is not None or EXTENSION_FOUND.name in known):
                _tell_groups(request, _settled(known, request), connection, told, tell)

    return seen


def _settled(known: Mapping[str, object], request: CheckRequest) -> dict[str, object]:
    """The facts that nothing will change any more: what follows from what Azure says, once it has said that."""
    unsettled = {fact.name for fact, source in _FROM_AZURE.items() if source.name not in known}
    return {name: value for name, value in _completed(known, request).items() if name not in unsettled}


def _tell_groups(
    request: CheckRequest, facts: Mapping[str, object], connection: "Kube | Unknown", told: set[str], tell: Tell
) -> None:
    groups: dict[str, list[Check]] = {}
    for check in _applicable(request, facts):
        groups.setdefault(check.group, []).append(check)
    for group, members in groups.items():
        if group not in told and len(selection.answerable(members, facts)) == len(members):
            told.add(group)
            tell(_judged(members, facts, connection))


def run_until_right(
    request: CheckRequest, azure: "AzureClient | None", login: Mapping[str, object], watcher: "Watcher", timeout: float
) -> list[Result]:
    """The results once none is left that may come right by itself, or after `timeout` seconds.

    Those are asked again and again; once they have come right or wrong, all are, since others may follow from them.
    """
    from azext_amlarc.azure.connection.waiting import wait_until

    latest: list[Result] = []

    def look() -> list[Result]:
        found = list(latest)
        if coming(found):
            words = tuple(result.check.id for result in coming(found))
            news = {it.check.id: it for it in run_checks(request._replace(only=words), azure, login)}
            found = [news.get(result.check.id, result) for result in found]
        latest[:] = found if coming(found) else run_checks(request, azure, login)
        return latest

    with suppress(StillRunning):
        wait_until(look, lambda found: not coming(found or ()), _in_words, watcher, timeout=timeout, interval=None)
    return latest


def coming(results: Iterable[Result]) -> list[Result]:
    """Those that may come right by themselves."""
    return [result for result in results if result.verdict.may_come_right]


def _in_words(results: Collection[Result] | None) -> str:
    """The state that each is in which may come right."""
    return "; ".join(f"{result.verdict.message} ({result.check.id})" for result in coming(results or ()))


def _judged(checks: Collection[Check], known: Mapping[str, object], connection: "Kube | Unknown") -> list[Result]:
    """The results; without a connection, no check of the cluster itself runs, not even one that needs no fact of it."""
    from azext_amlarc.checks import kubernetes

    blind = dict.fromkeys(known, connection) if isinstance(connection, Unknown) else known
    of_cluster = [check for check in checks if check in kubernetes.CHECKS]
    of_azure = [check for check in checks if check not in kubernetes.CHECKS]
    return [*run(of_azure, Facts(known)), *run(of_cluster, Facts(blind))]


def _azure(
    azure: "AzureClient | None",
    needs: Collection[Fact[Any]],
    known: dict[str, object],
    seen: Callable[[Mapping[str, object]], None],
) -> dict[str, object]:
    if azure is not None:
        from azext_amlarc.azure.facts.gathering import gather

        return gather(azure, needs, known, seen)
    found = known[SIGNED_IN.name]
    reason = found if isinstance(found, Unknown) else Unknown(Status.SKIPPED, "You are not signed in.")
    return {**dict.fromkeys(_names(azure_facts), reason), **known}


def _connection(request: CheckRequest) -> "Kube | Unknown":
    """The cluster, or why it is not asked: the kubeconfig must be named, as the usual one may be another cluster's."""
    if request.kube is None:
        return Unknown(Status.SKIPPED, f"No kubeconfig was given: {_ways_to_the_cluster(request)}.")
    try:
        return request.kube.open()
    except Denied as error:
        return Unknown(Status.ERROR, error.message)


def _ways_to_the_cluster(request: CheckRequest) -> str:
    """What can be given, and how the cluster that was named can be reached without a kubeconfig at hand."""
    target, spelled = request.target.cluster, request.spelled
    if target is None:
        return spelled.kubeconfig
    if target.cluster_type == MANAGED:
        return f"{spelled.kubeconfig}, or {spelled.credentials}"
    from azext_amlarc.resources.advice import proxy_to

    return f"{spelled.kubeconfig}; to have one while it runs: `{proxy_to(target).text}`"


def _kubernetes(
    connection: "Kube | Unknown", needs: Collection[Fact[Any]], seen: Callable[[Mapping[str, object]], None]
) -> dict[str, object]:
    from azext_amlarc.checks.kubernetes import facts as kubernetes_facts

    if isinstance(connection, Unknown):
        return dict.fromkeys(_names(kubernetes_facts), connection)
    from azext_amlarc.kubernetes import facts

    return facts.gather(connection, needs, seen)


def _names(facts: ModuleType) -> set[str]:
    """The names of the facts that a module defines."""
    return {item.name for item in vars(facts).values() if isinstance(item, Fact)}


def run_free_checks(request: CheckRequest, known: Mapping[str, object]) -> list[Result]:
    """The checks of the request for which `known` and what was given are enough: no request is sent."""
    facts = _completed({**known, **request.given}, request)
    return run(selection.answerable(request.among(FREE), facts), Facts(facts))


def _completed(known: Mapping[str, object], request: CheckRequest) -> dict[str, object]:
    """The facts, with those that follow from them and from what was given."""
    settings = _settings(known, request)
    return {
        **known,
        SETTINGS.name: settings,
        KNOWN_SETTINGS.name: {} if isinstance(settings, Unknown) else settings,
        POOLS.name: getattr(known.get(AKS.name), "pools", ()),
        EXTENSION_NAME.name: _extension_name(known, request),
        INSTALL_STATE.name: _install_state(known),
        NAMESPACE.name: _namespace(known, request),
    }


def _settings(known: Mapping[str, object], request: CheckRequest) -> object:
    """The installed ones, and over them those given."""
    extension = known.get(EXTENSION.name)
    if request.settings is None and _is_not_installed(known):
        nothing = f"The extension is not installed, and no settings were given: {request.spelled.settings}."
        return Unknown(Status.SKIPPED, nothing)
    if request.settings is None and isinstance(extension, Unknown):
        return extension
    return {**getattr(extension, "settings", {}), **(request.settings or {})}


def _install_state(known: Mapping[str, object]) -> object:
    extension = known.get(EXTENSION.name, Unknown(Status.SKIPPED, "Azure was not asked about the extension."))
    return getattr(extension, "install_state", extension)


def _extension_name(known: Mapping[str, object], request: CheckRequest) -> str:
    """The installed one's, or else that under which it will be installed."""
    return str(getattr(known.get(EXTENSION.name), "name", request.extension))


def _namespace(known: Mapping[str, object], request: CheckRequest) -> str:
    """The one given, or the compute target's, or the service's default."""
    computes = known.get(COMPUTES.name)
    attached = computes[0].namespace if isinstance(computes, tuple) and computes else DEFAULT_NAMESPACE
    return str((request.document or {}).get("namespace") or attached)


def _is_not_installed(known: Mapping[str, object]) -> bool:
    found = known.get(EXTENSION_FOUND.name)
    return isinstance(found, Presence) and not found.found


def explain_health_report(request: CheckRequest, reports: Mapping[str, str]) -> list[Result]:
    """The checks of a health report that was saved to a file; neither Azure nor the cluster is asked."""
    from azext_amlarc.checks.kubernetes import health
    from azext_amlarc.checks.kubernetes.facts import HEALTH_REPORTS

    known = _completed({**request.given, HEALTH_REPORTS.name: reports}, request)
    return run(request.among(health.CHECKS), Facts(known))


def is_good(results: Collection[Result], strict: bool = False) -> bool:
    """Whether no check failed or is in error; with `strict`, no check warned either."""
    bad = {Status.FAIL, Status.ERROR} | ({Status.WARN} if strict else set())
    return not any(result.verdict.status in bad for result in results)
