"""What is lost of images that became pictures."""

from collections.abc import Sequence

from dicomconv.export.ledger import Loss
from dicomconv.export.pictures import Look, Taken


def picture_losses(drawn: Sequence[Taken], look: Look, also: str = "") -> list[Loss]:
    """Bits of grey ones, and resolution where they were resampled. `also`: what else that was done to."""
    losses, grey = list[Loss](), sum(not one.in_colours for one in drawn)
    if grey:
        times = ", three times the same" if look.channels == 3 else ""
        losses.append(Loss("bits", f"a window turned values into {look.depth} bits of grey{times}", grey))
    if look.size:
        losses.append(Loss("resolution", f"resampled to {look.size} x {look.size}, aspect kept{also}", len(drawn)))
    return losses
