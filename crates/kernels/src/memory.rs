//! What happens to memory that was freed.

/// Asks the C library to keep freed memory for the next tensors rather than to give it back to the system, which then clears it anew, page
/// by page: 10 to 25 % of a training step on the CPU. For programs that train or compute large matrices, once, at their start; the process
/// stays as large as it once was. Nothing happens where the C library is not glibc.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// Larger blocks come from the system one by one; glibc takes no larger limit.
        const LARGEST_KEPT: i32 = 32 << 20;
        /// Freed memory is given back when there is more of it.
        const KEPT: i32 = i32::MAX;
        /// How much is asked of the system at a time.
        const STEP: i32 = 64 << 20;
        // SAFETY: `mallopt` sets three numbers of the allocator, under its lock, and touches no memory of ours.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_KEPT);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
            libc::mallopt(libc::M_TOP_PAD, STEP);
        }
    }
}
