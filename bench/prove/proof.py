"""What so many rounds of a set-up showed, and how it is told."""

from msgspec import Struct

HEAD = (
    "| set-up | reservations | kills | stores hurt | n$ over | lost | double | quiet after | took |\n"
    + "|---" * 9
    + "|"
)


class Proof(Struct):
    """`over` in n$ or times, `lost` and `double` in attempts; `quiet` is the longest time in seconds until nothing was
    held any more, with virtual time none; `failed` says what was wrong where."""

    setup: str
    reserved: int = 0
    kills: int = 0
    faults: int = 0
    over: int = 0
    lost: int = 0
    double: int = 0
    quiet: float | None = None
    seconds: float = 0.0
    failed: tuple[str, ...] = ()

    def __add__(self, other: "Proof") -> "Proof":
        """All in all."""
        quiet = max(self.quiet or 0.0, other.quiet or 0.0)
        return Proof(
            "**all**",
            *(self.reserved + other.reserved, self.kills + other.kills, self.faults + other.faults),
            *(self.over + other.over, self.lost + other.lost, self.double + other.double),
            *(quiet, self.seconds + other.seconds, self.failed + other.failed),
        )

    def line(self) -> str:
        """A row of the table."""
        figures = (self.reserved, self.kills, self.faults, self.over, self.lost, self.double)
        cells = " | ".join(f"{figure:,}" for figure in figures)
        quiet = "–" if self.quiet is None else f"{self.quiet:.1f} s"
        return f"| {self.setup} | {cells} | {quiet} | {self.seconds:.0f} s |"
