"""From what a plan says of a bucket to where it is: the AWS variables and a shared profile have their say here."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from random import Random

from loadgen.base.errors import UsageError
from loadgen.plan.jobs.s3 import NO_ENDPOINT, S3Job
from loadgen.plan.jobs.s3_places import Target
from loadgen.plan.plan import Plan
from loadgen.workloads.s3.function import load_function
from loadgen.workloads.s3.journal import read_run_id
from loadgen.workloads.s3.protocol.blocks import make_block
from loadgen.workloads.s3.protocol.checksums import make_checksum
from loadgen.workloads.s3.protocol.endpoint import BucketAddress, find_bucket
from loadgen.workloads.sigv4.credentials import read_settings

_OF_PROFILES = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
"""What the environment says of the bucket that is read, and a profile of its own for the other."""


def locate(plan: Plan, s3: S3Job, environment: Mapping[str, str]) -> Plan:
    """The plan with its bucket's address and a run id of its own; no socket is opened.

    Raises UsageError where there is no telling where the bucket is, or the batch has no function.
    """
    make_checksum(s3.checksum)
    load_function(s3.function)
    if s3.content.startswith("@"):
        make_block(s3.content, Random(0), 0)
    profile = s3.profile or environment.get("AWS_PROFILE")
    address = find_bucket(
        s3.bucket,
        endpoint=None if str(plan.origin) == NO_ENDPOINT else f"{plan.origin}{s3.root}",
        region=s3.region or None,
        addressing=s3.addressing,
        environment=environment,
        settings=read_settings(profile) if profile else None,
    )
    resumed = None if s3.journal is None else read_run_id(s3.journal, s3, plan.seed)
    run_id = resumed or s3.run_id or secrets.token_hex(4)
    located = replace(s3, region=address.region, root=address.root, addressing=address.addressing, run_id=run_id)
    if s3.hosts:
        located = replace(located, hosts=_located_hosts(plan, located, address, environment))
    if s3.to is not None:
        located = replace(located, to=_located(plan, s3, s3.to, environment))
    return replace(
        plan,
        name=str(address.origin) if plan.name == str(plan.origin) else plan.name,
        origin=address.origin,
        tls=replace(plan.tls, ca_file=plan.tls.ca_file or address.ca_file),
        job=replace(located, resumed=resumed is not None),
    )


def _located(plan: Plan, s3: S3Job, to: Target, environment: Mapping[str, str]) -> Target:
    """The bucket that a batch puts into: what is not said of it is as of the one that it reads, unless it is of another
    profile, which says that itself.
    """
    elsewhere = bool(to.endpoint or to.profile)
    ours = None if str(plan.origin) == NO_ENDPOINT else f"{plan.origin}{s3.root}"
    profile = to.profile or s3.profile or environment.get("AWS_PROFILE")
    if to.profile:
        environment = {name: value for name, value in environment.items() if name not in _OF_PROFILES}
    try:
        address = find_bucket(
            to.bucket,
            endpoint=to.endpoint or (None if elsewhere else ours),
            region=to.region or (None if elsewhere else s3.region) or None,
            addressing="auto" if elsewhere else s3.addressing,
            environment=environment,
            settings=read_settings(profile) if profile else None,
        )
    except UsageError as error:
        raise UsageError(str(error).replace("--bucket", "--to").replace("--endpoint", "--to-endpoint")) from None
    return replace(
        to,
        region=address.region,
        profile=to.profile or s3.profile,
        addressing=address.addressing,
        origin=address.origin,
        root=address.root,
    )


def _located_hosts(plan: Plan, s3: S3Job, first: BucketAddress, environment: Mapping[str, str]) -> tuple[Target, ...]:
    """The bucket at the first endpoint, and at each further one. Raises UsageError where a user cannot have its own."""
    count, shards = len(s3.hosts) + 1, plan.shard_count
    if plan.users < count * shards:
        why = f"each of {shards} processes has one for each of {count} endpoints" if shards > 1 else "one for each"
        raise UsageError(f"-c: expected at least {count * shards} connections for {count} endpoints: {why}")
    found = [
        find_bucket(
            s3.bucket, endpoint=host.endpoint, region=s3.region, addressing=s3.addressing, environment=environment
        )
        for host in s3.hosts
    ]
    origins = [address.origin for address in (first, *found)]
    if len({*origins}) < count:
        raise UsageError("--endpoint: expected endpoints that differ")
    return tuple(
        Target(s3.bucket, "", address.region, s3.profile, address.addressing, address.origin, address.root)
        for address in (first, *found)
    )
