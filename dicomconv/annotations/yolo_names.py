"""Names of YOLO's classes: a name a line, or `names` of a YAML file; of YAML no more than these lists is read."""

import re
from pathlib import Path

from dicomconv.annotations.checked import Unreadable
from dicomconv.annotations.json_text import read_text

NAMES = ("classes.txt", "obj.names", "predefined_classes.txt", "_darknet.labels")
NOT_LABELS = (*NAMES, "train.txt", "val.txt", "valid.txt", "test.txt", "readme.txt", "notes.txt", "readme.roboflow.txt")
_FOLDERS_ABOVE = 3
_LISTED = re.compile(r"\s*-\s+(?P<name>.+)")
_NUMBERED = re.compile(r"""\s+["']?(?P<index>\d{1,6})["']?\s*:\s*(?P<name>.+)""")
_ITEM = re.compile(r"""\s*(?:["']?(\d{1,6})["']?\s*:\s*)?("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,\[\]{}]+?)\s*(?:,|$)""")


def names_of(folder: Path) -> dict[int, str]:
    """Names by number, from the nearest folder that has them; empty if none has."""
    for one in (folder, *list(folder.absolute().parents)[:_FOLDERS_ABOVE]):
        for name in NAMES:
            if (one / name).is_file():
                lines = enumerate(read_text(one / name).splitlines())
                return {index: line.strip() for index, line in lines if line.strip()}
        for path in sorted((*one.glob("*.yaml"), *one.glob("*.yml"))):
            if found := of_yaml(read_text(path)):
                return found
    return {}


def of_yaml(content: str) -> dict[int, str]:
    """`names` of a YAML file: a list or numbered names, on one line or on several; empty if there are none."""
    lines = iter(content.splitlines())
    start = next((line for line in lines if re.match(r"names\s*:", line)), None)
    if start is None:
        return {}
    inline = _bare(start.partition(":")[2])
    if inline:
        rest = list(lines)
        while rest and inline.count("[") + inline.count("{") > inline.count("]") + inline.count("}"):
            inline += " " + _bare(rest.pop(0))
        return _inline(inline)
    found: dict[int, str] = {}
    for line in lines:
        item = _LISTED.fullmatch(line) or _NUMBERED.fullmatch(line)
        if item is None and _bare(line):
            break
        if item is not None:
            index = item.groupdict().get("index")
            found[len(found) if index is None else int(index)] = _unquoted(_bare(item["name"]))
    return found


def _inline(text: str) -> dict[int, str]:
    if (text[0], text[-1]) not in (("[", "]"), ("{", "}")):
        raise Unreadable("the names of the .yaml beside the files are not a list that can be read")
    items = _ITEM.findall(text[1:-1].rstrip(", "))
    return {int(index) if index else at: _unquoted(name) for at, (index, name) in enumerate(items)}


def _bare(line: str) -> str:
    """A line without its comment and the spaces around it."""
    return re.sub(r"(^|\s)#.*$", "", line).strip()


def _unquoted(name: str) -> str:
    name = name.strip()
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'" else name
