"""Microsoft.Authorization: permissions, the assignments and the definitions of roles, and locks."""

from amlarc_emulator.providers.authorization import assignments, definitions, locks

TYPES = (*assignments.TYPES, *definitions.TYPES, *locks.TYPES)
