"""The resource providers: each of `MODULES` has a tuple `TYPES`, and this is the table of them all."""

from collections.abc import Mapping

from amlarc_emulator.arm import core
from amlarc_emulator.arm.model import ResourceType
from amlarc_emulator.providers import (
    authorization,
    container_service,
    extension_types,
    kubernetes,
    kubernetes_configuration,
    machine_learning,
    machine_learning_jobs,
    managed_identity,
    operational_insights,
    relay,
    resources,
    service_bus,
)

MODULES = (
    core,
    resources,
    kubernetes,
    container_service,
    kubernetes_configuration,
    extension_types,
    machine_learning,
    machine_learning_jobs,
    relay,
    service_bus,
    operational_insights,
    authorization,
    managed_identity,
)
TABLE: Mapping[str, ResourceType] = {type_.kind: type_ for module in MODULES for type_ in module.TYPES}
