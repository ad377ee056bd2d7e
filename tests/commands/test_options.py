"""Options as people have them: those of other tools, az's defaults, names that can be none, empty words."""

from pathlib import Path

import pytest

from azext_amlarc.commands.az.table import COMMANDS
from tests.commands.parsing import Wrong, load, read

CREATE = "amlarc extension create -c amlarc-cluster -g amlarc-rg"
UPDATE = "amlarc extension update -c amlarc-cluster -g amlarc-rg"
ATTACH = "amlarc attach -n k8s -w amlarc-ws -g amlarc-rg"
GROUP = "/subscriptions/0/resourceGroups/amlarc-rg/providers"
CLUSTER_ID = f"{GROUP}/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
IDENTITY = f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities"


def refusal(line: str, code: int = 2) -> str:
    with pytest.raises(Wrong) as caught:
        read(line)
    assert caught.value.code == code, caught.value
    return str(caught.value)


@pytest.mark.parametrize("command", [CREATE, UPDATE])
@pytest.mark.parametrize(
    ("options", "dest"),
    [
        (("--config", "--configuration-settings", "--config-settings"), "config"),
        (("--config-file", "--config-settings-file", "--configuration-settings-file"), "config_file"),
        (
            ("--config-protected", "--config-protected-settings", "--configuration-protected-settings"),
            "config_protected",
        ),
        (
            (
                "--config-protected-file",
                "--config-protected-settings-file",
                "--configuration-protected-settings-file",
            ),
            "config_protected_file",
        ),
    ],
)
def test_settings_have_every_name_of_k8s_extension(command: str, options: tuple[str, ...], dest: str) -> None:
    read_by_each = [read(f"{command} {option} a=b")[dest] for option in options]
    assert read_by_each == [read_by_each[0]] * len(options)
    assert read_by_each[0] in (["a=b"], "a=b")


@pytest.mark.parametrize(
    "words",
    [
        "--extension-type Microsoft.AzureML.Kubernetes",
        "--extension-type microsoft.azureml.kubernetes",
        "--scope cluster",
        "--release-namespace azureml",
        "--cluster-resource-provider Microsoft.Kubernetes",
        "--auto-upgrade-minor-version false",
    ],
)
def test_what_k8s_extension_demands_and_has_one_value_here_is_taken(words: str) -> None:
    given = read(f"{CREATE} {words}")
    assert not given.keys() & {"extension_type", "scope", "release_namespace", "cluster_resource_provider"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{CREATE} --extension-type microsoft.flux", "Remove --extension-type microsoft.flux."),
        (f"{CREATE} --scope namespace", "Remove --scope namespace."),
        (f"{CREATE} --release-namespace foo", "always azureml. Remove --release-namespace foo."),
        (f"{CREATE} --target-namespace jobs", "Remove --target-namespace jobs."),
        (f"{CREATE} --plan-name x", "Remove --plan-name x."),
        (f"{ATTACH} -c c --type VirtualMachine", "Remove --type VirtualMachine."),
    ],
)
def test_what_cannot_be_meant_here_is_refused_with_the_reason_and_the_word_to_drop(line: str, said: str) -> None:
    assert refusal(line).endswith(said)


@pytest.mark.parametrize("words", ["--type Kubernetes", "-t Kubernetes", "-t kubernetes --type kubernetes"])
def test_attach_takes_the_type_of_ml_compute_attach(words: str) -> None:
    given = read(f"{ATTACH} --resource-id {CLUSTER_ID} {words}")
    assert given["resource_id"] == CLUSTER_ID
    assert given["cluster_type"] is None


def test_attach_still_takes_the_type_of_a_cluster() -> None:
    assert read(f"{ATTACH} -c aks -t ManagedClusters")["cluster_type"] == "managedClusters"
    refusal(f"{ATTACH} -c aks -t managedCluster")


def compute_file(folder: Path, *more: str) -> Path:
    lines = [
        "$schema: https://azuremlschemas.azureedge.net/latest/kubernetesCompute.schema.json",
        "name: from-file",
        "type: kubernetes",
        f"resource_id: {CLUSTER_ID}",
        "namespace: training",
        *more,
    ]
    file = folder / "compute.yml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_attach_takes_the_file_of_ml_compute_attach(tmp_path: Path) -> None:
    file = compute_file(
        tmp_path, "identity:", "  type: user_assigned", "  user_assigned_identities:", f"  - resource_id: {IDENTITY}/a"
    )
    given = read(f"amlarc attach -w amlarc-ws -g amlarc-rg --file {file}")
    assert given["name"] == "from-file"
    assert given["resource_id"] == CLUSTER_ID
    assert given["namespace"] == "training"
    assert given["identity_type"] == "UserAssigned"
    assert given["user_assigned_identities"] == [f"{IDENTITY}/a"]
    assert "file" not in given


