"""Files of reviewed boxes and of region rules: what they say, and the line of what cannot be understood."""

import json
from pathlib import Path

import pytest

from dicomconv.deid.burned_in.rules import our_rules
from dicomconv.errors import UsageError
from dicomconv.model import Box
from dicomconv.pipeline.box_file import read_boxes, read_region_rules


def written(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "boxes.jsonl"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines), encoding="utf-8")
    return path


def test_boxes_are_lists_or_objects_and_rows_without_them_say_nothing(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"sop_instance_uid": "1.2", "boxes": [[0, 1, 2, 3], {"left": 4, "top": 5, "right": 6, "bottom": 7, "by": "x"}]},
        {"row": 2, "outcome": "skipped"}, "", {"sop_instance_uid": "1.3", "boxes": []}, {"sop_instance_uid": "1.4"},
    )  # fmt: skip
    assert read_boxes(path) == {"1.2": (Box(0, 1, 2, 3, "reviewed"), Box(4, 5, 6, 7, "reviewed")), "1.3": ()}


@pytest.mark.parametrize(("line", "said"), [
    ("{", "line 2: this is not JSON"), ("[]", "line 2: a line is an object"),
    ({"sop_instance_uid": "1", "boxes": "all"}, "line 2: sop_instance_uid is a text"),
    ({"sop_instance_uid": "1", "boxes": [[0, 0, 1]]}, "line 2: a box has left"),
    ({"sop_instance_uid": "1", "boxes": [[0, 0, 1, 1.5]]}, "line 2: a box has left"),
    ({"sop_instance_uid": "1", "boxes": [[5, 0, 1, 1]]}, "line 2: a box begins within"),
    ({"sop_instance_uid": "1", "boxes": [[-5, 0, 1, 1]]}, "line 2: a box begins within"),
])  # fmt: skip
def test_the_line_of_what_cannot_be_understood_is_named(tmp_path: Path, line: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_boxes(written(tmp_path, {"sop_instance_uid": "1.2", "boxes": []}, line))


def test_a_file_without_boxes_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no line has both"):
        read_boxes(written(tmp_path, {"row": 1}))
    with pytest.raises(UsageError, match="cannot be read"):
        read_boxes(tmp_path / "none")


def test_rules_of_ones_own_stand_in_front_of_ours_or_alone(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nname = "mine"\nblank = [[0, 0, 0, 9]]\n', encoding="utf-8")
    names = [rule.name for rule in read_region_rules(path).rules]
    assert (names[0], len(names)) == ("mine", len(our_rules().rules) + 1)
    path.write_text('ours = false\n[[rule]]\nname = "mine"\n', encoding="utf-8")
    assert [rule.name for rule in read_region_rules(path).rules] == ["mine"]


@pytest.mark.parametrize(("text", "said"), [
    ("[[rule", "not TOML"), ("rules = 1", "only `ours`"), ('ours = "no"', "only `ours`"),
    ('[[rule]]\nname = "x"\nrows = "9"', r"rule 1 \(x\): rows is a whole number"),
])  # fmt: skip
def test_what_is_wrong_with_rules_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rules.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_region_rules(tmp_path / "rules.toml")
