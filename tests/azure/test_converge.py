"""One way to write every resource: what is done for each state in which it may be found, and how its end is seen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pytest

from azext_amlarc.azure.compute.attach import Attachment
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation, Poll
from azext_amlarc.azure.converge import PolledOperation, PolledResource, converge
from azext_amlarc.azure.extension.delete import begin_delete
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.errors import NotFound, Refused, StillRunning, WriteFailed
from azext_amlarc.resources import compute
from azext_amlarc.resources.extension import Wanted
from azext_amlarc.resources.ids import WorkspaceId
from azext_amlarc.resources.installed import Extension
from tests.support.azure import Azure
from tests.support.connecting import Diary, cluster, connect


@dataclass(frozen=True)
class Thing:
    """A resource with one value."""

    value: str
    provisioning_state: str = "Succeeded"

    @property
    def in_progress(self) -> bool:
        return self.provisioning_state not in {"Succeeded", "Failed", "Canceled"}

    @property
    def is_being_deleted(self) -> bool:
        return self.provisioning_state == "Deleting"


@dataclass
class Wish:
    """That the thing has a value; `written` is what was found before each write."""

    there: Thing | None
    wanted: str = "new"
    ends: Callable[[], Poll[Thing]] = lambda: Poll("Succeeded")
    written: list[Thing | None] = field(default_factory=list)

    def read(self) -> Thing | None:
        return self.there

    def refuse(self, existing: Thing) -> None:
        if existing.value == "another's":
            raise Refused("It is another's.")

    def differences(self, existing: Thing) -> list[str]:
        return [] if existing.value == self.wanted else [f"value: {existing.value} -> {self.wanted}"]

    def join(self, existing: Thing) -> Operation[Thing]:
        def poll() -> Poll[Thing]:
            seen = self.ends()
            is_gone = existing.is_being_deleted and seen.state == "Succeeded"
            self.there = None if is_gone else replace(existing, provisioning_state=seen.state)
            return Poll(seen.state, self.there)

        return Operation.done(existing)._replace(
            doing="changing it", poll=poll, reason=lambda _: WriteFailed("It failed.")
        )

    def write(self, existing: Thing | None) -> Operation[Thing]:
        self.written.append(existing)
        return Operation.done(Thing(self.wanted))


def test_what_is_missing_is_written() -> None:
    wish = Wish(None)
    assert converge(wish, wish.read(), Diary(), 60).resource == Thing("new")
    assert wish.written == [None]


def test_what_is_as_wanted_is_left_alone() -> None:
    wish, diary = Wish(Thing("new")), Diary()
    assert converge(wish, wish.read(), diary, 60).resource == Thing("new")
    assert (wish.written, diary.told) == ([], ["No changes: already up to date."])


def test_what_differs_is_said_and_then_written() -> None:
    wish, diary = Wish(Thing("old")), Diary()
    converge(wish, wish.read(), diary, 60)
    assert (wish.written, diary.told) == ([Thing("old")], ["Will change value: old -> new"])


def test_what_failed_is_tried_again() -> None:
    wish = Wish(Thing("new", "Failed"))
    converge(wish, wish.read(), Diary(), 60)
    assert wish.written == [Thing("new", "Failed")]


def test_the_same_write_in_progress_is_joined() -> None:
    wish, diary = Wish(Thing("new", "Creating")), Diary()
    assert converge(wish, wish.read(), diary, 60).wait(diary, 60) == Thing("new")
    assert (wish.written, diary.told) == ([], ["Already in progress (Creating); waiting for it."])


@pytest.mark.parametrize("end", ["Succeeded", "Failed"])
def test_another_write_in_progress_is_waited_for_whatever_its_end(end: str) -> None:
    wish = Wish(Thing("old", "Updating"), ends=lambda: Poll(end))
    converge(wish, wish.read(), Diary(), 60)
    assert wish.written == [Thing("old", end)]


def test_another_write_in_progress_is_refused_without_time_to_wait() -> None:
    wish = Wish(Thing("old", "Updating"))
    with pytest.raises(Refused, match=r"Another write is in progress \(Updating\), with other settings"):
        converge(wish, wish.read(), Diary(), 0)
    assert wish.written == []


@pytest.mark.parametrize("value", ["new", "old"])
def test_a_deletion_in_progress_is_waited_for_and_then_it_is_written(value: str) -> None:
    wish, diary = Wish(Thing(value, "Deleting")), Diary()
    assert converge(wish, wish.read(), diary, 60).resource == Thing("new")
    assert (wish.written, diary.told) == ([None], ["A deletion is in progress; waiting for it to finish."])


def test_a_deletion_in_progress_is_refused_without_time_to_wait() -> None:
    wish = Wish(Thing("new", "Deleting"))
    with pytest.raises(Refused, match=r"A deletion is in progress\."):
        converge(wish, wish.read(), Diary(), 0)
    assert wish.written == []


def test_what_is_left_of_a_deletion_that_failed_is_written_unless_it_must_not_be() -> None:
    wish = Wish(Thing("old", "Deleting"), ends=lambda: Poll("Failed"))
    converge(wish, wish.read(), Diary(), 60)
    assert wish.written == [Thing("old", "Failed")]


def test_what_is_deleted_while_another_write_is_waited_for_is_written_anew() -> None:
    def gone() -> Poll[Thing]:
        wish.there = None
        raise NotFound("It is gone.")

    wish = Wish(Thing("old", "Updating"), ends=gone)
    converge(wish, wish.read(), Diary(), 60)
    assert wish.written == [None]


def test_what_must_not_be_written_is_refused_first() -> None:
    wish = Wish(Thing("another's", "Updating"))
    with pytest.raises(Refused, match="another's"):
        converge(wish, wish.read(), Diary(), 60)


@pytest.mark.parametrize("there", [None, Thing("old")])
def test_nothing_is_written_unless_somebody_agrees(there: Thing | None) -> None:
    def disagree(existing: Thing | None) -> None:
        assert existing == there
        raise Refused("No.")

    wish = Wish(there)
    with pytest.raises(Refused, match="No"):
        converge(wish, wish.read(), Diary(), 60, disagree)
    assert wish.written == []


def polls(*states: str) -> Callable[[], Poll[Thing]]:
    """Polls with these states; the last one is seen for ever."""
    left = list(states)
    return lambda: Poll(left.pop(0) if len(left) > 1 else left[0], Thing("seen"))


def states_of(poll: Callable[[], Poll[Thing]], most: int = 60) -> list[str]:
    """The states that a wait sees, until the end or `most` polls."""
    seen: list[str] = []
    while len(seen) < most:
        last = poll()
        seen.append(last.state)
        if last.is_done:
            break
    return seen


def counted(states: Iterable[str]) -> tuple[int, str]:
    listed = list(states)
    return len(listed), listed[-1]


def test_a_resource_that_ends_is_believed_and_its_operation_is_not_asked() -> None:
    def never() -> Poll[Thing]:
        raise AssertionError

    assert states_of(PolledResource(polls("Creating", "Succeeded"), never)) == ["Creating", "Succeeded"]


@pytest.mark.parametrize("end", ["Failed", "Canceled"])
def test_an_operation_that_failed_ends_the_wait_for_a_resource_that_stays_in_progress(end: str) -> None:
    assert counted(states_of(PolledResource(polls("Creating"), polls(end)))) == (5, end)


def test_an_operation_that_succeeded_ends_it_after_a_grace() -> None:
    """The resource may only lag behind: it has ten more polls to show its own end."""
    assert counted(states_of(PolledResource(polls("Creating"), polls("Succeeded")))) == (15, "Succeeded")
    lagging = polls(*["Creating"] * 8, "Failed")
    assert counted(states_of(PolledResource(lagging, polls("Succeeded")))) == (9, "Failed")


def test_an_operation_in_progress_or_forgotten_leaves_the_resource_to_tell() -> None:
    slow = polls(*["Creating"] * 30, "Succeeded")
    assert counted(states_of(PolledResource(slow, polls("Creating")))) == (31, "Succeeded")
    slow = polls(*["Creating"] * 30, "Succeeded")
    assert counted(states_of(PolledResource(slow, lambda: None))) == (31, "Succeeded")


def test_a_deletion_that_failed_ends_the_wait_for_what_is_still_there() -> None:
    assert counted(states_of(PolledResource(polls("Deleting"), polls("Failed")))) == (5, "Failed")


def test_an_operation_that_ends_is_confirmed_by_the_resource() -> None:
    operation = PolledOperation(polls("Updating", "Succeeded"), polls("Succeeded"))
    assert states_of(operation) == ["Updating", "Succeeded"]
    assert operation().resource == Thing("seen")


def test_a_resource_that_failed_contradicts_an_operation_that_succeeded() -> None:
    assert states_of(PolledOperation(polls("Succeeded"), polls("Failed"))) == ["Failed"]


def test_a_resource_that_lags_behind_a_succeeded_operation_is_polled_on_for_a_while() -> None:
    lagging = polls("Updating", "Updating", "Succeeded")
    assert states_of(PolledOperation(polls("Succeeded"), lagging)) == ["Updating", "Updating", "Succeeded"]
    assert counted(states_of(PolledOperation(polls("Succeeded"), polls("Updating")))) == (15, "Succeeded")


def test_a_failed_operation_is_believed_at_once() -> None:
    assert states_of(PolledOperation(polls("Updating", "Failed"), polls("Succeeded"))) == ["Updating", "Failed"]


@pytest.mark.parametrize("end", ["Succeeded", "Failed"])
def test_an_operation_that_never_ends_is_overruled_by_the_resource(end: str) -> None:
    resource = polls("Updating", end)
    assert counted(states_of(PolledOperation(polls("Updating"), resource))) == (15, end)


def test_the_end_of_an_earlier_write_takes_longer_to_be_believed() -> None:
    assert counted(states_of(PolledOperation(polls("Creating"), polls("Succeeded")))) == (20, "Succeeded")


def test_a_forgotten_operation_leaves_the_resource_to_tell() -> None:
    assert states_of(PolledOperation(lambda: None, polls("Updating", "Succeeded"))) == ["Updating", "Succeeded"]


def test_a_detachment_is_over_with_its_operation() -> None:
    def never() -> Poll[Thing]:
        raise AssertionError

    assert states_of(PolledOperation(polls("Deleting", "Succeeded"), never, confirms=False)) == [
        "Deleting",
        "Succeeded",
    ]


def install(change: Installation) -> Operation[Extension]:
    return converge(change, change.read(), Diary(), 60)


def installing(azure: Azure, arm: AzureClient) -> Operation[Extension]:
    wanted = Wanted({"enableTraining": "True", "relayserver.enabled": "false"})
    return install(Installation(arm, cluster(azure), "trainer", wanted, Diary()))


def stuck(azure: Azure) -> None:
    """From now on the extension's own state stays Creating."""
    path = f"{cluster(azure).id}/providers/Microsoft.KubernetesConfiguration/extensions/trainer"
    body = azure.get(path, "2023-05-01").body
    body["properties"]["provisioningState"] = "Creating"
    azure.fault(method="GET", path="/extensions/trainer$", status=200, body=body, times=99)


