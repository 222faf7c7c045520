"""The names that k6 has for metrics, and what to type here for each. https://grafana.com/docs/k6/latest/using-k6/metrics/"""

import re

_PART = "a part of the time; here: --phases shows it, and nothing depends on it"
K6_METRICS = {
    "http_req_duration": "the time from sent to the reply; here: 'p95 < 200ms', or 'NAME:p95 < 200ms', counts from "
    "when it was due, and 'service.p95 < 200ms' from when it was sent",
    "http_req_failed": "the share of failed requests; here: 'error_rate < 1%'",
    "http_reqs": "the number of requests, or their rate; here: 'sent >= 1000', 'rps > 100'",
    "http_req_waiting": _PART,
    "http_req_blocked": _PART,
    "http_req_connecting": _PART,
    "http_req_tls_handshaking": _PART,
    "http_req_sending": _PART,
    "http_req_receiving": _PART,
    "grpc_req_duration": "the time of a call; here: 'p95 < 200ms', or 'NAME:p95 < 200ms'",
    "checks": "the share of checks that hold; here, of each by its name: 'total is positive:ok_rate > 99%'",
    "iteration_duration": "the time of a journey; here: 'journeys:p95 < 2s', or 'JOURNEY:p95 < 2s'",
    "iterations": "the number of journeys, or their rate; here: 'journeys:ok >= 500', 'journeys:ok_rps > 5'",
    "dropped_iterations": "what no user was free for; here it limits the verdict: --strict",
    "group_duration": "the time of a group; here: 'JOURNEY/GROUP:p95 < 2s'",
    "data_sent": "the bytes sent; here: 'bytes_sent_per_s > 1MiB'",
    "data_received": "the bytes received; here: 'bytes_received_per_s > 1MiB'",
    "vus": "how many users there are; here: -c says it, and nothing depends on it",
    "vus_max": "how many users there are; here: -c says it, and nothing depends on it",
    "rate": "a share, or a rate by the second; here: 'error_rate < 1%', 'NAME:ok_rate > 99%', 'rps > 100'",
}
_FIRST = re.compile(r"\s*(\w+)\s*(?:\{[^}]*\})?\s*([:<>=])?")


def k6_reading(text: str) -> str:
    """What a condition or metric means that begins with a name of k6's, and what to type; empty where it does not.

    Names that may be a person's own, as of a request, are left alone where something stands behind their colon.
    """
    match = _FIRST.match(text)
    word = match[1] if match else ""
    if match is None or word not in K6_METRICS or (match[2] == ":" and not word.startswith("http_req")):
        return ""
    return f"{word} means {K6_METRICS[word]} (k6's name)"
