"""What else can be said of a command line that is refused for its names: its files, settings and other values."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any


def steps(options: Any) -> Iterator[Callable[[], object]]:
    """A step for each kind of input that the command has; it raises InvalidInput with what is wrong there."""
    given = vars(options)
    if "config_protected" in given:
        yield partial(_settings, given)
    if "apply_instance_types" in given:
        yield partial(_attach, given)
    if given.get("tags"):
        from azext_amlarc.commands.inputs.tags import read_tags

        yield partial(read_tags, given["tags"])
    if given.get("resource_id"):
        from azext_amlarc.resources import naming

        yield partial(naming.cluster_of, given["resource_id"], "--resource-id")


def _settings(given: dict[str, Any]) -> None:
    from azext_amlarc.commands.inputs.settings import read_settings

    sources = ("config", "config_file", "config_protected", "config_protected_file")
    found = read_settings(**{one: given[one] for one in sources}, allow_unknown=given["allow_unknown_settings"])
    found.stop_at_single_errors()


def _attach(given: dict[str, Any]) -> None:
    from azext_amlarc.commands.inputs.document import read_document
    from azext_amlarc.validation.names import validate_compute_name

    named = validate_compute_name(given["name"], "--name") if given["name"] else []
    read_document(given["config"], given["namespace"], named)
