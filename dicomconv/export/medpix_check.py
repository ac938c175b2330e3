"""MedPix's files as HuggingFace's datasets reads them, and whether they agree with each other."""

import json
import os
import tempfile
from pathlib import Path


def check_medpix(folder: Path) -> str:
    """datasets.load_dataset of cases and descriptions by split; each image is of one case, each case in one part."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    from datasets import load_dataset

    ids = json.loads((folder / "splitted_dataset/uid_list.json").read_text(encoding="utf-8"))
    seen, counts = list[str](), {"data": 0, "descriptions": 0}
    with tempfile.TemporaryDirectory() as cache:
        for part, names in ids.items():
            for kind in counts if names else ():
                file = str(folder / f"splitted_dataset/{kind}_{part}.jsonl")
                rows = list(load_dataset("json", data_files={part: file}, cache_dir=cache)[part])
                assert {row["U_id"] for row in rows} == set(names), f"{kind} of {part} are of other cases than uid_list.json"
                counts[kind] += len(rows)
                if kind == "data":
                    seen += [image for row in rows for image in (*row["TAC"], *row["MRI"])]
    assert len({name for names in ids.values() for name in names}) == sum(map(len, ids.values())), "a case is in two parts"
    assert len(set(seen)) == len(seen) == counts["descriptions"], "an image is not of one case, or is not described"
    there = {path.stem for path in (folder / "images").iterdir()}
    assert set(seen) == there, "the pictures are not those that the cases have"
    return f"datasets load_dataset, {counts['data']} cases with {counts['descriptions']} images"
