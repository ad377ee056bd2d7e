"""The handlers of `az ml arc config`, called with plain values."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from azext_amlarc.commands import config
from azext_amlarc.errors import InvalidInput, UsageError
from azext_amlarc.validation import document
from azext_amlarc.validation.document import starter
from tests.validation.documents import CASES, EXAMPLES, GUIDE_ADVANCED


def command(*options: str) -> Any:
    """What a handler knows of its command: the options that were typed."""
    return SimpleNamespace(cli_ctx=SimpleNamespace(data={"safe_params": options}))


CMD, OBJECT = command(), command("-o")


def refusal(**options: Any) -> Any:
    with pytest.raises((InvalidInput, UsageError)) as caught:
        config.init(CMD, **options)
    return caught.value


def test_schema_is_the_schema_file() -> None:
    schema: Any = config.schema
    assert schema(OBJECT)["title"] == "Attach configuration"


def test_init_writes_commented_yaml_or_json_by_the_files_name(tmp_path: Path) -> None:
    for name in ("attach.yaml", "attach.json"):
        config.init(CMD, file=str(tmp_path / name))
        assert document.read((tmp_path / name).read_bytes(), name).document == starter.example()
    assert "# Jobs run in this namespace" in (tmp_path / "attach.yaml").read_text(encoding="utf-8")


def test_init_without_a_file_prints_the_guides_default(capsys: pytest.CaptureFixture[str]) -> None:
    guide = json.loads((EXAMPLES / "attach-default.json").read_bytes())
    config.init(CMD, default=True)
    assert yaml.safe_load(capsys.readouterr().out) == guide


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "attach.json").write_text("mine", encoding="utf-8")
    assert "already exists" in refusal(file=str(tmp_path / "attach.json")).message
    assert (tmp_path / "attach.json").read_text(encoding="utf-8") == "mine"


def test_init_says_why_it_cannot_write(tmp_path: Path) -> None:
    assert "cannot be written" in refusal(file=str(tmp_path / "none" / "attach.json")).message


def test_init_makes_one_instance_type(capsys: pytest.CaptureFixture[str]) -> None:
    config.init(CMD, gpu="a100", gpus=2, cpu="8", memory="64Gi", selector=["pool=a100", "zone=1"], namespace="ml")
    assert yaml.safe_load(capsys.readouterr().out) == starter.one_type(
        "a100", gpus=2, cpu="8", memory="64Gi", selector={"pool": "a100", "zone": "1"}, namespace="ml"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"gpus": 2}, "--gpus requires --gpu NAME."),
        ({"default": True, "gpu": "a"}, "cannot be used together"),
        ({"gpu": "a", "selector": ["pool"]}, "do not make a valid configuration"),
        ({"gpu": "a", "memory": "16GB"}, "do not make a valid configuration"),
        ({"gpu": "a b"}, "do not make a valid configuration"),
        ({"gpu": "a", "gpus": -1}, "do not make a valid configuration"),
    ],
)
def test_init_refuses_options_that_make_no_valid_configuration(options: dict[str, Any], said: str) -> None:
    assert said in refusal(**options).message


def test_all_that_is_wrong_with_the_options_is_said_at_once() -> None:
    findings = refusal(gpu="a b", memory="16GB", selector=["pool", "zone=1", "zone=2"], namespace="A").findings
    errors = [finding for finding in findings if finding.severity == "error"]
    assert sorted(finding.code[-4:] for finding in errors) == ["D008", "D014", "D014", "N007", "S001", "S012"]


def test_the_findings_of_options_name_no_place_in_a_text_that_nobody_wrote() -> None:
    findings = refusal(gpu="a", memory="16GB").findings
    assert {(finding.code, finding.place) for finding in findings} == {
        ("AMLARC-D014", "options"),
        ("AMLARC-D024", "options"),
    }


def test_convert_goes_to_manifests_and_back(tmp_path: Path) -> None:
    made = config.convert(OBJECT, str(CASES / "document/valid/gpu.json"), to="instancetype")
    (tmp_path / "manifests.json").write_text(json.dumps(made), encoding="utf-8")
    back = config.convert(OBJECT, str(tmp_path / "manifests.json"), from_format="instancetype")
    assert back == json.loads((CASES / "document/valid/gpu.json").read_bytes())


def test_convert_says_on_standard_error_what_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    config.convert(OBJECT, str(GUIDE_ADVANCED), to="instancetype")
    assert [record.getMessage().split()[2] for record in caplog.records] == [
        "AMLARC-C007",
        "AMLARC-C004",
        "AMLARC-C003",
        "AMLARC-C003",
        "AMLARC-C006",
    ]


@pytest.mark.parametrize("options", [{}, {"to": "instancetype", "from_format": "instancetype"}])
def test_convert_needs_one_direction(options: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="either --to or --from"):
        config.convert(OBJECT, str(EXAMPLES / "attach-default.json"), **options)


def test_convert_writes_nothing_for_an_invalid_file() -> None:
    with pytest.raises(InvalidInput) as caught:
        config.convert(OBJECT, str(CASES / "document/invalid/F012-list.json"), to="instancetype")
    assert [finding.code for finding in caught.value.findings] == ["AMLARC-F012"]


def test_init_warns_of_a_name_that_todays_clusters_do_not_take(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    config.init(CMD, gpu="A100", selector=["pool=a100"])
    assert "A100" in capsys.readouterr().out
    assert [record.message for record in caplog.records if "AMLARC-D009" in record.message]
