"""AWS Signature Version 4: what S3 and other services are signed with."""