def test_options_go_before_the_file(tmp_path: Path) -> None:
    given = read(f"{ATTACH} -c other --file {compute_file(tmp_path)}")
    assert (given["name"], given["cluster_name"], given["resource_id"]) == ("k8s", "other", None)


def test_a_file_that_says_what_attach_cannot_is_refused(tmp_path: Path) -> None:
    line = f"amlarc attach -w amlarc-ws -g amlarc-rg --file {compute_file(tmp_path, 'size: big')}"
    assert "no option for size" in refusal(line, 1)


@pytest.mark.parametrize("spelling", ["system_assigned", "SystemAssigned", "systemassigned"])
def test_the_identity_type_has_the_spelling_of_both_tools(spelling: str) -> None:
    assert read(f"{ATTACH} -c c --identity-type {spelling}")["identity_type"] == "SystemAssigned"


def test_identities_are_separated_by_spaces_or_commas() -> None:
    given = read(f"{ATTACH} -c c --user-assigned-identities {IDENTITY}/a,{IDENTITY}/b {IDENTITY}/c")
    assert given["user_assigned_identities"] == [f"{IDENTITY}/a", f"{IDENTITY}/b", f"{IDENTITY}/c"]


@pytest.mark.parametrize("wrong", ["my-identity", CLUSTER_ID, f"{IDENTITY}/a/b"])
def test_an_identity_is_the_id_of_one(wrong: str) -> None:
    line = f"{ATTACH} -c c --user-identities {wrong}"
    assert "is not the resource id of a user-assigned identity" in refusal(line, 1)


def test_a_wrong_identity_hides_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "attach.json").write_text('{"namespace": "No", "instanceTypes": {"A_b": {}}}')
    line = f"amlarc attach -n 1k8s -w amlarc-ws -g amlarc-rg -c c* --config {tmp_path / 'attach.json'}"
    text = refusal(f"{line} --identity-type UserAssigned --user-identities mine,yours", 1)
    for wrong in ("--cluster-name", '"mine"', '"yours"', "1k8s", "No", "A_b"):
        assert wrong in text


def test_the_defaults_of_az_name_the_workspace_and_the_group() -> None:
    defaults = {"workspace": "amlarc-ws", "group": "amlarc-rg"}
    for line in ("list", "show -n k8s", "detach -n k8s", "wait -n k8s", "verify -n k8s", "check", "cluster list"):
        given = read(f"amlarc {line}", defaults)
        assert (given["workspace_name"], given["resource_group_name"]) == ("amlarc-ws", "amlarc-rg"), line
    assert read("amlarc attach -n k8s -c c --yes", defaults)["workspace_name"] == "amlarc-ws"


@pytest.mark.parametrize("line", ["check -c c -g other", "cluster list -g other"])
def test_a_default_workspace_is_not_looked_for_in_another_group(line: str) -> None:
    assert read(f"amlarc {line}", {"workspace": "amlarc-ws", "group": "amlarc-rg"})["workspace_name"] is None


@pytest.mark.parametrize(
    "line",
    [
        f"{ATTACH} -c c --config enableTraining=True",
        "amlarc check --config enableTraining=True",
    ],
)
def test_settings_given_as_the_attach_configuration_are_told_where_they_belong(line: str) -> None:
    said = refusal(line)
    assert "here --config is the attach configuration" in said
    assert "extension create --config" in said or "--settings" in said


@pytest.mark.parametrize(
    "line",
    [
        f"{CREATE} --version 1.1.60 --auto-upgrade true",
        f"{UPDATE} --version 1.1.60 --auto-upgrade-minor-version True",
        f"{ATTACH} -c c --config attach.json --prune-instance-types",
        "amlarc check --only relays",
        "amlarc check --skip A99",
    ],
)
def test_usage_errors_end_with_two(line: str) -> None:
    refusal(line)


def test_only_and_skip_take_groups_and_ids_alike() -> None:
    given = read("amlarc check --only relay AMLARC-A063 k001 --skip nodes a001")
    assert given["only"] == ["relay", "AMLARC-A063", "k001"]
    assert given["skip"] == ["nodes", "a001"]


