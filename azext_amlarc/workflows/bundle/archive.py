"""The bundle as a file: everything masked, in one ZIP archive that only its owner can read."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from azext_amlarc.wording import legible, legible_json
from azext_amlarc.workflows import whole_files
from azext_amlarc.workflows.bundle.masking import data, text
from azext_amlarc.workflows.bundle.masking.known import Known
from azext_amlarc.workflows.bundle.parts import File, Part


def masked(parts: Sequence[Part], known: Known) -> list[Part]:
    """The parts with texts in which no secret is left: what is recognized in one of them is masked in all others."""
    once = [
        _each(part, lambda content: _text(content, known), lambda line: text.masked(line, known.learn))
        for part in parts
    ]
    return [_each(part, lambda file: known.masked(file.content), known.masked) for part in once]


def _each(part: Part, of_file: Any, of_problem: Any) -> Part:
    files = tuple(replace(file, content=of_file(file)) for file in part.files)
    return replace(part, files=files, problems=tuple(of_problem(problem) for problem in part.problems))


def _text(file: File, known: Known) -> str:
    if file.is_safe:
        return str(file.content)
    if isinstance(file.content, str):
        return legible(text.masked(file.content, known.learn))
    return _as_json(data.masked(file.content, known.learn))


def _as_json(content: Any) -> str:
    """JSON that a terminal or a CI system may show: what it would act on is escaped."""
    return legible_json(json.dumps(content, indent=2, ensure_ascii=False, default=str)) + "\n"


def write(path: str, parts: Sequence[Part]) -> None:
    """Write the files of masked parts; InvalidInput if that fails, and then there is no file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in parts:
            for file in part.files:
                packed.writestr(file.path, file.content.encode("utf-8", errors="backslashreplace"))
    whole_files.replace_private(path, archive.getvalue())
