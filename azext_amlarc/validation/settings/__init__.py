"""The extension's settings: parsed, validated and made ready to be sent."""

from azext_amlarc.validation.settings.codes import RULES, Setting
from azext_amlarc.validation.settings.judgement import Judgement, Unread, judge, judge_each, local_files
from azext_amlarc.validation.settings.parsing import from_mapping, parse_pairs
from azext_amlarc.validation.settings.rules import ClusterFacts

__all__ = [
    "RULES",
    "ClusterFacts",
    "Judgement",
    "Setting",
    "Unread",
    "from_mapping",
    "judge",
    "judge_each",
    "local_files",
    "parse_pairs",
]
