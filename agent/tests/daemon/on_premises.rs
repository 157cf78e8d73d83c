//! The file of a host on premises.

use spillway_agent::identity::Identity;
use spillway_agent::identity::on_premises::Registration;

use super::host::{Host, NO_SERVER, SECRET, SESSION, USER};

#[test]
fn a_host_is_a_user_with_keys_or_a_session_with_a_file_of_keys() {
    let host = Host::new();
    let user = host.user();
    assert_eq!((user.host.as_str(), user.region.as_str()), (USER, "eu-west-1"));
    let keys = user.credentials("2026-11-28T12:00:00Z".parse().unwrap()).unwrap();
    assert_eq!((keys.secret_access_key(), keys.session_token()), (SECRET, None));
    assert!(!format!("{user:?}").contains(SECRET), "a secret is shown");
    host.write_keys("ASIAONE");
    let session = host.session();
    assert_eq!((session.host.as_str(), session.domain()), (SESSION, "amazonaws.com"));
    let keys = session.credentials("2026-11-28T12:00:00Z".parse().unwrap()).unwrap();
    assert_eq!((keys.access_key_id(), keys.session_token()), ("ASIAONE", Some("token-ASIAONE")));
    assert_eq!(host.neutral(&session.source()), "the file ~/host.yml");
}

#[test]
fn keys_of_a_user_are_rotated_in_the_file_while_the_host_keeps_its_name() {
    let host = Host::new();
    let user = host.user();
    let now = "2026-11-28T12:00:00Z".parse().unwrap();
    assert_eq!(user.credentials(now).unwrap().access_key_id(), "AKIAHOST");
    let text = |arn: &str, key: &str| {
        format!("region: eu-west-1\niam_user_arn: {arn}\naws_access_key_id: {key}\naws_secret_access_key: s\n")
    };
    host.write("host.yml", &text(USER, "AKIATHENEXT"));
    assert_eq!(user.credentials(now).unwrap().access_key_id(), "AKIATHENEXT");
    host.write("host.yml", &text("arn:aws:iam::111122223333:user/other", "AKIAOFTHEOTHER"));
    assert_eq!(user.credentials(now).unwrap().access_key_id(), "AKIATHENEXT");
    user.forget_credentials();
    let expected = format!("the file ~/host.yml no longer names {USER}; restart the agent for the new name");
    assert_eq!(host.neutral(&user.credentials(now).unwrap_err()), expected);
}

#[test]
fn a_file_that_names_no_host_says_what_to_write() {
    let keys = "aws_access_key_id: AKIA\naws_secret_access_key: hidden\n";
    let texts = [
        String::new(),
        format!("iam_user_arn: {USER}\n{keys}"),
        "region: eu-west-1\n".to_owned(),
        format!("region: eu-west-1\niam_user_arn: {USER}\niam_session_arn: {SESSION}\n{keys}"),
        format!("region: eu-west-1\niam_user_arn: {USER}\naws_access_key_id: AKIA\n"),
        format!("region: eu-west-1\niam_session_arn: {SESSION}\n{keys}"),
        format!("region: eu-west-1\niam_session_arn: {SESSION}\naws_credentials_file: keys\n"),
        "- region\n".to_owned(),
    ];
    let host = Host::new();
    let mut told = String::new();
    for text in texts {
        host.write("host.yml", &text);
        let words = Registration::read(&host.path("host.yml")).unwrap_err();
        told.push_str(&format!("{}\n", host.neutral(&words)));
    }
    host.write("keys", "[other]\naws_access_key_id = AKIA\naws_secret_access_key = hidden\n");
    let words = host.session().credentials("2026-11-28T12:00:00Z".parse().unwrap()).unwrap_err();
    told.push_str(&format!("{}\n", host.neutral(&words)));
    std::fs::remove_file(host.path("host.yml")).unwrap();
    let words = Identity::find(&host.settings(NO_SERVER)).unwrap_err();
    told.push_str(&format!("{}\n", host.neutral(&words)));
    assert!(!told.contains("hidden"), "a secret is shown");
    insta::assert_snapshot!("registrations", told);
}
