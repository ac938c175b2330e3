"""How an image was made, in MedPix's words, where the de-identified header leaves no doubt."""

from dicomconv.header import Header

LONG_ECHO_MS, LONG_REPETITION_MS = 80, 2000
INTRAVENOUS = frozenset({"IV", "INTRAVENOUS"})


def modality_of(modality: str, header: Header) -> str | None:
    """`CT w/contrast (IV)` or `MR - T2 weighted`; None where the header does not say.

    That a header names no contrast medium does not say that there was none. Long echo and repetition times of a spin
    echo without inversion weight it by T2.
    """
    if modality == "CT" and header.text("ContrastBolusRoute").upper() in INTRAVENOUS:
        return "CT w/contrast (IV)"
    echo, repetition = header.number("EchoTime"), header.number("RepetitionTime")
    if modality != "MR" or header.texts("ScanningSequence") != ["SE"] or echo is None or repetition is None:
        return None
    return "MR - T2 weighted" if echo >= LONG_ECHO_MS and repetition >= LONG_REPETITION_MS else None
