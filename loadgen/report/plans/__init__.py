"""What `loadgen check` and `loadgen profiles` show."""
