"""What the extension's settings mean for a cluster: defaults filled in, former names read as today's."""

from collections.abc import Mapping

from azext_amlarc.checks.check import Facts
from azext_amlarc.checks.fix import SOME_CLUSTER, ChangeSettings, Fix
from azext_amlarc.checks.given import EXTENSION_NAME, TARGET
from azext_amlarc.product import catalogue, helm
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.product.steps import Note

_TO_INSTALL = Note(
    "For a new extension, pass these settings to `az ml arc extension create`; to change an installed one:"
)


def is_on(settings: Mapping[str, str], key: str) -> bool:
    """Whether a boolean setting is on, by its value or else by today's default (the catalogue's)."""
    return text(settings, key).lower() == "true"


def text(settings: Mapping[str, str], key: str) -> str:
    """A setting's value, under its own name or a former one; else today's default, or empty."""
    given = {**_successors(settings), **settings}
    record = catalogue.find(key)
    return given.get(key) or (record.default_today if record else None) or ""


def training(settings: Mapping[str, str]) -> bool:
    """Whether the cluster is to run jobs."""
    return is_on(settings, "enableTraining")


def inference(settings: Mapping[str, str]) -> bool:
    """Whether the cluster is to run endpoints."""
    return is_on(settings, "enableInference")


def selector(settings: Mapping[str, str]) -> dict[str, str]:
    """The labels that every node of the extension and its jobs must have (`nodeSelector.<label>=<value>`)."""
    return helm.node_labels(settings)


def fix(facts: Facts, *settings: str) -> Fix:
    """How to give the extension these settings, installed or not."""
    return (_TO_INSTALL, change(facts, *settings))


def change(facts: Facts, *settings: str) -> ChangeSettings:
    """The installed extension with these settings."""
    return ChangeSettings(facts[TARGET].named_cluster, facts[EXTENSION_NAME], settings)


def documented_fix(*settings: str) -> Fix:
    """The same for no cluster in particular."""
    return (_TO_INSTALL, ChangeSettings(SOME_CLUSTER, DEFAULT_NAME, settings))


def _successors(settings: Mapping[str, str]) -> dict[str, str]:
    """What settings under former names are called today."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        record = catalogue.find(key)
        if record is not None and record.replacement:
            found |= record.replacement.get(value.capitalize(), {})
    return found
