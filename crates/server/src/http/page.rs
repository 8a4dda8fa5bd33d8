//! Pages of lists: the ones that the store cuts, and those of lists that are in memory.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Cursor, Page};
use wire::page::PageQuery;

use super::error::{ApiError, ApiResult};

/// What the query asks of a list that the store cuts.
///
/// # Errors
/// 400 for a limit of zero or a cursor that no list gave.
pub fn stored(query: PageQuery) -> ApiResult<Page> {
    if query.limit == Some(0) {
        return Err(ApiError::field("page.limit", "must be at least 1"));
    }
    let after = query.cursor.map(|text| text.parse::<Cursor>()).transpose();
    Ok(Page { limit: query.limit, after: after.map_err(store::Error::from)? })
}

/// A part of a list that is in memory, asked for under parameters of these names.
pub struct Slice<'a> {
    /// At most so many items; all when absent.
    pub limit: Option<u32>,
    /// Only what follows the item that this names.
    pub after: Option<&'a str>,
    /// What the two are called in the query.
    pub names: [&'static str; 2],
}

impl Slice<'_> {
    /// Cuts `items`, which are in the order of their keys; keys are unique. Also gives what to ask
    /// with for what follows, when there is more. A cursor holds the last item's key: items that come
    /// or go in between neither repeat nor hide others.
    ///
    /// # Errors
    /// 400 for a limit of zero or a cursor that no list gave.
    pub fn cut<T, K>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> K,
    ) -> ApiResult<(Vec<T>, Option<String>)>
    where
        K: Ord + Serialize + DeserializeOwned,
    {
        if self.limit == Some(0) {
            return Err(ApiError::field(self.names[0], "must be at least 1"));
        }
        let after: Option<K> = match self.after {
            None => None,
            Some(text) => Some(read(text).ok_or_else(|| {
                ApiError::field(
                    self.names[1],
                    "the cursor is malformed: pass the one of the previous page unchanged",
                )
            })?),
        };
        let mut rest = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > *after));
        let limit = self.limit.map_or(usize::MAX, |limit| limit as usize);
        let page: Vec<T> = rest.by_ref().take(limit).collect();
        let next = match rest.next() {
            Some(_) => page.last().map(|last| write(&key(last))),
            None => None,
        };
        Ok((page, next))
    }
}

fn write(key: &impl Serialize) -> String {
    // Keys are numbers and texts, which always serialise.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

fn read<K: DeserializeOwned>(text: &str) -> Option<K> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slice(limit: Option<u32>, after: Option<&str>) -> Slice<'_> {
        Slice { limit, after, names: ["limit", "cursor"] }
    }

    proptest! {
        #[test]
        fn the_union_of_pages_is_the_list(items in prop::collection::btree_set(".{0,4}", 0..20), limit in 1u32..7) {
            let mut seen = Vec::new();
            let mut after: Option<String> = None;
            loop {
                let (page, next) = slice(Some(limit), after.as_deref()).cut(&items, |item| (*item).clone()).unwrap();
                prop_assert!(page.len() <= limit as usize);
                seen.extend(page.into_iter().cloned());
                after = next;
                if after.is_none() { break }
            }
            prop_assert!(seen.iter().eq(&items));
        }

        #[test]
        fn any_text_is_a_cursor_or_an_error(text in ".*") {
            let _ = slice(None, Some(&text)).cut([1, 2, 3], |item| *item);
        }
    }

    #[test]
    fn what_cannot_be_a_page_is_refused_by_name() {
        let zero = slice(Some(0), None).cut([1], |item| *item).unwrap_err();
        let forged = slice(None, Some("forged")).cut([1], |item| *item).unwrap_err();
        assert_eq!(zero.to_string(), "400: limit: must be at least 1");
        assert!(forged.to_string().starts_with("400: cursor: the cursor is malformed"), "{forged}");
    }
}
