//! The last policies that could be understood. The suite for policies that come and go has its own store by hand; the
//! table is held to the same promise here.

use spillway_aws_dynamodb::Table;
use spillway_engine::ports::access::{PolicyStore, PolicyText};

use crate::cloud::{Cloud, in_cloud};

/// A table in which no policies were ever kept.
async fn empty(cloud: &Cloud) -> Table {
    let name = super::fresh("policies");
    cloud.copy_table(&name).await;
    Table::new(&cloud.local.sdk_config(), &name, 400)
}

fn policies(e_tag: &str, text: &str) -> PolicyText {
    PolicyText { text: text.to_owned(), e_tag: e_tag.to_owned() }
}

mod aws_alone {
    use super::*;

    #[test]
    fn the_last_policies_that_were_kept_are_found() {
        in_cloud(async |cloud| {
            let table = empty(cloud).await;
            assert_eq!(table.kept_policies().await, Ok(None));
            for kept in [policies("1", "first"), policies("2", "second"), policies("1", "first")] {
                table.keep_policies(&kept).await.unwrap();
                assert_eq!(table.kept_policies().await, Ok(Some(kept)));
            }
        });
    }

    #[test]
    fn policies_that_are_kept_already_are_not_written_again() {
        in_cloud(async |cloud| {
            let table = empty(cloud).await;
            table.keep_policies(&policies("1", "first")).await.unwrap();
            table.keep_policies(&policies("1", "a text that cannot have the same ETag")).await.unwrap();
            assert_eq!(table.kept_policies().await, Ok(Some(policies("1", "first"))));
        });
    }
}
