"""Tables that are read on a terminal."""

from azext_amlarc.commands.az.rows import setting_rows
from azext_amlarc.product import catalogue


def test_the_list_of_settings_fits_120_columns_and_tells_what_each_does() -> None:
    rows = setting_rows(catalogue.as_rows())
    widths = [max(len(column) + 2, *(len(str(row[column])) for row in rows)) for column in rows[0]]
    assert sum(widths) + 2 * (len(widths) - 1) <= 120
    told = " ".join(row["Description"] for row in rows)
    for record in catalogue.records().values():
        assert record.description in told


def test_what_the_tool_sets_comes_last_and_apart() -> None:
    keys = [row["Key"] for row in setting_rows(catalogue.as_rows())]
    after = keys[keys.index("-- Set by the tool") + 1 :]
    internal = [record.key for record in catalogue.records().values() if record.status == "internal"]
    assert [key for key in after if key] == internal


def test_a_list_for_one_workload_has_the_same_form() -> None:
    rows = setting_rows(catalogue.as_rows("training"))
    assert rows[0]["Key"] == "enableTraining"
    assert rows[0]["Description"].startswith("Enables training on the cluster")
