//! ListApplicationRevisions.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::revision::{RevisionFilter, RevisionLocation, RevisionSort};
use spillway_domain::words::cut;

use crate::input::{APPLICATION, read};
use crate::shapes::{closed_set, revision_location};
use crate::{Context, Exception, Operation, token};

const OPERATION: Operation = Operation::ListApplicationRevisions;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    s3_bucket: Option<String>,
    s3_key_prefix: Option<String>,
    deployed: Option<String>,
    next_token: Option<String>,
}

/// The filter, and after what the page begins.
pub fn parse(body: &[u8], cx: &Context) -> Result<(RevisionFilter, Option<String>), Exception> {
    let input: Input = read(body)?;
    let application = APPLICATION.required(input.application_name)?;
    let invalid = |name, member: &str| {
        let member = member.to_owned();
        move |words: String| Exception::new(name, format!("{member} {words}"))
    };
    let sort = input.sort_by.map(|given| closed_set::find(&given, RevisionSort::ALL, RevisionSort::as_str));
    let sort = sort.transpose().map_err(invalid("InvalidSortByException", "sortBy"))?;
    let order = input.sort_order.map(|given| closed_set::find(&given, ["ascending", "descending"], |order| order));
    let order = order.transpose().map_err(invalid("InvalidSortOrderException", "sortOrder"))?;
    let bucket = part("InvalidBucketNameFilterException", "s3Bucket", input.s3_bucket, 255)?;
    let key_prefix = part("InvalidKeyPrefixFilterException", "s3KeyPrefix", input.s3_key_prefix, 1024)?;
    if key_prefix.is_some() && bucket.is_none() {
        let words = "s3KeyPrefix is the beginning of keys in a bucket; give s3Bucket, too.";
        return Err(Exception::new("BucketNameFilterRequiredException", words));
    }
    let deployed =
        input.deployed.map(|given| closed_set::find(&given, ["include", "exclude", "ignore"], |state| state));
    let deployed = match deployed.transpose().map_err(invalid("InvalidDeployedStateFilterException", "deployed"))? {
        Some("include") => Some(true),
        Some("exclude") => Some(false),
        Some(_) | None => None,
    };
    let descending = order == Some("descending");
    let filter = RevisionFilter { application, sort, descending, bucket, key_prefix, deployed };
    let after = token::read(&cx.seal, OPERATION, &scope(&filter), input.next_token.as_deref())?;
    Ok((filter, after))
}

fn part(name: &'static str, member: &str, given: Option<String>, most: usize) -> Result<Option<String>, Exception> {
    match given {
        Some(text) if text.is_empty() || text.len() > most => {
            let words = format!("{member} '{}' is not valid: 1 to {most} bytes.", cut(&text, 120));
            Err(Exception::new(name, words))
        }
        given => Ok(given),
    }
}

/// The answer.
pub fn render((filter, _): &(RevisionFilter, Option<String>), page: &Page<RevisionLocation>, cx: &Context) -> Value {
    let revisions: Vec<Value> = page.items.iter().map(revision_location::render).collect();
    let mut answer = json!({ "revisions": revisions });
    if let Some(key) = &page.next {
        answer["nextToken"] = json!(token::write(&cx.seal, OPERATION, &scope(filter), key));
    }
    answer
}

/// The filter as one text.
fn scope(filter: &RevisionFilter) -> String {
    let RevisionFilter { application, sort, descending, bucket, key_prefix, deployed } = filter;
    json!([application.as_str(), sort.map(RevisionSort::as_str), descending, bucket, key_prefix, deployed]).to_string()
}
