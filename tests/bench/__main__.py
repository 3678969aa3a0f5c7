"""`make bench`: print every figure: of the local engine, of backup and restore, of a migration under
way, of the list of characters, of the studio under clicks and watchers, of what it keeps in memory, of a
batch, of a start and of a night without work.
"""

import sys

from tests.bench import (
    bench_backup,
    bench_batch,
    bench_engine,
    bench_launch,
    bench_listing,
    bench_migration,
    bench_studio,
)

sys.exit(
    bench_engine.main()
    or bench_backup.main()
    or bench_migration.main()
    or bench_listing.main()
    or bench_studio.main()
    or bench_batch.main()
    or bench_launch.main()
)
