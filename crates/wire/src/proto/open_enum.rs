//! Enums that may grow.

/// Defines an enum of names as protobuf JSON has them: written in full, and open. A name that is not
/// listed is kept in `Other` and written back as it came, so that a newer client loses nothing. The
/// default is `Other("")`: nothing was said.
///
/// A number in parentheses is the one under which old clients send the name.
///
/// ```
/// wire::open_enum! {
///     /// How the software came into the cluster.
///     #[schema_name = "InstallMethod"]
///     pub enum InstallMethod {
///         Unspecified = "INSTALL_METHOD_UNSPECIFIED" (0),
///         Operator = "OPERATOR" (1),
///     }
/// }
/// assert_eq!(wire::from_json::<InstallMethod>(b"1").unwrap(), InstallMethod::Operator);
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[doc = $doc:literal])*
        #[schema_name = $schema_name:literal]
        pub enum $name:ident {
            $($(#[doc = $variant_doc:literal])* $variant:ident = $text:literal $(($number:literal))?,)+
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(
                $(#[doc = $variant_doc])*
                #[doc = concat!("`", $text, "`")]
                $variant,
            )+
            /// A name this version does not know, as it came.
            Other(String),
        }

        impl $name {
            /// The names this version knows, as they are written.
            pub const KNOWN: &[&str] = &[$($text),+];

            /// The name as it is written.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(name) => name,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                match name {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = $crate::proto::EnumName::deserialize(deserializer)?;
                Ok(match name {
                    $crate::proto::EnumName::Name(name) => Self::from(name.as_str()),
                    $($($crate::proto::EnumName::Number($number) => Self::$variant,)?)+
                    $crate::proto::EnumName::Number(number) => Self::Other(number.to_string()),
                })
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::proto::open_enum_schema(concat!($($doc, "\n"),*), Self::KNOWN)
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($schema_name)
            }
        }
    };
}

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// What stands in a message for a value of an enum.
#[doc(hidden)]
pub enum EnumName {
    /// Its name.
    Name(String),
    /// Its number in the protobuf definition.
    Number(i64),
}

impl<'de> Deserialize<'de> for EnumName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrNumber;

        impl Visitor<'_> for NameOrNumber {
            type Value = EnumName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<EnumName, E> {
                Ok(EnumName::Name(name.to_owned()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<EnumName, E> {
                Ok(EnumName::Number(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<EnumName, E> {
                i64::try_from(number)
                    .map(EnumName::Number)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_unit<E: de::Error>(self) -> Result<EnumName, E> {
                Ok(EnumName::Name(String::new()))
            }
        }

        deserializer.deserialize_any(NameOrNumber)
    }
}

/// The schema of an open enum: any string, with the known names told to people and to tools. An
/// `enum` would make generated clients refuse the names of a newer server.
#[doc(hidden)]
pub fn open_enum_schema(about: &str, known: &[&str]) -> RefOr<Schema> {
    let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(format!("{}\n\nKnown values: {names}. More may come.", about.trim())))
        .examples(known.iter().copied().find(|name| !name.to_ascii_uppercase().ends_with("UNSPECIFIED")))
        .extensions(Some(ExtensionsBuilder::new().add("x-extensible-enum", known).build()))
        .into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa::PartialSchema;

    use crate::proto::from_json;

    crate::open_enum! {
        /// How it was installed.
        #[schema_name = "InstallMethod"]
        pub enum InstallMethod {
            /// Nobody said.
            Unspecified = "INSTALL_METHOD_UNSPECIFIED" (0),
            Operator = "OPERATOR" (1),
            Helm = "HELM",
        }
    }

    #[test]
    fn reads_names_and_numbers_and_keeps_what_it_does_not_know() {
        for (body, read, written) in [
            ("\"OPERATOR\"", InstallMethod::Operator, json!("OPERATOR")),
            ("1", InstallMethod::Operator, json!("OPERATOR")),
            ("0", InstallMethod::Unspecified, json!("INSTALL_METHOD_UNSPECIFIED")),
            ("\"CARRIER_PIGEON\"", InstallMethod::Other("CARRIER_PIGEON".into()), json!("CARRIER_PIGEON")),
            ("7", InstallMethod::Other("7".into()), json!("7")),
        ] {
            let method: InstallMethod = from_json(body.as_bytes()).unwrap();
            assert_eq!(method, read);
            assert_eq!(serde_json::to_value(&method).unwrap(), written);
        }
        assert!(from_json::<InstallMethod>(b"{}").is_err());
        assert_eq!(InstallMethod::Helm.to_string(), "HELM");
    }

    #[test]
    fn the_schema_lists_names_without_forbidding_others() {
        assert_eq!(
            serde_json::to_value(InstallMethod::schema()).unwrap(),
            json!({
                "type": "string",
                "description": "How it was installed.\n\nKnown values: `INSTALL_METHOD_UNSPECIFIED`, \
                    `OPERATOR`, `HELM`. More may come.",
                "examples": ["OPERATOR"],
                "x-extensible-enum": ["INSTALL_METHOD_UNSPECIFIED", "OPERATOR", "HELM"],
            })
        );
    }
}
