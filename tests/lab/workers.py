"""`python -m tests.lab.workers ADDRESS CERTIFICATES N SHELL`: N Dask workers in one process, with commands as machines.

They are no measure of anything: what is looked at is the scheduler that has them all.
"""

import asyncio
import sys
from typing import Any

import dask
import distributed

from loadgen.executors.places.machines.links import dask_relay
from loadgen.executors.places.machines.links.addresses import tls_files


async def serve(address: str, certificates: str, count: int, shell: str) -> None:
    files = tls_files(address, certificates, "machine")
    assert files is not None
    library: Any = distributed  # whose types are not whole
    security = library.Security(
        tls_ca_file=files[0], tls_worker_cert=files[1], tls_worker_key=files[1], require_encryption=True
    )
    vars(dask_relay)["python_module"] = lambda *_: ["bash", "-c", shell]
    dask.config.set({"distributed.worker.profile.enabled": False})
    own = {"security": security, "nthreads": 2, "dashboard": False, "memory_limit": 0}
    workers = [library.Worker(address, name=f"fake-{number}", **own) for number in range(count)]
    for worker in workers:
        await worker
    await asyncio.gather(*(worker.finished() for worker in workers))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
