"""`az ml arc settings`: the catalogue of the extension's settings, and their validation, all offline."""

from collections.abc import Sequence
from typing import Any

from azext_amlarc.errors import NotFound


def list_all(workload: str | None = None) -> list[dict[str, object]]:
    """List the documented settings, or only those for a workload (training, inference)."""
    from azext_amlarc.product import catalogue

    return catalogue.as_rows(workload)


def show(name: str) -> dict[str, object]:
    """Show one setting: type, values, defaults, requirements, conflicts, and what changing it breaks."""
    from azext_amlarc.product import catalogue

    record = catalogue.find(name)
    if record is None:
        families = [family.key for family in catalogue.family_named(name) if catalogue.head_of(name) == name]
        near = " or ".join(families) or catalogue.suggestion(name)
        fix = f"Did you mean {near}?" if near else "To list all settings: az ml arc settings list -o table"
        raise NotFound(f"Setting not found: {name}.", fix)
    return catalogue.as_row(record)


def validate(
    cmd: Any,
    *,
    config: Sequence[str] | None = None,
    config_file: str | None = None,
    config_protected: Sequence[str] | None = None,
    config_protected_file: str | None = None,
    cluster_type: str | None = None,
    node_count: int | None = None,
    allow_unknown_settings: bool = False,
    policy: Sequence[str] | None = None,
    rules: str | None = None,
    strict: bool = False,
    report_format: str | None = None,
    output_file: str | None = None,
) -> dict[str, Any] | None:
    """Validate settings without a cluster, as `extension create` does; with `strict`, warnings fail too."""
    from azext_amlarc.commands.az.findings import deliver
    from azext_amlarc.commands.inputs.settings import read_settings
    from azext_amlarc.validation import settings
    from azext_amlarc.validation.guardrails.lookup import by_rules_files
    from azext_amlarc.validation.text import reading

    protected = (config_protected, config_protected_file)
    given = read_settings(config, config_file, *protected, allow_unknown=allow_unknown_settings, policy=policy)
    judged = given.report(settings.ClusterFacts(cluster_type, node_count), strict)
    report = by_rules_files(judged, rules, "SNP" if policy else "SN")
    return deliver(cmd, report, (*reading.RULES, *settings.RULES), report_format, output_file)
