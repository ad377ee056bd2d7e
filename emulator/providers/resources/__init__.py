"""Microsoft.Resources' deployments and stacks: templates deployed for real, by the other providers' own requests."""

from emulator.providers.resources import deployments, history, stacks

TYPES = (*deployments.TYPES, *history.TYPES, *stacks.TYPES)
