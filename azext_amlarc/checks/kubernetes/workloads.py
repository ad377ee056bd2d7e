"""What the extension's settings mean for a cluster: defaults filled in, old names read as today's."""

from collections.abc import Mapping

from azext_amlarc.product import catalogue, helm
from azext_amlarc.resources.ids import Target

# For remedies that know no cluster yet.
SOME_CLUSTER = Target("")


def is_on(settings: Mapping[str, str], key: str) -> bool:
    """Whether a boolean setting is on, by its value or else by today's default (the catalogue's)."""
    return text(settings, key).lower() == "true"


def text(settings: Mapping[str, str], key: str) -> str:
    """A setting's value, under its own name or a former one; else today's default, or empty."""
    given = {**_successors(settings), **settings}
    record = catalogue.find(key)
    return given.get(key) or (record.default_today if record else None) or ""


def training(settings: Mapping[str, str]) -> bool:
    """Whether jobs are to run on the cluster."""
    return is_on(settings, "enableTraining")


def inference(settings: Mapping[str, str]) -> bool:
    """Whether endpoints are to run on the cluster."""
    return is_on(settings, "enableInference")


def selector(settings: Mapping[str, str]) -> dict[str, str]:
    """The labels that every node of the extension and its jobs must have (`nodeSelector.<label>=<value>`)."""
    return helm.node_labels(settings)


def setting(target: Target, *settings: str) -> str:
    """The steps that give the extension these settings, whether it is installed or not."""
    return f"# `az ml arc extension create` takes the same settings.\n{update(target, *settings)}"


def update(target: Target, *settings: str) -> str:
    """The command that gives the installed extension these settings."""
    return f"az ml arc extension update {target.cluster_options} --config {' '.join(settings)}"


def _successors(settings: Mapping[str, str]) -> dict[str, str]:
    """What settings under former names say today."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        record = catalogue.find(key)
        if record is not None and record.replacement:
            found |= record.replacement.get(value.capitalize(), {})
    return found
