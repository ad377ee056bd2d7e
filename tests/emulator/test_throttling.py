"""ARM's rates: what answers tell of them, and what is refused with `--throttling`."""

from collections.abc import Iterator

import pytest

from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import State
from amlarc_emulator.wire.allowance import Allowance
from tests.support.azure import Azure, Reply, running
from tests.support.emulated import CLUSTER

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
READS, WRITES, DELETES = (f"x-ms-ratelimit-remaining-subscription-{kind}" for kind in ("reads", "writes", "deletes"))


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be moved."""
    moment = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    return moment


@pytest.fixture
def allowance(now: list[float]) -> Allowance:
    return Allowance(State(tenant="t", principal={"objectId": "o"}), enforced=True)


def refused(allowance: Allowance, method: str, path: str) -> ArmError | None:
    try:
        allowance.take(method, path)
    except ArmError as error:
        return error
    return None


def taken(allowance: Allowance, method: str, path: str) -> int:
    """How many requests go through until one is refused."""
    for number in range(10_000):
        if refused(allowance, method, path):
            return number
    raise AssertionError("nothing is refused")


@pytest.mark.parametrize(
    ("method", "size", "rate"),
    [("GET", 250, 25), ("HEAD", 250, 25), ("PUT", 200, 10), ("PATCH", 200, 10), ("POST", 200, 10), ("DELETE", 200, 10)],
)
def test_buckets_hold_and_refill_what_microsoft_documents(
    allowance: Allowance, now: list[float], method: str, size: int, rate: int
) -> None:
    for path in (SUBSCRIPTION, "/providers/Microsoft.Kubernetes/locations/EASTUS/operationStatuses/o"):
        assert taken(allowance, method, path) == size
        now[0] += 3
        assert taken(allowance, method, path) == 3 * rate
        now[0] += 3600
        assert taken(allowance, method, path) == size


def test_each_subscription_and_each_kind_has_a_bucket_of_its_own(allowance: Allowance) -> None:
    taken(allowance, "PUT", SUBSCRIPTION)
    for method, path in (("GET", SUBSCRIPTION), ("DELETE", SUBSCRIPTION), ("PUT", SUBSCRIPTION[:-1] + "2")):
        assert refused(allowance, method, path) is None
    assert refused(allowance, "PATCH", SUBSCRIPTION.upper()) is not None


def test_a_refusal_is_worded_as_in_published_traces(allowance: Allowance) -> None:
    taken(allowance, "GET", f"{SUBSCRIPTION}/resourceGroups/g")
    error = refused(allowance, "GET", SUBSCRIPTION)
    assert error is not None
    assert (error.status, error.headers) == (429, {"retry-after": "10", "x-ms-failure-cause": "gateway"})
    assert error.body["error"] == {
        "code": "SubscriptionRequestsThrottled",
        "message": "Number of 'read' requests for subscription '11111111-1111-1111-1111-111111111111' actor 'o' "
        "exceeded. Please try again after '10' seconds after additional tokens are available. Refer to "
        "https://aka.ms/arm-throttling for additional information.",
    }


def test_queries_of_the_graph_are_reads_of_the_tenant_as_recorded(allowance: Allowance) -> None:
    path = "/providers/Microsoft.ResourceGraph/resources"
    allowance.take("POST", path)
    assert allowance.headers("POST", path) == {"x-ms-ratelimit-remaining-tenant-reads": "249"}


def test_answers_tell_what_is_left_of_each_kind_and_of_all_callers(azure: Azure) -> None:
    def left(reply: Reply) -> dict[str, int]:
        return {name: int(value) for name, value in reply.headers.items() if name.startswith("x-ms-ratelimit")}

    shared = "x-ms-ratelimit-remaining-subscription-global-"
    path = azure.group + CLUSTER
    read = left(azure.get(path, "2021-10-01"))
    assert list(read) == [READS, f"{shared}reads"]
    assert 3000 < read[f"{shared}reads"] <= 3750
    patched = left(azure.call("PATCH", path, "2021-10-01", {"tags": {}}))
    assert list(patched) == [WRITES, f"{shared}writes"]
    assert 198 < patched[WRITES] <= 200
    assert list(left(azure.call("DELETE", f"{path}x", "2021-10-01"))) == [DELETES, f"{shared}deletes"]
    assert list(left(azure.get("/subscriptions", "2021-01-01"))) == ["x-ms-ratelimit-remaining-tenant-reads"]


def test_without_the_option_nothing_is_refused(azure: Azure) -> None:
    path = azure.group + CLUSTER
    answers = [azure.call("PATCH", path, "2021-10-01", {"tags": {}}) for _ in range(250)]
    assert {reply.status for reply in answers} == {200}
    assert int(answers[-1].headers[WRITES]) < 50


@pytest.fixture
def throttled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with running(tmp_path_factory.mktemp("throttled"), "--throttling") as azure:
        yield azure


def test_with_the_option_a_request_beyond_the_bucket_changes_nothing(throttled: Azure) -> None:
    path = throttled.group + CLUSTER
    numbers = iter(range(1000))
    reply = throttled.get(path, "2021-10-01")
    while reply.status == 200:
        number = next(numbers)
        reply = throttled.call("PATCH", path, "2021-10-01", {"tags": {"number": str(number)}})
    assert (reply.status, reply.code, reply.headers[WRITES]) == (429, "SubscriptionRequestsThrottled", "0")
    assert number >= 200
    assert throttled.get(path, "2021-10-01").body["tags"] == {"number": str(number - 1)}
    throttled.reset()
    assert throttled.call("PATCH", path, "2021-10-01", {"tags": {}}).status == 200
