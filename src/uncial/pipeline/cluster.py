"""Jobs worked off by actors of Ray Data, on this machine or on a cluster.

The counterpart of `uncial.pipeline.crew` beyond one machine: an actor makes itself ready once,
holds what it needs and works on one core. Ray begins an actor anew that dies and tries its jobs
again, without end; a further actor counts how often, so that a job whose actors die each time
becomes a fault and ends nothing.

Source: Ray 2.60, ``Dataset.map``, ``ActorPoolStrategy``.
"""

from __future__ import annotations

import logging
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from uncial.errors import ConfigError, UncialError
from uncial.pipeline.crew import Fault, Finished, Work

if TYPE_CHECKING:
    from ray.data import Dataset

_ATTEMPTS = 3  # at a job whose actor died
_BLOCKS = 10_000  # parts into which the jobs are dealt out at most
_STORE = 256 * 2**20  # bytes that Ray keeps results in on this machine; ours are small


def worked(
    jobs: Sequence[int],
    hire: Callable[[], Work[int, Any]],
    *,
    processes: int,
    address: str = "",
) -> Iterator[Finished[int, Any]]:
    """Work off jobs; results come as they are ready, each job exactly once.

    Args:
        jobs: Numbers.
        hire: Called in each actor once, makes what works there; must survive pickling.
        processes: Actors at most, one core each; 0 takes every core of the cluster.
        address: Of a cluster; empty begins one on this machine, which ends with the work.

    Raises:
        UncialError: An actor could not be made ready; the error is its own.
        ConfigError: There is no cluster at that address.
    """
    import ray  # noqa: PLC0415  (an extra)

    _begin(processes, address)
    missing = dict.fromkeys(jobs)
    try:
        actors = processes or int(ray.cluster_resources().get("CPU", 1))
        for row in _planned(jobs, hire, actors).iter_rows():
            result = pickle.loads(row["result"])
            if isinstance(result, UncialError):
                raise result
            job = int(row["job"])
            if job in missing:
                del missing[job]
                yield Finished(job, result)
        for job in missing:
            yield Finished(job, Fault("its process died"))
    finally:
        ray.shutdown()


class _Tries:
    """Counts how often each job was begun."""

    def __init__(self) -> None:
        self.begun: Counter[int] = Counter()

    def begin(self, job: int) -> int:
        """One try more; which it is."""
        self.begun[job] += 1
        return self.begun[job]


class _Actor:
    """What holds the work in a process of Ray."""

    def __init__(self, hire: Callable[[], Work[int, Any]], tries: Any) -> None:  # noqa: ANN401
        self.tries = tries
        self.work: Work[int, Any] | None = None
        self.error: UncialError | None = None
        try:
            self.work = hire()
        except UncialError as error:  # Ray would only try again
            self.error = error

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        job = int(row["item"])
        return {"job": job, "result": pickle.dumps(self._result(job))}

    def _result(self, job: int) -> object:
        import ray  # noqa: PLC0415

        if self.work is None:
            return self.error
        if ray.get(self.tries.begin.remote(job)) > _ATTEMPTS:
            return Fault(f"its process died {_ATTEMPTS} times")
        [result] = self.work([job])
        return result


def _begin(processes: int, address: str) -> None:
    import ray  # noqa: PLC0415

    try:
        if address:
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        else:
            ray.init(
                num_cpus=processes or None,
                include_dashboard=False,
                object_store_memory=_STORE,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
    except (ConnectionError, ValueError) as error:
        raise ConfigError(
            f"{address or 'this machine'}: no cluster of Ray answers: {error}",
            remedy="begin one with ray start, or leave the address out",
        ) from error


def _planned(jobs: Sequence[int], hire: Callable[[], Work[int, Any]], actors: int) -> Dataset:
    import ray  # noqa: PLC0415
    import ray.data  # noqa: PLC0415

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # what fails is told at the end
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    tries = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(_Tries).remote()
    blocks = min(len(jobs), _BLOCKS)
    dealt = ray.data.from_items(list(jobs), override_num_blocks=blocks)
    return dealt.map(
        _Actor,
        fn_constructor_args=(hire, tries),
        compute=ray.data.ActorPoolStrategy(
            min_size=1, max_size=max(1, min(actors, len(jobs))), max_tasks_in_flight_per_actor=2
        ),
        num_cpus=1,
    )
