"""A setting as the user gave it, and all rules for settings (docs/findings.md, section S)."""

from dataclasses import dataclass, field
from typing import Final

from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.product import catalogue
from azext_amlarc.validation.settings import shapes

COMMAND_LINE: Final = "--config"
# The parameters that settings come from in the Python API.
PARAMETERS: Final = ("settings", "protected_settings")
INSTALLED: Final = "the installed extension"


@dataclass(frozen=True)
class Setting:  # pylint: disable=too-many-instance-attributes
    """One key with its value as the source has it: a string, or any JSON value from a file.

    `source` is an option such as `--config`, or a file's name. `line` and `column` count from 1, and are None without
    a text. `number` counts the pairs of an option from 1, and is 0 for a file's.
    """

    key: str
    value: object = field(repr=False)  # it may be a secret
    source: str = COMMAND_LINE
    line: int | None = None
    column: int | None = None
    protected: bool = False
    width: int = 1
    number: int = field(default=0, compare=False)

    @property
    def from_command_line(self) -> bool:
        return self.source.startswith("--") and not self.source.endswith("-file")

    @property
    def name(self) -> str:
        """The key, unless it may be part of a secret: a pair is split at its first "=", which may end a base64 text."""
        if not self.number or catalogue.find(self.key) or catalogue.suggestion(self.key):
            return self.key
        secret = not shapes.is_dotted_key(self.key) if self.protected else shapes.may_be_secret(self.key)
        return f"setting {self.number}" if secret else self.key


def about(setting: Setting, rule: Rule, message: str, fix: str) -> Finding:
    """A finding about this setting, at its position. The caller keeps secret values out of `message` and `fix`."""
    place = (setting.source, setting.line, setting.column, setting.name, setting.width)
    return Finding(rule.code, rule.severity, message, fix, *place)


def _error(number: int, title: str) -> Rule:
    return Rule(f"AMLARC-S{number:03}", Severity.ERROR, title)


def _warning(number: int, title: str) -> Rule:
    return Rule(f"AMLARC-S{number:03}", Severity.WARNING, title)


def _info(number: int, title: str) -> Rule:
    return Rule(f"AMLARC-S{number:03}", Severity.INFO, title)


# Each setting by itself.
PAIR = _error(1, "settings are written as key=value")
SPACES = _error(2, "keys have no spaces, and values none around them")
KIND = _error(3, "a value is a string, a number, true or false")
BOOLEAN = _error(4, "booleans are True or False")
UNKNOWN = _error(5, "settings are documented")
UNCHECKED = _info(6, "settings outside the catalogue are sent unchecked")
CHOICE = _error(7, "a value is one that the setting allows")
FORM = _error(8, "a value has the format of its type")
NODE_PATH = _error(9, "paths on the nodes are absolute")
NODE_LABEL = _error(10, "a node selector is a valid Kubernetes label")
EMPTY = _error(11, "values are not empty")
TWICE = _error(12, "a setting is given only once")
PLAIN_AND_PROTECTED = _error(13, "a setting is plain or protected, not both")
OVERRIDDEN = _info(14, "the command line overrides a file")
MISPLACED_SECRET = _error(15, "secrets are protected settings")
NOT_SECRET = _error(16, "only secrets are protected settings")
FOREIGN = _error(17, "a settings file is a flat object of settings")

# Settings together.
NO_WORKLOAD = _error(20, "training or inference is enabled")
TRAINING_ONLY = _warning(21, "training settings require enableTraining=True")
INFERENCE_ONLY = _warning(22, "inference settings require enableInference=True")
NO_ROUTER_TYPE = _error(23, "inference requires a router type")
NO_HTTPS = _error(24, "inference requires HTTPS, unless insecure connections are allowed")
NODE_PORT_BALANCER = _error(25, "the router type NodePort has no internal load balancer")
BALANCER_OFF_AKS = _error(26, "an internal load balancer requires an AKS cluster")
FEW_NODES = _error(27, "high availability requires three nodes")
INSECURE_CERTIFICATE = _error(28, "a certificate and insecure connections cannot be combined")
HALF_PAIR = _error(29, "a certificate and its key are given together")
NO_CNAME = _error(30, "HTTPS requires the endpoint's name")
PAIR_AND_SECRET = _warning(31, "a certificate file overrides a secret")
RENAMED = _warning(32, "a setting has been renamed")
REMOVED = _warning(33, "a setting is no longer documented")
REMOVED_AND_OFF = _info(34, "a setting that is no longer documented is turned off")
DISAGREEING = _error(35, "a setting's old and new names have the same value")
NOT_A_CHOICE = _error(36, "settings that the tool determines cannot be given")
OWN_VALUE = _info(37, "your value replaces one that the tool sets")
COST = _info(38, "a setting may incur costs")
LEFT_ON = _info(39, "versions of 2021 install components that the cluster may already have")
INSTALLED_TWICE = _warning(40, "installing a component that the cluster already has can make the installation fail")
OWN_RESOURCE = _error(41, "the connection string of your own relay or Service Bus requires its resource ID")
DISTRIBUTION = _warning(42, "openshift matches the cluster's distribution")
NO_EFFECT = _warning(43, "a setting has no effect with the others")
TOLERATION = _error(44, "a toleration is complete, and its parts agree")
REPEATED = _info(45, "a setting repeats what the tool sets")
RETIRED = _warning(46, "a setting uses a service that still exists")
READ_FROM_AZURE = _info(47, "the connection string of your own relay or Service Bus is given, or read from Azure")

# The certificate and its key.
NOT_PEM = _error(50, "a PEM file is in PEM format")
WRONG_PEM = _error(51, "a certificate file contains certificates, and a key file a key")
ENCRYPTED_KEY = _error(52, "a private key has no passphrase")
FOREIGN_KEY = _error(53, "a private key matches its certificate")
NOT_VALID_NOW = _error(54, "a certificate is currently valid")
EXPIRES_SOON = _warning(55, "a certificate is valid for at least 30 more days")
OTHER_NAME = _error(56, "a certificate covers sslCname")
COMMON_NAME = _warning(57, "a certificate has its hosts as subject alternative names")
LEAF_NOT_FIRST = _error(58, "the endpoint's certificate comes first")
CHAIN_ORDER = _warning(59, "each certificate is followed by its issuer's")
UNREAD_FILE = _error(60, "local files are readable")
CONTENTS = _error(61, "a local file is given by its path, not by its contents")

# Updates.
BREAKS = _warning(70, "an update does not disturb running work")
STAYS = _warning(71, "an update cannot remove a setting")
SECRETS_LOST = _warning(72, "an update replaces all protected settings")

# Rules about what is absent: they are left out while part of the settings could not be read.
ABSENT: Final = frozenset(
    rule.code
    for rule in (
        *(NO_WORKLOAD, TRAINING_ONLY, INFERENCE_ONLY, NO_ROUTER_TYPE, NO_HTTPS, HALF_PAIR, NO_CNAME),
        *(OWN_RESOURCE, READ_FROM_AZURE, NO_EFFECT, TOLERATION),
    )
)

# Rules about a value: they are left out for one that is not known yet.
ABOUT_VALUES: Final = frozenset(rule.code for rule in (KIND, SPACES, CHOICE, FORM, EMPTY, UNREAD_FILE, CONTENTS))

RULES: Final = tuple(rule for rule in tuple(globals().values()) if isinstance(rule, Rule))
