"""The bootstrap of a custom resource function that does what its properties say.

Property `OnCreate`, `OnUpdate` or `OnDelete` holds what to do with a request of
that type, in steps parted by spaces:

    success[=ID] failed[=ID]  answer CloudFormation (default: success)
    silent                    answer nothing
    long                      answer with more than 4,096 bytes
    twice                     answer a second time, FAILED
    raise                     report an error to Lambda
    hang                      go on for ten minutes
    exit                      end the process
    environment               answer success with the environment and the context as Data
    call=SERVICE.OPERATION    make an AWS call as the function's role; its result as Data
    call=ROLE/SERVICE.OPERATION  the same as a session of another role
"""

import json
import os
import sys
import time
import urllib.request

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/"


def post(path, body):
    urllib.request.urlopen(
        urllib.request.Request(RUNTIME + path, data=json.dumps(body).encode(), method="POST")
    )


def answer(event, status, physical_id, data=None, reason=""):
    body = {
        "Status": status,
        "Reason": reason or f"it is {status}",
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data or {},
    }
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(body).encode(), method="PUT"
    )
    request.add_header("Content-Type", "")
    urllib.request.urlopen(request)


def call(name):
    import botocore.session  # noqa: PLC0415  slow, and most requests need no AWS

    session = botocore.session.Session()
    if name.startswith("arn:"):
        role, _, name = name.rpartition("/")
        assumed = session.create_client("sts").assume_role(RoleArn=role, RoleSessionName="function")
        keys = assumed["Credentials"]
        session.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    service, operation, argument = [*name.split(".", 2), ""][:3]
    client = session.create_client(service)
    try:
        result = getattr(client, operation)(**(json.loads(argument) if argument else {}))
        return {"Result": json.dumps(result, default=str)}
    except client.exceptions.ClientError as error:
        return {"Result": error.response["Error"]["Code"]}


def handle(event, headers):
    steps = event["ResourceProperties"].get(f"On{event['RequestType']}", "success").split(" ")
    physical_id = event.get("PhysicalResourceId", "thing-1")
    for step in steps:
        word, _, argument = step.partition("=")
        if word == "success":
            answer(event, "SUCCESS", argument or physical_id, {"Word": "hello"})
        elif word == "failed":
            answer(event, "FAILED", argument or physical_id, reason="because it was told to")
        elif word == "long":
            answer(event, "SUCCESS", physical_id, {"Word": "x" * 4096})
        elif word == "twice":
            answer(event, "FAILED", "another")
        elif word == "environment":
            context = {
                name: value for name, value in headers.items() if name.startswith("Lambda-Runtime-")
            }
            answer(
                event,
                "SUCCESS",
                physical_id,
                {"Environment": json.dumps(dict(os.environ)), **context},
            )
        elif word == "call":
            answer(event, "SUCCESS", physical_id, call(argument))
        elif word == "raise":
            raise RuntimeError("told to")
        elif word == "hang":
            time.sleep(600)
        elif word == "exit":
            sys.exit(3)


while True:
    response = urllib.request.urlopen(RUNTIME + "invocation/next")
    request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.load(response)
    print("heard", event["RequestType"], flush=True)
    try:
        handle(event, response.headers)
        post(f"invocation/{request_id}/response", None)
    except RuntimeError as error:
        post(
            f"invocation/{request_id}/error",
            {"errorMessage": str(error), "errorType": "RuntimeError"},
        )
