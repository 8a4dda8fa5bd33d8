//! Keyset pagination.
//!
//! A cursor says where a page ended, in the sort order of its list, and with what the list was
//! filtered; rows added or removed in between neither repeat nor hide others. Its text is opaque and
//! safe in URLs. It is not signed: a forged one shows nothing that the list without a cursor would not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longer texts are no cursors; ours are a few hundred characters.
const MAX_LENGTH: usize = 4096;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most so many items; `None` means all of them.
    pub limit: Option<u32>,
    /// Only what follows this; `None` means from the start.
    pub after: Option<Cursor>,
}

impl Page {
    /// Everything, on one page.
    pub const ALL: Self = Self { limit: None, after: None };

    /// The first `limit` items.
    pub const fn first(limit: u32) -> Self {
        Self { limit: Some(limit), after: None }
    }

    /// Where `list` is to go on, or `None` from the start.
    pub(crate) fn position<T: DeserializeOwned>(&self, list: &'static str) -> Result<Option<T>, CursorError> {
        self.after.as_ref().map(|cursor| cursor.position(list)).transpose()
    }

    /// How many rows to ask for: one more than wanted tells whether anything follows.
    pub(crate) fn rows(&self) -> i64 {
        self.limit.map_or(i64::MAX, |limit| i64::from(limit) + 1)
    }

    /// The page made of `rows`, which were asked for with [`Page::rows`]; `cursor` tells where the
    /// list goes on after an item.
    pub(crate) fn cut<T>(&self, mut rows: Vec<T>, cursor: impl FnOnce(&T) -> Cursor) -> Paged<T> {
        let Some(limit) = self.limit.map(|limit| limit as usize) else {
            return Paged { items: rows, next: None };
        };
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Paged { items: rows, next }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Where to go on, when there is more.
    pub next: Option<Cursor>,
}

/// Where a page ended. Opaque; made by a list and understood only by the same list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

/// Why a text is not a cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It was not made by this program, or not copied whole.
    #[error("the cursor is malformed: pass nextCursor of the previous page unchanged")]
    Malformed,
    /// It is a cursor, but of another list.
    #[error("the cursor belongs to another list")]
    OtherList,
}

impl Cursor {
    /// The cursor of `list` at `position`.
    pub fn new(list: &'static str, position: &impl Serialize) -> Self {
        // Positions are plain structs of numbers and texts, which always serialise.
        let json = serde_json::to_vec(&(list, position)).unwrap_or_default();
        Self(URL_SAFE_NO_PAD.encode(json))
    }

    /// The position, when this is a cursor of `list`.
    ///
    /// # Errors
    /// [`CursorError`] when it is not.
    pub fn position<T: DeserializeOwned>(&self, list: &'static str) -> Result<T, CursorError> {
        let (made_by, position): (String, serde_json::Value) = decode(&self.0)?;
        if made_by != list {
            return Err(CursorError::OtherList);
        }
        serde_json::from_value(position).map_err(|_| CursorError::Malformed)
    }

    /// The text to hand out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn decode(text: &str) -> Result<(String, serde_json::Value), CursorError> {
    if text.len() > MAX_LENGTH {
        return Err(CursorError::Malformed);
    }
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| CursorError::Malformed)
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decode(text).map(|_| Self(text.to_owned()))
    }
}

/// The position in lists sorted by time of creation, then id.
#[derive(Debug, Serialize, serde::Deserialize)]
pub(crate) struct ByCreation {
    micros: i64,
    id: String,
}

impl ByCreation {
    /// Where `page` of `list` starts: values to compare `(created_at, id)` with.
    pub(crate) fn of(page: &Page, list: &'static str) -> Result<(i64, String), CursorError> {
        Ok(page.position::<Self>(list)?.map_or((i64::MIN, String::new()), |at| (at.micros, at.id)))
    }

    /// The cursor after an item of `list`.
    pub(crate) fn cursor(list: &'static str, created_at: model::Timestamp, id: impl ToString) -> Cursor {
        Cursor::new(list, &Self { micros: crate::row::micros(created_at), id: id.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(micros: i64, id in ".*", other in ".*") {
            let cursor = Cursor::new("things", &(micros, &id, &other));
            prop_assert!(cursor.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
            if cursor.as_str().len() <= MAX_LENGTH {
                let read: Cursor = cursor.as_str().parse().unwrap();
                prop_assert_eq!(read.position::<(i64, String, String)>("things").unwrap(), (micros, id, other));
                prop_assert_eq!(read.position::<(i64, String, String)>("others"), Err(CursorError::OtherList));
            }
        }

        #[test]
        fn any_text_is_a_cursor_or_a_clear_error(text in ".*") {
            if let Err(error) = text.parse::<Cursor>() {
                prop_assert_eq!(error, CursorError::Malformed);
            }
        }

        #[test]
        fn a_cut_cursor_is_refused(micros: i64, keep in 0usize..20) {
            let whole = Cursor::new("things", &(micros, "an id that makes it longer than twenty"));
            prop_assert!(whole.as_str()[..keep].parse::<Cursor>().is_err());
        }

        #[test]
        fn the_union_of_pages_is_the_list(count in 0usize..40, limit in 1u32..12) {
            let all: Vec<usize> = (0..count).collect();
            let mut seen = Vec::new();
            let mut page = Page::first(limit);
            loop {
                let start: Option<usize> = page.position("numbers").unwrap();
                let rows: Vec<usize> = all.iter().copied()
                    .filter(|n| start.is_none_or(|s| *n > s))
                    .take(page.rows() as usize).collect();
                let paged = page.cut(rows, |last| Cursor::new("numbers", last));
                prop_assert!(paged.items.len() <= limit as usize);
                seen.extend(paged.items);
                let Some(next) = paged.next else { break };
                page.after = Some(next);
            }
            prop_assert_eq!(seen, all);
        }
    }
}
