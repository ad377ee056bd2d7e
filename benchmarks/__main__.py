"""`python -m benchmarks [ROUNDS]`: ours beside theirs in one run.

Commands beside az's own, the validator beside check-jsonschema, the Python API beside azure-ai-ml.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import checks
from benchmarks.measure import Subject, measure, run_once, table
from tests.support.az import ROOT, VENV, Az
from tests.support.azure import Azure, running

AZ = str(VENV / "bin" / "az")
# With our wheel and azure-ai-ml: both as a user has them, on the same Python (`make bench`).
PYTHON = str(ROOT / ".venv-bench" / "bin" / "python")
CONTROL = "az group show"
OPERATION, OVERHEAD_LIMIT = 20, 3.0  # seconds
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


def python_api(azure: Azure, az: Az) -> list[Subject]:
    """Importing the Python API and attaching with it, beside nothing but the import of azure-ai-ml's client."""
    control = "azure-ai-ml, import MLClient"
    cluster = f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
    attach = (PYTHON, str(Path(__file__).with_name("attach_once.py")), cluster, "amlarc-ws", "amlarc-rg")

    def installed() -> None:
        azure.reset()
        az.must(*CREATE[1:])

    # Not for az: it would read the metadata, too, and does not take the certificate for that.
    ours = partial(Subject, control=control, prepare=installed, limit=0.35, variables=azure.python_env)
    return [
        Subject(control, (PYTHON, "-c", "from azure.ai.ml import MLClient"), control),
        ours("Python API, import and attach", (*attach, azure.token())),
        ours("the same, DefaultAzureCredential", attach),
    ]


def validators(folder: Path) -> list[Subject]:
    """The validator by itself, beside check-jsonschema with the same schema, and through az."""
    module = (sys.executable, "-m", "azext_amlarc.validation")
    guide = str(ROOT / "examples" / "attach-advanced.json")
    schema = str(ROOT / "azext_amlarc" / "validation" / "schemas" / "attach.schema.json")
    control = "check-jsonschema, the guide's example"
    checker = (str(Path(sys.executable).parent / "check-jsonschema"), "--schemafile", schema, guide)
    subjects = [
        Subject(control, checker, control),
        Subject("validation, the guide's example", (*module, guide), control, limit=0.6),
        Subject("config validate", (AZ, "ml", "arc", "config", "validate", "-f", guide), "az version", limit=2.0),
    ]
    for count in (100, 1_000, 10_000):
        clean = _document(folder / f"clean-{count}.json", count, memory="4Gi")
        subjects.append(Subject(f"validation, {count:,} instance types", (*module, clean), control))
    broken = _document(folder / "broken.json", 10_000, memory="4GB")
    # Exit code 1 is what is wanted here: the shell turns it round.
    turned = ("sh", "-c", f"! {' '.join(module)} {broken} >/dev/null")
    return [*subjects, Subject("validation, 10,000 with an error in each", turned, control)]


def _document(path: Path, count: int, memory: str) -> str:
    amounts = {"cpu": "1", "memory": memory}
    kind = {"nodeSelector": {"pool": "a"}, "resources": {"requests": amounts, "limits": amounts}}
    types = {f"type-{number}": kind for number in range(count)}
    path.write_text(json.dumps({"defaultInstanceType": "type-0", "instanceTypes": types}), encoding="utf-8")
    return str(path)


def overhead(folder: Path) -> str:
    """What create and attach take beyond the 20 s of one operation, with 150 ms an answer and no Retry-After.

    A create has two of them at the same time: the activation of the Relay namespace, and the installation.
    """
    lines = []
    with running(folder, "--latency-ms", "150", "--operation-seconds", str(OPERATION), "--polls", "0") as azure:
        az = Az(azure)
        az.sign_in(azure)
        attach = (AZ, "ml", "arc", "attach", "-n", "k8s-compute", *WORKSPACE, *CLUSTER[:2])
        for name, command in (("extension create, first time", CREATE), ("attach", attach)):
            seconds, _ = run_once(command, az.environment, folder)
            over = seconds - OPERATION
            lines.append(f"{name:<44}{over:>10.2f}{OVERHEAD_LIMIT:>18.2f}{'  over' if over > OVERHEAD_LIMIT else ''}")
    return "\n".join([f"{f'beyond one operation of {OPERATION} s':<44}{'s':>10}{'limit':>18}", *lines])


def main(arguments: Sequence[str]) -> None:
    rounds = int(arguments[0]) if arguments else 9
    folder = ROOT / ".run" / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with running(folder, "--polls", "0") as azure:
        az = Az(azure)
        az.sign_in(azure)
        subjects = [*commands(azure, az), *python_api(azure, az), *validators(folder)]
        figures = measure(subjects, rounds, az.environment, folder, lambda: len(azure.traffic()))
    print(f"medians of {rounds} rounds; ratios to {CONTROL!r}, or to the row's own control, in the same run\n")
    print(table(subjects, figures))
    slow = ROOT / ".run" / "bench-slow"
    shutil.rmtree(slow, ignore_errors=True)
    slow.mkdir(parents=True)
    print(f"\n{overhead(slow)}\n\n{checks.report(rounds)}")


if __name__ == "__main__":
    main(sys.argv[1:])
