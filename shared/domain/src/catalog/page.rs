//! One page of a listing.

/// One page of a list, and after what the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The key of its last item, when there is more.
    pub next: Option<String>,
}