EVERY = [command.name for command in COMMANDS]
REQUIRED = {
    "cluster": "-c amlarc-cluster -g amlarc-rg",
    "compute": "-n k8s -w amlarc-ws -g amlarc-rg",
    "config validate": "-f attach.json",
    "export": "-g amlarc-rg",
    "config convert": "-f attach.json --to instancetype",
    "settings show": "-n enableTraining",
    **dict.fromkeys(("plan", "apply", "status"), "-f fleet.yaml"),
}


def required(name: str) -> str:
    """The options without which az refuses the command."""
    if name in REQUIRED:
        return REQUIRED[name]
    if name.startswith(("extension", "support")):
        return REQUIRED["cluster"]
    if name in {"show", "detach", "wait", "verify"}:
        return REQUIRED["compute"]
    if name == "attach":
        return f"{REQUIRED['compute']} -c amlarc-cluster"
    return "-w amlarc-ws -g amlarc-rg" if name in {"list", "check", "cluster list"} else ""


NAMED = {
    "cluster_name": "--cluster-name",
    "resource_group_name": "--resource-group",
    "workspace_name": "--workspace-name",
    "workspace_group": "--workspace-group",
    "name": "--name",
}


@pytest.mark.parametrize("bad", [".", "..", "a/b", "a?b", "x" * 300])
@pytest.mark.parametrize("name", [name for name in EVERY if not name.startswith(("config", "settings"))])
def test_no_command_takes_a_name_that_is_none_in_azure(name: str, bad: str) -> None:
    good = read(f"amlarc {name} {required(name)}")
    for dest, option in NAMED.items():
        if dest in good and (name, dest) != ("attach", "name"):  # has codes of its own
            extra = " -c amlarc-cluster" if name == "check" and dest == "resource_group_name" else ""
            said = refusal(f"amlarc {name} {required(name)}{extra} {option} '{bad}'", 1)
            assert f"{option}: " in said
            assert "Nothing was sent." in said


@pytest.mark.parametrize("name", EVERY)
def test_no_option_of_any_command_takes_an_empty_value(name: str) -> None:
    good = read(f"amlarc {name} {required(name)}")
    for dest in good.keys() & {*NAMED, "config", "config_file", "kubeconfig", "output_file", "resource_id"}:
        option = NAMED.get(dest, f"--{dest.replace('_', '-')}")
        assert f"{option}: the value is empty" in refusal(f"amlarc {name} {required(name)} {option} ''")


def test_names_as_people_have_them_are_taken() -> None:
    read("amlarc extension show -c 2080ti_GPU-server.lab -g 'rg_data.Science(dev)-01' -n azureml.train")
    read("amlarc list -w mlw_weu -g Größe")


@pytest.mark.parametrize("words", ["--version latest", "--version v1.1", "--release-train 'two words'"])
def test_versions_and_trains_are_validated(words: str) -> None:
    assert "is not a valid" in refusal(f"{CREATE} {words}", 1)


def test_a_resource_id_with_dots_for_a_name_is_refused_where_it_is_read() -> None:
    from azext_amlarc.errors import InvalidInput
    from azext_amlarc.resources import naming

    with pytest.raises(InvalidInput, match="not a valid cluster name"):
        naming.cluster_of(f"{GROUP}/Microsoft.Kubernetes/connectedClusters/..", "--resource-id")


@pytest.mark.parametrize(
    "line",
    [
        f"{CREATE} --config-file a.json --config-file b.json",
        f"{CREATE} --config-protected-file a.json --config-protected-settings-file b.json",
        f"{CREATE} --config-protected-settings-file a.json --config-protected-settings-file b.json",
        f"{ATTACH} -c a --config x.json --config y.json",
        f"{ATTACH} -c a --kubeconfig x --kubeconfig y",
        "amlarc config validate -f a.json --output-file a.xml --output-file b.xml",
    ],
)
def test_an_option_with_one_file_is_not_given_two(line: str) -> None:
    assert "given twice" in refusal(line)


def test_the_same_value_twice_is_one() -> None:
    assert read(f"{CREATE} --config-file a.json --config-settings-file a.json")["config_file"] == "a.json"


@pytest.mark.parametrize("command", ["attach", "detach", "verify"])
def test_a_time_is_not_negative(command: str) -> None:
    assert "--timeout" in refusal(f"amlarc {command} -n k8s -w amlarc-ws -g amlarc-rg --timeout -5")


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("config validate -f one.json", "one.json"),
        ("config validate -f one.json", "./folder/../one.json"),
        ("config validate -f one.json", "link.json"),
        ("config validate -f folder", "folder/report.json"),
        ("config validate -f other.json folder", "folder/deep/report.json"),
        ("config validate -f *.json", "report.json"),
        ("settings validate --config-file one.json", "one.json"),
        ("settings validate --config-protected sslKeyPemFile=one.json", "one.json"),
        ("settings validate --config-protected-settings-file one.json", "one.json"),
        ("check --kubeconfig one.json", "one.json"),
        ("config validate -f one.json --format json", "-"),
    ],
)
def test_a_report_never_replaces_what_is_read(
    line: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "one.json").write_text("{}")
    (tmp_path / "link.json").symlink_to("one.json")
    assert f"--output-file {output} is" in refusal(f"amlarc {line} --output-file {output}", 2) or output == "-"