def test_an_installation_whose_operation_failed_ends_with_its_reason(azure: Azure) -> None:
    with connect(azure) as arm:
        operation = installing(azure, arm)
        stuck(azure)
        error = {"code": "ExtensionOperationFailed", "message": "Helm installation failed"}
        azure.fault(path="/operations/", status=200, body={"status": "Failed", "error": error}, times=99)
        with pytest.raises(WriteFailed, match="Installing the extension 'trainer' failed: Helm installation") as caught:
            operation.wait(Diary(), 60)
    assert caught.value.code == "ExtensionOperationFailed"


def test_an_installation_whose_operation_succeeded_ends_though_its_resource_lags(azure: Azure) -> None:
    with connect(azure) as arm:
        operation = installing(azure, arm)
        stuck(azure)
        azure.fault(path="/operations/", status=200, body={"status": "Succeeded"}, times=99)
        assert operation.wait(Diary(), 60).name == "trainer"


def test_a_replacement_whose_operation_never_ends_ends_with_its_resource(azure: Azure) -> None:
    with connect(azure) as arm:
        installing(azure, arm).wait(Diary(), 60)
        wanted = Wanted({"enableTraining": "True", "relayserver.enabled": "false", "installVolcano": "False"})
        operation = install(Installation(arm, cluster(azure), "trainer", wanted, Diary()))
        azure.fault(path="/operations/", status=200, body={"status": "Creating"}, times=99)
        diary = Diary()
        assert operation.wait(diary, 60).configuration_settings["installVolcano"] == "False"
    assert diary.states[:5] == ["Creating"] * 5


