"""From results to a plan: which changes, each once, in which order; and what is left for whom."""

import pytest

from azext_amlarc.checks import mending
from azext_amlarc.checks.check import Check, Phase, Result, Status, Verdict
from azext_amlarc.checks.fix import (
    Change,
    ChangeSettings,
    CreateNamespace,
    Fix,
    GrantRole,
    InstallAgain,
    RegisterProvider,
    RestoreRelay,
    ScaleFromZero,
)
from azext_amlarc.product.roles import GIVERS
from azext_amlarc.product.steps import Note, command
from azext_amlarc.resources.ids import ClusterId

LAB, AKS = ClusterId("s", "g", "connectedClusters", "lab"), ClusterId("s", "g", "managedClusters", "aks")
NAMESPACE, RELAY, AGAIN = CreateNamespace("a"), RestoreRelay(LAB, "x"), InstallAgain(LAB, "x")
GRANT, PROVIDER = GrantRole("p", "r", "Reader", "/s"), RegisterProvider("Microsoft.Relay", "s")


def result(*fix: object, id_: str = "AMLARC-A001", status: Status = Status.FAIL) -> Result:
    steps: Fix = fix  # type: ignore[assignment]
    check = Check(id_, "group", "title", Phase.ALL, (), lambda _: Verdict(status), (), "https://learn.microsoft.com")
    return Result(check, Verdict(status, f"{id_} is wrong.", steps))


def changes(*results: Result) -> list[Change]:
    return [step.change for step in mending.plan(results)]


def test_changes_are_made_in_the_order_in_which_they_need_each_other() -> None:
    settings = ChangeSettings(LAB, "x", ("a=1",))
    assert changes(result(NAMESPACE), result(settings), result(RELAY), result(GRANT), result(PROVIDER)) == [
        PROVIDER, GRANT, RELAY, settings, NAMESPACE,
    ]  # fmt: skip


def test_a_change_is_made_once_and_has_all_its_reasons() -> None:
    [step] = mending.plan([result(RELAY, id_="AMLARC-A050"), result(Note("First."), RELAY, id_="AMLARC-A051")])
    assert [*step.lines(["a line"])] == [
        RELAY.what,
        "  a line",
        "  because: AMLARC-A050 is wrong. (AMLARC-A050)",
        "  because: AMLARC-A051 is wrong. (AMLARC-A051)",
    ]


def test_an_extension_takes_its_settings_in_one_update_and_the_first_of_two_values() -> None:
    first, second = ChangeSettings(LAB, "x", ("a=1", "b=1")), ChangeSettings(LAB, "x", ("b=2", "c=2"))
    other = ChangeSettings(AKS, "x", ("a=2",))
    [one, two] = changes(result(first), result(second), result(other))
    assert isinstance(one, ChangeSettings)
    assert (set(one.settings), two) == ({"a=1", "b=1", "c=2"}, other)


@pytest.mark.parametrize("order", [(RELAY, AGAIN), (AGAIN, RELAY)])
def test_an_installation_creates_the_relay_as_well(order: tuple[Change, Change]) -> None:
    [made] = changes(*map(result, order))
    assert (made, type(made)) == (AGAIN, InstallAgain)
    assert changes(result(RELAY), result(InstallAgain(AKS, "x"))) == [RELAY, InstallAgain(AKS, "x")]


def test_changes_of_two_kinds_to_the_same_extension_are_two() -> None:
    assert [type(change) for change in changes(result(AGAIN), result(ScaleFromZero(LAB, "x")))] == [
        ScaleFromZero,
        InstallAgain,
    ]


@pytest.mark.parametrize("status", [Status.PASS, Status.SKIPPED, Status.ERROR])
def test_what_is_right_or_was_not_seen_is_not_mended(status: Status) -> None:
    assert changes(result(RELAY, status=status)) == []


def test_a_fix_that_takes_somebody_elses_command_first_is_left() -> None:
    assert changes(result(command("kubectl wait --for=delete namespace/a"), NAMESPACE)) == []


def test_what_is_left_is_said_by_who_could_do_it_with_whole_commands() -> None:
    results = [
        result(command("kubectl taint node n1 a-"), id_="AMLARC-K022"),
        result(Note("Choose another name."), id_="AMLARC-A072"),
        result(GRANT, id_="AMLARC-A012"),
        result(command("az aks start -n a -g g"), id_="AMLARC-A030"),
        result(command("az login"), id_="AMLARC-A001"),
        result(id_="AMLARC-A013", status=Status.ERROR),
        result(id_="AMLARC-A063", status=Status.PASS),
    ]
    assert mending.left(results) == [
        f"1 result left for an {GIVERS} of the scope:",
        "  AMLARC-A012 is wrong. (AMLARC-A012)",
        f"    {GRANT.text}",
        "1 result left for an administrator of the cluster:",
        "  AMLARC-K022 is wrong. (AMLARC-K022)",
        "    kubectl taint node n1 a-",
        "1 result left for whoever manages these resources in Azure:",
        "  AMLARC-A030 is wrong. (AMLARC-A030)",
        "    az aks start -n a -g g",
        "1 result left for whoever may read what could not be read:",
        "  AMLARC-A013 is wrong. (AMLARC-A013)",
        "1 result left for you:",
        "  AMLARC-A001 is wrong. (AMLARC-A001)",
        "    az login",
        "1 result left for you to decide:",
        "  AMLARC-A072 is wrong. (AMLARC-A072)",
        "    Choose another name.",
    ]
