"""An EC2 instance's volumes get their own snapshots' tags, its network interface the instance's."""

from kit.sources import BY_NAME

EC2 = BY_NAME["EC2 instance"]


def parts(member, instance):
    """The instance's volumes and network interfaces, by ARN."""
    found = member.client("ec2").describe_instances(InstanceIds=[instance.rpartition("/")[2]])
    (described,) = found["Reservations"][0]["Instances"]
    prefix = instance.rpartition(":")[0]
    volumes = [m["Ebs"]["VolumeId"] for m in described["BlockDeviceMappings"]]
    interfaces = [i["NetworkInterfaceId"] for i in described["NetworkInterfaces"]]
    return (
        [f"{prefix}:volume/{name}" for name in volumes],
        [f"{prefix}:network-interface/{name}" for name in interfaces],
    )


def test_every_part_gets_the_tags_that_are_its_own(member):
    source = member.make(EC2, {"app": "shop", "Name": "web"})
    (root, data), _ = parts(member, source)
    member.tags(data, {"Name": "web-data", "disk": "data"})
    made = member.restored(member.restore(member.back_up(source)))
    assert member.settle() == 0
    volumes, interfaces = parts(member, made)
    assert mine(member, made) == {"app": "shop", "Name": "web"}
    assert [mine(member, volume) for volume in volumes] == [
        {"app": "shop", "Name": "web"},
        {"app": "shop", "Name": "web-data", "disk": "data"},
    ]
    assert [mine(member, interface) for interface in interfaces] == [{"app": "shop", "Name": "web"}]
    assert mine(member, root) == {}


def test_what_aws_copied_already_is_not_written_again(member):
    source = member.make(BY_NAME["EBS volume"], {"app": "shop"})
    member.emulator.forget_calls()
    job = member.restore(member.back_up(source), CopySourceTagsToRestoredResource=True)
    made = member.restored(job)
    assert member.settle() == 0
    assert mine(member, made) == {"app": "shop"}
    assert member.writes() == []


def mine(member, arn):
    """A resource's tags but for the system's."""
    return {key: value for key, value in member.tags(arn).items() if not key.startswith("aws:")}
