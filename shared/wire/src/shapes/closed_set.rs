//! Members that have one of a few values.

use spillway_domain::words::cut;

/// The value that is given; else in words that it is not valid, and what would be.
pub(crate) fn find<T: Copy, const N: usize>(
    given: &str,
    all: [T; N],
    text: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    all.into_iter()
        .find(|value| text(*value) == given)
        .ok_or_else(|| format!("'{}' is not valid. Valid values are [{}]", cut(given, 120), all.map(text).join(", ")))
}
