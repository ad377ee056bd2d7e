"""A setting as the user gave it, and every rule that settings can break (docs/findings.md, section S)."""

from dataclasses import dataclass, field
from typing import Final

from azext_amlarc.findings import Finding, Rule, Severity

COMMAND_LINE: Final = "--config"


@dataclass(frozen=True)
class Setting:
    """One key with its value as the source holds it: text, or what JSON made of it.

    `source` is an option such as `--config`, or a file's name; `line` and `column` count from 1 where it has text.
    """

    key: str
    value: object = field(repr=False)  # it may be a secret
    source: str = COMMAND_LINE
    line: int | None = None
    column: int | None = None
    protected: bool = False

    @property
    def from_command_line(self) -> bool:
        return self.source.startswith("--")


def about(setting: Setting, rule: Rule, message: str, fix: str) -> Finding:
    """A finding about this setting, where it stands. The caller keeps secret values out of `message` and `fix`."""
    return Finding(rule.code, rule.severity, message, fix, setting.source, setting.line, setting.column, setting.key)


def _error(number: int, title: str) -> Rule:
    return Rule(f"AMLARC-S{number:03}", Severity.ERROR, title)


def _warning(number: int, title: str) -> Rule:
    return Rule(f"AMLARC-S{number:03}", Severity.WARNING, title)


def _information(number: int, title: str) -> Rule:
    return Rule(f"AMLARC-S{number:03}", Severity.INFORMATION, title)


# Each setting by itself.
PAIR = _error(1, "a setting is written key=value")
SPACES = _error(2, "a key has no spaces, and a value none around it")
KIND = _error(3, "a value is text, a number, true or false")
BOOLEAN = _error(4, "a boolean is True or False")
UNKNOWN = _error(5, "a setting is one that the extension documents")
UNCHECKED = _information(6, "a setting outside the catalogue is sent unchecked")
CHOICE = _error(7, "a value is one of those that the setting allows")
FORM = _error(8, "a value has the form that its type asks for")
NODE_PATH = _error(9, "a path on the nodes is absolute")
NODE_LABEL = _error(10, "a node selector is a Kubernetes label")
EMPTY = _error(11, "a value is not empty")
TWICE = _error(12, "a setting is given once")
PLAIN_AND_PROTECTED = _error(13, "a setting is plain or protected, not both")
OVERRIDDEN = _information(14, "the command line wins over a file")
MISPLACED_SECRET = _error(15, "a secret is a protected setting")
NOT_SECRET = _error(16, "only secrets are protected settings")

# Settings together.
NO_WORKLOAD = _error(20, "the extension needs training or inference")
TRAINING_ONLY = _warning(21, "a setting of training needs enableTraining=True")
INFERENCE_ONLY = _warning(22, "a setting of inference needs enableInference=True")
NO_ROUTER_TYPE = _error(23, "inference needs a router type")
NO_HTTPS = _error(24, "inference needs HTTPS, or leave to do without")
NODE_PORT_BALANCER = _error(25, "a NodePort has no internal load balancer")
BALANCER_OFF_AKS = _error(26, "an internal load balancer needs an AKS cluster")
FEW_NODES = _error(27, "high availability needs three nodes")
INSECURE_CERTIFICATE = _error(28, "a certificate and insecure connections exclude each other")
HALF_PAIR = _error(29, "a certificate and its key come together")
NO_CNAME = _error(30, "HTTPS needs the endpoint's name")
PAIR_AND_SECRET = _warning(31, "a certificate file wins over a secret")
RENAMED = _warning(32, "a setting has a newer name")
REMOVED = _warning(33, "a setting is no longer documented")
REMOVED_AND_OFF = _information(34, "a setting that is no longer documented is off")
DISAGREEING = _error(35, "an old name and its successor agree")
NOT_A_CHOICE = _error(36, "what the tool works out is not a choice")
OWN_VALUE = _information(37, "a value of yours replaces one that is set by itself")
COST = _information(38, "a setting costs")
LEFT_ON = _information(39, "versions of 2021 install components that may exist already")
INSTALLED_TWICE = _warning(40, "installing a component that exists already breaks the installation")
OWN_RESOURCE = _error(41, "a relay or Service Bus of your own needs its name and its connection string")
DISTRIBUTION = _warning(42, "openshift says what the cluster is")
NO_EFFECT = _warning(43, "a setting has no effect beside another")

# The certificate and its key.
NOT_PEM = _error(50, "a PEM file holds PEM")
WRONG_PEM = _error(51, "a certificate file holds certificates, a key file holds a key")
ENCRYPTED_KEY = _error(52, "a private key has no passphrase")
FOREIGN_KEY = _error(53, "a private key belongs to its certificate")
NOT_VALID_NOW = _error(54, "a certificate is valid today")
EXPIRES_SOON = _warning(55, "a certificate is valid for 30 more days")
OTHER_NAME = _error(56, "a certificate covers sslCname")
COMMON_NAME = _warning(57, "a certificate names its hosts as subject alternative names")
LEAF_NOT_FIRST = _error(58, "the endpoint's certificate comes first")
CHAIN_ORDER = _warning(59, "each certificate is followed by its issuer's")
UNREAD_FILE = _error(60, "a local file was read")

# Updates.
BREAKS = _warning(70, "an update leaves running work alone")
STAYS = _warning(71, "an update cannot remove a setting")
SECRETS_LOST = _warning(72, "an update replaces the protected settings as a set")

RULES: Final = tuple(rule for rule in tuple(globals().values()) if isinstance(rule, Rule))