@pytest.mark.parametrize("output", ["report.json", "folder/report.xml"])
def test_a_report_beside_what_is_read_is_written(output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    assert read(f"amlarc config validate -f folder --output-file {output}")["output_file"] == output


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("apply", "either --file, a manifest, or --plan"),
        ("apply -f fleet.yaml --plan plan.json", "either --file, a manifest, or --plan"),
        ("apply -f fleet.yaml --wave 0", "--wave 0: it counts from 1"),
        ("apply -f fleet.yaml --concurrency -1", "--concurrency -1: it counts from 1"),
        ("apply --plan plan.json --resend-protected", "--resend-protected belongs to the plan"),
        ("apply -f fleet.yaml --report fleet.pdf", "must end in one of .html, .json, .txt"),
        ("apply --plan plan.json --report plan.json", "is the file that is read"),
        ("status -f fleet.json --report ./fleet.json", "is the file that is read"),
        ("plan -f fleet.json --out fleet.json", "--out fleet.json is the manifest"),
        ("plan -f - --out plan.json", "must be a file"),
        ("plan -f fleet.json --policy ours.json --out ours.json", "--out ours.json is a policy"),
        ("apply -f fleet.json --policy ours.json --report ours.json", "is the file that is read"),
        ("export -g amlarc-rg --policy ours.json", "--policy is for a manifest"),
        ("config validate -f fleet.json --policy ours.json --output-file ours.json", "one of the files that are read"),
        ("config validate -f fleet.json --rules ours.json --output-file ours.json", "one of the files that are read"),
        ("config validate -f fleet.json --rules a.yaml --rules b.yaml", "given twice"),
        ("plan", "--file"),
    ],
)
def test_the_options_of_a_fleet_are_validated(
    line: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.json").write_text("{}")
    (tmp_path / "plan.json").write_text("{}")
    assert words in refusal(f"amlarc {line}")


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_the_names_of_an_option_leave_room_for_its_help(command: str) -> None:
    """knack indents help texts beside the names, and wraps at 100 columns."""
    options = load(f"amlarc {command}").arguments.values()
    longest = max(len(" ".join(argument.options_list)) for argument in options)
    assert longest < 45


def test_ids_are_taken_as_files_of_az_ml_write_them() -> None:
    from azext_amlarc.resources import naming

    assert str(naming.cluster_of(f"azureml:{CLUSTER_ID}", "--resource-id")) == CLUSTER_ID
    given = read(f"{ATTACH} -c c --user-assigned-identities azureml:{IDENTITY}/a,{IDENTITY}/b")
    assert given["user_assigned_identities"] == [f"{IDENTITY}/a", f"{IDENTITY}/b"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"extension show -c {CLUSTER_ID} -g g", "write the cluster's name, amlarc-cluster"),
        (f"extension show -c c -g {CLUSTER_ID}", "write the resource group's name, amlarc-rg"),
        (
            "extension show -c c -g /subscriptions/0/resourceGroups/amlarc-rg",
            "write the resource group's name, amlarc-rg",
        ),
        (
            f"extension show -c c -g g -n {CLUSTER_ID}/providers/Microsoft.KubernetesConfiguration/extensions/e",
            "name, e",
        ),
        (
            f"show -g g -n k8s -w {GROUP}/Microsoft.MachineLearningServices/workspaces/ws",
            "write the workspace's name, ws",
        ),
        (
            f"show -g g -w ws -n {GROUP}/Microsoft.MachineLearningServices/workspaces/ws/computes/k8s",
            "write the compute target's name, k8s",
        ),
    ],
)
def test_an_id_in_place_of_a_name_is_told_with_the_name(words: str, said: str) -> None:
    assert said in refusal(f"amlarc {words}", 1)


@pytest.mark.parametrize("command", [f"{ATTACH} -c c", "amlarc check"])
def test_the_attach_configuration_has_the_name_of_the_other_file_too(command: str) -> None:
    assert read(f"{command} --config-file attach.json")["config"] == "attach.json"
