"""What a worker process is told first. It is apart from what runs there: whoever starts one needs none of that."""

import json
from dataclasses import asdict

from loadgen.base.endpoint import Endpoint
from loadgen.guard.shared_state import SharedState


def encode_task(endpoint: Endpoint, shards: range, control: SharedState) -> bytes:
    """The line that a child reads first; the plan comes next, which is the same for all."""
    task = {"endpoint": asdict(endpoint), "shards": [shards.start, shards.stop], "control": control.descriptor}
    return json.dumps(task).encode() + b"\n"
