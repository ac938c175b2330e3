"""torchvision as it imports beside a torch for the CPU, whose compiled half does not load there.

The wheel of torchvision for CUDA describes two operators that only its compiled half declares, and fails at import. Declared
here first, they let in all that is Python: its transforms. Nothing calls them.
"""

OPERATORS = ("nms", "qnms")
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def import_torchvision() -> None:
    """Import torchvision, declaring its operators where its own library cannot; torch's ImportError passes."""
    import torch

    try:
        import torchvision
    except RuntimeError:
        for operator in OPERATORS:
            torch.library.define(f"torchvision::{operator}", SCHEMA)
        import torchvision  # noqa: F401
