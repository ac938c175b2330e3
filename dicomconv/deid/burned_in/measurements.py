"""Lines of text that say nothing of anybody: measurements and settings of the machine, marks of the side.

A line is spared only if every word of it is known here and every number is short: what an ID, a date, an age or a
name is made of is not among them.
"""

import re

SURE = 0.8  # that the line was read right

LABELS = (  # longer ones first, as a regular expression takes the first that fits
    r"PERSIST|VMEAN|DEPTH|VMAX|VMIN|FOCUS|PITCH|SCALE|GAIN|DYNR|FREQ|DPTH|ZOOM|DIST|DIAM|AREA|CIRC|MEAN|TIS|TIB|TIC|"
    r"TLS|FPS|DYN|PRF|PWR|FRQ|FOC|THI|VOL|BPD|CRL|PSV|EDV|VEL|MIN|FOV|THK|KVP|MAS|STD|MAP|COL|MI|"
    r"TI|FR|AO|A0|DR|GN|WF|ZM|HR|EF|FS|HC|AC|FL|RI|PI|PG|SD|SL|TE|TR|KV|MA|WW|WL|2D|3D|4D|CF|PW|CW|MM"
)
UNITS = (
    r"CM/S|MM/S|MMHG|CM2|MM2|CM3|MM3|KHZ|MHZ|FPS|BPM|M/S|KVP|MAS|MGY|DEG|CM²|MM²|CM³|CM|MM|ML|CC|HZ|DB|MS|"
    r"KV|MA|HU|%|°"
)
SIDES = frozenset({"R", "L", "RT", "LT", "RIGHT", "LEFT", "AP", "PA", "LAT"})

_NUMBER = r"[<>≤≥]?\s?[+-]?\d{1,3}(?:[.,]\d{1,3})?"
_ITEM = rf"(?:(?:{LABELS})\s?[:=]?\s?{_NUMBER}(?:\s?(?:{UNITS}))?|{_NUMBER}\s?(?:{UNITS}))(?=[^A-Z0-9.]|(?:{LABELS})|$)"
_WINDOW = r"W\s?[:=]?\s?\d{1,4}\s?[,/ ]?\s?[LC]\s?[:=]?\s?-?\d{1,4}"
_MEASUREMENTS = re.compile(rf"\+?\s?(?:{_ITEM})(?:[\s,;/|]*(?:{_ITEM}))*|{_WINDOW}").fullmatch


def is_harmless(text: str, score: float) -> bool:
    """Whether a line may stay, as it was read with this certainty: nothing but measurements, or a mark of the side."""
    if score < SURE:
        return False
    plain = " ".join(text.upper().split()).strip(" .")
    return plain in SIDES or bool(_MEASUREMENTS(plain))
