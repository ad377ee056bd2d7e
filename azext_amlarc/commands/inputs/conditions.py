"""The conditions of `wait`, as az users know them: --created, --updated, --deleted, --exists, --custom."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from azext_amlarc.errors import ArcError, UsageError

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.watcher import Watcher

_BAD = {"failed", "canceled"}


class Provisioned(Protocol):  # pylint: disable=too-few-public-methods  # an interface
    """Anything that Azure provisions."""

    @property
    def provisioning_state(self) -> str:
        """How far its last write is, in Azure's words."""


T = TypeVar("T", bound=Provisioned)


@dataclass(frozen=True)
class Condition:
    """A condition; by default, that the state is Succeeded."""

    absent: bool = False
    present: bool = False
    expression: Any = None

    @classmethod
    def of(cls, succeeded: bool, deleted: bool, exists: bool, custom: str | None) -> "Condition":
        """The condition that the options name; UsageError for more than one."""
        if sum((succeeded, deleted, exists, custom is not None)) > 1:
            raise UsageError("Use only one of --created, --updated, --deleted, --exists and --custom.")
        return cls(deleted, exists, _compiled(custom) if custom is not None else None)

    def wait(
        self,
        read: Callable[[], T | None],
        reason: Callable[[T], ArcError],
        watcher: "Watcher",
        timeout: float,
        interval: float | None,
    ) -> None:
        """Poll until the condition is met. Raises `reason` if the write has failed that should meet it."""
        from azext_amlarc.azure.connection.waiting import wait_until

        def done(found: T | None) -> bool:
            if found is not None and self._waits_for_success and found.provisioning_state.lower() in _BAD:
                raise reason(found)
            return self._is_met(found)

        def state(found: T | None) -> str:
            return found.provisioning_state if found is not None else "absent"

        wait_until(read, done, state, watcher, timeout=timeout, interval=interval)

    @property
    def _waits_for_success(self) -> bool:
        return not self.absent and not self.present and self.expression is None

    def _is_met(self, found: Provisioned | None) -> bool:
        if self.absent or found is None:
            return self.absent and found is None
        if self.expression is not None:
            from azure.cli.core.util import todict

            return bool(self.expression.search(todict(found)))
        return self.present or found.provisioning_state.lower() == "succeeded"


def _compiled(custom: str) -> Any:
    import jmespath

    try:
        return jmespath.compile(custom)
    except jmespath.exceptions.JMESPathError as error:
        raise UsageError(f"--custom: {custom!r} is not a valid JMESPath query: {error}") from None
