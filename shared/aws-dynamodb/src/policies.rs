//! The last policies that could be understood.

use spillway_domain::problem::Problem;
use spillway_engine::ports::access::{PolicyStore, PolicyText};

use crate::Table;
use crate::attributes::{key, read_text, text, with};

const WHAT: &str = "the policies of the installation";

impl PolicyStore for Table {
    async fn kept_policies(&self) -> Result<Option<PolicyText>, Problem> {
        let item = self.get(WHAT, key("installation", "policies")).await?;
        let read = |name| item.as_ref().and_then(|item| read_text(item, name)).map(str::to_owned);
        Ok(read("text").zip(read("e_tag")).map(|(text, e_tag)| PolicyText { text, e_tag }))
    }

    async fn keep_policies(&self, policies: &PolicyText) -> Result<(), Problem> {
        let own = [("text", text(&policies.text)), ("e_tag", text(&policies.e_tag))];
        let kept = with(key("installation", "policies"), own);
        let (condition, values) =
            ("attribute_not_exists(#pk) OR #e_tag <> :e_tag", [(":e_tag", text(&policies.e_tag))]);
        // Where it does not hold, these are kept already.
        self.put(WHAT, kept, condition, &values).await.map(|_| ())
    }
}
