"""What the figures of S3 requests are called where they stand apart: by the size of the objects, and by host."""

from collections.abc import Sequence
from itertools import accumulate

from loadgen.base.dataclass import dataclass
from loadgen.plan.jobs.http import RequestPart
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.plan.jobs.s3_sizes import describe_class

BY_SIZE = ("put", "get", "copy", "mixed", "batch")
"""Jobs of whose requests figures stand apart by the size of the objects."""

_MOVING = (Operation.PUT, Operation.GET, Operation.COPY)
"""What moves an object, whose size then matters."""


@dataclass(frozen=True, slots=True)
class Naming:
    """`classes` are those of size, where there are several, and `hosts` the endpoints, where there are.

    Name ids are first those of the requests' names and of so many transactions, then those of the parts: a row for each
    host, operation and class.
    """

    operations: tuple[Operation, ...]
    request_names: tuple[str, ...]
    transactions: int
    classes: tuple[int, ...]
    hosts: tuple[str, ...]

    @property
    def parts(self) -> tuple[RequestPart, ...]:
        if not self.classes and not self.hosts:
            return ()
        return tuple(
            RequestPart(operation.value, describe_class(number) if number is not None else "", host)
            for host in self.hosts or ("",)
            for operation in self.operations
            for number in self._classes_of(operation)
        )

    def ids(self, host: int = 0) -> dict[Operation, int]:
        """The name id of each operation for a host: of the first class of size, where there are several."""
        if not self.classes and not self.hosts:
            return {operation: number for number, operation in enumerate(self.operations)}
        each = [len(self._classes_of(operation)) for operation in self.operations]
        return dict(zip(self.operations, accumulate(each, initial=self._first + host * sum(each)), strict=False))

    @property
    def added(self) -> dict[int, int]:
        """By class of size, what is added to such an id."""
        return {number: place for place, number in enumerate(self.classes)}

    @property
    def wholes(self) -> dict[int, int]:
        """By the id of a part, that of the request that it is of."""
        return {
            number: self.request_names.index(part.request) for number, part in enumerate(self.parts, start=self._first)
        }

    @property
    def _first(self) -> int:
        return len(self.request_names) + self.transactions

    def _classes_of(self, operation: Operation) -> Sequence[int | None]:
        return (self.classes if operation in _MOVING else ()) or (None,)


def by_class(names: Sequence[str], classes: Sequence[int]) -> dict[int, RequestPart]:
    """By class of size, the parts of what takes several requests and has the only one of the names, if there is one."""
    return {number: RequestPart(name, describe_class(number)) for name in names for number in classes}
