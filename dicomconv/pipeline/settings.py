"""What of a plan decides which bytes are written, by option: settings that cannot be mixed in one OUT."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple

from dicomconv.deid.options import names_of
from dicomconv.pipeline.plan import Plan

OF_SEALS = frozenset({"--seal-to", "--detach-seal"})  # --existing skip says of each series whether it is sealed so
MIXED_AT_WILL = {  # and why they are no settings of OUT
    "key": "compared by its key id",
    "threads": "shares out the work",
    "existing": "says what to do about what is there",
    "include": "chooses files; a series is known by its files",
    "exclude": "chooses files; a series is known by its files",
    "patient_map": "gives names to patients; a series is known by its patient's",
}


def settings_of_bytes(plan: Plan) -> dict[str, str]:
    """A text for each option that decides what is written; equal texts, equal bytes."""
    profile = plan.profile
    return {
        "--preset and --option": _text(names_of(profile.options)),
        "--profile": _text([astuple(one) for one in profile.own.rules]),
        "--documents": profile.documents,
        "--no-png": _text(plan.png),
        **{f"--{name}": _text(value) for name, value in plan.drawing.settings().items()},
        "--compression": plan.compression,
        "--burned-in": plan.burned_in,
        "--region-rules": _text([astuple(one) for one in plan.region_rules.rules]),
        "--boxes": _text({uid: [astuple(box) for box in boxes] for uid, boxes in plan.boxes.items()}),
        "--duplicates": plan.duplicates,
        "--seal-to": _text(sorted(one.key_id.hex() for one in plan.seal_to)),
        "--detach-seal": _text(plan.detach_seal),
        "--encrypted-attributes": _text(sorted(hashlib.sha256(one).hexdigest() for one in plan.certificates)),
    }


def keyed_settings(texts: Mapping[str, str], plan: Plan) -> dict[str, bytes]:
    """The same as keyed digests, which say whether two settings are equal and nothing else."""
    return {option: plan.pseudonyms.fingerprint("setting", option, text) for option, text in texts.items()}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)
