//! Applications.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::application::{Application, NewApplication};
use spillway_domain::catalog::page::Page;
use spillway_domain::names::ApplicationName;
use spillway_domain::rejection::ApplicationRejection;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{APPLICATION, APPLICATIONS, NEW_APPLICATION, Object, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::shapes::{platform, time};
use crate::codedeploy::tag::tags;
use crate::codedeploy::token;

/// Creates an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateApplication {
    application_name: Option<String>,
    compute_platform: Option<String>,
    tags: Option<Vec<Object<tags::Input>>>,
}

impl CreateApplication {
    /// The request. Without a platform an application is for servers, as in CodeDeploy.
    pub fn parse(body: &[u8], cx: &Context) -> Result<NewApplication, Exception> {
        let input: Self = read(body)?;
        Ok(NewApplication {
            name: APPLICATION.required(input.application_name)?,
            platform: platform::parse(input.compute_platform)?,
            tags: tags::parse(input.tags, &cx.quotas)?,
        })
    }

    /// The answer.
    pub fn render(_: &NewApplication, application: &Application, _: &Context) -> Value {
        json!({ "applicationId": application.id })
    }
}

/// Shows an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetApplication {
    application_name: Option<String>,
}

impl GetApplication {
    /// The request.
    pub fn parse(body: &[u8], _: &Context) -> Result<ApplicationName, Exception> {
        let input: Self = read(body)?;
        APPLICATION.required(input.application_name)
    }

    /// The answer.
    pub fn render(_: &ApplicationName, application: &Application, _: &Context) -> Value {
        json!({ "application": render_info(application) })
    }
}

/// Lists the names of applications.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListApplications {
    next_token: Option<String>,
}

impl ListApplications {
    /// The key after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<Option<String>, Exception> {
        let input: Self = read(body)?;
        token::read(&cx.seal, Operation::ListApplications, "", input.next_token.as_deref())
    }

    /// The answer. Names of applications.
    pub fn render(_: &Option<String>, page: &Page<impl fmt::Display>, cx: &Context) -> Value {
        Value::Object(token::render_page(&cx.seal, Operation::ListApplications, "", "applications", page))
    }
}

/// Shows several applications.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetApplications {
    application_names: Option<Vec<String>>,
}

impl BatchGetApplications {
    /// The applications, each once.
    pub fn parse(body: &[u8], cx: &Context) -> Result<Vec<ApplicationName>, Exception> {
        let input: Self = read(body)?;
        APPLICATIONS.list(input.application_names, cx.quotas.batch_applications, "BatchLimitExceededException")
    }

    /// The answer.
    pub fn render(_: &[ApplicationName], applications: &[Application], _: &Context) -> Value {
        json!({ "applicationsInfo": applications.iter().map(render_info).collect::<Vec<_>>() })
    }
}

/// Renames an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateApplication {
    application_name: Option<String>,
    new_application_name: Option<String>,
}

impl UpdateApplication {
    /// The name so far, and the new one. The model has both as optional; there is nothing to do without either.
    pub fn parse(body: &[u8], _: &Context) -> Result<(ApplicationName, ApplicationName), Exception> {
        let input: Self = read(body)?;
        Ok((APPLICATION.required(input.application_name)?, NEW_APPLICATION.required(input.new_application_name)?))
    }
}

/// Deletes an application with its deployment groups. Its request is that of [`GetApplication`].
pub struct DeleteApplication;

impl DeleteApplication {
    /// The request.
    pub fn parse(body: &[u8], cx: &Context) -> Result<ApplicationName, Exception> {
        GetApplication::parse(body, cx)
    }
}

/// `ApplicationInfo`.
fn render_info(application: &Application) -> Value {
    json!({
        "applicationId": application.id,
        "applicationName": application.name.as_str(),
        "createTime": time::render(application.created_at),
        "linkedToGitHub": false,
        "computePlatform": platform::text(application.platform),
    })
}

impl From<ApplicationRejection> for Exception {
    fn from(rejection: ApplicationRejection) -> Self {
        let (name, message) = match rejection {
            ApplicationRejection::DoesNotExist(name) => {
                ("ApplicationDoesNotExistException", format!("No application found for name: {name}"))
            }
            ApplicationRejection::AlreadyExists(name) => {
                ("ApplicationAlreadyExistsException", format!("Application already exists with the name: {name}"))
            }
        };
        Self::new(name, message)
    }
}
