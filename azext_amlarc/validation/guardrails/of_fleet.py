"""A manifest as policies judge it: as written, and what each cluster gets from it, settings and compute targets."""

import os
from collections.abc import Iterator
from functools import partial

from azext_amlarc.validation.guardrails import of_settings
from azext_amlarc.validation.guardrails.policy import ATTACH, FLEET, Place, Subject, Wanted, of_reading, said_at
from azext_amlarc.validation.manifest import given, members, shape
from azext_amlarc.validation.manifest.building import beside
from azext_amlarc.validation.manifest.walk import Outcome, settings_would_be
from azext_amlarc.validation.text.reading import JsonPath, Reading, json_path


def subjects(outcome: Outcome) -> Iterator[Subject]:
    """What there is to judge, the manifest itself first; no message repeats a protected value."""
    if outcome.reading is None:
        return
    whole = of_reading(FLEET, outcome.reading, outcome.source)
    yield whole._replace(is_hidden=_may_be_secret)
    yield from _computes(outcome, outcome.reading)
    yield from _settings(outcome, outcome.reading)


def _may_be_secret(path: JsonPath) -> bool:
    """Protected settings, and plain ones too: a secret may be among them by mistake."""
    of_extension = path[:3] in (shape.PROTECTED, given.OF_FLEET)
    return of_extension or (path[:2] == members.CLUSTERS and path[3:4] == ("settings",))


def _computes(outcome: Outcome, reading: Reading) -> Iterator[Subject]:
    """The attach configurations, with the namespaces that the manifest gives."""
    folder = os.path.dirname(outcome.source)
    for number, one in enumerate(given.items(reading.data, "spec", "computes")):
        entry, config, namespace = ("spec", "computes", number), one.get("config"), one.get("namespace")
        named = outcome.documents.get(beside(folder, config)) if isinstance(config, str) else None
        found = named.reading.data if named and isinstance(named.reading.data, dict) else {}
        data = found | ({"namespace": namespace} if isinstance(namespace, str) else {})
        if named and named.reading.usable:
            text = of_reading(ATTACH, named.reading, named.source)
        else:
            text = said_at(ATTACH, partial(_place, outcome, reading, entry))
        if namespace is not None:
            text = text.overridden(("namespace",), partial(_place, outcome, reading, (*entry, "namespace")))
        yield text._replace(data=data, is_part=True)


def _place(outcome: Outcome, reading: Reading, path: JsonPath) -> Place:
    line, column, width = reading.spots([path])[path].value
    return outcome.source, line, column, json_path(path), width


def _settings(outcome: Outcome, reading: Reading) -> Iterator[Subject]:
    """Every combination of settings that a cluster gets, placed in the manifest."""
    parts = outcome.parts
    if parts is None:
        return
    would_be = settings_would_be(reading)
    for pairs, judgement in parts.combinations(allow_unknown=True):
        subject = of_settings.subject(pairs, judgement.plain, {})

        def placed(wanted: Wanted, subject: Subject = subject) -> list[Place]:
            line, column, width = reading.spots([would_be])[would_be].key
            around: Place = (outcome.source, line, column, json_path(would_be), width)
            return [
                (place[0], place[1], place[2], parts.paths.get((place[1], place[2] or 0), place[3]), place[4])
                if place[1] is not None
                else around
                for place in subject.placed(wanted)
            ]

        yield subject._replace(placed=placed, is_part=True)
