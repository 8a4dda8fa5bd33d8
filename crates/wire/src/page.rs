//! Paging, as lists ask for it.

/// Which part of a list was asked for. Lists whose official clients do not page answer with
/// everything when neither is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageQuery {
    /// At most this many items (`page.limit`).
    pub limit: Option<u32>,
    /// Where the previous page ended: its `nextCursor`, unread by clients (`page.cursor`).
    pub cursor: Option<String>,
}
