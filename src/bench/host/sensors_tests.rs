//! Tests of the sensors, on copies of `/proc` and `/sys`.

use super::Sensors;
use crate::bench::host::HostFacts;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CPUS: &str = "sys/devices/system/cpu";

fn write(root: &Path, file: &str, text: impl AsRef<[u8]>) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn tree(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (file, text) in files {
        write(root.path(), file, text);
    }
    root
}

fn facts(root: &TempDir) -> HostFacts {
    Sensors::at(root.path()).facts(Duration::ZERO)
}

#[test]
fn a_machine_without_sensors_says_nothing() {
    let root = tree(&[]);
    let sensors = Sensors::at(root.path());
    let started = Instant::now();
    assert_eq!(sensors.facts(Duration::from_secs(60)), HostFacts::default());
    assert_eq!(sensors.cpu_meter().read(), None);
    assert_eq!(sensors.other_load(Duration::from_secs(60)), None);
    assert!(started.elapsed() < Duration::from_secs(30), "no waiting");
}

#[test]
fn offline_cpus_are_not_usable() {
    let status = "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n";
    let online = format!("{CPUS}/online");
    let root = tree(&[("proc/self/status", status), (&online, "0-2,5\n")]);
    let found = facts(&root);
    assert_eq!((found.cpus, found.allowed_cpus), (Some(4), Some(4)));
    // The affinity of this thread, not that of the main one.
    let status = "Cpus_allowed_list:\t2-3\n";
    write(root.path(), "proc/thread-self/status", status);
    assert_eq!(facts(&root).allowed_cpus, Some(1));
    std::fs::remove_file(root.path().join(online)).unwrap();
    write(
        root.path(),
        "proc/stat",
        "cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu3 1 2 3 4\nintr 5\n",
    );
    let found = facts(&root);
    assert_eq!((found.cpus, found.allowed_cpus), (Some(2), Some(1)));
}

#[test]
fn the_smallest_quota_of_version_2_wins() {
    let root = tree(&[
        ("proc/self/cgroup", "0::/pod/container\n"),
        ("sys/fs/cgroup/pod/container/cpu.max", "max 100000\n"),
        ("sys/fs/cgroup/pod/cpu.max", "150000 100000\n"),
        ("sys/fs/cgroup/cpu.max", "400000 100000\n"),
    ]);
    assert_eq!(facts(&root).quota, Some(1.5));
    // In a namespace, the container's group is the root, whatever the path says.
    for path in [
        "0::/\n",
        "0::/../../host\n",
        "0::/gone (deleted)\n",
        "garbage",
        "",
    ] {
        write(root.path(), "proc/self/cgroup", path);
        let expected = if path.contains("::") { Some(4.0) } else { None };
        assert_eq!(facts(&root).quota, expected, "{path:?}");
    }
}

#[test]
fn quotas_of_version_1_are_read() {
    let groups = "5:memory:/docker/a\n3:cpu,cpuacct:/docker/a\n0::/\n";
    let group = "sys/fs/cgroup/cpu,cpuacct/docker/a";
    let root = tree(&[
        ("proc/self/cgroup", groups),
        (&format!("{group}/cpu.cfs_quota_us"), "-1\n"),
        (&format!("{group}/cpu.cfs_period_us"), "100000\n"),
    ]);
    assert_eq!(facts(&root).quota, None);
    write(
        root.path(),
        &format!("{group}/cpu.cfs_quota_us"),
        "250000\n",
    );
    assert_eq!(facts(&root).quota, Some(2.5));
    let other = "sys/fs/cgroup/cpu/b";
    write(root.path(), "proc/self/cgroup", "3:cpuacct,cpu:/b\n");
    write(root.path(), &format!("{other}/cpu.cfs_quota_us"), "50000");
    write(root.path(), &format!("{other}/cpu.cfs_period_us"), "100000");
    assert_eq!(facts(&root).quota, Some(0.5));
}

#[test]
fn garbage_is_not_a_quota() {
    let root = tree(&[("proc/self/cgroup", "0::/\n")]);
    let huge = "99999999999999999999999 1\n";
    for text in [
        "",
        "\n",
        "max",
        "1",
        "0 100000",
        "1 0",
        "-5 100000",
        "a b",
        huge,
        "nan 1",
    ] {
        write(root.path(), "sys/fs/cgroup/cpu.max", text);
        assert_eq!(facts(&root).quota, None, "{text:?}");
    }
    write(root.path(), "sys/fs/cgroup/cpu.max", [0xff, 0xfe, 0]);
    assert_eq!(facts(&root).quota, None);
}

