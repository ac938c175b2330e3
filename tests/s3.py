"""An S3 server on this machine, spoken to by HTTP, that can be told to fail."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dicomconv.remote import _system

Fault = Callable[[str], int | str]  # of a path: a status, "cut" for half an answer, or 0
DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>no</Message></Error>"


@dataclass(slots=True)
class Server:
    """Its address; `fault`: what goes wrong with which requests to read; `refused`: with which to write.

    `seen`: how often each path was asked for.
    """

    url: str
    fault: Fault = lambda _: 0
    refused: Callable[[str], int] = lambda _: 0
    seen: Counter[str] = field(default_factory=Counter)

    def environment(self) -> dict[str, str]:
        """The variables by which every S3 client finds it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def put(self, bucket: str, files: Mapping[str, bytes]) -> None:
        """Put objects into a bucket, which is made if it is not there."""
        import boto3

        client = boto3.client("s3", endpoint_url=self.url)
        client.create_bucket(Bucket=bucket)
        for name, content in files.items():
            client.put_object(Bucket=bucket, Key=name, Body=content)

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """What is in a bucket below a prefix, by names below it."""
        import boto3

        client = boto3.client("s3", endpoint_url=self.url)
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        names = [one["Key"] for page in pages for one in page.get("Contents", ())]
        found = {name: client.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}
        return {name.removeprefix(prefix): content for name, content in sorted(found.items())}

    def delete(self, bucket: str, name: str) -> None:
        """Take an object away."""
        import boto3

        boto3.client("s3", endpoint_url=self.url).delete_object(Bucket=bucket, Key=name)


def serve() -> Iterator[Server]:
    """A server that runs until the iterator is closed."""
    import s3fs
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    _system.cache_clear()  # connections to the server of other tests, which is gone
    s3fs.S3FileSystem.clear_instance_cache()
    server, inner = Server(""), DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        path = environ["PATH_INFO"]
        server.seen[f"{environ['REQUEST_METHOD']} {path}"] += 1
        is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        fault = server.fault(path) if is_read else server.refused(path)
        if isinstance(fault, int) and fault:
            start(f"{fault} no", [("Content-Type", "application/xml"), ("Content-Length", str(len(DENIED)))])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [DENIED]  # else the next answer begins with it
        answer = b"".join(inner(environ, start))
        return _cut(answer) if fault == "cut" else [answer]

    http = make_server("127.0.0.1", 0, application, threaded=True)
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()


def _cut(answer: bytes) -> Iterator[bytes]:
    yield answer[: len(answer) // 2]
    raise ConnectionAbortedError
