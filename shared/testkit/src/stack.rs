//! CloudFormation, as far as stacks have resources that are ours: what it asks for, when, and what it makes of the
//! answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use spillway_domain::stack::resource::{DesiredResource, Outcome, StackRequest, StackResource};

use crate::Runner;

/// A stack.
#[derive(Debug, Clone)]
pub struct Stack {
    name: String,
    id: String,
    resources: Vec<Resource>,
}

/// A resource of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What the template calls it.
    pub logical_id: String,
    /// What is wanted of it.
    pub desired: DesiredResource,
    /// The aliases whose deployments it waits for.
    pub waits_for: Vec<String>,
}

/// How an operation on a stack ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackEnd {
    /// Everything is as the template says.
    Complete,
    /// Something was not, and everything is as it was before; why.
    RolledBack(String),
    /// Not even that; why.
    RollbackFailed(String),
}

#[derive(Debug, Clone)]
struct Resource {
    part: Part,
    physical_id: String,
    attributes: BTreeMap<String, String>,
}

/// What was done to a resource, and has to be undone in a rollback.
enum Done {
    Made(String),
    Changed(Resource),
}

impl Part {
    /// A resource.
    pub fn new(logical_id: &str, desired: DesiredResource) -> Self {
        Self { logical_id: logical_id.to_owned(), desired, waits_for: Vec::new() }
    }

    /// A resource that waits for the deployments of aliases.
    pub fn waiting(logical_id: &str, aliases: Vec<String>, more_waiting: bool) -> Self {
        let desired = DesiredResource::Ended { deployments: Vec::new(), more_waiting };
        Self { logical_id: logical_id.to_owned(), desired, waits_for: aliases }
    }
}

impl Stack {
    /// A stack that has nothing yet.
    pub fn new(name: &str) -> Self {
        let id = format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/{name}/0a1b2c3d");
        Self { name: name.to_owned(), id, resources: Vec::new() }
    }

    /// What a resource is called.
    pub fn physical_id(&self, logical_id: &str) -> Option<&str> {
        self.find(logical_id).map(|resource| resource.physical_id.as_str())
    }

    /// What a resource answers when the template asks it for something.
    pub fn attribute(&self, logical_id: &str, attribute: &str) -> Option<&str> {
        self.find(logical_id)?.attributes.get(attribute).map(String::as_str)
    }

    /// Makes the stack what a template says: each level when the one before is as it should be, and all of a level at
    /// once. When something fails, what was done is undone, and what is still under way is not waited for; when nothing
    /// does, what is left over goes.
    pub fn deploy(&mut self, runner: &mut Runner<'_>, template: &[Vec<Part>]) -> StackEnd {
        let before = self.resources.clone();
        let mut done = Vec::new();
        for level in template {
            if let Err(why) = self.make_level(runner, level, &mut done) {
                return self.roll_back(runner, &before, done, why);
            }
        }
        let kept =
            |resource: &Resource| template.iter().flatten().any(|part| part.logical_id == resource.part.logical_id);
        let mut over: Vec<Resource> = self.resources.iter().filter(|resource| !kept(resource)).cloned().collect();
        over.reverse();
        self.resources.retain(kept);
        over.extend(replaced(&before, &self.resources));
        for resource in over {
            // What cannot be cleaned up is left, and the stack is complete all the same.
            let _left = self.delete_one(runner, &resource);
        }
        StackEnd::Complete
    }

    /// Has an update of a resource that CloudFormation asked for at that time delivered only now.
    pub fn deliver_late(&self, runner: &mut Runner<'_>, part: &Part, asked_at: Timestamp) {
        let request = StackRequest { asked_at, ..self.request(runner, part) };
        runner.carry_out(vec![request]);
    }

    /// Deletes the stack.
    pub fn delete(&mut self, runner: &mut Runner<'_>) -> StackEnd {
        while let Some(resource) = self.resources.pop() {
            if let Err(why) = self.delete_one(runner, &resource) {
                self.resources.push(resource);
                return StackEnd::RollbackFailed(why);
            }
        }
        StackEnd::Complete
    }

    fn make_level(&mut self, runner: &mut Runner<'_>, level: &[Part], done: &mut Vec<Done>) -> Result<(), String> {
        let resolved = level.iter().map(|part| self.resolved(part));
        let is_other = |part: &Part| self.find(&part.logical_id).is_none_or(|resource| resource.part != *part);
        let wanted: Vec<Part> = resolved.filter(is_other).collect();
        let requests = wanted.iter().map(|part| self.request(runner, part)).collect();
        let answers = runner.carry_out(requests);
        let mut failure = Ok(());
        for (part, answer) in wanted.into_iter().zip(answers) {
            let old = self.find(&part.logical_id).cloned();
            let cancelled = |old: Option<&Resource>| match old {
                // It has never been told what the resource is called.
                None => Outcome::done(format!("{}-{}-1A2B3C4D5E6F", self.name, part.logical_id)),
                Some(old) => Outcome::done(&old.physical_id),
            };
            let answer = answer.unwrap_or_else(|| cancelled(old.as_ref()));
            done.push(old.map_or_else(|| Done::Made(part.logical_id.clone()), Done::Changed));
            let why = answer.failure.clone();
            self.put(part, answer);
            failure = failure.and(why.map_or(Ok(()), Err));
        }
        failure
    }