#[test]
fn memory_is_what_the_machine_and_the_groups_leave() {
    let root = tree(&[
        ("proc/meminfo", "MemTotal: 9 kB\nMemAvailable:    2048 kB\n"),
        ("proc/self/cgroup", "0::/a\n"),
    ]);
    assert_eq!(facts(&root).available_memory, Some(2048 << 10));
    for (file, text) in [("max", "1000000"), ("current", "700000")] {
        write(root.path(), &format!("sys/fs/cgroup/a/memory.{file}"), text);
    }
    assert_eq!(facts(&root).available_memory, Some(300_000));
    write(
        root.path(),
        "sys/fs/cgroup/a/memory.stat",
        "anon 5\ninactive_file 100000\n",
    );
    assert_eq!(facts(&root).available_memory, Some(400_000));
    write(root.path(), "proc/self/cgroup", "4:memory:/a\n");
    let none = "9223372036854771712\n";
    write(
        root.path(),
        "sys/fs/cgroup/memory/a/memory.limit_in_bytes",
        none,
    );
    write(
        root.path(),
        "proc/meminfo",
        "MemAvailable: 18446744073709551615 kB\n",
    );
    assert_eq!(facts(&root).available_memory, None);
}

#[test]
fn hybrid_processors_have_two_kinds_of_cores() {
    let root = tree(&[(&format!("{CPUS}/online"), "0-5\n")]);
    for cpu in 0..6 {
        let (frequency, siblings) = match cpu {
            0 | 1 => ("5200000\n", "0-1\n"),
            2 | 3 => ("5000000\n", "2,3\n"),
            4 => ("3900000\n", "4\n"),
            _ => ("3900000\n", "5\n"),
        };
        let of_cpu = |file: &str| format!("{CPUS}/cpu{cpu}/{file}");
        write(root.path(), &of_cpu("cpufreq/cpuinfo_max_freq"), frequency);
        write(
            root.path(),
            &of_cpu("topology/thread_siblings_list"),
            siblings,
        );
    }
    let found = facts(&root);
    assert_eq!(
        (found.core_kinds, found.threads_per_core),
        (Some(2), Some(2))
    );
    // One thread of each performance core.
    write(root.path(), "proc/self/status", "Cpus_allowed_list: 0,2\n");
    let found = facts(&root);
    assert_eq!(
        (found.core_kinds, found.threads_per_core),
        (Some(1), Some(1))
    );
    write(root.path(), &format!("{CPUS}/cpu2/cpu_capacity"), "512");
    write(root.path(), &format!("{CPUS}/cpu0/cpu_capacity"), "1024");
    assert_eq!(facts(&root).core_kinds, Some(2));
    write(root.path(), &format!("{CPUS}/smt/active"), "0\n");
    assert_eq!(facts(&root).threads_per_core, Some(1));
}

#[test]
fn only_numa_nodes_with_usable_cpus_count() {
    let root = tree(&[
        (&format!("{CPUS}/online"), "0-7\n"),
        ("sys/devices/system/node/has_cpu", "0-1\n"),
        ("sys/devices/system/node/online", "0-2\n"),
        ("sys/devices/system/node/node0/cpulist", "0-3\n"),
        ("sys/devices/system/node/node1/cpulist", "4-7\n"),
    ]);
    assert_eq!(facts(&root).numa_nodes, Some(2));
    write(root.path(), "proc/self/status", "Cpus_allowed_list: 4-5\n");
    assert_eq!(facts(&root).numa_nodes, Some(1));
}

#[test]
fn governor_and_turbo_are_read_in_each_form() {
    let root = tree(&[
        (&format!("{CPUS}/online"), "0-1\n"),
        (
            &format!("{CPUS}/cpu0/cpufreq/scaling_governor"),
            "performance\n",
        ),
        (
            &format!("{CPUS}/cpu1/cpufreq/scaling_governor"),
            "powersave\n",
        ),
        (&format!("{CPUS}/cpu0/cpufreq/boost"), "1\n"),
    ]);
    let found = facts(&root);
    assert_eq!(
        (found.governor.as_deref(), found.turbo),
        (Some("powersave"), Some(true))
    );
    write(root.path(), &format!("{CPUS}/cpufreq/boost"), "0\n");
    assert_eq!(facts(&root).turbo, Some(false));
    write(root.path(), &format!("{CPUS}/intel_pstate/no_turbo"), "0\n");
    assert_eq!(facts(&root).turbo, Some(true));
    write(root.path(), &format!("{CPUS}/intel_pstate/no_turbo"), "2\n");
    assert_eq!(facts(&root).turbo, Some(false));
}

#[test]
fn pressure_is_a_part_of_the_time() {
    let full = "full avg10=99.00 avg60=0.00 avg300=0.00 total=0\n";
    for (text, part) in [
        (
            "some avg10=12.50 avg60=1.00 avg300=0.00 total=5\n",
            Some(0.125),
        ),
        (full, None),
        ("some avg10=nan\n", None),
        ("some avg10=1e300\n", None),
        ("some avg10=-1\n", None),
        ("", None),
    ] {
        let root = tree(&[("proc/pressure/io", text)]);
        let found = facts(&root);
        assert_eq!(
            (found.io_pressure, found.cpu_pressure),
            (part, None),
            "{text:?}"
        );
    }
}

