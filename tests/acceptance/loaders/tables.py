"""Lines of JSON as HuggingFace's datasets reads them."""

import os
from pathlib import Path
from typing import Any


def load_with_datasets(files: dict[str, Path], cache: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row by split, of a .jsonl for each; `cache`: a folder for what the loader makes. Nothing is fetched."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    from datasets import load_dataset

    names = {split: str(path) for split, path in files.items()}
    loaded = load_dataset("json", data_files=names, cache_dir=str(cache))
    return {split: list(rows) for split, rows in loaded.items()}
