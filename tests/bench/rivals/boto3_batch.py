"""The same batch with boto3 and a thread pool. Arguments: URL FILE:FUNCTION AT_ONCE."""

import runpy
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config


def main(url: str, function: str, at_once: int) -> None:
    file, _, name = function.rpartition(":")
    make = runpy.run_path(file)[name]
    client = boto3.client("s3", endpoint_url=url, config=Config(max_pool_connections=at_once))

    def one(key: str) -> None:
        data = client.get_object(Bucket="photos", Key=key)["Body"].read()
        client.put_object(Bucket="photos", Key=key.replace("originals/", "made/"), Body=make(data))

    with ThreadPoolExecutor(at_once) as pool:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket="photos", Prefix="originals/")
        for _ in pool.map(one, (row["Key"] for page in pages for row in page.get("Contents", ()))):
            pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
