"""S3 as a workload: signed HTTP requests over the same clients as any other."""
