"""Ready job files for `az ml job create`, with the names of a compute filled in; their texts are beside this module."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azext_amlarc.errors import InvalidInput

# Each file and what it shows. In their texts `<name>` stands for what the caller knows.
FILES = {
    "README.md": "what each file shows, and how to run it",
    "single.yml": "one training job",
    "pytorch.yml": "distributed training, PyTorch",
    "mpi.yml": "distributed training, MPI",
    "mpi-environment.yml": "what mpi.yml runs in",
    "sweep.yml": "tuning a hyperparameter",
    "pipeline.yml": "a pipeline of two steps",
    "nfs.yml": "training on data of an NFS server",
    "nfs-volume.yaml": "the NFS server's volume, for kubectl",
    "nfs-mount-config-2021.yaml": "the same for the extension of 2021",
    "proxy.yml": "a job behind an outbound proxy",
    "src/train.py": "what most of the jobs run",
    "src/make_data.py": "what the pipeline's first step runs",
    "src/train_pytorch.py": "what pytorch.yml runs",
    "src/train_mpi.py": "what mpi.yml runs",
}
_TEXTS = Path(__file__).parent


@dataclass(frozen=True)
class Written:
    """A file that was written, and what it shows."""

    file: str
    shows: str


def write(folder: str, names: Mapping[str, str]) -> list[Written]:
    """Write all of the files below a folder; InvalidInput, and nothing is written, where one of them exists."""
    places = {name: Path(folder, name) for name in FILES}
    existing = [str(place) for place in places.values() if place.exists()]
    if existing:
        raise InvalidInput(f"These files exist, and are left alone: {', '.join(existing)}.", "Name another folder.")
    try:
        for name, place in places.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(_filled(name, names), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{folder} can't be written to: {error.strerror}", "Name another folder.") from None
    return [Written(str(place), FILES[name]) for name, place in places.items()]


def _filled(name: str, names: Mapping[str, str]) -> str:
    text = (_TEXTS / name).read_text(encoding="utf-8")
    for word, value in names.items():
        text = text.replace(f"<{word}>", value)
    return text
