"""What the store holds of ours, verified: outputs, receipts, the installation's mark, quarantine."""
