"""What the work cost the machine: CPU seconds of each kind of part, commits and bytes, for one picture."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.topology.ground import Ground
from tests.topology.stage import Stage


@dataclass(frozen=True)
class Reading:
    """Counters at a moment; the difference of two is what happened between them."""

    cpu: Counter[str]  # seconds by kind of part
    commits: int
    rows_bytes: int  # of the record, on Postgres
    bucket_bytes: int
    memory: Counter[str] = field(default_factory=Counter)  # megabytes by kind of part, now

    @classmethod
    def of(cls, stage: Stage) -> "Reading":
        """The counters as they stand."""
        cpu, memory = Counter[str](), Counter[str]()
        for name, running in stage.running.items():
            kind = name.rstrip("-123")
            cpu[kind] += round(running.cpu_seconds() * 1000)
            memory[kind] += running.megabytes()
        commits, size = _of_postgres(stage.ground)
        return cls(cpu, commits, size, _bytes_in(stage.ground.folder / "cloud" / "buckets"), memory)

    def a_picture_since(self, before: "Reading", pictures: int) -> list[tuple[str, str]]:
        """Rows of the table: what one of `pictures` took since `before`."""
        each = {
            kind: (milliseconds - before.cpu[kind]) / 1000 / pictures
            for kind, milliseconds in self.cpu.items()
        }
        worked = sorted(each.items(), key=lambda item: -item[1])
        return [
            ("CPU s a picture", ", ".join(f"{kind} {seconds:.2f}" for kind, seconds in worked)),
            ("commits a picture", f"{(self.commits - before.commits) / pictures:.0f}"),
            ("record, kB a picture", f"{(self.rows_bytes - before.rows_bytes) / pictures / 1000:.0f}"),
            ("bucket, kB a picture", f"{(self.bucket_bytes - before.bucket_bytes) / pictures / 1000:.0f}"),
            ("MB now", ", ".join(f"{kind} {size}" for kind, size in self.memory.most_common())),
        ]


def _of_postgres(ground: Ground) -> tuple[int, int]:
    """Commits in the record's database, and how many bytes it has on disk."""
    url = f"postgresql://storykin@127.0.0.1:{ground.ports['postgres']}/storykin"
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT xact_commit, pg_database_size(datname) FROM pg_stat_database"
            " WHERE datname = current_database()"
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


def _bytes_in(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
