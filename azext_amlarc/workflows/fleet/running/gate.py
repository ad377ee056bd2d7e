"""The gate after a wave: what has to pass on its clusters before the next one begins."""

from collections.abc import Generator, Iterable, Iterator
from functools import partial

from azext_amlarc.azure import jobs
from azext_amlarc.azure.jobs import Job
from azext_amlarc.checks.check import Phase, Result, Status
from azext_amlarc.errors import Refused
from azext_amlarc.resources.fleet import WantedCompute
from azext_amlarc.resources.ids import Target
from azext_amlarc.workflows import verify
from azext_amlarc.workflows.check import CheckRequest, run_checks
from azext_amlarc.workflows.fleet.plan import ClusterPlan
from azext_amlarc.workflows.fleet.running.board import Entry, State
from azext_amlarc.workflows.fleet.running.lanes import Start, Work
from azext_amlarc.workflows.fleet.running.work import ClusterDoor, Site, by_subscription, failed

_SOUND = (State.DONE, State.UNCHANGED)


def starts(site: Site, planned: Iterable[ClusterPlan]) -> dict[str, list[Start]]:
    """The gates of the clusters that are as wanted, by subscription; none if the manifest has no gate."""
    gated = planned if site.fleet.rollout.gate else ()
    sound = (one for one in gated if one.wanted and site.board.entries[one.id].state in _SOUND)
    return by_subscription(partial(_pass, site), sound)


def _pass(site: Site, planned: ClusterPlan) -> Work:
    """Run the gates on one cluster; its entry says which one it did not pass, and why."""
    before = site.board.entries[planned.id].state
    entry = site.board.begin(planned.id)
    for gate in site.fleet.rollout.gate:
        site.board.step(entry, f"gate {gate}")
        try:
            yield from _GATES[gate](site, planned, entry)
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # Whatever fails on one cluster, the others go on.
            failed(entry, error)
            entry.error = f"gate {gate}: {entry.error}"
            site.board.finish(entry, State.FAILED)
            return
        entry.done.append(f"gate {gate}")
    site.board.finish(entry, before)


def _check(site: Site, planned: ClusterPlan, entry: Entry) -> Work:
    """What `az ml arc check` finds after an installation, without the cluster's own API."""
    azure = site.connections.of(planned.id.subscription_id)
    accepted, login = ClusterDoor(site, entry).login(azure)
    bad: dict[str, Result] = {}
    for target in _targets(planned):
        results = run_checks(CheckRequest(target, phase=Phase.POST), azure if accepted else None, login)
        bad |= {one.check.id: one for one in results if one.verdict.status in (Status.FAIL, Status.ERROR)}
        yield 0.0
    if bad:
        said = "\n".join(f"{one.check.id} {one.check.title}: {one.verdict.message}" for one in bad.values())
        raise Refused(said, f"See how to mend it: az ml arc check {' '.join(planned.id.options)}")


def _targets(planned: ClusterPlan) -> Iterator[Target]:
    computes = planned.wanted.computes if planned.wanted else ()
    for one in computes:
        yield Target.of_cluster(planned.id, one.workspace, one.name)
    if not computes:
        yield Target.of_cluster(planned.id)


def _verify(site: Site, planned: ClusterPlan, entry: Entry) -> Work:
    """A job on the default instance type of each compute target completes."""
    for one in planned.wanted.computes if planned.wanted else ():
        found = yield from _verified(site, one, entry)
        bad = [job for job in found if not job.is_good]
        if bad:
            said = "\n".join(f"{verify.label(job)}: {job.status}. {job.error_message or ''}".strip() for job in bad)
            raise Refused(said, bad[0].hint or f"See the job in the studio: {bad[0].studio_url or bad[0].id}")


def _verified(site: Site, one: WantedCompute, entry: Entry) -> Generator[float, None, list[Job]]:
    azure = site.connections.of(one.workspace.subscription_id)
    compute = verify.ready(azure, one.workspace, one.name)
    wanted = verify.Wanted((None,), jobs.CURATED)
    watcher = ClusterDoor(site, entry).watcher
    return (yield from verify.verifying(azure, one.workspace, compute, wanted, watcher=watcher, timeout=site.timeout))


_GATES = {"check": _check, "verify": _verify}
