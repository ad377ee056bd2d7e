"""`az ml arc`: train Azure Machine Learning models on any Kubernetes cluster."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Import az's loader only when az asks for it: the Python API and the validator import this package without az."""
    if name == "COMMAND_LOADER_CLS":
        from azext_amlarc.commands.az.loader import ArcCommandsLoader

        return ArcCommandsLoader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
