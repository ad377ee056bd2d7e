"""What <TAB> offers for settings, without a shell."""

import pytest

from azext_amlarc.commands.az.completers import pairs
from azext_amlarc.product.catalogue import records


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("enableTr", ["enableTraining=True", "enableTraining=False"]),
        ("ENABLETR", ["enableTraining=True", "enableTraining=False"]),
        ("enableI", ["enableInference=True", "enableInference=False"]),
        ("enableT", ["enableTraining=True", "enableTraining=False"]),
        ("enable", ["enableTraining=", "enableInference="]),
        ("inferenceRouterS", ["inferenceRouterServiceType=LoadBalancer", "inferenceRouterServiceType=NodePort",
                              "inferenceRouterServiceType=ClusterIP"]),
        ("enableTraining=T", ["enableTraining=True", "enableTraining=False"]),
        ("sslCn", ["sslCname="]),
        ("reuseExistingPromOp", []),
        ("moon", []),
        ("nodeSelector", []),
    ],
)  # fmt: skip
def test_keys_first_then_the_values_of_the_one_that_is_meant(typed: str, offered: list[str]) -> None:
    plain = [record for record in records().values() if not record.protected and record.key != "enable_https"]
    assert pairs(plain, typed) == offered


def test_a_key_that_begins_another_has_its_own_values() -> None:
    both = [records()["enableTraining"], records()["enableInference"]]
    assert pairs(both, "enableTraining=") == ["enableTraining=True", "enableTraining=False"]
