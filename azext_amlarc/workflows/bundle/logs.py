"""The logs of the product's own pods: the last lines of each container, and of the one before a restart."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from azext_amlarc import background
from azext_amlarc.errors import ArcError
from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.kubernetes.diagnostics import logs, objects
from azext_amlarc.workflows.bundle.cluster import OWN, Pods
from azext_amlarc.workflows.bundle.parts import File, Part, reason

NAME = "logs"
DEFAULT_LINES = 500
# Bytes of one log, and of all together; what does not fit any more is named.
MOST_OF_ONE, MOST = 256 * 2**10, 8 * 2**20
_AT_A_TIME = 4
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]|^\.+")


@dataclass(frozen=True)
class Log:
    """One log: of a container in a pod, or of the one that ran there before its restart."""

    namespace: str
    pod: str
    container: str
    previous: bool

    @property
    def path(self) -> str:
        """Its file: names from a server cannot lead out of the folder."""
        name = f"{self.container}.previous" if self.previous else self.container
        return "/".join([NAME, *(_UNSAFE.sub("_", part) for part in (self.namespace, self.pod, name))]) + ".log"


def collect(kube: Kube, lines: int, pods: Pods) -> Part:
    """At most `lines` lines of each log."""
    part, left = Part(NAME), MOST
    for namespace in OWN:
        found, problem = _logs(kube, namespace, pods)
        part = part.joined(problem)
        for read in background.each(partial(_read, kube, lines), found, _AT_A_TIME):
            part, left = _fitted(part, read, left)
    return part


def _fitted(part: Part, read: Part, left: int) -> tuple[Part, int]:
    size = sum(len(file.content) for file in read.files)
    if size <= left:
        return part.joined(read), left - size
    problems = tuple(f"{file.path}: left out, the logs are too large together." for file in read.files)
    return part.joined(Part(NAME, (), problems)), left


def _logs(kube: Kube, namespace: str, pods: Pods) -> tuple[list[Log], Part]:
    try:
        return [log for pod in pods(kube, namespace) for log in _of_pod(namespace, pod)], Part(NAME)
    except ArcError as error:
        return [], Part(NAME, (), (f"{NAME}/{namespace}: {reason(error)}",))


def _of_pod(namespace: str, pod: objects.Object) -> Iterator[Log]:
    name = str((pod.get("metadata") or {}).get("name"))
    for container, was_restarted in objects.containers(pod):
        yield Log(namespace, name, container, False)
        if was_restarted:
            yield Log(namespace, name, container, True)


def _read(kube: Kube, lines: int, log: Log) -> Part:
    try:
        text = logs.read(
            kube, log.namespace, log.pod, log.container, previous=log.previous, lines=lines, size=MOST_OF_ONE
        )
    except ArcError as error:
        return Part(NAME, (), (f"{log.path}: {reason(error)}",))
    return Part(NAME, (File(log.path, text),))
