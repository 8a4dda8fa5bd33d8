//! Reading columns as the types of the model.

use std::str::FromStr;

use model::{Money, Timestamp};
use serde_json::Value;
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// Columns of a row as the types of the model; a value that does not fit is a decoding error that
/// names the column.
pub(crate) trait Columns {
    fn text(&self, column: &str) -> Result<String, sqlx::Error>;
    fn opt_text(&self, column: &str) -> Result<Option<String>, sqlx::Error>;
    fn int(&self, column: &str) -> Result<i64, sqlx::Error>;
    fn flag(&self, column: &str) -> Result<bool, sqlx::Error>;
    fn blob(&self, column: &str) -> Result<Vec<u8>, sqlx::Error>;
    /// A SHA-256 hash: exactly 32 bytes.
    fn hash(&self, column: &str) -> Result<[u8; 32], sqlx::Error>;
    fn id<T: FromStr>(&self, column: &str) -> Result<T, sqlx::Error>
    where
        T::Err: std::error::Error + Send + Sync + 'static;
    fn opt_id<T: FromStr>(&self, column: &str) -> Result<Option<T>, sqlx::Error>
    where
        T::Err: std::error::Error + Send + Sync + 'static;
    fn time(&self, column: &str) -> Result<Timestamp, sqlx::Error>;
    fn opt_time(&self, column: &str) -> Result<Option<Timestamp>, sqlx::Error>;
    fn json(&self, column: &str) -> Result<Value, sqlx::Error>;
    fn money(&self, column: &str) -> Result<Money, sqlx::Error>;
}

impl Columns for AnyRow {
    fn text(&self, column: &str) -> Result<String, sqlx::Error> {
        self.try_get(column)
    }

    fn opt_text(&self, column: &str) -> Result<Option<String>, sqlx::Error> {
        self.try_get(column)
    }

    fn int(&self, column: &str) -> Result<i64, sqlx::Error> {
        self.try_get(column)
    }

    fn flag(&self, column: &str) -> Result<bool, sqlx::Error> {
        Ok(self.int(column)? != 0)
    }

    fn blob(&self, column: &str) -> Result<Vec<u8>, sqlx::Error> {
        self.try_get(column)
    }

    fn hash(&self, column: &str) -> Result<[u8; 32], sqlx::Error> {
        self.blob(column)?.as_slice().try_into().map_err(|error| decode(column, error))
    }

    fn id<T: FromStr>(&self, column: &str) -> Result<T, sqlx::Error>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        self.text(column)?.parse().map_err(|error| decode(column, error))
    }

    fn opt_id<T: FromStr>(&self, column: &str) -> Result<Option<T>, sqlx::Error>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        self.opt_text(column)?.map(|text| text.parse().map_err(|error| decode(column, error))).transpose()
    }

    fn time(&self, column: &str) -> Result<Timestamp, sqlx::Error> {
        Timestamp::from_microsecond(self.int(column)?).map_err(|error| decode(column, error))
    }

    fn opt_time(&self, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
        let micros: Option<i64> = self.try_get(column)?;
        micros
            .map(|micros| Timestamp::from_microsecond(micros).map_err(|error| decode(column, error)))
            .transpose()
    }

    fn json(&self, column: &str) -> Result<Value, sqlx::Error> {
        serde_json::from_str(&self.text(column)?).map_err(|error| decode(column, error))
    }

    fn money(&self, column: &str) -> Result<Money, sqlx::Error> {
        self.int(column).map(Money::from_nanos)
    }
}

fn decode(column: &str, source: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(source) }
}

/// A time as it is kept: whole microseconds, rounded towards the past.
pub(crate) fn micros(time: Timestamp) -> i64 {
    let (whole, rest) = (time.as_microsecond(), time.as_nanosecond() % 1_000);
    if rest < 0 { whole - 1 } else { whole }
}

/// An optional time as it is kept.
pub(crate) fn opt_micros(time: Option<Timestamp>) -> Option<i64> {
    time.map(micros)
}

/// An optional id as it is kept.
pub(crate) fn opt_id(id: Option<impl ToString>) -> Option<String> {
    id.map(|id| id.to_string())
}
