//! Applications, deployment groups and deployment configurations.

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::DeploymentConfig;
use spillway_domain::catalog::group::{DeploymentGroup, StoredGroup};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::names::{ApplicationName, ConfigName, DeploymentId, GroupName};
use spillway_domain::problem::Problem;
use spillway_domain::server::lifecycle_action::HookOwner;

/// What became of a write of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupWrite {
    /// It was written.
    Done,
    /// Another group of the application has the name.
    NameTaken,
    /// The application is gone.
    NoApplication,
    /// The application has as many groups as it may.
    Full,
    /// The configuration is gone.
    NoConfig,
    /// Another group is for its ECS service.
    ServiceDrifted,
    /// It is to have another ECS service, and this deployment to the one that it has is active.
    Active(DeploymentId),
}

/// What has tags.
#[derive(Debug, Clone, Copy)]
pub enum Tagged<'a> {
    /// An application.
    Application(&'a Application),
    /// A group.
    Group(&'a DeploymentGroup),
}

/// The applications.
pub trait Applications {
    /// An application by name.
    async fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Problem>;
    /// Those of these that are there, in the order of the names, of which none is given twice.
    async fn applications_named(&self, names: &[ApplicationName]) -> Result<Vec<Application>, Problem>;
    /// An application by name, with its tags.
    async fn application_and_tags(&self, name: &ApplicationName) -> Result<Option<(Application, Vec<Tag>)>, Problem>;
    /// The names of all applications, in order.
    async fn applications(&self, after: Option<&str>) -> Result<Page<ApplicationName>, Problem>;
    /// How many they are.
    async fn count_applications(&self) -> Result<usize, Problem>;
    /// Writes a new application, in another home where its own is taken; `false` when there is one of that name.
    async fn create_application(&self, application: &Application, tags: &[Tag]) -> Result<bool, Problem>;
    /// Gives it another name, and nothing else changes; `false` when that is taken.
    /// [`Stale`](spillway_domain::problem::ProblemKind::Stale) when it is gone or has had another name since.
    async fn rename_application(&self, application: &Application, to: &ApplicationName) -> Result<bool, Problem>;
    /// Deletes an application of that name and id; `false` when it still has groups.
    async fn delete_application(&self, application: &Application) -> Result<bool, Problem>;
}

/// The deployment groups. None ever refers to an application or a configuration that is gone, and no two are for one ECS
/// service.
pub trait Groups {
    /// An application, and those of these groups that it has, in the order of the names, of which none is given twice.
    async fn groups_named(
        &self,
        application: &ApplicationName,
        names: &[GroupName],
    ) -> Result<Option<(Application, Vec<StoredGroup>)>, Problem>;
    /// The names of the groups of an application, in order; `None` when there is no such application.
    async fn groups(
        &self,
        application: &ApplicationName,
        after: Option<&str>,
    ) -> Result<Option<Page<GroupName>>, Problem>;
    /// A group by its id, in the home of its application.
    async fn group_by_id(&self, owner: &HookOwner) -> Result<Option<(Application, StoredGroup)>, Problem>;
    /// Writes a new group, in another slot where its own is taken. An application has at most `most` groups.
    async fn create_group(&self, group: &DeploymentGroup, tags: &[Tag], most: usize) -> Result<GroupWrite, Problem>;
    /// Writes a group over an older state of itself. Stale when that state is past.
    async fn replace_group(&self, old: &DeploymentGroup, new: &DeploymentGroup) -> Result<GroupWrite, Problem>;
    /// Deletes a group of that name and id; when it has an active deployment, does not, and names it.
    async fn delete_group(&self, group: &DeploymentGroup) -> Result<Option<DeploymentId>, Problem>;
}

/// The deployment configurations that somebody made.
pub trait Configurations {
    /// A configuration that somebody made.
    async fn config(&self, name: &ConfigName) -> Result<Option<DeploymentConfig>, Problem>;
    /// The names of the configurations that somebody made, in order.
    async fn configs(&self, after: Option<&str>) -> Result<Page<ConfigName>, Problem>;
    /// How many they are.
    async fn count_configs(&self) -> Result<usize, Problem>;
    /// Writes a new configuration; `false` when there is one of that name.
    async fn create_config(&self, config: &DeploymentConfig) -> Result<bool, Problem>;
    /// Deletes a configuration; `false` when a group refers to it.
    async fn delete_config(&self, name: &ConfigName) -> Result<bool, Problem>;
}

/// The tags of applications and deployment groups, which are read with what has them.
pub trait Tags {
    /// Writes tags over what they were; `false` when they are something else by now, or what had them is gone.
    async fn replace_tags(&self, of: Tagged<'_>, old: &[Tag], new: &[Tag]) -> Result<bool, Problem>;
}

/// All of it, for what changes every kind of resource.
pub trait Catalog: Applications + Groups + Configurations + Tags {}
impl<T: Applications + Groups + Configurations + Tags> Catalog for T {}

/// What the installation keeps to itself.
pub trait Secrets {
    /// The secret of the installation; `fresh`, from then on, when it has none yet.
    async fn secret(&self, fresh: &str) -> Result<String, Problem>;
}
