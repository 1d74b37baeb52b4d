"""An EC2 instance's volumes get their own snapshots' tags, its network interface the instance's."""

from .sources import BY_NAME

EC2 = BY_NAME["EC2 instance"]


def parts(world, instance):
    """The instance's volumes and network interfaces, by ARN."""
    found = world.client("ec2").describe_instances(InstanceIds=[instance.rpartition("/")[2]])
    (described,) = found["Reservations"][0]["Instances"]
    prefix = instance.rpartition(":")[0]
    volumes = [m["Ebs"]["VolumeId"] for m in described["BlockDeviceMappings"]]
    interfaces = [i["NetworkInterfaceId"] for i in described["NetworkInterfaces"]]
    return (
        [f"{prefix}:volume/{name}" for name in volumes],
        [f"{prefix}:network-interface/{name}" for name in interfaces],
    )


def test_every_part_gets_the_tags_that_are_its_own(world):
    source = world.make(EC2, {"app": "shop", "Name": "web"})
    (root, data), _ = parts(world, source)
    world.tags(data, {"Name": "web-data", "disk": "data"})
    made = world.restored(world.restore(world.back_up(source)))
    assert world.settle() == 0
    volumes, interfaces = parts(world, made)
    assert mine(world, made) == {"app": "shop", "Name": "web"}
    assert [mine(world, volume) for volume in volumes] == [
        {"app": "shop", "Name": "web"},
        {"app": "shop", "Name": "web-data", "disk": "data"},
    ]
    assert [mine(world, interface) for interface in interfaces] == [{"app": "shop", "Name": "web"}]
    assert mine(world, root) == {}


def test_what_aws_copied_already_is_not_written_again(world):
    source = world.make(BY_NAME["EBS volume"], {"app": "shop"})
    world.emulator.forget_calls()
    job = world.restore(world.back_up(source), CopySourceTagsToRestoredResource=True)
    made = world.restored(job)
    assert world.settle() == 0
    assert mine(world, made) == {"app": "shop"}
    assert world.writes() == []


def mine(world, arn):
    """A resource's tags but for the system's."""
    return {key: value for key, value in world.tags(arn).items() if not key.startswith("aws:")}
