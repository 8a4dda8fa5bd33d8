//! Work on several threads whose results come in the order of the work, so that their number does not show.

/// `work(0)`, …, `work(count - 1)`, done by up to `threads` threads.
pub fn ordered<T: Send>(threads: usize, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = threads.clamp(1, count.max(1));
    if threads == 1 {
        return (0..count).map(work).collect();
    }
    let share = |first: usize| (first..count).step_by(threads).map(&work).collect::<Vec<T>>();
    let mut shares: Vec<std::vec::IntoIter<T>> = std::thread::scope(|scope| {
        let share = &share;
        let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || share(first))).collect();
        let own = share(0);
        let joined = others.into_iter().map(|other| match other.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(own).chain(joined).map(Vec::into_iter).collect()
    });
    (0..count).filter_map(|index| shares[index % threads].next()).collect()
}

#[cfg(test)]
mod tests {
    use super::ordered;

    #[test]
    fn results_come_in_the_order_of_the_work() {
        for threads in 0..5 {
            assert_eq!(ordered(threads, 7, |index| index * index), [0, 1, 4, 9, 16, 25, 36]);
            assert!(ordered(threads, 0, |index| index).is_empty());
        }
    }
}
