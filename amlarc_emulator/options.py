"""What the command line decides."""

import math
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How this emulator behaves; times in seconds unless the name says otherwise."""

    data: Path
    host: str
    name: str
    port: int
    control_token_file: Path | None
    seed: Path | None
    clusters: int
    latency_ms: float
    polls: int
    operation_seconds: float
    retry_after: int | None
    page_size: int
    token_seconds: int
    state: Path | None
    strict_namespaces: bool
    throttling: bool
    graph_lag: float


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; exits with usage help when it is wrong."""
    parser = ArgumentParser(prog="amlarc-emulator", description="A local Azure over TLS for `az ml arc`.")
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder for ready.json, env.sh, ca.pem, traffic.jsonl")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen at, IPv4 or IPv6 (default 127.0.0.1)")
    add(
        "--name",
        default="",
        metavar="NAME",
        help="name of this machine for others, in the endpoint and the certificate",
    )
    add("--port", type=_whole(0, 65535), default=0, metavar="N", help="port; 0 (default) takes any free one")
    add(
        "--control-token-file",
        type=Path,
        metavar="FILE",
        help="the token that control calls must have (default: none on this machine alone, otherwise a new one)",
    )
    add(
        "--seed",
        type=Path,
        metavar="FILE",
        help="what exists at the start, as JSON (default: the package's seed.json)",
    )
    add(
        "--clusters",
        type=_whole(0),
        default=0,
        metavar="N",
        help="connected clusters beside those of the seed (default 0)",
    )
    add("--latency-ms", type=_span, default=0, metavar="N", help="delay of every answer")
    add("--polls", type=_whole(0), default=1, metavar="N", help="looks at an operation before it ends (default 1)")
    add("--operation-seconds", type=_span, default=0, metavar="S", help="operations last at least this long")
    add("--retry-after", type=_whole(0), metavar="S", help="send Retry-After with operations (default: none, as Azure)")
    add("--page-size", type=_whole(1), default=1000, metavar="N", help="items in a page of a list (default 1000)")
    add(
        "--token-seconds",
        type=int,
        default=3600,
        metavar="S",
        help="life of an access token (default 3600); a negative one has expired when it is given",
    )
    add("--state", type=Path, metavar="FILE", help="keep everything here after each change, and start from it")
    add("--strict-namespaces", action="store_true", help="refuse what is below a namespace until that is active")
    add("--throttling", action="store_true", help="refuse requests beyond Azure's rates: ARM's, and Resource Graph's")
    add(
        "--graph-lag", type=_span, default=0, metavar="S", help="Resource Graph answers as of this long ago (default 0)"
    )
    return Options(**vars(parser.parse_args(arguments)))


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A whole number within these bounds."""

    def read(text: str) -> int:
        number = int(text)
        if number < least or (most is not None and number > most):
            raise ArgumentTypeError(f"{number} is not {least} or more{'' if most is None else f', up to {most}'}")
        return number

    read.__name__ = "whole number"  # argparse says it of what int refuses
    return read


def _span(text: str) -> float:
    """A time, which has an end and is not over before it begins."""
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise ArgumentTypeError(f"{text} is not 0 or more")
    return number


_span.__name__ = "number"
