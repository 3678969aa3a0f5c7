"""What happens when someone does something: plain functions over the record, the store and the flows."""
