"""The settings of the extension as a policy judges them: flat, as they are sent, the protected ones by name alone."""

from collections.abc import Mapping, Sequence

from azext_amlarc.findings import Finding, Severity, errors_in
from azext_amlarc.product import catalogue
from azext_amlarc.validation.guardrails.policy import SETTINGS, Place, Policies, Subject, Wanted
from azext_amlarc.validation.settings.codes import COMMAND_LINE, INSTALLED, Setting

# What stands for the value of a protected setting.
PROTECTED = "(protected)"


def broken(
    policies: Policies,
    given: Sequence[Setting],
    plain: Mapping[str, str],
    installed: Mapping[str, str],
    *,
    is_whole: bool,
) -> list[Finding]:
    """Where the settings break the policies; what is installed and stays as it is only warns.

    `plain` has what is sent of those that are given, `installed` what the user could have given too, and left alone.
    Nothing is said of what is absent unless all is known (`is_whole`).
    """
    found = policies.judge([subject(given, plain, {key: one for key, one in installed.items() if _is_the_users(key)})])
    kept = [one for one in found if one.path or is_whole]
    return [_weighed(one) for one in kept]


def subject(given: Sequence[Setting], plain: Mapping[str, str], installed: Mapping[str, str]) -> Subject:
    """The settings to be judged, whose values no message repeats, nor a key that may be part of a secret."""
    secret = {setting.key: PROTECTED for setting in given if setting.protected}
    data = {**installed, **plain, **secret}
    places = {setting.key: setting for setting in given}
    untouched = data.keys() - plain.keys() - secret.keys()

    def placed(wanted: Wanted) -> list[Place]:
        return [_place(str(path[0]) if path else "", places, untouched, given) for path, _ in wanted]

    def called(key: str) -> str:
        return places[key].name if key in places else key

    return Subject(SETTINGS, data, placed, lambda path: True, called=called)


def _is_the_users(key: str) -> bool:
    record = catalogue.find(key)
    return record is not None and not record.protected and record.given != "refused"


def _place(key: str, places: Mapping[str, Setting], untouched: set[str], given: Sequence[Setting]) -> Place:
    if key in untouched:
        return INSTALLED, None, None, key, 1
    setting = places.get(key)
    if setting is None:
        return (given[0].source if given else COMMAND_LINE), None, None, key, 1
    return setting.source, setting.line, setting.column, setting.name, setting.width


def _weighed(found: Finding) -> Finding:
    is_untouched = found.source == INSTALLED and errors_in([found])
    return found._replace(severity=Severity.WARNING) if is_untouched else found
