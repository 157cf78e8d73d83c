//! One write of one item, on its own or in a transaction.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};

use crate::attributes::{Item, names_in, values};

/// What all required members of a request being there is called.
const COMPLETE: &str = "every required member is set";

/// A write, and the condition under which it is made.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    what: What,
    condition: Option<&'static str>,
    values: Vec<(&'static str, AttributeValue)>,
}

#[derive(Debug, Clone)]
enum What {
    Put { item: Item },
    Update { key: Item, how: &'static str },
    Delete { key: Item },
    Check { key: Item },
}

impl Action {
    /// Puts an item in the place of whatever is there.
    pub(crate) fn put(item: Item) -> Self {
        Self::new(What::Put { item }, Vec::new())
    }

    /// Changes attributes of an item.
    pub(crate) fn update<const N: usize>(
        key: Item,
        how: &'static str,
        values: [(&'static str, AttributeValue); N],
    ) -> Self {
        Self::new(What::Update { key, how }, values.to_vec())
    }

    /// Deletes an item.
    pub(crate) fn delete(key: Item) -> Self {
        Self::new(What::Delete { key }, Vec::new())
    }

    /// Looks at an item that is left as it is; it says what at with [`Action::only_if`].
    pub(crate) fn check(key: Item) -> Self {
        Self::new(What::Check { key }, Vec::new())
    }

    /// The same, but only if.
    pub(crate) fn only_if<const N: usize>(
        mut self,
        condition: &'static str,
        values: [(&'static str, AttributeValue); N],
    ) -> Self {
        self.condition = Some(condition);
        self.values.extend(values);
        self
    }

    /// The same, but only if there is no such item.
    pub(crate) fn if_new(self) -> Self {
        self.only_if("attribute_not_exists(#pk)", [])
    }

    fn new(what: What, values: Vec<(&'static str, AttributeValue)>) -> Self {
        Self { what, condition: None, values }
    }

    /// As part of a transaction on `table`.
    pub(crate) fn in_transaction(self, table: &str) -> TransactWriteItem {
        let names = self.condition.map(names_in).unwrap_or_default();
        let condition = self.condition.map(str::to_owned);
        let values = values(&self.values);
        let action = TransactWriteItem::builder();
        match self.what {
            What::Put { item } => action.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names((!names.is_empty()).then_some(names))
                    .set_expression_attribute_values(values)
                    .build()
                    .expect(COMPLETE),
            ),
            What::Update { key, how } => action.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(key))
                    .update_expression(how)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(Some(names.into_iter().chain(names_in(how)).collect()))
                    .set_expression_attribute_values(values)
                    .build()
                    .expect(COMPLETE),
            ),
            What::Check { key } => action.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(key))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(Some(names))
                    .set_expression_attribute_values(values)
                    .build()
                    .expect(COMPLETE),
            ),
            What::Delete { key } => action.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names((!names.is_empty()).then_some(names))
                    .set_expression_attribute_values(values)
                    .build()
                    .expect(COMPLETE),
            ),
        }
        .build()
    }
}
