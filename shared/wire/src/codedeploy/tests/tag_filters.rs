use serde_json::{Value, json};
use spillway_domain::catalog::instance::TagFilter;
use spillway_domain::catalog::tags::Tag;

use super::environments::{BOTH, read};
use super::*;

#[test]
fn a_filter_has_the_type_of_what_it_has() {
    let both = |key: &str, value: &str| TagFilter::KeyAndValue(Tag { key: key.to_owned(), value: value.to_owned() });
    let cases = [
        (json!({ "Key": "a", "Type": "KEY_ONLY" }), TagFilter::Key("a".to_owned())),
        (json!({ "Key": "a", "Value": "", "Type": "KEY_ONLY" }), TagFilter::Key("a".to_owned())),
        (json!({ "Key": "a" }), TagFilter::Key("a".to_owned())),
        (json!({ "Value": "v", "Type": "VALUE_ONLY" }), TagFilter::Value("v".to_owned())),
        (json!({ "Key": "", "Value": "v", "Type": "VALUE_ONLY" }), TagFilter::Value("v".to_owned())),
        (json!({ "Value": "v" }), TagFilter::Value("v".to_owned())),
        (json!({ "Key": "a", "Value": "v", "Type": "KEY_AND_VALUE" }), both("a", "v")),
        (json!({ "Key": "a", "Value": "", "Type": "KEY_AND_VALUE" }), both("a", "")),
        (json!({ "Key": "a", "Value": "v" }), both("a", "v")),
    ];
    for (given, filter) in cases {
        let own = Some(vec![filter]);
        assert_eq!(read("ec2TagFilters", json!([given])).ec2_tag_filters, own, "{given}");
        assert_eq!(read("onPremisesInstanceTagFilters", json!([given])).on_premises_tag_filters, own, "{given}");
    }
}

#[test]
fn filters_and_sets_have_their_rules() {
    let key = |n: usize| json!({ "Key": n.to_string() });
    let keys = |n: usize| -> Value { (0..n).map(key).collect() };
    let cases = [
        (json!([{}]), "[0]: neither Key nor Value was given; give what to look for."),
        (json!([{ "Key": "", "Value": "" }]), "[0]: neither Key nor Value was given; give what to look for."),
        (
            json!([key(0), { "Key": "a", "Type": "BOTH" }]),
            "[1]: Type 'BOTH' is not valid. Valid values are [KEY_ONLY, VALUE_ONLY, KEY_AND_VALUE]",
        ),
        (json!([{ "Value": "v", "Type": "KEY_ONLY" }]), "[0]: Type KEY_ONLY goes with a Key and no Value."),
        (json!([{ "Key": "a", "Value": "v", "Type": "KEY_ONLY" }]), "[0]: Type KEY_ONLY goes with a Key and no Value."),
        (
            json!([{ "Key": "a", "Value": "v", "Type": "VALUE_ONLY" }]),
            "[0]: Type VALUE_ONLY goes with a Value and no Key.",
        ),
        (json!([{ "Key": "a", "Type": "KEY_AND_VALUE" }]), "[0]: Type KEY_AND_VALUE goes with a Key and a Value."),
        (json!([{ "Key": "a".repeat(129) }]), "[0]: Key is longer than 128 characters; shorten it."),
        (json!([{ "Value": "a".repeat(257) }]), "[0]: Value is longer than 256 characters; shorten it."),
        (json!([key(0), key(1), key(0)]), "[2]: the same filter is given twice; give it once."),
        (keys(11), ": there may be 10 tag filters; 11 were given."),
    ];
    let members = [
        ("ec2TagFilters", "ec2TagFilters", "InvalidEC2TagException"),
        ("onPremisesInstanceTagFilters", "onPremisesInstanceTagFilters", "InvalidTagException"),
        ("ec2TagSet.ec2TagSetList", "ec2TagSet.ec2TagSetList[0]", "InvalidEC2TagException"),
        ("onPremisesTagSet.onPremisesTagSetList", "onPremisesTagSet.onPremisesTagSetList[0]", "InvalidTagException"),
    ];
    for operation in BOTH {
        for (member, place, name) in members {
            for (list, words) in &cases {
                let value = if place.ends_with(']') { json!([list]) } else { list.clone() };
                assert_eq!(refused(operation, member, value), format!("{name}: {place}{words}"));
            }
        }
        for (member, _, name) in &members[2..] {
            assert_eq!(
                refused(operation, member, json!([[key(0)], []])),
                format!("{name}: {member}[1] has no tag filter; give one, or leave the group out.")
            );
            assert_eq!(
                refused(operation, member, (0..4).map(|n| json!([key(n)])).collect()),
                format!(
                    "TagSetListLimitExceededException: {member}: there may be 3 groups of tag filters in a set; 4 were \
                     given."
                )
            );
        }
    }
    assert_eq!(read("ec2TagFilters", keys(10)).ec2_tag_filters.map(|list| list.len()), Some(10));
    let set = json!([keys(10), keys(10), keys(10)]);
    assert_eq!(read("ec2TagSet.ec2TagSetList", set).ec2_tag_set.map(|set| set.len()), Some(3));
}
