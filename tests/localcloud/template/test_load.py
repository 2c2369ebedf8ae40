from pathlib import Path

import pytest

from localcloud.template.errors import TemplateError
from localcloud.template.load import MAX_DEPTH, load


def write(folder: Path, text: str, name: str = "template.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def properties(folder: Path, yaml: str) -> dict[str, object]:
    indented = "".join(f"      {line}\n" for line in yaml.splitlines())
    document = load(write(folder, f"Resources:\n  A:\n    Type: T\n    Properties:\n{indented}"))
    result: dict[str, object] = document["Resources"]["A"]["Properties"]
    return result


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!Ref B", {"Ref": "B"}),
        ("!GetAtt B.Arn", {"Fn::GetAtt": ["B", "Arn"]}),
        ("!GetAtt B.Outputs.Name", {"Fn::GetAtt": ["B", "Outputs.Name"]}),
        ("!GetAtt [B, Arn]", {"Fn::GetAtt": ["B", "Arn"]}),
        ('!Sub ["${x}", {x: !Ref Y}]', {"Fn::Sub": ["${x}", {"x": {"Ref": "Y"}}]}),
        ("!If [C, !Ref X, 1]", {"Fn::If": ["C", {"Ref": "X"}, 1]}),
        ("!Condition C", {"Condition": "C"}),
        ("!Unheard x", {"Fn::Unheard": "x"}),
        ("2012-10-17", "2012-10-17"),
        ("12:30", "12:30"),
        ("012345678901", "012345678901"),
        ("1_000", "1_000"),
        ("42", 42),
        ("-1.5", -1.5),
        ("yes", True),
        ("Off", False),
        ("", None),
        ("~", None),
        ("'yes'", "yes"),
    ],
)
def test_scalars_and_tags_are_read_as_cloudformation_reads_them(tmp_path: Path, written: str, value: object) -> None:
    assert properties(tmp_path, f"p: {written}") == {"p": value}


def test_keys_are_text(tmp_path: Path) -> None:
    assert properties(tmp_path, "p: {1: a, true: b}") == {"p": {"1": "a", "true": "b"}}


def test_anchors_and_merges_are_written_out(tmp_path: Path) -> None:
    assert properties(tmp_path, "p: &x {a: 1}\nq: {<<: *x, b: 2}") == {"p": {"a": 1}, "q": {"a": 1, "b": 2}}


def test_json_with_tabs_and_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeff{\n\t"Resources": {"A": {"Type": "T", "Properties": null}}}', "t.json")
    assert load(path)["Resources"] == {"A": {"Type": "T", "Properties": {}}}


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("Resources: [", "line", "it is not YAML"),
        ("a: b", "Resources", "missing or empty"),
        ("- a", "", "a mapping at its top"),
        ("Resources: {}", "Resources", "missing or empty"),
        ("Resources: {A: {Properties: {}}}", "Resources.A", "no Type"),
        ("Resources: {A: x}", "Resources.A", "no Type"),
        ("Resources: {A: {Type: T, Properties: [1]}}", "Resources.A.Properties", "not a mapping"),
        ("Resources: {A: {Type: T, P: *missing}}", "line 1", "*missing"),
        ("Resources: &r {A: *r}", "line 1", "*r stands inside itself"),
    ],
)
def test_what_is_no_template_is_named_with_its_place(tmp_path: Path, text: str, where: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        load(write(tmp_path, text))
    assert where in caught.value.where
    assert message in caught.value.message


def test_a_json_file_is_judged_as_json_and_a_flow_mapping_as_yaml(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"line 1, column \d+: it is not JSON"):
        load(write(tmp_path, '{"Resources": x}', "t.json"))
    assert load(write(tmp_path, "{Resources: {A: {Type: T}}}"))["Resources"]["A"]["Type"] == "T"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"gone\.yaml.*cannot be read"):
        load(tmp_path / "gone.yaml")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(b"Resources: \xff")
    with pytest.raises(TemplateError, match="not UTF-8"):
        load(path)


@pytest.mark.parametrize("text", ["[" * 100_000, "{" * 100_000, '{"a":' * 100_000, "- " * 5_000 + "x"])
def test_depth_is_refused_before_anything_recursive_sees_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(TemplateError, match=f"deeper than {MAX_DEPTH}|not YAML"):
        load(write(tmp_path, text))


def test_aliases_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(TemplateError, match="aliases grow it"):
        load(write(tmp_path, "\n".join(lines)))
