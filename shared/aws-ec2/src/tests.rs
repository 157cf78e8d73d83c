//! The answers of AWS, as they are read.

use std::collections::BTreeMap;

use spillway_domain::server::traffic::Membership;

use crate::answers::{balanced_instances, groups, instances, role_names, target_groups, targets};
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
fn the_targets_of_a_group_are_read_with_their_state_and_reason() {
    let target = |id: &str, port: &str, health: &str| {
        format!("<member><Target><Id>{id}</Id>{port}</Target><TargetHealth>{health}</TargetHealth></member>")
    };
    let all = [
        target("i-1", "<Port>8080</Port>", "<State>healthy</State>"),
        target("i-2", "", "<State>unavailable</State><Reason>Target.HealthCheckDisabled</Reason>"),
        target("i-3", "", "<State>draining</State><Reason>Target.DeregistrationInProgress</Reason>"),
        target("i-4", "", "<State>unhealthy.draining</State>"),
        target("i-5", "", "<State>unused</State><Reason>Target.NotRegistered</Reason>"),
        target(
            "i-6",
            "",
            "<State>unhealthy</State><Reason>Target.Timeout</Reason><Description>Request timed out</Description>",
        ),
        target("i-7", "", "<State>unused</State><Reason>Target.NotInUse</Reason>"),
        target("i-8", "", "<State>initial</State>"),
    ];
    let text = format!(
        "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>{}\
         </TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>",
        all.concat()
    );
    let unhealthy = |words: &str| Membership::Unhealthy(words.to_owned());
    let read: Vec<_> = targets(&text).unwrap().into_iter().map(|target| (target.id, target.membership)).collect();
    let wanted = [
        ("i-1", Membership::Healthy),
        ("i-2", Membership::Healthy),
        ("i-3", Membership::Draining),
        ("i-4", Membership::Draining),
        ("i-6", unhealthy("unhealthy (Target.Timeout: Request timed out)")),
        ("i-7", unhealthy("unused (Target.NotInUse)")),
        ("i-8", unhealthy("initial")),
    ];
    assert_eq!(read, wanted.map(|(id, membership)| (id.to_owned(), membership)));
    assert_eq!(targets(&text).unwrap()[0].port.as_deref(), Some("8080"));
    assert!(targets("<a/>").is_err() && target_groups("<a/>").is_err());
}

#[test]
fn the_instances_of_a_classic_load_balancer_are_read_with_their_state() {
    let instance = |id: &str, state: &str, reason: &str, description: &str| {
        format!(
            "<member><InstanceId>{id}</InstanceId><State>{state}</State><ReasonCode>{reason}</ReasonCode>\
             <Description>{description}</Description></member>"
        )
    };
    let failed = "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.";
    let all = [
        instance("i-1", "InService", "N/A", "N/A"),
        instance("i-2", "InService", "N/A", "Instance deregistration currently in progress."),
        instance("i-3", "OutOfService", "Instance", failed),
    ];
    let text = format!(
        "<DescribeInstanceHealthResponse><DescribeInstanceHealthResult><InstanceStates>{}</InstanceStates>\
         </DescribeInstanceHealthResult></DescribeInstanceHealthResponse>",
        all.concat()
    );
    let read: Vec<_> = balanced_instances(&text).unwrap().into_iter().map(|target| target.membership).collect();
    let failed = Membership::Unhealthy(format!("OutOfService (Instance: {failed})"));
    assert_eq!(read, [Membership::Healthy, Membership::Draining, failed]);
    assert!(balanced_instances("<a/>").is_err());
}

#[test]
fn no_character_of_a_tag_is_a_wildcard() {
    assert_eq!(literal(r"a*b?c\d"), r"a\*b\?c\\d");
}
