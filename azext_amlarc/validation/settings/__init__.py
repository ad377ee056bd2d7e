"""The extension's settings: parsed, validated and made ready to be sent."""

from azext_amlarc.validation.settings.codes import RULES, Setting
from azext_amlarc.validation.settings.judgement import (
    Judgement,
    Unread,
    given_twice,
    judge,
    judge_each,
    local_files,
    plain_values,
)
from azext_amlarc.validation.settings.parsing import from_mapping, parse_pairs
from azext_amlarc.validation.settings.together import ClusterFacts

__all__ = [
    "RULES",
    "ClusterFacts",
    "Judgement",
    "Setting",
    "Unread",
    "from_mapping",
    "given_twice",
    "judge",
    "judge_each",
    "local_files",
    "parse_pairs",
    "plain_values",
]
