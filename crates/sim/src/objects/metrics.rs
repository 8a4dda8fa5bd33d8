//! PodMetrics: what metrics-server measured, as the agent sends it: without labels and uid.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::world::meta::Id;
use crate::world::template::PodTemplate;

/// What the containers of one pod used when they were last looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodMetrics {
    /// The pod.
    pub pod: Id,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub name: String,
    /// When it was measured, as it is shown.
    pub at: Arc<str>,
    /// What the pod is made of.
    pub template: Arc<PodTemplate>,
    /// CPU in billionths and memory in KiB of each container that stays, in the template's order.
    pub usage: Vec<(u64, u64)>,
}

/// Written by hand and not through a tree: this is most of what an agent sends.
impl Serialize for PodMetrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Metadata<'a>(&'a PodMetrics);
        struct Container<'a>(&'a str, (u64, u64));
        struct Usage(u64, u64);

        impl Serialize for Metadata<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut fields = serializer.serialize_struct("ObjectMeta", 3)?;
                fields.serialize_field("name", &self.0.name)?;
                fields.serialize_field("namespace", &self.0.namespace)?;
                fields.serialize_field("creationTimestamp", &*self.0.at)?;
                fields.end()
            }
        }

        impl Serialize for Container<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let Self(name, (nano_cpu, kib)) = self;
                let mut fields = serializer.serialize_struct("ContainerMetrics", 2)?;
                fields.serialize_field("name", name)?;
                fields.serialize_field("usage", &Usage(*nano_cpu, *kib))?;
                fields.end()
            }
        }

        impl Serialize for Usage {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut fields = serializer.serialize_struct("ResourceList", 2)?;
                fields.serialize_field("cpu", &format_args!("{}n", self.0))?;
                fields.serialize_field("memory", &format_args!("{}Ki", self.1))?;
                fields.end()
            }
        }

        let names = self.template.staying_containers().map(|container| container.name.as_str());
        let containers: Vec<Container<'_>> =
            names.zip(&self.usage).map(|(name, &usage)| Container(name, usage)).collect();
        let mut fields = serializer.serialize_struct("PodMetrics", 4)?;
        fields.serialize_field("metadata", &Metadata(self))?;
        fields.serialize_field("timestamp", &*self.at)?;
        fields.serialize_field("window", "15s")?;
        fields.serialize_field("containers", &containers)?;
        fields.end()
    }
}
