"""What both doors do with a manifest: plan it, apply it, and say how its fleet stands."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.resources.fleet import Fleet
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.fleet import saved as saves
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.manifests import Manifest, revealed
from azext_amlarc.workflows.fleet.plan import FleetPlan
from azext_amlarc.workflows.fleet.planning import make_plan
from azext_amlarc.workflows.fleet.report.wording import plan_summary
from azext_amlarc.workflows.fleet.running.apply import Options, carry_out, rewritten
from azext_amlarc.workflows.fleet.running.board import Board, Progress
from azext_amlarc.workflows.fleet.saved import SavedPlan, still_valid
from azext_amlarc.workflows.fleet.status import FleetStatus, status


@dataclass(frozen=True)
class Work:
    """A manifest and a connection to the active subscription."""

    azure: AzureClient
    manifest: Manifest

    @property
    def fleet(self) -> Fleet:
        return self.manifest.fleet

    def resending(self, resends: bool = True) -> "Work":
        """The same; with `resends`, protected values that are there are sent again. InvalidInput if there are none."""
        if not resends:
            return self
        return replace(self, manifest=replace(self.manifest, fleet=self.fleet.resending_protected()))

    @cached_property
    def connections(self) -> Connections:
        """Those that all of the work shares."""
        return Connections(self.azure)

    def plan(self) -> FleetPlan:
        """What would become of the fleet; what would change is looked at closely. No write."""
        with closing(self.connections):
            return make_plan(self.connections, self.fleet, self.manifest.contents, closely=True)

    def save(self, path: str, plan: FleetPlan) -> None:
        """Write the plan to a file."""
        resends = bool(self.fleet.extension and self.fleet.extension.resends)
        saves.save(path, plan, self.manifest.source, self._tenant(), resends=resends)

    def status(self) -> FleetStatus:
        """How the fleet stands. No write."""
        with closing(self.connections):
            return status(self.connections, self.fleet, self.manifest.contents)

    def apply(
        self,
        door: Door,
        progress: Callable[[FleetPlan], Progress],
        options: Options,
        saved: SavedPlan | None = None,
    ) -> Board:
        """Plan, ask once, and carry it out; a saved plan is carried out only as far as it is still so.

        Refused for a stale plan, InvalidInput without an agreement or a protected value: nothing is sent then.
        """
        plan = self._planned(saved, closely=options.engine != "direct")
        contents = revealed(self.azure, self.manifest) if plan.has_changes else {}
        if plan.has_changes:
            lines = [*plan.consequences, *rewritten(plan.clusters, options), plan_summary(plan)]
            door.confirm("\n".join(lines), "Apply this?")
        return carry_out(self.connections, door, progress(plan), plan, self.fleet, contents=contents, options=options)

    def _planned(self, saved: SavedPlan | None, *, closely: bool) -> FleetPlan:
        if saved is None:
            return make_plan(self.connections, self.fleet, self.manifest.contents, closely=closely)
        return still_valid(saved, self.plan(), self._tenant())

    def _tenant(self) -> str:
        """The tenant of the active subscription; one request."""
        version = API_VERSIONS["Microsoft.Resources/subscriptions"]
        return str(self.azure.get(f"/subscriptions/{self.azure.subscription_id}", version).get("tenantId") or "")
