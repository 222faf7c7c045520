"""What is reported of a run, in whatever form."""

from typing import TYPE_CHECKING

from loadgen.base.dataclass import dataclass
from loadgen.results.result import Result

if TYPE_CHECKING:
    from loadgen.judge.gate import Gate  # importing it takes time that a run without a gate need not


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run, or its rounds with the gate that judged them as one."""

    rounds: tuple[Result, ...]
    gate: "Gate | None" = None

    @property
    def result(self) -> Result:
        """All rounds as one."""
        return self.rounds[0] if self.gate is None else self.gate.result
