"""Tags as az spells them: key=value, or a key alone."""

from collections.abc import Sequence

from azext_amlarc.errors import InvalidInput
from azext_amlarc.wording import in_line, is_unicode


def read_tags(pairs: Sequence[str] | None) -> dict[str, str]:
    """Tags by name; InvalidInput for one without a name, and for two values of one name."""
    tags: dict[str, str] = {}
    for pair in filter(None, pairs or ()):
        name, _, value = pair.partition("=")
        if not name.strip():
            raise InvalidInput(f"{pair!r} is not a tag: its name is missing.", "Write each tag as key=value.")
        if not is_unicode(pair):
            raise InvalidInput(f"The tag {in_line(pair)} is not valid Unicode.", "Write it in UTF-8.")
        if tags.get(name, value) != value:
            raise InvalidInput(f"The tag {name!r} has two values.", "Pass each tag once.")
        tags[name] = value
    return tags
