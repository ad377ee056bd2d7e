"""Which kubeconfig is meant, and which context in it; what is wrong with one, without a word of what it holds."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_amlarc.errors import InvalidInput
from azext_amlarc.kubernetes.client import connect
from azext_amlarc.kubernetes.entries import Cluster, User
from azext_amlarc.kubernetes.kubeconfig import read_context
from azext_amlarc.kubernetes.transport import proxy_to

SECRET = "hunter2-hunter2-hunter2"


def kubeconfig(path: Path, *names: str, current: str | None = None, **cluster: Any) -> Path:
    """A file with a context, a cluster and a user under each name."""
    document = {
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}:6443", **cluster}} for name in names],
        "users": [{"name": name, "user": {"token": SECRET}} for name in names],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "current-context": current,
    }
    path.write_text(yaml.safe_dump(document))
    return path


def with_field(folder: Path, section: str, field: str, value: Any) -> Path:
    """A kubeconfig with this value in a field of its cluster, user or context."""
    file = kubeconfig(folder / "config", "prod", current="prod")
    document = yaml.safe_load(file.read_text())
    document[section][0][section[:-1]][field] = value
    file.write_text(yaml.safe_dump(document))
    return file


def refusal(path: Path | str, context: str | None = None) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        connect(str(path), context)
    assert SECRET not in f"{caught.value.message} {caught.value.fix}"
    return caught.value


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without a kubeconfig, and no KUBECONFIG."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return tmp_path


def test_the_current_context_is_taken_unless_one_is_named(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "prod", "test", current="test")
    assert read_context(str(file), None).cluster.server == "https://test:6443"
    assert read_context(str(file), "prod").cluster.server == "https://prod:6443"


def test_kubectls_own_place_is_looked_into(elsewhere: Path) -> None:
    (elsewhere / ".kube").mkdir()
    kubeconfig(elsewhere / ".kube" / "config", "home", current="home")
    assert read_context(None, None).name == "home"


def test_the_environment_wins_over_kubectls_own_place(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / ".kube").mkdir()
    kubeconfig(elsewhere / ".kube" / "config", "home", current="home")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(elsewhere / "other", "other", current="other")))
    assert read_context(None, None).name == "other"


def test_of_several_files_the_first_with_a_context_counts(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kubeconfig(elsewhere / "first", "prod")
    second = kubeconfig(elsewhere / "second", "prod", "test", current="test")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{elsewhere / 'missing'}:{second}")
    assert (read_context(None, None).name, read_context(None, None).source) == ("test", str(second))
    assert read_context(None, "prod").source == str(first)


def test_several_files_are_merged_as_kubectl_does(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [elsewhere / name / "config" for name in ("one", "two", "three")]
    parts: tuple[dict[str, Any], ...] = (
        {"clusters": [{"name": "x", "cluster": {"server": "https://x", "certificate-authority": "ca.pem"}}]},
        {
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "me"}}],
            "users": [{"name": "me", "user": {"tokenFile": "token", "exec": None}}],
            "current-context": "x",
        },
        {
            "clusters": [{"name": "x", "cluster": {"server": "https://y", "proxy-url": "http://p"}}],
            "users": [{"name": "me", "user": {"token": SECRET, "as": "you"}}],
            "current-context": "y",
        },
    )
    for file, part in zip(files, parts, strict=True):
        file.parent.mkdir()
        file.write_text(yaml.safe_dump(part))
    (elsewhere / "empty").touch()
    monkeypatch.setenv("KUBECONFIG", ":".join([*map(str, files), str(elsewhere / "empty"), "", "missing"]))
    found = read_context(None, None)
    assert (found.name, found.source) == ("x", str(files[1]))
    assert found.cluster == Cluster(server="https://x", authority=str(elsewhere / "one" / "ca.pem"))
    assert found.user == User(token_file=str(elsewhere / "two" / "token"))


@pytest.mark.parametrize("name", ["azure", "gcp", "oidc", None])
def test_an_auth_provider_is_told_to_be_converted(tmp_path: Path, name: str | None) -> None:
    refused = refusal(
        with_field(tmp_path, "users", "auth-provider", {"name": name, "config": {"access-token": SECRET}})
    )
    assert f"auth-provider {name or ''!r}" in refused.message
    assert "kubelogin convert-kubeconfig" in refused.fix


def test_a_proxy_of_the_kubeconfig_is_used(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod", **{"proxy-url": "http://proxy:3128"})
    assert read_context(str(file), None).cluster.proxy_url == "http://proxy:3128"


def test_no_kubeconfig_at_all(elsewhere: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        connect(None, None)
    assert caught.value.message == (
        "No kubeconfig found: none was given, and KUBECONFIG is not set and ~/.kube/config does not exist."
    )
    assert "az aks get-credentials" in caught.value.fix


def test_an_environment_that_names_missing_files(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/a:/b")
    with pytest.raises(InvalidInput, match="the files in KUBECONFIG do not exist: /a /b"):
        connect(None, None)


def test_a_missing_file(tmp_path: Path) -> None:
    refused = refusal(tmp_path / "missing")
    assert refused.message == f"file not found: {tmp_path / 'missing'}"


def test_an_unknown_context_names_the_nearest(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "production", "staging", current="staging")
    refused = refusal(file, "prodution")
    assert refused.message == f"{file} has no context 'prodution', only: production, staging"
    assert refused.fix == "Did you mean production?"


def test_a_context_unlike_all_others(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", *(f"cluster-{number:02}" for number in range(12)))
    refused = refusal(file, "x")
    assert refused.message.endswith(", only: " + ", ".join(f"cluster-{n:02}" for n in range(10)) + ", …")
    assert refused.fix == "Pass one of those, or another file"


def test_no_current_context(tmp_path: Path) -> None:
    refused = refusal(kubeconfig(tmp_path / "config", "prod", "test"))
    assert refused.message.endswith("config has no current context.")
    assert refused.fix == "Pass one of its contexts: prod, test"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"users:\n  - user: {{password: *{SECRET}}}", "it is not valid YAML, line 2, column 22"),
        (f"users: [{{token: !{SECRET} x}}]", "it is not valid YAML, line 1, column 17"),
        (f"users: {SECRET}\n\tx: y", "it is not valid YAML, line 2, column 1"),
        ("a: \x01", "it is not valid YAML"),
        (SECRET, "it is not a mapping"),
        ("", "it is not a mapping"),
        (f"contexts: {SECRET}", "its contexts are not a list of named contexts"),
        (
            "clusters: [{name: b, cluster: {server: [1]}}]\ncontexts: [{name: a, context: {cluster: b}}]\n"
            "current-context: a",
            "the cluster 'b': Expected `str | null`, got `array` - at `$.server`",
        ),
    ],
)
def test_what_is_no_kubeconfig(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "config").write_text(text)
    refused = refusal(tmp_path / "config")
    assert refused.message.startswith(f"{tmp_path / 'config'} is not a valid kubeconfig: {reason}")


@pytest.mark.parametrize("clusters", ["", "clusters: []\n", "clusters: null\n", "clusters: [{name: c}]\n"])
def test_a_context_whose_cluster_is_missing(tmp_path: Path, clusters: str) -> None:
    (tmp_path / "config").write_text(f"{clusters}contexts: [{{name: a, context: {{cluster: b}}}}]\ncurrent-context: a")
    refused = refusal(tmp_path / "config")
    assert refused.message == f"{tmp_path / 'config'} has no cluster 'b', which the context 'a' needs."


NOT_TEXT: tuple[Any, ...] = (1, 1.5, True, [SECRET], {SECRET: SECRET}, [])
FIELDS = {
    "clusters": ("server", "certificate-authority", "certificate-authority-data", "tls-server-name", "proxy-url"),
    "users": (
        *("client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile"),
        *("username", "password", "as", "as-uid"),
    ),
    "contexts": ("cluster", "user"),
}


@pytest.mark.parametrize("value", NOT_TEXT, ids=str)
@pytest.mark.parametrize(("section", "field"), [(section, field) for section in FIELDS for field in FIELDS[section]])
def test_what_should_be_text(tmp_path: Path, section: str, field: str, value: Any) -> None:
    file = with_field(tmp_path, section, field, value)
    refused = refusal(file)
    assert refused.message.startswith(f"{file} is not a valid kubeconfig: the {section[:-1]} 'prod': Expected `str")
    assert refused.message.endswith(f" - at `$.{field}`.")


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("clusters", "insecure-skip-tls-verify", "yes"),
        ("users", "as-groups", "admins"),
        ("users", "as-groups", [1]),
        ("users", "as-groups", {"a": 1}),
        ("users", "as-user-extra", ["a"]),
        ("users", "as-user-extra", {"a": "b"}),
        ("users", "as-user-extra", {"a": [1]}),
        ("users", "auth-provider", "azure"),
        ("users", "exec", "kubelogin"),
        ("users", "exec", {"command": 1, "apiVersion": "v1"}),
        ("users", "exec", {"command": "kubelogin"}),
        ("users", "exec", {"command": "kubelogin", "apiVersion": "v1", "args": SECRET}),
        ("users", "exec", {"command": "kubelogin", "apiVersion": "v1", "args": [None]}),
        ("users", "exec", {"command": "kubelogin", "apiVersion": "v1", "env": {SECRET: SECRET}}),
        ("users", "exec", {"command": "kubelogin", "apiVersion": "v1", "env": [{"name": 1}]}),
        ("users", "exec", {"command": "kubelogin", "apiVersion": "v1", "interactiveMode": 1}),
        ("users", "exec", {"command": "kubelogin", "apiVersion": "v1", "provideClusterInfo": "true"}),
        ("clusters", "disable-compression", 1),
        ("clusters", "extensions", {"name": "x"}),
        ("clusters", "extensions", [{"extension": SECRET}]),
    ],
)
def test_fields_of_another_type(tmp_path: Path, section: str, field: str, value: Any) -> None:
    file = with_field(tmp_path, section, field, value)
    refused = refusal(file)
    assert refused.message.startswith(f"{file} is not a valid kubeconfig: the {section[:-1]} 'prod': ")
    assert f"`$.{field}" in refused.message


@pytest.mark.parametrize("section", ["clusters", "users", "contexts"])
@pytest.mark.parametrize("value", [1, "x", {"name": "prod"}, [1], [None], [{"name": 1}], [{}], [["name"]]], ids=str)
def test_sections_of_another_type(tmp_path: Path, section: str, value: Any) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod")
    document = yaml.safe_load(file.read_text()) | {section: value}
    file.write_text(yaml.safe_dump(document))
    assert refusal(file).message.startswith(f"{file} is not a valid kubeconfig: its {section} are not a list of named")


@pytest.mark.parametrize("value", [1, ["prod"], {"name": "prod"}], ids=str)
def test_a_current_context_that_is_not_text(tmp_path: Path, value: Any) -> None:
    file = kubeconfig(tmp_path / "config", "prod")
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | {"current-context": value}))
    assert refusal(file).message == f"{file} is not a valid kubeconfig: its current-context is not text."


def test_nulls_are_as_good_as_nothing(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod")
    document = yaml.safe_load(file.read_text())
    for section, fields in FIELDS.items():
        entry = document[section][0][section[:-1]]
        document[section][0][section[:-1]] = dict.fromkeys(fields) | entry
    document["users"][0]["user"] |= {"exec": None, "auth-provider": None, "as-groups": None, "as-user-extra": None}
    file.write_text(yaml.safe_dump(document))
    with closing(connect(str(file), None)) as kube:
        assert kube.server == "https://prod:6443"


@pytest.mark.parametrize("section", ["clusters", "users", "contexts"])
def test_an_entry_that_is_null(tmp_path: Path, section: str) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod")
    document = yaml.safe_load(file.read_text())
    document[section][0][section[:-1]] = None
    file.write_text(yaml.safe_dump(document))
    if section == "users":
        connect(str(file), None).close()
    else:
        refusal(file)


def test_two_entries_of_one_name_are_refused_as_by_kubectl(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "prod", "prod", current="prod")
    assert refusal(file).message == f"{file} is not a valid kubeconfig: two of its contexts are named 'prod'."


@pytest.mark.parametrize(
    "text", ["[" * 5000, "a: !!int x", "a: !!timestamp x", "a: !!bool x", "? [1]\n: 2", "a: !!binary \x7f"]
)
def test_yaml_that_no_one_would_write(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_bytes(text.encode("latin-1"))
    assert "is not a valid kubeconfig: it is not valid YAML" in refusal(tmp_path / "config").message


def test_a_date_is_a_good_name(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        "clusters: [{name: 2024-06-01, cluster: {server: 'https://a'}}]\n"
        "contexts: [{name: 2024-06-01, context: {cluster: 2024-06-01}}]\ncurrent-context: 2024-06-01"
    )
    assert read_context(str(file), None).name == "2024-06-01"


def test_names_and_files_are_shown_legibly(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "con\x1b[2Jfig", "pr\nod\u202e")
    refused = refusal(file)
    assert refused.message == f"{tmp_path}/con\\x1b[2Jfig has no current context."
    assert refused.fix == "Pass one of its contexts: pr\\nod\\u202e"


OLD_PROXIES = ("socks4://proxy:1080", "socks4a://me:" + SECRET + "@proxy:1080", "SOCKS://proxy")


@pytest.mark.parametrize("proxy", OLD_PROXIES)
def test_a_socks_proxy_of_another_version_is_refused_by_name(tmp_path: Path, proxy: str) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod", **{"proxy-url": proxy})
    assert "its proxy-url is not a SOCKS proxy of version 5: use socks5://" in refusal(file).message


@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize("proxy", OLD_PROXIES)
def test_such_a_proxy_of_the_environment_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod")
    monkeypatch.setenv(variable, proxy)
    assert f"the proxy in {variable.upper()} is not a SOCKS proxy of version 5" in refusal(file).message


@pytest.mark.parametrize("exempt", ["*", "prod", "prod:6443", "a,PROD", "10.0.0.0/8,prod"])
def test_such_a_proxy_that_the_server_is_exempt_from_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks4://proxy:1080")
    monkeypatch.setenv("NO_PROXY", exempt)
    connect(str(kubeconfig(tmp_path / "config", "prod", current="prod")), None).close()


@pytest.mark.parametrize(
    "proxy",
    ["ftp://proxy", "http://", "http://:x@", "http://a b", "http://a:99999999", "http://[::1", "://", "\x00"],
)
def test_what_is_no_proxy(tmp_path: Path, proxy: str) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod", **{"proxy-url": proxy})
    assert "its proxy-url is not the URL of an HTTP or SOCKS5 proxy" in refusal(file).message


@pytest.mark.parametrize(
    ("server", "exempt", "proxy"),
    [
        ("https://api.example.com", "", "http://proxy:3128"),
        ("https://api.example.com", ".example.com", None),
        ("https://api.example.com", "example.com", None),
        ("https://api.example.com", "*.example.com", None),
        ("https://notexample.com", "example.com", "http://proxy:3128"),
        ("https://10.1.2.3:6443", "10.0.0.0/8", None),
        ("https://10.1.2.3:6443", "192.168.0.0/16, 10.1.2.3", None),
        ("https://[fd00::1]:6443", "fd00::/8", None),
        ("https://11.1.2.3:6443", "10.0.0.0/8,,x/y", "http://proxy:3128"),
        ("https://127.0.0.1:6443", "", None),
        ("https://localhost:6443", "", None),
    ],
)
def test_the_proxy_is_the_one_that_kubectl_would_use(
    monkeypatch: pytest.MonkeyPatch, server: str, exempt: str, proxy: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")
    monkeypatch.setenv("ALL_PROXY", "socks5h://proxy:1080")
    monkeypatch.setenv("NO_PROXY", exempt)
    assert proxy_to(Cluster(server=server)) == proxy


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        ({"client-certificate-data": "bm90IHBlbQ==", "client-key-data": "bm90IHBlbQ=="}, "PEM lib"),
        ({"client-certificate-data": "x", "client-key-data": "x"}, "base64"),
        ({"client-certificate-data": "eA=="}, "its client certificate has no key"),
        ({"tokenFile": "missing"}, "its tokenFile: file not found: "),
        ({"tokenFile": "."}, "is a directory"),
        ({"tokenFile": "empty"}, "its tokenFile is empty"),
        ({"tokenFile": "binary"}, "its tokenFile does not hold text"),
        ({"tokenFile": "two-lines"}, "its token contains characters that cannot be sent"),
        ({"token": f"{SECRET}\nX-Header: x"}, "its token contains characters that cannot be sent"),
        ({"token": SECRET, "as": "a\r\nb"}, "its as contains characters that cannot be sent"),
        ({"token": SECRET, "as": "a", "as-groups": ["a\0b"]}, "its as-groups contains characters that cannot"),
        ({"client-certificate": "missing.pem", "client-key": "missing.key"}, "file not found: "),
        ({"auth-provider": {"name": "azure", "config": {"access-token": SECRET}}}, "auth-provider 'azure'"),
    ],
)
def test_credentials_that_cannot_be_used(tmp_path: Path, credentials: dict[str, Any], reason: str) -> None:
    file = kubeconfig(tmp_path / "config", "prod", current="prod")
    document = yaml.safe_load(file.read_text())
    document["users"][0]["user"] = credentials
    file.write_text(json.dumps(document))
    for name, content in (("empty", b" \n"), ("binary", b"\xff"), ("two-lines", f"{SECRET}\n{SECRET}".encode())):
        (tmp_path / name).write_bytes(content)
    refused = refusal(file)
    assert refused.message.startswith(f"{file}: the context 'prod' cannot be used: ")
    assert reason in refused.message
