"""S3 on the wire: signatures, checksums, bodies, documents, and the requests of each operation."""