def test_a_deletion_whose_operation_failed_ends_with_its_reason(azure: Azure) -> None:
    with connect(azure) as arm:
        existing = installing(azure, arm).wait(Diary(), 60)
        stuck(azure)
        deletion = begin_delete(arm, cluster(azure).id, existing, Diary(), force=False)
        error = {"code": "Conflict", "message": "Another operation is in progress"}
        azure.fault(path="/operations/", status=200, body={"status": "Failed", "error": error}, times=99)
        with pytest.raises(WriteFailed, match="Deleting the extension 'trainer' failed: Another operation"):
            deletion.wait(Diary(), 60)


def test_a_deletion_that_takes_too_long_is_followed_until_the_resource_is_gone(azure: Azure) -> None:
    with connect(azure) as arm:
        existing = installing(azure, arm).wait(Diary(), 60)
        stuck(azure)
        deletion = begin_delete(arm, cluster(azure).id, existing, Diary(), force=False)
        with pytest.raises(StillRunning) as caught:
            deletion.wait(Diary(), 0)
    assert caught.value.fix.startswith("To follow it: az ml arc extension wait -n trainer -c ")
    assert " --deleted (running the same command again also works)" in caught.value.fix


def workspace(azure: Azure) -> WorkspaceId:
    return WorkspaceId(cluster(azure).id.subscription_id, "amlarc-rg", "amlarc-ws")


