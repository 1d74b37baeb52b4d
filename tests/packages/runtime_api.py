"""A Lambda Runtime API for one process: hands out events, collects the answers.

It also stands for the address at which CloudFormation waits for a custom resource.
"""

import http.server
import json
import os
import queue
import subprocess
import threading
import time

PATIENCE = 20


class Function:
    """A packaged function that runs for as long as the `with` block."""

    def __init__(self, bootstrap):
        self._bootstrap = bootstrap
        self._events = queue.Queue()
        self._answers = queue.Queue()
        self.puts = queue.Queue()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self))

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        host, port = self._server.server_address
        self.origin = f"http://{host}:{port}"
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
            "CUSTOM_RESOURCE_RESPONSE_ORIGIN": self.origin,
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "example",
            "AWS_SECRET_ACCESS_KEY": "example",
            "PATH": os.environ["PATH"],
        }
        self.process = subprocess.Popen(
            [self._bootstrap], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event):
        """What the function answers: ("response" or "error", the document)."""
        self._events.put(event)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                return self._answers.get(timeout=0.1)
            except queue.Empty:
                if self.process.poll() is not None:
                    stderr = self.process.stderr.read().decode(errors="replace")
                    message = f"the process ended with {self.process.returncode}: {stderr}"
                    raise AssertionError(message) from None
        raise AssertionError(f"no answer within {PATIENCE} s")


def handler(function):
    """The HTTP side of one function."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            event = function._events.get()
            if event is None:
                self.close_connection = True
                return
            body = json.dumps(event).encode()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
            self.send_header(
                "Lambda-Runtime-Deadline-Ms", str(int((time.time() + PATIENCE) * 1000))
            )
            self.send_header(
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:us-east-1:111111111111:function:function",
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self._answered(function._answers)

        def do_PUT(self):
            self._answered(function.puts)

        def _answered(self, answers):
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or "null")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            answers.put((self.path.rsplit("/", 1)[-1], body))

        def log_message(self, *_):
            pass

    return Handler
