"""Who works on the frames of a series: threads beside the one that packs, or that one itself."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any


class Inline(Executor):
    """Does the work when it is handed over: where every processor has a series of its own, threads would only wait."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done already."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - kept for whoever asks for the result, as every executor does
            future.set_exception(error)
        return future


def frame_workers(threads: int) -> Executor:
    """The executor of so many threads; of one thread none but the one that asks."""
    return ThreadPoolExecutor(threads) if threads > 1 else Inline()
