//! The answers of AWS, as they are read.

use std::collections::BTreeMap;

use crate::answers::{groups, instances, role_names};
use crate::literal;

const INSTANCES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>1</requestId>
  <reservationSet>
    <item>
      <ownerId>111122223333</ownerId>
      <instancesSet>
        <item>
          <instanceId>i-0abc</instanceId>
          <instanceState><code>16</code><name>running</name></instanceState>
          <placement><availabilityZone>eu-west-1b</availabilityZone></placement>
          <tagSet>
            <item><key>role</key><value>web &amp; shop</value></item>
            <item><key>empty</key><value/></item>
            <item><key>aws:autoscaling:groupName</key><value>fleet</value></item>
          </tagSet>
          <iamInstanceProfile><arn>arn:aws:iam::111122223333:instance-profile/path/web</arn></iamInstanceProfile>
        </item>
        <item><instanceId>i-0abd</instanceId></item>
      </instancesSet>
    </item>
  </reservationSet>
  <nextToken>more</nextToken>
</DescribeInstancesResponse>"#;

#[test]
fn an_instance_is_read_with_its_tags_its_zone_and_its_profile() {
    let page = instances(INSTANCES).unwrap();
    assert_eq!(page.next.as_deref(), Some("more"));
    let [full, bare] = page.items.try_into().unwrap();
    let tags: Vec<_> = full.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    assert_eq!(tags, [("role", "web & shop"), ("empty", ""), ("aws:autoscaling:groupName", "fleet")]);
    assert_eq!((full.state.as_str(), full.profile.as_deref()), ("running", Some("web")));
    let found = full.complete(vec!["web-role".to_owned()], &BTreeMap::new()).unwrap();
    assert_eq!(found.arn, "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc");
    assert_eq!(found.auto_scaling_group.map(|group| group.to_string()).as_deref(), Some("fleet"));
    assert_eq!((bare.id.as_str(), bare.state.as_str(), bare.profile), ("i-0abd", "", None));
}

#[test]
fn the_arn_of_an_instance_has_the_partition_and_the_region_of_its_zone() {
    for (zone, arn) in [
        ("cn-north-1a", "arn:aws-cn:ec2:cn-north-1:"),
        ("us-gov-west-1a", "arn:aws-us-gov:ec2:us-gov-west-1:"),
        ("us-east-1-bos-1a", "arn:aws:ec2:us-east-1:"),
    ] {
        let described = instances(&INSTANCES.replace("eu-west-1b", zone)).unwrap().items.remove(0);
        let found = described.complete(Vec::new(), &BTreeMap::new()).unwrap();
        assert!(found.arn.starts_with(arn), "{}", found.arn);
    }
}

#[test]
fn groups_and_roles_are_read() {
    let text = "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>\
                <AutoScalingGroupName>fleet</AutoScalingGroupName><Instances><member><InstanceId>i-1</InstanceId>\
                </member><member><InstanceId>i-2</InstanceId></member></Instances></member></AutoScalingGroups>\
                </DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>";
    assert_eq!(groups(text), Ok(vec![("fleet".to_owned(), vec!["i-1".to_owned(), "i-2".to_owned()])]));
    let text = "<GetInstanceProfileResponse><GetInstanceProfileResult><InstanceProfile><Roles><member>\
                <RoleName>web</RoleName></member></Roles></InstanceProfile></GetInstanceProfileResult>\
                </GetInstanceProfileResponse>";
    assert_eq!(role_names(text), Ok(vec!["web".to_owned()]));
    assert!(instances("<a").is_err() && groups("<a/>").is_err() && role_names("<a/>").is_err());
}

#[test]
fn no_character_of_a_tag_is_a_wildcard() {
    assert_eq!(literal(r"a*b?c\d"), r"a\*b\?c\\d");
}
