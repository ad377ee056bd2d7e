"""The resource providers: each module has a tuple `TYPES`, and this is the table of them all."""

from collections.abc import Mapping

from emulator import core
from emulator.model import ResourceType
from emulator.providers import container_service, kubernetes, kubernetes_configuration, machine_learning, relay

MODULES = (core, kubernetes, container_service, kubernetes_configuration, machine_learning, relay)
TABLE: Mapping[str, ResourceType] = {type_.kind: type_ for module in MODULES for type_ in module.TYPES}