#[test]
fn virtual_machines_and_containers_are_told_apart() {
    let guest = "model name\t: A\u{1b}  CPU\nflags\t\t: fpu hypervisor sse\n\n";
    let root = tree(&[("proc/cpuinfo", "model name : X\nflags : fpu\n")]);
    let kind = || facts(&root).virtualisation;
    assert_eq!(kind(), None);
    // A laptop of that maker.
    write(
        root.path(),
        "sys/class/dmi/id/sys_vendor",
        "Microsoft Corporation\n",
    );
    assert_eq!(kind(), None);
    write(root.path(), "proc/cpuinfo", guest);
    assert_eq!(kind().as_deref(), Some("hyper-v"));
    assert_eq!(facts(&root).processor.as_deref(), Some("A CPU"));
    write(root.path(), "sys/class/dmi/id/sys_vendor", "QEMU\n");
    write(root.path(), ".dockerenv", "");
    assert_eq!(kind().as_deref(), Some("docker in kvm"));
    std::fs::remove_file(root.path().join(".dockerenv")).unwrap();
    write(root.path(), "proc/self/cgroup", "0::/kubepods.slice/pod1\n");
    write(root.path(), "sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
    assert_eq!(kind().as_deref(), Some("kubernetes in vm"));
    write(
        root.path(),
        "proc/sys/kernel/osrelease",
        "5.15.0-Microsoft-standard\n",
    );
    assert_eq!(kind().as_deref(), Some("kubernetes in wsl"));
}

#[test]
fn only_the_usable_cpus_are_metered() {
    let stat = "cpu  900 0 0 9 9 0 0 90\ncpu0 100 0 0 0 0 0 0 1\ncpu1 200 0 0 0 0 0 0 2\n\
                cpu2 600 0 0 0 0 0 0 87\nintr 7\n";
    let root = tree(&[("proc/stat", stat), (&format!("{CPUS}/online"), "0-2")]);
    let read = || Sensors::at(root.path()).cpu_meter().read().unwrap();
    assert_eq!(
        (read().busy, read().cpus),
        (Duration::from_secs(9), Some(3))
    );
    write(root.path(), "proc/self/status", "Cpus_allowed_list: 0-1\n");
    assert_eq!(
        (read().busy, read().cpus),
        (Duration::from_secs(3), Some(2))
    );
    assert_eq!(read().steal, Some(Duration::from_millis(30)));
    assert_eq!((read().throttled, read().throttled_periods), (None, None));
    // A container that numbers its CPUs anew.
    write(root.path(), "proc/self/status", "Cpus_allowed_list: 1-2\n");
    write(
        root.path(),
        "proc/stat",
        "cpu  400 0 0 0\ncpu0 300 0 0 0\ncpu1 100 0 0 0\n",
    );
    assert_eq!(read().busy, Duration::from_secs(4));
    for text in [
        "",
        "cpu",
        "cpu  1 2",
        "cpu  x 0 0 0",
        "cpu  18446744073709551615 1 0 0",
    ] {
        write(root.path(), "proc/stat", text);
        assert_eq!(
            Sensors::at(root.path()).cpu_meter().read(),
            None,
            "{text:?}"
        );
    }
}

#[test]
fn throttling_is_read_where_the_quota_is() {
    let v2 = "usage_usec 9\nnr_periods 5\nnr_throttled 3\nthrottled_usec 2000\n";
    let root = tree(&[
        ("proc/stat", "cpu  1 0 0 0\n"),
        ("proc/self/cgroup", "0::/a/b\n1:cpu:/c\n"),
        ("sys/fs/cgroup/a/cpu.max", "200000 100000"),
        ("sys/fs/cgroup/a/cpu.stat", v2),
        ("sys/fs/cgroup/a/b/cpu.max", "max 100000"),
        (
            "sys/fs/cgroup/a/b/cpu.stat",
            "nr_throttled 9\nthrottled_usec 9\n",
        ),
        ("sys/fs/cgroup/cpu/c/cpu.cfs_quota_us", "100000"),
        ("sys/fs/cgroup/cpu/c/cpu.cfs_period_us", "100000"),
        (
            "sys/fs/cgroup/cpu/c/cpu.stat",
            "nr_throttled 1\nthrottled_time 500000\n",
        ),
    ]);
    let found = Sensors::at(root.path()).cpu_meter().read().unwrap();
    assert_eq!(found.throttled_periods, Some(4));
    assert_eq!(found.throttled, Some(Duration::from_micros(2500)));
}

#[cfg(target_os = "linux")]
#[test]
fn this_machine_is_read() {
    let sensors = Sensors::of_this_machine();
    let found = sensors.facts(Duration::from_millis(50));
    let cpus = found.cpus.unwrap();
    assert!(
        cpus >= 1
            && found
                .allowed_cpus
                .is_none_or(|allowed| (1..=cpus).contains(&allowed))
    );
    assert!(found.quota.is_none_or(|quota| quota > 0.0));
    assert!(
        found
            .other_cores
            .is_none_or(|others| (0.0..=f64::from(cpus)).contains(&others))
    );
    assert!(found.steal.is_none_or(|steal| (0.0..=1.0).contains(&steal)));
    assert!(
        found
            .threads_per_core
            .is_none_or(|threads| (1..=cpus).contains(&threads))
    );
    let meter = sensors.cpu_meter();
    if let (Some(before), Some(after)) = (meter.read(), meter.read()) {
        assert_eq!(before.cpus, after.cpus);
    }
}
