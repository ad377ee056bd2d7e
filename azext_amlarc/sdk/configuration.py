"""The attach configuration: from parameters to what to attach, validated like a file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from azext_amlarc.errors import InvalidInput, stop_at_errors, together
from azext_amlarc.findings import Finding
from azext_amlarc.resources import naming
from azext_amlarc.resources.compute import Wanted
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.sdk.arguments import SETTINGS, Files, names_of, stop_at_types, words_of
from azext_amlarc.sdk.watching import log
from azext_amlarc.validation import document
from azext_amlarc.validation.document import Outcome, identity

_SOURCE = "attach_configuration"
_NAME = f"{_SOURCE}.json"


def configured(
    resource_id: str,
    given: Mapping[str, Any],
    *,
    identity_type: str | None,
    identity_ids: Sequence[str] | None,
    preview: Mapping[str, Any],
    policy: Files | None = None,
) -> Wanted:
    """What to attach; InvalidInput with all that is wrong. `preview` are parameters of the SDK's previews."""
    ids = _identities(identity_ids)
    cluster, judged, *_ = together(
        partial(naming.cluster_of, resource_id, "resource_id"),
        partial(_judged, {key: value for key, value in given.items() if value is not None}, policy),
        partial(_stop_at_identity, identity_type, ids),
        partial(_stop_at_preview, preview["aml_k8s_config"]),
    )
    _stop_at_another_cluster(cluster, preview)
    replaces_types = any(given[key] is not None for key in ("instanceTypes", "defaultInstanceType"))
    return Wanted(cluster, judged, ids, identity.meant_type(identity_type, ids), replaces_types)


def _identities(ids: Sequence[str] | None) -> tuple[str, ...]:
    """Ids of identities; one may come by itself."""
    return tuple(naming.split_identities(words_of(ids, "identity_ids")) or ())


def _stop_at_identity(kind: str | None, ids: Sequence[str]) -> None:
    wrong = identity.contradiction(kind, ids, "identity_type", "identity_ids")
    if wrong:
        raise InvalidInput(wrong)
    naming.stop_at_identities(ids, "identity_ids")


def _stop_at_preview(configuration: Mapping[str, Any] | None) -> None:
    if configuration:
        stop_at_types(SETTINGS, aml_k8s_config=configuration)
        raise InvalidInput(
            f"aml_k8s_config no longer exists; it has {', '.join(sorted(map(str, configuration)))}.",
            "Pass namespace, default_instance_type and instance_types to attach_configuration instead.",
        )


def _stop_at_another_cluster(cluster: ClusterId, preview: Mapping[str, Any]) -> None:
    """The first preview named the cluster a second time."""
    named = {"cluster_name": cluster.name, "resource_group": cluster.resource_group}
    wrong = [
        f"{parameter}: {preview[parameter]!r} is not {name!r}, as in resource_id."
        for parameter, name in named.items()
        if preview[parameter] is not None and str(preview[parameter]).lower() != name.lower()
    ]
    if wrong:
        raise InvalidInput("\n".join(wrong), "Leave it out: resource_id alone names the cluster.")


def _judged(given: Mapping[str, Any], policy: Files | None) -> dict[str, Any]:
    """The validated attach configuration. As JSON, it is read and validated like a file."""
    _stop_at_order(given)
    outcome = _read(given)
    findings = _placeless([*outcome.findings, *_broken(names_of(policy, "policy"), outcome)])
    stop_at_errors("Invalid configuration", findings)
    log(findings)
    return outcome.document or {}


def _read(given: Mapping[str, Any]) -> Outcome:
    try:
        raw = json.dumps(given).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"The configuration cannot be converted to JSON: {error}.") from None
    return document.read(raw, _NAME)


def _placeless(findings: Iterable[Finding]) -> list[Finding]:
    """The caller has not seen this JSON: paths are useful, positions are not."""
    return [
        finding._replace(source=_SOURCE, line=None, column=None) if finding.source == _NAME else finding
        for finding in findings
    ]


def manifests_of(wanted: Wanted) -> list[dict[str, Any]]:
    """The instance types as objects for the cluster; InvalidInput with every error, and what that changes is logged."""
    from azext_amlarc.validation.document import manifests

    if not wanted.document.get("instanceTypes"):
        raise InvalidInput("apply_instance_types needs instance types.", "Pass instance_types to attach_configuration.")
    converted = manifests.convert(_read(wanted.document))
    findings = _placeless(converted.own_findings)
    stop_at_errors("Invalid instance types", findings)
    log(findings)
    return converted.items or []


def _broken(names: Sequence[str], outcome: Outcome) -> Sequence[Finding]:
    """What the policies say."""
    if not names:
        return ()
    from azext_amlarc.validation.guardrails import policy

    return policy.read(names).judge([policy.of_reading(policy.ATTACH, outcome.reading, outcome.source)])


def _stop_at_order(given: Mapping[str, Any]) -> None:
    """azureml-core took the instance types out from between the other parameters, in 1.37."""
    if given.get("defaultInstanceType") in (identity.SYSTEM_ASSIGNED, identity.USER_ASSIGNED):
        raise InvalidInput(
            f"default_instance_type: {given['defaultInstanceType']} is a type of identity.",
            "Pass identity_type and identity_ids by name: default_instance_type and instance_types come before them.",
        )
