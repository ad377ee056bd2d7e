"""`python -m benchmarks [ROUNDS]`: our commands beside az's own, in the same run, on the local Azure."""

import shutil
import sys
from collections.abc import Sequence

from benchmarks.measure import Subject, measure, table
from tests.az import ROOT, VENV, Az
from tests.azure import Azure, running

AZ = str(VENV / "bin" / "az")
CONTROL = "az group show"
CLUSTER = ("-c", "amlarc-cluster", "-g", "amlarc-rg")
WORKSPACE = ("-w", "amlarc-ws", "-g", "amlarc-rg")
CREATE = (AZ, "ml", "arc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")


def commands(azure: Azure, az: Az) -> list[Subject]:
    """The subjects; what a command needs to exist is made before it, unmeasured."""

    def installed() -> None:
        azure.reset()
        az.must(*CREATE[1:])

    def attached() -> None:
        installed()
        az.must("ml", "arc", "attach", "-n", "k8s-compute", *WORKSPACE, *CLUSTER[:2])

    attach = (AZ, "ml", "arc", "attach", "-n", "k8s-compute", *WORKSPACE, *CLUSTER[:2])
    advanced = ("--config", str(ROOT / "examples" / "attach-advanced.json"))
    return [
        Subject("az version", (AZ, "version"), CONTROL),
        Subject(CONTROL, (AZ, "group", "show", "-n", "amlarc-rg"), CONTROL),
        Subject("extension create, first time", CREATE, CONTROL, azure.reset, limit=0.95, memory_limit=65),
        Subject("extension create, nothing changed", CREATE, CONTROL, installed, limit=0.75),
        Subject(
            "extension show", (AZ, "ml", "arc", "extension", "show", *CLUSTER), CONTROL, limit=0.65, memory_limit=55
        ),
        Subject("attach --config", (*attach, *advanced), CONTROL, installed, limit=0.8),
        Subject("list", (AZ, "ml", "arc", "list", *WORKSPACE), CONTROL, attached),
        Subject("detach", (AZ, "ml", "arc", "detach", "-n", "k8s-compute", *WORKSPACE, "--yes"), CONTROL, attached),
    ]


def main(arguments: Sequence[str]) -> None:
    rounds = int(arguments[0]) if arguments else 9
    folder = ROOT / ".run" / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with running(folder, "--polls", "0") as azure:
        az = Az(azure)
        az.sign_in(azure)
        subjects = commands(azure, az)
        environment = az.environment
        figures = measure(subjects, rounds, environment, folder, lambda: len(azure.traffic()))
    print(f"medians of {rounds} rounds; ratios to {CONTROL!r} in the same run\n")
    print(table(subjects, figures))


if __name__ == "__main__":
    main(sys.argv[1:])
