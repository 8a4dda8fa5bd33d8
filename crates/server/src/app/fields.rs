//! Checks of single fields, with refusals that name the field by its path and say what would be right.
//! An absent field passes; what an empty text means is said at each check.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::http::error::{ApiError, ApiResult};

/// The fields of the message at a path such as `eks.targetGroups[0]`; empty for a body itself.
#[derive(Clone, Debug)]
pub struct Fields(String);

impl Fields {
    /// Those of the message at `path`.
    pub fn at(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// Those of the message in `field` of this one.
    pub fn inside(&self, field: impl Display) -> Self {
        Self(self.path(field))
    }

    /// Those of the message in this place of the list `field`.
    pub fn item(&self, field: &str, position: usize) -> Self {
        self.inside(format_args!("{field}[{position}]"))
    }

    /// 400 for `field`.
    pub fn refuse(&self, field: impl Display, description: impl Into<String>) -> ApiError {
        ApiError::field(self.path(field), description)
    }

    /// A number in a range.
    ///
    /// # Errors
    /// 400.
    pub fn within(&self, field: &str, value: Option<i32>, range: RangeInclusive<i32>) -> ApiResult<()> {
        match value {
            Some(value) if !range.contains(&value) => {
                Err(self.refuse(field, format!("must be from {} to {}", range.start(), range.end())))
            }
            _ => Ok(()),
        }
    }

    /// A number in a range, or 0 for what it is when nothing is said.
    ///
    /// # Errors
    /// 400.
    pub fn within_or_0(&self, field: &str, value: Option<i32>, range: RangeInclusive<i32>) -> ApiResult<()> {
        self.within(field, value.filter(|value| *value != 0), range)
    }

    /// One of several names; an empty one is none.
    ///
    /// # Errors
    /// 400.
    pub fn known(&self, field: &str, name: Option<&str>, names: &[&str]) -> ApiResult<()> {
        match name {
            Some(name) if !name.is_empty() && !names.contains(&name) => {
                Err(self.refuse(field, format!("must be one of {}", names.join(", "))))
            }
            _ => Ok(()),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// 400.
    pub fn required(&self, field: &str, text: Option<&str>) -> ApiResult<()> {
        match text.map(str::trim) {
            None | Some("") => Err(self.refuse(field, "is required")),
            Some(_) => Ok(()),
        }
    }

    /// Texts of which none is empty.
    ///
    /// # Errors
    /// 400.
    pub fn each_given(&self, field: &str, texts: Option<&[String]>) -> ApiResult<()> {
        match texts.into_iter().flatten().position(|text| text.trim().is_empty()) {
            Some(position) => Err(self.refuse(format_args!("{field}[{position}]"), "must not be empty")),
            None => Ok(()),
        }
    }

    /// The ARN of a `kind` of thing, such as `:kms:`; an empty one is none.
    ///
    /// # Errors
    /// 400.
    pub fn arn(&self, field: &str, arn: Option<&str>, kind: &str) -> ApiResult<()> {
        let is_one = |arn: &str| arn.starts_with("arn:aws") && arn.contains(kind);
        match arn.filter(|arn| !arn.is_empty()) {
            Some(arn) if !is_one(arn) => {
                Err(self.refuse(field, format!("must be an ARN with {kind:?} in it")))
            }
            _ => Ok(()),
        }
    }

    fn path(&self, field: impl Display) -> String {
        if self.0.is_empty() { field.to_string() } else { format!("{}.{field}", self.0) }
    }
}
