//! Log lines that in-cluster components send: gathered for a moment, written in bulk, the last ones
//! kept per cluster. They are for reading along, not for the record: a crash may lose the last seconds.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use model::{ClusterId, OrganizationId};
use serde_json::Value;
use store::{Cluster, ComponentLog};

use super::App;

/// Longest line kept, in bytes; the rest is cut off.
const LONGEST_MESSAGE: usize = 4_096;
/// Lines gathered at most, of all clusters; what comes beyond is dropped until they are written.
const GATHERED: usize = 50_000;

/// Lines that are not written yet.
#[derive(Default)]
pub struct ComponentLogs(Mutex<Gathered>);

#[derive(Default)]
struct Gathered {
    lines: HashMap<(OrganizationId, ClusterId), Vec<ComponentLog>>,
    count: usize,
}

impl ComponentLogs {
    /// Takes a line.
    pub fn append(&self, cluster: &Cluster, mut log: ComponentLog) {
        if log.message.len() > LONGEST_MESSAGE {
            let end = (0..=LONGEST_MESSAGE).rev().find(|&end| log.message.is_char_boundary(end)).unwrap_or(0);
            log.message.truncate(end);
        }
        if !log.fields.is_object() {
            log.fields = Value::Object(Default::default());
        }
        let mut gathered = self.lock();
        if gathered.count < GATHERED {
            gathered.count += 1;
            gathered.lines.entry((cluster.organization_id, cluster.id)).or_default().push(log);
        }
    }

    /// Writes what was gathered.
    pub async fn save(&self, app: &App) {
        let lines = std::mem::take(&mut *self.lock()).lines;
        for ((organization, cluster), logs) in lines {
            if let Err(error) = app.store.append_logs(organization, cluster, &logs).await {
                tracing::warn!(%cluster, lines = logs.len(), "lost log lines of components: {error}");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
