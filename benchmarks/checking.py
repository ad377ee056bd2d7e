"""What benchmarks/checks.py measures, each in a process of its own: `benchmarks/checking.py WHAT KUBECONFIG`."""

import sys
from contextlib import closing


def list_pods(kubeconfig: str) -> None:
    """The control: the pods alone, as lightkube lists them."""
    from lightkube.resources.core_v1 import Pod

    from azext_amlarc.kubernetes.client import connect

    with closing(connect(kubeconfig, None)) as kube:
        pods = list(kube.client.list(Pod, namespace="*", chunk_size=500))
    print(len(pods), "pods")


def check_all(kubeconfig: str) -> None:
    """Everything that is known of a cluster, and every check of it."""
    from azext_amlarc.checks import given
    from azext_amlarc.checks.check import Facts, run
    from azext_amlarc.checks.given import TARGET
    from azext_amlarc.checks.kubernetes import CHECKS, facts
    from azext_amlarc.kubernetes.client import connect
    from azext_amlarc.kubernetes.facts import gather
    from azext_amlarc.resources.ids import Target

    user = {
        given.SETTINGS.name: {"enableTraining": "True"},
        given.KNOWN_SETTINGS.name: {"enableTraining": "True"},
        given.POOLS.name: (),
        given.DOCUMENT.name: {"defaultInstanceType": "cpu", "instanceTypes": {"cpu": {}}},
        given.DOCUMENT_SOURCE.name: "attach.json",
        given.EXTENSION_NAME.name: "amlarc-compute",
        given.INSTALL_STATE.name: "Installed",
        given.NAMESPACE.name: "default",
        given.CLUSTER_TYPE.name: "connectedClusters",
        TARGET.name: Target(""),
    }
    with closing(connect(kubeconfig, None)) as kube:
        known = gather(kube, facts.ALL)
    results = run(CHECKS, Facts({**user, **known}))
    print(*(f"{result.check.id} {result.verdict.status} {result.verdict.message}" for result in results), sep="\n")


if __name__ == "__main__":
    {"list": list_pods, "check": check_all}[sys.argv[1]](sys.argv[2])
