"""A fleet of clusters by one manifest: plan, apply, status.

Imports are lazy, so that programs that only attach clusters do not pay for them.
"""

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from azure.core.credentials import TokenCredential

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources import naming
from azext_amlarc.sdk.arguments import FLAG, SECONDS, Files, names_of, path_of, stop_at_types
from azext_amlarc.sdk.connection import DEFAULT_TIMEOUT, connect, writing
from azext_amlarc.sdk.exceptions import FleetException, raised_as
from azext_amlarc.sdk.watching import log, logger

if TYPE_CHECKING:
    from azext_amlarc.workflows.fleet.manifests import Manifest
    from azext_amlarc.workflows.fleet.running.board import Board


class Fleet:
    """The fleet of a manifest, JSON or YAML. Creating the object reads the file, and sends no request.

    `subscription_id` is that of the clusters that name none. `credential` and `cloud` are those of `Workspace`. The
    methods return what `az ml arc plan`, `apply` and `status` print with `-o json` (docs/output.md).
    """

    def __init__(
        self,
        manifest: str | os.PathLike[str],
        subscription_id: str,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
        *,
        policy: Files | None = None,
    ) -> None:
        """FleetException, with all findings, if the manifest is not valid.

        `policy` names JSON Schemas of your own that it has to keep as well (docs/guardrails.md).
        """
        from azext_amlarc.workflows.fleet.manifests import load

        with raised_as(FleetException):
            naming.stop_at_faults({"subscription_id": (naming.SUBSCRIPTION, subscription_id or "")})
            self._manifest: Manifest = load(path_of(manifest, "manifest") or "", names_of(policy, "policy"))
        log(self._manifest.findings)
        self._subscription_id, self._credential, self._cloud = subscription_id, credential, cloud

    @property
    def name(self) -> str:
        return self._manifest.fleet.name

    def plan(self, out: str | os.PathLike[str] | None = None, *, resend_protected: bool = False) -> dict[str, Any]:
        """What would become of the fleet, with `hasChanges`; saved to the file `out` as well, for `apply`. No write.

        `resend_protected`: protected settings that are there already count as changes, since Azure gives no value back.
        """
        from azext_amlarc.workflows.fleet.door import Work
        from azext_amlarc.workflows.fleet.report.wording import plan_object

        with raised_as(FleetException):
            stop_at_types(FLAG, resend_protected=resend_protected)
            saved = path_of(out, "out")
            work = Work(self._connection, self._manifest).resending(resend_protected)
            found = work.plan()
            if saved is not None:
                work.save(saved, found)
        return plan_object(found)

    def apply(
        self,
        plan: str | os.PathLike[str] | None = None,
        *,
        wave: int | None = None,
        concurrency: int | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        engine: str | None = None,
        resend_protected: bool = False,
        yes: bool = False,
    ) -> list[dict[str, Any]]:
        """Bring the fleet to what the manifest says, and return what came of each cluster; failures come first.

        What fails on a cluster raises nothing: look at `state`. `plan` is a saved plan: FleetException if it is stale.
        `yes` agrees to the changes, as az's --yes does; without it there is FleetException if there are any. `wave`
        counts from 1; `timeout` (s) is for each step on a cluster, and for each stack. `engine` is "direct" or "stack",
        Azure's deployment stacks; without it, stacks change more than one cluster. With `resend_protected`, protected
        settings that are there already are sent as well; a saved plan says that itself.
        """
        from azext_amlarc.workflows.fleet import saved
        from azext_amlarc.workflows.fleet.door import Work
        from azext_amlarc.workflows.fleet.report.wording import board_objects
        from azext_amlarc.workflows.fleet.running.apply import CONCURRENCY, ENGINES, Options

        with raised_as(FleetException):
            stop_at_types(FLAG, yes=yes, resend_protected=resend_protected)
            stop_at_types(SECONDS, timeout=timeout)
            for name, number in (("wave", wave), ("concurrency", concurrency)):
                if number is not None and (not isinstance(number, int) or number < 1):
                    raise InvalidInput(f"{name}: it counts from 1.", "Nothing was sent.")
            chosen = next((one for one in ENGINES if one == engine), None)
            if engine is not None and chosen is None:
                raise InvalidInput(f"engine: it is one of {', '.join(ENGINES)}.", "Nothing was sent.")
            path = path_of(plan, "plan")
            planned = saved.load(path) if path is not None else None
            options = Options(wave, concurrency or CONCURRENCY, timeout, chosen)
            with writing(self._connection, timeout, registers=True, confirmed=yes) as (azure, door):
                resends = planned.resends if planned else resend_protected
                work = Work(azure, self._manifest).resending(resends)
                board = work.apply(door, lambda _: _Logged(), options, planned)
        return board_objects(board)

    def status(self) -> list[dict[str, Any]]:
        """How each cluster stands, and what differs from the manifest (`drift`); what is not good first. No write."""
        from azext_amlarc.workflows.fleet.door import Work
        from azext_amlarc.workflows.fleet.status import status_objects

        with raised_as(FleetException):
            return status_objects(Work(self._connection, self._manifest).status().clusters)

    @cached_property
    def _connection(self) -> AzureClient:
        return connect(self._subscription_id, self._credential, self._cloud)

    def __repr__(self) -> str:
        return f"Fleet({self._manifest.source!r}, {self._subscription_id!r})"


class _Logged:
    """A progress that goes to the log."""

    def show(self, board: "Board") -> None:
        while board.events:
            logger.info("%s", board.events.popleft())

    def tell(self, text: str) -> None:
        logger.info("%s", text)

    def end(self, board: "Board") -> None:
        self.show(board)
