"""Microsoft.Resources' deployments and stacks: templates deployed for real, by the other providers' own requests."""

from amlarc_emulator.providers.resources import deployments, history, stack_what_if, stacks

TYPES = (*deployments.TYPES, *history.TYPES, *stacks.TYPES, *stack_what_if.TYPES)
