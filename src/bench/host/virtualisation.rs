//! Whether this is a virtual machine or a container.

use super::tree::HostTree;

/// Vendors in the firmware's tables, and the hypervisors that write them.
const VENDORS: [(&str, &str); 10] = [
    ("qemu", "kvm"),
    ("amazon ec2", "ec2"),
    ("google", "google"),
    ("digitalocean", "kvm"),
    ("vmware", "vmware"),
    ("innotek", "virtualbox"),
    ("microsoft", "hyper-v"),
    ("parallels", "parallels"),
    ("xen", "xen"),
    ("apple", "apple"),
];

/// Vendors that make machines, too: only the processor can tell.
const MAKERS: [&str; 4] = ["ec2", "google", "hyper-v", "apple"];

/// The kind of virtual machine and container: `kvm`, `docker`, `docker in kvm`.
pub(super) fn virtualisation(tree: &HostTree) -> Option<String> {
    match (container(tree), machine(tree)) {
        (Some(container), Some(machine)) => Some(format!("{container} in {machine}")),
        (container, machine) => container.or(machine).map(str::to_owned),
    }
}

fn container(tree: &HostTree) -> Option<&'static str> {
    let exists = |file: &str| tree.path(file).exists();
    if exists(".dockerenv") {
        return Some("docker");
    }
    if exists("run/.containerenv") {
        return Some("podman");
    }
    let groups = tree.text("proc/self/cgroup")?;
    groups.contains("/kubepods").then_some("kubernetes")
}

fn machine(tree: &HostTree) -> Option<&'static str> {
    let kernel = tree.text("proc/sys/kernel/osrelease").unwrap_or_default();
    if kernel.to_lowercase().contains("microsoft") {
        return Some("wsl");
    }
    let processor = tree.text("proc/cpuinfo").unwrap_or_default();
    let mut fields = processor.lines().filter_map(|line| line.split_once(':'));
    let flags = fields.find(|(key, _)| key.trim() == "flags");
    let is_guest =
        flags.is_some_and(|(_, flags)| flags.split(' ').any(|flag| flag == "hypervisor"));
    let vendor = tree.text("sys/class/dmi/id/sys_vendor").unwrap_or_default();
    let vendor = vendor.trim().to_lowercase();
    let known = VENDORS.iter().find(|(start, _)| vendor.starts_with(start));
    match known.map(|(_, name)| *name) {
        Some(name) if is_guest || !MAKERS.contains(&name) => Some(name),
        _ => is_guest.then_some("vm"),
    }
}
