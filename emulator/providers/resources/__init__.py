"""Microsoft.Resources' deployments: templates that are deployed for real, through the other providers' own requests."""

from emulator.providers.resources import deployments, history

TYPES = (*deployments.TYPES, *history.TYPES)
