"""TagOnRestore's own requests are those that AWS's library would send, and the answers that its
tests were made with are ones that AWS's library understands.

The function calls a dozen services without an SDK crate of their own. What went over the wire in
its tests is on record; here it is held against AWS's service models, which botocore brings.
"""

import json
import pathlib
import urllib.parse
import xml.etree.ElementTree
from typing import Any

import botocore.parsers
import botocore.serialize
import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

ROOT = pathlib.Path(__file__).resolve().parents[3]
RECORD = json.loads((ROOT / "crates/tag-on-restore/tests/aws/wire.json").read_text())
HOSTS = json.loads((ROOT / "crates/tag-on-restore/tests/aws/hosts.json").read_text())
REGION = "eu-west-1"
ACCOUNT = "111122223333"
DEAD_LETTERS, UNSTARTED = "TagOnRestore-DeadLetters", "TagOnRestore-ReconcileDeadLetters"
BACKUP_POINT = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:"

# What botocore calls a service, where that differs.
NAMES = {
    "elasticfilesystem": "efs",
    "eventbridge": "events",
    "storage-gateway": "storagegateway",
    "s3-control": "s3control",
    "tagging": "resourcegroupstaggingapi",
    "timestream": "timestream-write",
}


def here(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def metric(place: int, namespace: str, name: str, of: str, statistic: str) -> dict[str, Any]:
    """One of CloudWatch's queries."""
    dimension = {"Name": "QueueName" if namespace == "AWS/SQS" else "FunctionName", "Value": of}
    asked = {"Namespace": namespace, "MetricName": name, "Dimensions": [dimension]}
    return {
        "Id": f"m{place}",
        "MetricStat": {"Metric": asked, "Period": 300, "Stat": statistic},
    }


# The same calls, as a user of AWS's library makes them.
PARAMETERS = {
    "backup-gateway:ListTagsForResource": {"ResourceArn": here("backup-gateway", "vm/vm-0source")},
    "backup-gateway:TagResource": {
        "ResourceARN": here("backup-gateway", "vm/vm-0restored"),
        "Tags": [{"Key": "owner", "Value": "team"}],
    },
    "backup:DescribeRestoreJob": {"RestoreJobId": "job-1"},
    "backup:GetRestoreJobMetadata": {"RestoreJobId": "job-1"},
    "backup:ListTags": {"ResourceArn": BACKUP_POINT + "0a1b2c3d-0000-4000-8000-000000000001"},
    "cloudwatch:GetMetricData": {
        "StartTime": 1759975800,
        "EndTime": 1760001000,
        "MetricDataQueries": [
            metric(0, "AWS/SQS", "ApproximateAgeOfOldestMessage", "TagOnRestore", "Maximum"),
            metric(1, "AWS/SQS", "NumberOfMessagesSent", UNSTARTED, "Sum"),
            metric(2, "AWS/Lambda", "Errors", "TagOnRestore", "Sum"),
            metric(3, "AWS/Lambda", "Throttles", "TagOnRestore", "Sum"),
            metric(4, "AWS/SQS", "ApproximateAgeOfOldestMessage", DEAD_LETTERS, "Maximum"),
        ],
    },
    "dsql:GetCluster": {"identifier": "restored"},
    "dsql:ListTagsForResource": {"resourceArn": here("dsql", "cluster/source")},
    "dsql:TagResource": {
        "resourceArn": here("dsql", "cluster/restored"),
        "tags": {"owner": "team"},
    },
    "dynamodb:ListTagsOfResource": {"ResourceArn": here("dynamodb", "table/source")},
    "ec2:DescribeInstances": {"InstanceIds": ["i-0restored"]},
    "ec2:DescribeTags": {"Filters": [{"Name": "resource-id", "Values": ["i-0source"]}]},
    "ec2:DescribeVolumes": {"VolumeIds": ["vol-restored1", "vol-restored2"]},
    "eks:ListTagsForResource": {"resourceArn": here("eks", "cluster/source")},
    "elasticfilesystem:ListTagsForResource": {"ResourceId": "fs-0source"},
    "events:PutEvents": {
        "Entries": [
            {
                "Source": "aws-backup-solution",
                "DetailType": "TagOnRestore Report",
                # The function's own, which no service reads.
                "Detail": json.loads(RECORD["events:PutEvents"]["body"])["Entries"][0]["Detail"],
            }
        ]
    },
    "fsx:ListTagsForResource": {"ResourceARN": here("fsx", "file-system/fs-0source")},
    "rds:DescribeDBClusters": {"DBClusterIdentifier": here("rds", "cluster:restored")},
    "rds:ListTagsForResource": {"ResourceName": here("rds", "db:source")},
    "redshift-serverless:ListTagsForResource": {
        "resourceArn": here("redshift-serverless", "snapshot/0a1b2c3d")
    },
    "redshift:DescribeTags": {"ResourceName": here("redshift", "cluster:source")},
    "s3:GetBucketTagging": {"Bucket": "restored"},
    "s3control:ListTagsForResource": {"AccountId": ACCOUNT, "ResourceArn": "arn:aws:s3:::source"},
    "s3control:TagResource": {
        "AccountId": ACCOUNT,
        "ResourceArn": "arn:aws:s3:::restored",
        "Tags": [{"Key": "owner", "Value": "team"}],
    },
    "sqs:GetQueueAttributes": {
        "QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{DEAD_LETTERS}",
        "AttributeNames": ["ApproximateNumberOfMessages"],
    },
    "ssm-sap:ListTagsForResource": {"resourceArn": here("ssm-sap", "HANA/source/DB/S4")},
    "ssm-sap:TagResource": {
        "resourceArn": here("ssm-sap", "HANA/restored/DB/S4"),
        "tags": {"owner": "team"},
    },
    "storagegateway:AddTagsToResource": {
        "ResourceARN": here("storagegateway", "gateway/sgw-1/volume/vol-0restored"),
        "Tags": [{"Key": "owner", "Value": "team"}],
    },
    "storagegateway:ListTagsForResource": {
        "ResourceARN": here("storagegateway", "gateway/sgw-1/volume/vol-0source")
    },
    "tagging:GetResources": {
        "ResourceARNList": [here("redshift-serverless", "namespace/0a1b2c3e")]
    },
    "tagging:TagResources": {
        "ResourceARNList": [here("ec2", "instance/i-0restored")],
        "Tags": {"owner": "team"},
    },
    "timestream:DescribeEndpoints": {},
    "timestream:ListTagsForResource": {
        "ResourceARN": here("timestream", "database/d/table/source")
    },
    "timestream:TagResource": {
        "ResourceARN": here("timestream", "database/d/table/restored"),
        "Tags": [{"Key": "owner", "Value": "team"}],
    },
}

# Called with a time of the day, by the SDK's crate.
NOT_COMPARED = {"backup:ListRestoreJobs"}


def operation_of(call: str) -> tuple[Any, Any]:
    service, name = call.split(":")
    session = botocore.session.get_session()
    model = session.get_service_model(NAMES.get(service, service))
    return model, model.operation_model(name)


def protocol_of(model: Any) -> str:
    """The function speaks JSON where a service has a newer protocol as well."""
    offered = model.metadata.get("protocols", [model.metadata["protocol"]])
    return "json" if "json" in offered else offered[0]


def test_every_call_on_record_is_compared() -> None:
    assert set(RECORD) == set(PARAMETERS) | NOT_COMPARED


@pytest.mark.parametrize("call", PARAMETERS)
def test_the_request_is_the_one_that_awss_library_sends(call: str) -> None:
    model, operation = operation_of(call)
    ours = RECORD[call]
    serializer = botocore.serialize.create_serializer(protocol_of(model))
    theirs = serializer.serialize_to_request(PARAMETERS[call], operation)
    uri = urllib.parse.urlsplit(ours["uri"])
    path = urllib.parse.unquote(theirs["url_path"])
    assert ours["method"] == theirs["method"]
    assert without_slash(urllib.parse.unquote(uri.path)) == without_slash(path.split("?")[0])
    their_query = dict(urllib.parse.parse_qsl(path.partition("?")[2], keep_blank_values=True))
    their_query |= theirs["query_string"] if isinstance(theirs["query_string"], dict) else {}
    assert dict(urllib.parse.parse_qsl(uri.query, keep_blank_values=True)) == their_query
    for name, value in theirs["headers"].items():
        if name.lower() != "content-type" or "x-amz-json" in value:
            assert ours["headers"][name.lower()] == value
    assert understood(ours["body"]) == understood(theirs["body"])
    assert ours["scope"] == (model.metadata.get("signingName") or model.endpoint_prefix)


def without_slash(path: str) -> str:
    return path.rstrip("/")


def understood(body: Any) -> Any:
    """A body without what its writer was free to choose: order, spaces."""
    if isinstance(body, dict):
        return {name: str(value) for name, value in body.items()}
    text = body.decode() if isinstance(body, bytes) else body
    if text.startswith("<"):
        return xml.etree.ElementTree.canonicalize(text, strip_text=True)
    if text.startswith("{"):
        return json.loads(text)
    return dict(urllib.parse.parse_qsl(text)) if text else ""


def host_of(service: str, region: str) -> str:
    """Where AWS's library sends a service's calls."""
    loader = botocore.session.get_session().get_component("data_loader")
    rules = loader.load_service_model(NAMES.get(service, service), "endpoint-rule-set-1")
    provider = EndpointProvider(rules, loader.load_data("partitions"))
    given = {
        "Region": region,
        "UseFIPS": False,
        "UseDualStack": False,
        "AccountId": ACCOUNT,
        "RequiresAccountId": True,
    }
    known = {name: given[name] for name in rules["parameters"] if name in given}
    if service == "dynamodb":
        known["AccountIdEndpointMode"] = "disabled"
    return str(urllib.parse.urlsplit(provider.resolve_endpoint(**known).url).netloc)


@pytest.mark.parametrize("region", HOSTS)
def test_the_services_are_where_awss_library_looks_for_them_in_every_partition(region: str) -> None:
    theirs = {
        service: f"https://{host_of(service.lower().replace('_', '-'), region)}"
        for service in HOSTS[region]
    }
    assert HOSTS[region] == theirs


@pytest.mark.parametrize("call", PARAMETERS)
def test_the_request_goes_where_awss_library_sends_it(call: str) -> None:
    service, _ = call.split(":")
    host = host_of(service, REGION)
    if service == "timestream" and not call.endswith("DescribeEndpoints"):
        host = host.replace("ingest.", "ingest-cell2.")  # as the answer to DescribeEndpoints said
    assert urllib.parse.urlsplit(RECORD[call]["uri"]).netloc == host


@pytest.mark.parametrize("call", PARAMETERS)
def test_the_answer_is_one_that_awss_library_understands(call: str) -> None:
    model, operation = operation_of(call)
    answer = {
        "status_code": RECORD[call]["status"],
        "headers": {},
        "body": RECORD[call]["answer"].encode(),
    }
    if operation.output_shape is None:
        return
    parser = botocore.parsers.create_parser(protocol_of(model))
    parsed = parser.parse(answer, operation.output_shape)
    if "List" in call or "Tagging" in call or call.endswith("DescribeTags"):
        assert "own" in str(parsed), parsed
    if call == "rds:DescribeDBClusters":
        [cluster] = parsed["DBClusters"]
        assert cluster["DBClusterMembers"][0]["DBInstanceIdentifier"] == "member-1"
    if call == "ec2:DescribeInstances":
        [instance] = parsed["Reservations"][0]["Instances"]
        assert instance["BlockDeviceMappings"][1]["Ebs"]["VolumeId"] == "vol-restored2"
        assert instance["NetworkInterfaces"][0]["NetworkInterfaceId"] == "eni-restored"
    if call == "ec2:DescribeVolumes":
        assert parsed["Volumes"][0]["SnapshotId"] == "snap-of-vol-restored1"
    if call == "dsql:GetCluster":
        assert len(parsed["multiRegionProperties"]["clusters"]) == 2
    if call == "cloudwatch:GetMetricData":
        assert [found["Id"] for found in parsed["MetricDataResults"]] == [f"m{n}" for n in range(5)]
    if call == "events:PutEvents":
        assert (parsed["FailedEntryCount"], len(parsed["Entries"])) == (0, 1)
    if call == "sqs:GetQueueAttributes":
        assert parsed["Attributes"] == {"ApproximateNumberOfMessages": "1"}
    if call == "tagging:TagResources":
        assert parsed["FailedResourcesMap"] == {}
