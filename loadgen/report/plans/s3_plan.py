"""An S3 job in words, for `loadgen check`."""

from datetime import UTC, datetime
from itertools import zip_longest

from loadgen.base.units import counted, format_bytes, format_duration_s
from loadgen.plan.jobs.s3 import S3Job
from loadgen.report.draw.style import format_share


def s3_facts(s3: S3Job) -> dict[str, str]:
    """Label and sentence for all that a job does; some without a sentence."""
    created = "" if s3.is_of_others else "; created if it is missing"
    return {
        "Job": _job(s3),
        "Bucket": f"{s3.bucket}, in region {s3.region}, by {s3.addressing}{created}",
        "Endpoints": f"{', '.join(s3.host_names)}: connections take them in turn" if s3.hosts else "",
        "Into": _into(s3),
        "Only": _only(s3),
        "Before": _before(s3),
        "Keys": f"spread over {counted(s3.prefixes, 'prefix', 'prefixes')}" if s3.prefixes > 1 else "",
        "After": _after(s3),
        "Objects": _objects(s3),
        "In all": _totals(s3),
        "Payload": _payload(s3),
        "Headers": _headers(s3),
        "Verified": "every byte of a download is compared with what was put" if s3.verify else "",
        "Presigned": "each URL holds its signature" if s3.presigned else "",
        "Retries": f"up to {s3.most_retries}, after a pause, counted apart" if s3.most_retries else "",
        "Function": s3.function or ("adds a CRC-32 to the object" if s3.job == "batch" else ""),
        "Journal": s3.journal or "",
    }


def s3_operations(s3: S3Job) -> list[str]:
    """One line for each kind of request."""
    total = sum(weight for _, weight in s3.mix)
    shares = [f"  {format_share(weight, total):>6}  " for _, weight in s3.mix] if s3.job == "mixed" else []
    return [f"{share}{name}" for share, name in zip_longest(shares, s3.request_names, fillvalue="  ")]


def _job(s3: S3Job) -> str:
    objects = "objects, without an end" if s3.objects is None else counted(s3.objects, "object")
    if s3.existing is not None:
        objects = f"what is there under {s3.existing}" if s3.existing else "all of the bucket"
    part = f"{format_bytes(s3.range_bytes)} of each, from a random byte on, of" if s3.range_bytes else "each of"
    many = f", {s3.delete_many} with a request" if s3.delete_many > 1 else ""
    what = objects if s3.source is None else f"what is under {s3.source}" if s3.source else "all of the bucket"
    into = s3.prefix if s3.to is None else f"{s3.to.bucket}/{s3.prefix}"
    where = f"{into}..." if s3.source is not None else "a prefix of the run's own"
    sentences = {
        "put": f"put {objects}",
        "get": f"get {part} {objects}, over and over, {_order(s3)}",
        "stat": f"stat each of {objects}, over and over, {_order(s3)}",
        "copy": f"copy each of {objects} within the store, over and over, in turn",
        "list": f"list the pages with {objects}, one after another, over and over",
        "delete": f"delete {objects}{many}",
        "multipart": f"upload {objects} in parts of {format_bytes(s3.part_bytes)}",
        "batch": f"get {what}, call a function on each, put what it makes under {where}",
        "mixed": f"get, stat, put and delete by weight, beginning with {objects}",
    }
    return sentences[s3.job]


def _order(s3: S3Job) -> str:
    kind, _, exponent = s3.order.partition(":")
    return {"random": "at random", "zipf": f"by Zipf's law with exponent {exponent}"}.get(kind, "in turn")


def _before(s3: S3Job) -> str:
    if s3.existing is not None and s3.job != "list":
        return f"list {s3.bucket}/{s3.existing}"
    return f"put {counted(s3.prepared, 'object')}" if s3.prepared else ""


def _after(s3: S3Job) -> str:
    if s3.job == "delete" and s3.existing is not None:
        return f"what was there under {s3.existing} is gone"
    if s3.is_of_others:
        return "nothing is deleted"
    if s3.keep:
        return f"what was put stays under {s3.prefix}RUN/"
    return f"delete what was put, under {s3.prefix}RUN/ (RUN is new for every run), and nothing else"


def _into(s3: S3Job) -> str:
    if s3.to is None:
        return ""
    store = f" at {s3.to.origin}" if s3.to.origin is not None else ""
    return f"{s3.to.bucket}/{s3.prefix}{store}, in region {s3.to.region}, by {s3.to.addressing}"


def _only(s3: S3Job) -> str:
    """What a batch takes of its source."""
    since = "" if s3.since_s is None else datetime.fromtimestamp(s3.since_s, UTC).isoformat(timespec="seconds")
    chosen = [
        f"named {s3.match}" if s3.match else "",
        f"of at least {format_bytes(s3.least_bytes)}" if s3.least_bytes else "",
        f"of at most {format_bytes(s3.most_bytes)}" if s3.most_bytes is not None else "",
        f"modified since {since}" if since else "",
    ]
    return ", ".join(filter(None, chosen))


def _objects(s3: S3Job) -> str:
    if s3.is_of_others:
        return "as they are"
    total = sum(weight for _, _, weight in s3.sizes)
    texts = []
    for low, high, weight in s3.sizes:
        size = format_bytes(low) if low == high else f"{format_bytes(low)} to {format_bytes(high)}"
        texts.append(size if len(s3.sizes) == 1 else f"{format_share(weight, total)} {size}")
    kind, _, times = s3.content.partition(":")
    filled = {"random": "random bytes", "text": "text", "compressible": f"bytes that compress to 1/{times}"}
    return f"{', '.join(texts)}, {filled.get(kind, f'cut from {s3.content[1:]}')}, no two equal"


def _totals(s3: S3Job) -> str:
    """How much is put, where that is known: of sizes that are drawn, what is to be expected."""
    if s3.objects is None:
        return ""
    weights = sum(weight for _, _, weight in s3.sizes)
    mean = sum((low + high) / 2 * weight for low, high, weight in s3.sizes) / weights
    drawn = len(s3.sizes) > 1 or s3.sizes[0][0] != s3.sizes[0][1]
    text = f"{'about ' if drawn else ''}{format_bytes(s3.objects * mean)}"
    if s3.job == "multipart" and not drawn:
        parts = s3.objects * max(1, -(-s3.sizes[0][0] // s3.part_bytes))
        text += f" in {counted(parts, 'part')}"
    return text


def _headers(s3: S3Job) -> str:
    asked = [name for name, _ in s3.headers]
    asked += [f"encryption {s3.sse}"] if s3.sse else []
    asked += [f"retention for {format_duration_s(s3.retain_s)}"] if s3.retain_s is not None else []
    return f"{', '.join(asked)}; before the run an object shows whether the store does so" if asked else ""


def _payload(s3: S3Job) -> str:
    mode = s3.payload or "unsigned over https, signed over http"
    held = "; sent when the store asks for it (100-continue)" if s3.waits else ""
    return f"{mode}{held}" if s3.checksum == "none" else f"{mode}; with a {s3.checksum} checksum{held}"
