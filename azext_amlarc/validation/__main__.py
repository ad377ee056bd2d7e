"""`python -m azext_amlarc.validation FILE…`: the validator with neither az nor Azure nor any SDK installed."""

import argparse
import os
import sys
from collections.abc import Sequence

from azext_amlarc.validation.documents import RULES, judge_documents
from azext_amlarc.validation.report.formats import FORMATS, render


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge attach documents: 0 clean or warnings only, 1 with errors (--strict: warnings too), 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    report = judge_documents(options.files, options.strict)
    _write(render(report, options.format, RULES))
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m azext_amlarc.validation",
        description="Judge attach configuration files of Azure Machine Learning on Kubernetes.",
        epilog="Exit codes: 0 clean or warnings only, 1 with errors, 2 for wrong usage.",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a file, a directory, a pattern, or - for standard input"
    )
    parser.add_argument("--strict", action="store_true", help="let warnings fail too")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write the report (default: text)")
    return parser


def _write(content: str) -> None:
    """Print what any terminal can show; a reader that has gone away (`| head`) is no failure."""
    try:
        sys.stdout.buffer.write(content.encode(sys.stdout.encoding or "utf-8", "backslashreplace") + b"\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
