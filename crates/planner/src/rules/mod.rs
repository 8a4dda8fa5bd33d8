//! Where a pod can be, as kube-scheduler decides it.
