"""What to do about a training job that failed, or that does not get on.

Sources: Microsoft Learn, "Troubleshoot Kubernetes compute", "Common job failure errors"; public issue threads. They are
apart from `hints`: E45004 is one thing in a job, and another in the report of an installation.
CLUSTER, GROUP, TYPE and NAMESPACE stand for names that the caller knows.
"""

_TURN_ON = "Turn training on: az ml arc extension update -c CLUSTER -g GROUP -t TYPE --config enableTraining=True"
# By words of the message; the first that fits.
_BY_WORDS = (
    ("training feature is not enabled", _TURN_ON),
    ("does not support job type", _TURN_ON),
    (
        "invalid instance type",
        "No node is as large as the instance type, or the cluster has no such type (Azure says the same of both). See "
        "what it has: kubectl get instancetypes; kubectl describe nodes",
    ),
    (
        "training-identity-sidecar",
        "The cluster's proxy must not be used for the pod's own address: az connectedk8s update -n CLUSTER -g GROUP "
        "--proxy-skip-range 127.0.0.1,localhost,… (and all that was skipped before)",
    ),
    (
        "token service",
        "The cluster does not reach the workspace: check the private link, the proxy and the firewall, from a pod in "
        "the namespace azureml.",
    ),
    (
        "account key or sas token",
        "Give the compute a managed identity (az ml arc attach --identity-type SystemAssigned), and that identity the "
        "role Storage Blob Data Contributor on the workspace's storage account.",
    ),
    (
        "upload project files",
        "Let Azure's trusted services reach the workspace's storage account, and give the workspace a system-assigned "
        "identity.",
    ),
    ("no volume plugin matched", "Mount input data instead of downloading it: the extension has no download mode."),
    (
        "exited with status code",
        "The pod ran, the command failed: its output is in the studio under Outputs + logs, user_logs/std_log.txt. "
        "Where no GPU is seen: has the instance type nvidia.com/gpu among its limits, and the node a device plugin?",
    ),
)
# By the state that a job was last seen in.
_QUEUED = (
    "No node has room for the instance type, or none has its labels. See the pod's events: kubectl describe pods -n "
    "NAMESPACE"
)
_BY_STATE = {
    "notstarted": "Azure has not begun yet: see whether the cluster is connected.",
    "starting": "Azure has not begun yet: see whether the cluster is connected.",
    "provisioning": _QUEUED,
    "queued": _QUEUED,
    "preparing": "The environment's image is being built or pulled, which takes minutes the first time.",
    "running": "Where the pod stays in Init, see its events: kubectl describe pods -n NAMESPACE",
}


def hint_for_failure(message: str) -> str:
    """The remedy that is known for the words of a job's failure, or nothing."""
    lowered = message.lower()
    return next((hint for words, hint in _BY_WORDS if words in lowered), "")


def hint_for_state(state: str) -> str:
    """What to look at where a job stays in a state, or nothing."""
    return _BY_STATE.get(state.lower(), "")
