"""Reports: what a batch or a time has made, cost and come to, without a name."""
