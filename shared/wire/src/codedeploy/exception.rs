//! What a caller is told when a request is not carried out.

/// An exception as CodeDeploy's clients know it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct Exception {
    /// The name of its shape.
    pub name: &'static str,
    /// What happened, to what, and what to do.
    pub message: String,
}

const INTERNAL: &str = "InternalFailure";

impl Exception {
    /// One of CodeDeploy's.
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }

    /// Trouble of our own. The caller learns where the reason is written, not the reason.
    pub fn internal(request_id: &str) -> Self {
        Self::new(
            INTERNAL,
            format!(
                "Spillway could not carry out the request, through no fault of the caller. Try again; the log of \
                 Spillway's api function has the reason under request id {request_id}."
            ),
        )
    }

    /// The HTTP status that it is answered with.
    pub fn status(&self) -> u16 {
        if self.name == INTERNAL { 500 } else { 400 }
    }

    /// The body that it is answered with.
    pub fn body(&self) -> Vec<u8> {
        serde_json::json!({ "__type": self.name, "message": self.message }).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_names_the_shape_and_says_the_message() {
        let exception = Exception::new("InvalidRoleException", "the \"role\"");
        assert_eq!(
            String::from_utf8(exception.body()).unwrap(),
            r#"{"__type":"InvalidRoleException","message":"the \"role\""}"#
        );
        assert_eq!(exception.status(), 400);
        assert_eq!(exception.to_string(), "InvalidRoleException: the \"role\"");
    }

    #[test]
    fn only_trouble_of_our_own_is_a_500() {
        let internal = Exception::internal("r-1");
        assert_eq!(internal.status(), 500);
        assert_eq!(
            internal.message,
            "Spillway could not carry out the request, through no fault of the caller. Try again; the log of Spillway's \
             api function has the reason under request id r-1."
        );
    }
}
