"""Validation of files, offline: what `az ml arc config validate` does."""

import os
from typing import Any

from azext_amlarc.sdk.arguments import FLAG, Files, names_of, stop_at_types
from azext_amlarc.sdk.exceptions import ValidationException, raised_as


def validate(
    files: Files, *, policy: Files | None = None, rules: str | os.PathLike[str] | None = None, strict: bool = False
) -> dict[str, Any]:
    """Validate attach configurations and manifests of fleets; what `config validate -o json` prints. No request.

    `files` are files, folders or patterns, `policy` JSON Schemas of your own, and `rules` a rules file in place of the
    nearest `.amlarc.yaml` (docs/guardrails.md). `valid` is False for errors, with `strict` for warnings too.
    ValidationException for arguments of another type.
    """
    from azext_amlarc.validation.documents import validate_documents
    from azext_amlarc.validation.report.formats import as_object

    with raised_as(ValidationException):
        stop_at_types(FLAG, strict=strict)
        [named] = names_of(rules, "rules") or (None,)
        return as_object(validate_documents(names_of(files, "files"), strict, names_of(policy, "policy"), named))
