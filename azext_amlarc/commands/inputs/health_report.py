"""A report of the extension's health check that was saved to a file."""

import codecs
import json
from contextlib import suppress

from azext_amlarc.errors import InvalidInput
from azext_amlarc.product import healthcheck
from azext_amlarc.validation import files
from azext_amlarc.wording import in_line

_SAVE = "Save one: kubectl get configmap -n azureml arcml-healthcheck -o yaml, or kubectl logs healthcheck -n azureml"


def read_health_report(path: str) -> dict[str, str]:
    """The reports in a file, by the ConfigMap's keys; InvalidInput if there are none.

    The file holds the ConfigMap as YAML or JSON, what `kubectl describe` shows of it, or the health check's log.
    """
    text = _decoded(files.read(path))
    found = healthcheck.of_object(_parsed(text)) or healthcheck.of_text(text)
    if not found:
        raise InvalidInput(f"{in_line(path)} contains no report of the extension's health check.", _SAVE)
    return found


def _decoded(raw: bytes) -> str:
    """The text; PowerShell saves what it is told to in UTF-16."""
    is_wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return raw.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")


def _parsed(text: str) -> object:
    """The text as JSON or YAML; None for a log, which is neither."""
    if text.lstrip().startswith(("{", "[")):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    if "reports-" not in text:
        return None
    import yaml

    with suppress(yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return None
