"""Plans: looks at what there is, decides, and looks again, closer, at what would change."""

from functools import partial

from azext_amlarc.resources.extension import Wanted
from azext_amlarc.resources.fleet import Fleet, Member
from azext_amlarc.resources.installed import Extension
from azext_amlarc.validation.manifest import for_member
from azext_amlarc.validation.manifest.given import Contents
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.decisions import decide
from azext_amlarc.workflows.fleet.plan import FleetPlan
from azext_amlarc.workflows.fleet.present import Present, look, look_again


def make_plan(connections: Connections, fleet: Fleet, contents: Contents, *, closely: bool) -> FleetPlan:
    """What becomes of the fleet. No write.

    Resource Graph lags: `closely` reads the extensions that would change from their own provider, too. Whoever applies
    the plan at once need not, since every write reads first.
    """
    active = connections.main.subscription_id
    present = look(connections, fleet, active)
    plan = decided(connections, fleet, contents, present)
    doubtful = [one.id for one in plan.clusters if any(item.is_work and item.kind == "extension" for item in one.items)]
    if not closely or not doubtful:
        return plan
    return decided(connections, fleet, contents, look_again(connections, present, doubtful))


def decided(connections: Connections, fleet: Fleet, contents: Contents, present: Present) -> FleetPlan:
    """What becomes of the fleet, given what there is."""
    domain = connections.main.cloud.application_domain
    judge = partial(judged, fleet, contents, domain)
    return decide(fleet, present, judge, domain, connections.main.subscription_id)


def judged(fleet: Fleet, contents: Contents, domain: str, member: Member, existing: Extension | None) -> Wanted:
    """What the cluster's extension should be, its settings validated with what is known of the cluster."""
    judgement = for_member(fleet, member, contents).judged(member.cluster, existing, domain)
    spec = fleet.extension
    if spec is None:
        return Wanted(judgement.plain)
    # Those that are looked up when they are sent have no values yet: plans only compare their names.
    protected = {**dict.fromkeys(spec.protected_names, ""), **judgement.protected}
    return Wanted(judgement.plain, protected, *spec.release)