def detaching(azure: Azure, times: int) -> None:
    """The compute target k8s is being detached: for so many reads it is still there, then it is gone."""
    body = {
        "id": f"{workspace(azure)}/computes/k8s",
        "name": "k8s",
        "properties": {
            "computeType": "Kubernetes",
            "resourceId": str(cluster(azure).id),
            "provisioningState": "Deleting",
            "properties": {"namespace": "default"},
        },
    }
    azure.fault(method="GET", path="/computes/k8s$", status=200, body=body, times=times)


def test_attaching_what_is_being_detached_waits_and_then_attaches(azure: Azure) -> None:
    with connect(azure) as arm:
        installing(azure, arm).wait(Diary(), 60)
        detaching(azure, times=3)
        wanted = compute.Wanted(cluster(azure).id, {})
        change, diary = Attachment(arm, workspace(azure), "k8s", wanted, "westeurope"), Diary()
        attached = converge(change, change.read(), diary, 60).wait(diary, 60)
    assert (attached.name, attached.provisioning_state) == ("k8s", "Succeeded")
    assert diary.told == ["A deletion is in progress; waiting for it to finish."]


def test_attaching_what_is_being_detached_is_refused_without_time_to_wait(azure: Azure) -> None:
    detaching(azure, times=3)
    with connect(azure) as arm:
        change = Attachment(arm, workspace(azure), "k8s", compute.Wanted(cluster(azure).id, {}), "westeurope")
        with pytest.raises(Refused, match="A deletion is in progress"):
            converge(change, change.read(), Diary(), 0)
    assert not [item for item in azure.traffic() if item["method"] == "PUT"]
