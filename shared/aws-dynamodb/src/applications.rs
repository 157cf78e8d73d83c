//! Applications: making, renaming and deleting them.

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::names::ApplicationName;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::Table;
use crate::action::Action;
use crate::attributes::{number, read_doc, read_json, read_text, text};
use crate::filing::{application_item, application_key, home_item, home_key, id};
use crate::table::{Outcome, Tried, retry_stale};

impl Table {
    pub(crate) async fn find_application(&self, name: &ApplicationName) -> Result<Option<Application>, Problem> {
        let item = self.get(&format!("application {name}"), application_key(name)).await?;
        item.as_ref().map(read_doc).transpose()
    }

    pub(crate) async fn find_application_and_tags(
        &self,
        name: &ApplicationName,
    ) -> Result<Option<(Application, Vec<Tag>)>, Problem> {
        let what = format!("application {name} with its tags");
        retry_stale(&what, async || {
            let Some((application, seen)) = self.see(&what, name, |home| vec![home_key(home)]).await? else {
                return Ok(Tried::Break(None));
            };
            let home = seen.item(&home_key(&application.home));
            if let Some(home) = home.filter(|home| read_text(home, "id") == Some(&application.id)) {
                return Ok(Tried::Break(Some((application, read_json(home, "tags")?.unwrap_or_default()))));
            }
            Ok(Tried::Continue(()))
        })
        .await
    }

    pub(crate) async fn put_application(&self, application: &Application, tags: &[Tag]) -> Result<bool, Problem> {
        let what = format!("the new application {}", application.name);
        for home in [&application.home, &application.id] {
            let application = Application { home: home.clone(), ..application.clone() };
            let actions = vec![
                Action::put(application_item(&application)).if_new(),
                Action::put(home_item(&application, tags)).if_new(),
            ];
            match self.transact(&what, actions).await? {
                Outcome::Written => return Ok(true),
                Outcome::Refused(refused) if refused.contains(&0) => return Ok(false),
                // Another application had this name at first, and lives there.
                Outcome::Refused(_) => {}
            }
        }
        Err(Problem::new(ProblemKind::Transient, format!("{what} is being changed by another call. Try again.")))
    }

    pub(crate) async fn move_application(
        &self,
        application: &Application,
        to: &ApplicationName,
    ) -> Result<bool, Problem> {
        let what = format!("application {}", application.name);
        let renamed = Application { name: to.clone(), ..application.clone() };
        let home = Action::update(home_key(&application.home), "SET #name = :name", [(":name", text(to.as_str()))]);
        let actions = vec![
            Action::delete(application_key(&application.name)).only_if("#id = :id", [id(&application.id)]),
            Action::put(application_item(&renamed)).if_new(),
            home.only_if("#id = :id", [id(&application.id)]),
        ];
        match self.transact(&what, actions).await? {
            Outcome::Written => Ok(true),
            Outcome::Refused(refused) if refused == [1] => Ok(false),
            Outcome::Refused(_) => {
                let words = format!("{what} was renamed or deleted by another call.");
                Err(Problem::new(ProblemKind::Stale, words))
            }
        }
    }

    pub(crate) async fn remove_application(&self, application: &Application) -> Result<bool, Problem> {
        let empty = "#id = :id AND #groups = :none";
        let actions = vec![
            // One that was made since under the same name is not meant.
            Action::delete(application_key(&application.name)).only_if("#id = :id", [id(&application.id)]),
            Action::delete(home_key(&application.home)).only_if(empty, [id(&application.id), (":none", number(0))]),
        ];
        let outcome = self.transact(&format!("application {}", application.name), actions).await?;
        Ok(outcome != Outcome::Refused(vec![1]))
    }
}
