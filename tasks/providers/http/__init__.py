"""What every HTTP client here shares: guarded fetches, time limits, retry-after, clocks of servers."""
