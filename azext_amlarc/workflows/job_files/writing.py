"""Writes job files for `az ml job create`, filled in for a compute target; the templates are in this folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azext_amlarc.errors import InvalidInput
from azext_amlarc.workflows import whole_files

# Each file and what it shows. `<name>` in a template is replaced by a value from the caller.
FILES = {
    "README.md": "what each file shows, and how to run it",
    "single.yml": "one training job",
    "pytorch.yml": "distributed training, PyTorch",
    "mpi.yml": "distributed training, MPI",
    "mpi-environment.yml": "the environment of mpi.yml",
    "sweep.yml": "tuning a hyperparameter",
    "pipeline.yml": "a pipeline with two steps",
    "nfs.yml": "training on data from an NFS server",
    "nfs-volume.yaml": "the NFS server's volume, for kubectl",
    "nfs-mount-config-2021.yaml": "the same for the extension of 2021",
    "proxy.yml": "a job behind an outbound proxy",
    "src/train.py": "the code of most jobs",
    "src/make_data.py": "the code of the pipeline's first step",
    "src/train_pytorch.py": "the code of pytorch.yml",
    "src/train_mpi.py": "the code of mpi.yml",
}
_TEXTS = Path(__file__).parent


@dataclass(frozen=True)
class Written:
    """A file that was written, and what it shows."""

    file: str
    shows: str


def write(folder: str, names: Mapping[str, str]) -> list[Written]:
    """Write all files to a folder; InvalidInput, without writing anything, if one of them exists."""
    places = {name: Path(folder, name) for name in FILES}
    existing = [str(place) for place in places.values() if os.path.lexists(place)]
    if existing:
        raise InvalidInput(f"These files already exist: {', '.join(existing)}.", "Choose another folder.")
    try:
        for name, place in places.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            whole_files.create(str(place), _filled(name, names))
    except OSError as error:
        raise InvalidInput(f"Cannot write to {folder}: {error.strerror}", "Choose another folder.") from None
    return [Written(str(place), FILES[name]) for name, place in places.items()]


def _filled(name: str, names: Mapping[str, str]) -> str:
    text = (_TEXTS / name).read_text(encoding="utf-8")
    for word, value in names.items():
        text = text.replace(f"<{word}>", value)
    return text
