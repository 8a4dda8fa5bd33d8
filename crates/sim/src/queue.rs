//! What is to happen, in the order of time; among equals, in the order of planning.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::VirtualTime;

/// Events in the order in which they fall due.
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    planned: u64,
}

#[derive(Debug)]
struct Entry<E> {
    due: (VirtualTime, u64),
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), planned: 0 }
    }
}

impl<E> EventQueue<E> {
    /// Plans `event` for `due`.
    pub fn plan(&mut self, due: VirtualTime, event: E) {
        self.planned += 1;
        self.heap.push(Reverse(Entry { due: (due, self.planned), event }));
    }

    /// The next event that is due at `now` or before, with its time.
    pub fn next_due(&mut self, now: VirtualTime) -> Option<(VirtualTime, E)> {
        if self.heap.peek()?.0.due.0 > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| (entry.due.0, entry.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_keep_the_order_of_planning() {
        let mut queue = EventQueue::default();
        for (due, event) in [(5, 'b'), (3, 'a'), (5, 'c'), (9, 'd')] {
            queue.plan(VirtualTime::from_seconds(due), event);
        }
        let now = VirtualTime::from_seconds(5);
        let order: String = std::iter::from_fn(|| queue.next_due(now)).map(|(_, event)| event).collect();
        assert_eq!(order, "abc");
    }
}
