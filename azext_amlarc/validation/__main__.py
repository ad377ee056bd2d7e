"""`python -m azext_amlarc.validation FILE…`: the validator without az, Azure or any SDK."""

import argparse
import os
import sys
from collections.abc import Sequence

from azext_amlarc.validation.documents import rules_for, validate_documents
from azext_amlarc.validation.report.formats import FORMATS, render


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate files: 0 valid or only warnings, 1 errors (--strict: or warnings), 2 wrong usage."""
    options = _parser().parse_args(arguments)
    report = validate_documents(options.files, options.strict, options.policy, options.rules)
    is_written = _write(render(report, options.format, rules_for(report.findings)))
    return report.exit_code if is_written else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m azext_amlarc.validation",
        description="Validate attach configurations and manifests of fleets of Azure Machine Learning on Kubernetes.",
        epilog="Exit codes: 0 if all files are valid or have only warnings, 1 if there are errors, 2 for wrong usage.",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a file, a directory, a pattern, or - for standard input"
    )
    parser.add_argument(
        "--policy",
        action="append",
        default=[],
        metavar="SCHEMA",
        help="a JSON Schema of your own that files must also satisfy; each use adds one (docs/guardrails.md)",
    )
    parser.add_argument(
        "--rules",
        metavar="FILE",
        help="turns findings off or changes their severity; default: the nearest .amlarc.yaml above each file",
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings too")
    parser.add_argument("--format", choices=FORMATS, default="text", help="format of the report (default: text)")
    return parser


def _write(content: str) -> bool:
    """Print with escapes for what the terminal cannot encode; a closed pipe (`| head`) is not an error."""
    if sys.stdout is None:
        return _unwritten("it is closed")
    try:
        sys.stdout.buffer.write(content.encode(sys.stdout.encoding or "utf-8", "backslashreplace") + b"\n")
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would be written again, and fail again, at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return isinstance(error, BrokenPipeError) or _unwritten(error.strerror)
    return True


def _unwritten(reason: str | None) -> bool:
    if sys.stderr is not None:
        sys.stderr.write(f"The report cannot be written to standard output: {reason}.\n")
    return False


if __name__ == "__main__":
    sys.exit(main())
