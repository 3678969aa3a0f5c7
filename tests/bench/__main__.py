"""`make bench`: print every figure: of the local engine, of backup and restore, of a migration under
way, of the list of characters.
"""

import sys

from tests.bench import bench_backup, bench_engine, bench_listing, bench_migration

sys.exit(bench_engine.main() or bench_backup.main() or bench_migration.main() or bench_listing.main())
