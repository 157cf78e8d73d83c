//! What can be deployed, and what its parts are called.

/// What the demo deploys to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// A Lambda function behind an alias.
    Lambda,
    /// An ECS service behind a load balancer.
    Ecs,
}

impl Platform {
    /// What sends the callers to one version or the other.
    pub(super) fn router(self) -> &'static str {
        match self {
            Self::Lambda => "alias",
            Self::Ecs => "production listener",
        }
    }

    /// The operation that shows how it routes.
    pub(super) fn look(self) -> &'static str {
        match self {
            Self::Lambda => "GetAlias",
            Self::Ecs => "DescribeListeners",
        }
    }

    /// What stays as it is where a deployment leaves no trace.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Lambda => "the alias's RevisionId",
            Self::Ecs => "the service's task sets",
        }
    }

    /// How many lifecycle events a deployment of the demo has, in a word and as a number.
    pub(super) fn events(self) -> (&'static str, usize) {
        match self {
            Self::Lambda => ("three", 3),
            Self::Ecs => ("eight", 8),
        }
    }

    /// The columns that the name of a lifecycle event needs.
    pub(super) fn stage_width(self) -> usize {
        match self {
            Self::Lambda => 18,
            Self::Ecs => 21,
        }
    }

    /// The hook that tries a version before callers meet it.
    pub(super) fn first_hook(self) -> &'static str {
        match self {
            Self::Lambda => "pre-traffic",
            Self::Ecs => "test-traffic",
        }
    }
}