    /// Undoes everything in the opposite order.
    fn roll_back(&mut self, runner: &mut Runner<'_>, before: &[Resource], done: Vec<Done>, why: String) -> StackEnd {
        let failed_with = self.resources.clone();
        for step in done.into_iter().rev() {
            let undone = match step {
                Done::Made(logical_id) => match self.find(&logical_id).cloned() {
                    None => Ok(()),
                    Some(resource) => {
                        self.resources.retain(|other| other.part.logical_id != logical_id);
                        self.delete_one(runner, &resource)
                    }
                },
                Done::Changed(old) => {
                    let request = self.request(runner, &old.part);
                    let answer = only(runner.carry_out(vec![request]));
                    let failure = answer.failure.clone();
                    self.put(old.part, answer);
                    failure.map_or(Ok(()), Err)
                }
            };
            if let Err(worse) = undone {
                return StackEnd::RollbackFailed(format!("{why} And then: {worse}"));
            }
        }
        for resource in replaced(&failed_with, &self.resources) {
            let _left = self.delete_one(runner, &resource);
        }
        debug_assert_eq!(self.resources.len(), before.len());
        StackEnd::RolledBack(why)
    }

    fn find(&self, logical_id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.part.logical_id == logical_id)
    }

    fn put(&mut self, part: Part, answer: Outcome) {
        let Outcome { physical_id, attributes, .. } = answer;
        let new = Resource { part, physical_id, attributes };
        match self.resources.iter_mut().find(|resource| resource.part.logical_id == new.part.logical_id) {
            Some(resource) => *resource = new,
            None => self.resources.push(new),
        }
    }

    /// A part with what it asks other resources for.
    fn resolved(&self, part: &Part) -> Part {
        let mut part = part.clone();
        if let DesiredResource::Ended { deployments, .. } = &mut part.desired {
            let id = |alias| self.attribute(alias, "DeploymentId").expect("an alias says which deployment moves it");
            let ids = part.waits_for.iter().map(|alias| id(alias)).filter(|id| *id != "none");
            *deployments = ids.map(|id| id.parse().expect("the id of a deployment")).collect();
        }
        part
    }

    fn request(&self, runner: &mut Runner<'_>, part: &Part) -> StackRequest {
        let old = self.find(&part.logical_id);
        let mut desired = part.desired.clone();
        if let (DesiredResource::Alias(desired), Some(DesiredResource::Alias(old))) =
            (&mut desired, old.map(|old| &old.part.desired))
        {
            desired.old_settings = Some(old.settings.clone());
            desired.old_version = Some(old.version);
        }
        let old_desired = old.map(|old| &old.part.desired);
        if let (DesiredResource::Ended { deployments, .. }, Some(DesiredResource::Ended { deployments: old, .. })) =
            (&mut desired, old_desired)
        {
            deployments.retain(|id| !old.contains(id));
        }
        runner.new_request(self.resource(&part.logical_id), old.map(|old| old.physical_id.clone()), desired)
    }

    fn delete_one(&self, runner: &mut Runner<'_>, resource: &Resource) -> Result<(), String> {
        let own = self.resource(&resource.part.logical_id);
        let unnamed = resource.physical_id.starts_with(&format!("{}-{}-", self.name, resource.part.logical_id));
        let request = runner.new_request(own, Some(resource.physical_id.clone()), DesiredResource::Nothing { unnamed });
        only(runner.carry_out(vec![request])).failure.map_or(Ok(()), Err)
    }

    fn resource(&self, logical_id: &str) -> StackResource {
        StackResource { stack: self.id.clone(), logical_id: logical_id.to_owned() }
    }
}

/// Those that were called something else.
fn replaced(old: &[Resource], new: &[Resource]) -> Vec<Resource> {
    let is_replaced = |old: &&Resource| {
        let same = |new: &&Resource| new.part.logical_id == old.part.logical_id;
        new.iter().find(same).is_some_and(|new| new.physical_id != old.physical_id)
    };
    old.iter().rev().filter(is_replaced).cloned().collect()
}

/// The answer to the only request.
fn only(mut answers: Vec<Option<Outcome>>) -> Outcome {
    answers.pop().flatten().expect("a request that is alone is waited for")
}
