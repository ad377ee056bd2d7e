"""Arguments of any type: a notebook gets the API's own exceptions that name the argument, and nothing is sent."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from azext_amlarc.errors import NotFound
from azext_amlarc.kubernetes.access import Fetched
from azext_amlarc.sdk import (
    ArcException,
    ArcExtension,
    CheckException,
    ClusterChecks,
    ComputeTarget,
    Fleet,
    KubernetesCompute,
    Workspace,
)
from azext_amlarc.sdk.exceptions import raised_as
from tests.sdk.conftest import CLUSTER
from tests.sdk.test_names import NoAzure, unused

AKS = CLUSTER.replace("Microsoft.Kubernetes/connectedClusters", "Microsoft.ContainerService/managedClusters")
WRONG: tuple[Any, ...] = (1, b"x", object(), float("nan"), True, ("a", 2), "\ud800")
NO_PATHS: tuple[Any, ...] = (1, b"x", object(), ("a",), True, "\ud800", "a\0b")
ENABLED = {"enableTraining": True}


def attach(**given: Any) -> Any:
    wanted = {"workspace": unused(), "attach_configuration": KubernetesCompute.attach_configuration(AKS), **given}
    return ComputeTarget.attach(name="k8s", **wanted)


def configure(**given: Any) -> Any:
    return KubernetesCompute.attach_configuration(CLUSTER, **given)


def install(**given: Any) -> Any:
    return ArcExtension.install(AKS, ENABLED, credential=NoAzure(), **given)


def check(**given: Any) -> Any:
    return ClusterChecks(CLUSTER, credential=NoAzure(), **given)


def find(**given: Any) -> Any:
    return Workspace("123", "rg", "amlarc-ws", NoAzure(), **given)


def search(**given: Any) -> Any:
    return Workspace.list(**{"subscription_id": "123", **given})


def write(**given: Any) -> Any:
    return unused().write_config(**given)


def fleet(**given: Any) -> Any:
    return Fleet(subscription_id="123", **given)


CASES: list[tuple[Callable[..., Any], str, tuple[Any, ...]]] = [
    (attach, "workspace", (None, *WRONG)),
    (attach, "kubeconfig", NO_PATHS[:-1]),
    (attach, "context", WRONG),
    (configure, "identity_ids", WRONG[:6]),
    (configure, "aml_k8s_config", WRONG[:6]),
    (install, "kubeconfig", NO_PATHS[:-1]),
    (install, "cloud", WRONG),
    (install, "auto_upgrade_minor_version", ("no", 1)),
    (install, "allow_unknown_settings", ("no", 1)),
    (check, "workspace", WRONG),
    (check, "configuration", WRONG),
    (check, "only", WRONG[:6]),
    (check, "skip", WRONG[:6]),
    (find, "cloud", WRONG),
    (search, "subscription_id", WRONG),
    (Workspace.from_config, "path", NO_PATHS[:-1]),
    (Workspace.from_config, "_file_name", NO_PATHS[:-1]),
    (write, "path", NO_PATHS),
    (write, "file_name", NO_PATHS),
    (fleet, "manifest", NO_PATHS[:-1]),
]


@pytest.mark.parametrize(("call", "name", "wrong"), CASES, ids=lambda one: getattr(one, "__name__", None))
def test_an_argument_of_another_type_is_named(
    call: Callable[..., Any], name: str, wrong: tuple[Any, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for value in wrong:
        with pytest.raises(ArcException) as caught:
            call(**{name: value})
        assert caught.value.code == "InvalidInput"
        assert name in caught.value.message
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["force", "purge"])
def test_what_is_deleted_is_no_matter_of_what_a_text_may_mean(name: str) -> None:
    never: Any = None
    given: dict[str, Any] = {name: "no"}
    with pytest.raises(ArcException, match=f"{name}: expected True or False"):
        ArcExtension(never, never, never).delete(**given)


class Denied(NoAzure):
    """A credential that Azure does not accept."""

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        raise ClientAuthenticationError("No.")


def test_a_path_may_be_an_object_and_a_group_may_come_alone(tmp_path: Path) -> None:
    with pytest.raises(ArcException, match="nowhere"):
        attach(kubeconfig=tmp_path / "nowhere", create_namespace=True, yes=True)
    assert ClusterChecks(CLUSTER, only="AMLARC-A001", credential=Denied()).run()[0]["id"] == "AMLARC-A001"


@pytest.mark.parametrize("name", ["only", "skip"])
def test_a_word_that_selects_no_check_is_refused(name: str) -> None:
    with pytest.raises(CheckException, match=f"{name}: unknown value 'relays': did you mean \"relay\""):
        check(**{name: ["relays"]})


def test_a_property_that_fails_says_why_and_a_class_made_of_ours_leaves_the_same_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Made(Workspace):
        @property
        def broken(self) -> str:
            return None.strip()  # type: ignore[attr-defined, no-any-return]

    mine: Any = Made
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'strip'"):
        _ = mine("123", "rg", "amlarc-ws", NoAzure()).broken
    with pytest.raises(AttributeError, match="Made has no experiments, unlike in azureml-core"):
        _ = mine("123", "rg", "amlarc-ws", NoAzure()).experiments
    with pytest.raises(AttributeError, match="Made has no create, unlike in azureml-core"):
        _ = mine.create
    assert inspect.getattr_static(mine, "experiments", None) is None


def test_an_exception_writes_out_what_a_terminal_would_act_on() -> None:
    error = ArcException("\x1b[2J\u202eYES", "\x07Code", "\x9bid", "\x1b]0;fix")
    assert str(error).replace("\n", "").isprintable()
    assert "\\x1b[2J\\u202eYES" in str(error)
    raised = NotFound("No.")
    raised.add_note("\x1b[2Jnote")
    with pytest.raises(ArcException) as caught, raised_as(ArcException):
        raise raised
    assert caught.value.__notes__ == ["\\x1b[2Jnote"]


def test_a_kubeconfig_in_memory_is_never_shown() -> None:
    fetched = Fetched(b"client-key-data: S3CR3T", "Azure", lambda _: "")
    assert "S3CR3T" not in f"{fetched}{fetched!r}{[fetched]}"
