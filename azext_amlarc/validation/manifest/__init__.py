"""The manifest of a fleet: read, validated, turned into a fleet, and written to start from."""

from azext_amlarc.validation.document.foreign import is_fleet
from azext_amlarc.validation.manifest.given import for_member
from azext_amlarc.validation.manifest.shape import schema
from azext_amlarc.validation.manifest.walk import RULES, Outcome, judge, read

__all__ = ["RULES", "Outcome", "for_member", "is_fleet", "judge", "read", "schema"]
