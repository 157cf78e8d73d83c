//! The operator's command line, against the deployed stack.

use std::sync::atomic::AtomicI64;

use super::invoke;
use crate::cloud::{Order, Shop, in_cloud};

#[test]
fn the_command_line_explains_a_deployment_and_brings_back_what_was_there_before() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "command-line").await;
        let run = async |arguments: &'static [&'static str]| {
            let url = cloud.endpoints().codedeploy.clone();
            let command = move || invoke(&url, arguments, &AtomicI64::new(0));
            tokio::task::spawn_blocking(command).await.unwrap()
        };
        let id = shop.deploy(&Order::new("Steps.25@1s")).await;
        assert_eq!(shop.end(&id).await.status(), "Succeeded");
        let explained = run(&["explain", "command-line"]).await;
        for words in ["(version 2 over 1 on command-line:live) succeeded", "version 2 gets 25 %", "alarms: quiet"] {
            assert!(explained.contains(words), "{explained}");
        }
        let listed = run(&["list", "command-line", "--output", "text"]).await;
        assert!(listed.contains(&id) && listed.contains("Succeeded"), "{listed}");
        let back = run(&["rollback", "command-line", "--output", "text"]).await;
        let ended = shop.end(back.trim()).await;
        assert_eq!((ended.status(), shop.routing().await.as_str()), ("Succeeded", "1"));
        let none = run(&["explain", "d-NOTTHERE1"]).await;
        assert!(none.ends_with("exit code 3\n") && none.contains("DeploymentDoesNotExistException"), "{none}");
    });
}
