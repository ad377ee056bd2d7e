"""What a pod counts for, and what nodes have left: the rules of Kubernetes' scheduler."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.checks.kubernetes import amounts
from azext_amlarc.checks.kubernetes.amounts import Requested
from tests.checks.clusters import node, pod


def cpu(number: int) -> dict[str, Fraction]:
    return {"cpu": Fraction(number)}


def plain(number: int) -> Requested:
    return Requested(cpu(number))


def sidecar(number: int) -> Requested:
    return Requested(cpu(number), sidecar=True)


@pytest.mark.parametrize(
    ("title", "containers", "before", "counted"),
    [
        ("containers together", [plain(1), plain(2)], [], 3),
        ("an init container that needs less", [plain(3)], [plain(2), plain(1)], 3),
        ("an init container that needs more", [plain(1)], [plain(2), plain(5)], 5),
        ("a sidecar beside the containers", [plain(1)], [sidecar(2)], 3),
        ("an init container after a sidecar", [plain(1)], [sidecar(2), plain(4)], 6),
        ("an init container before a sidecar", [plain(1)], [plain(4), sidecar(2)], 4),
        ("nothing asked for", [Requested({})], [], 0),
    ],
)
def test_a_pod_counts_for(title: str, containers: list[Requested], before: list[Requested], counted: int) -> None:
    assert amounts.counted(containers, before).get("cpu", 0) == counted, title


def test_overhead_comes_on_top() -> None:
    assert amounts.counted([plain(1)], overhead=cpu(2)) == {"cpu": 3}


def test_what_a_pod_asks_for_as_a_whole_wins() -> None:
    containers = [Requested({"cpu": Fraction(1), "nvidia.com/gpu": Fraction(1)})]
    assert amounts.counted(containers, whole=cpu(4)) == {"cpu": 4, "nvidia.com/gpu": 1}


ASKED = st.builds(Requested, st.dictionaries(st.sampled_from(["cpu", "memory"]), st.fractions(0, 8)), st.booleans())


@given(st.lists(ASKED), st.lists(ASKED))
def test_a_pod_counts_for_no_less_than_any_of_its_containers(
    containers: list[Requested], before: list[Requested]
) -> None:
    counted = amounts.counted(containers, before)
    assert all(amounts.fits(asked.requests, counted) for asked in (*containers, *before))


def test_each_pod_takes_its_part_of_its_node() -> None:
    pods = [pod("a", "x", requests=cpu(1)), pod("a", "y", requests={}), pod("a", "z", node="elsewhere")]
    [room] = amounts.rooms([node("cpu-1")], pods)
    assert room.free == {"cpu": 3, "memory": 16 * 2**30, "pods": 108}


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        ({"cpu": Fraction("3.8605"), "memory": Fraction(2**34 - 1)}, "cpu 3.86, memory 15.9Gi"),
        ({"cpu": Fraction(0), "memory": Fraction(300 * 2**20)}, "cpu 0, memory 300Mi"),
        ({}, "cpu 0, memory 0Mi"),
        ({"cpu": Fraction(128), "memory": Fraction(2**40)}, "cpu 128, memory 1024Gi"),
    ],
)
def test_amounts_are_rounded_down_for_a_person(there: dict[str, Fraction], shown: str) -> None:
    assert amounts.shown(there) == shown
