"""A collector of OTLP over HTTP that keeps what it is sent; the extra otel must be installed."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest


class Collector(HTTPServer):
    requests: list[Any]
    status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/metrics"


class Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.server.requests.append(ExportMetricsServiceRequest.FromString(body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_collector() -> Iterator[Collector]:
    with Collector(("127.0.0.1", 0), Taking) as server:
        server.requests = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def metrics_of(request: Any) -> dict[str, Any]:
    [resource] = request.resource_metrics
    attributes = {item.key: item.value for item in resource.resource.attributes}
    assert attributes["service.name"].string_value == "loadgen"
    return {metric.name: metric for metric in resource.scope_metrics[0].metrics}


def by(metric: Any, key: str) -> dict[str, float]:
    points = metric.sum.data_points or metric.gauge.data_points
    values = [{item.key: item.value.string_value for item in point.attributes} for point in points]
    return {of[key]: point.as_int or point.as_double for of, point in zip(values, points, strict=True)}
