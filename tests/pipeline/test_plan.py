"""The plan of a run is made of choices that there are."""

import pytest

from dicomconv.errors import UsageError
from dicomconv.pipeline.library import make_plan


def test_a_choice_that_there_is_not_is_refused_not_ignored() -> None:
    with pytest.raises(UsageError, match="no choice options, windows"):
        make_plan(options=["clean-descriptors"], windows="lung")  # type: ignore[call-arg]
