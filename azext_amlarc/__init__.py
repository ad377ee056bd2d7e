"""`az ml arc`: train Azure Machine Learning models on any Kubernetes cluster."""

import sys
from typing import Any

if sys.version_info < (3, 11):  # noqa: UP036  (pip lets older ones in, so that az says this and not "Pip failed")
    raise ImportError(
        f"amlarc needs Python 3.11 or newer, and this is Python {sys.version_info[0]}.{sys.version_info[1]} "
        f"({sys.executable}). Install a newer Azure CLI: https://aka.ms/install-azure-cli"
    )


def __getattr__(name: str) -> Any:
    """Import az's loader only when az asks for it: the Python API and the validator import this package without az."""
    if name == "COMMAND_LOADER_CLS":
        from azext_amlarc.commands.az.loader import ArcCommandsLoader

        return ArcCommandsLoader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
