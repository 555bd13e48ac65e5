//! Tests of what follows from the facts, and of how it is rendered.

use super::{judge, largest_pool, spinners, usable_cores};
use crate::bench::host::{Fitness, HostFacts, HostReport, lines};

/// A quiet machine with 8 CPUs.
fn quiet() -> HostFacts {
    HostFacts {
        cpus: Some(8),
        allowed_cpus: Some(8),
        other_cores: Some(0.02),
        steal: Some(0.0),
        threads_per_core: Some(1),
        core_kinds: Some(1),
        numa_nodes: Some(1),
        available_memory: Some(8 << 30),
        ..HostFacts::default()
    }
}

fn of(facts: &HostFacts) -> HostReport {
    judge(facts, 4, &[])
}

/// The fitness of a report with one finding, and its text.
fn only(report: &HostReport) -> (Fitness, &str) {
    let [finding] = report.findings.as_slice() else {
        panic!("{:?}", report.findings);
    };
    assert_eq!(report.fitness, finding.fitness);
    (finding.fitness, &finding.text)
}

#[test]
fn a_quiet_machine_is_fit() {
    let report = of(&quiet());
    assert_eq!((report.fitness, report.findings.len()), (Fitness::Fit, 0));
    assert_eq!(report.facts, quiet());
}

#[test]
fn unknown_load_is_a_note() {
    let report = of(&HostFacts::default());
    let (fitness, text) = only(&report);
    assert_eq!(fitness, Fitness::Fit);
    assert_eq!(text, "the load of other processes cannot be measured here");
}

#[test]
fn other_load_counts_by_the_cores_that_it_leaves() {
    let with = |others: f64, cpus: u32, workers: u32| {
        let facts = HostFacts {
            other_cores: Some(others),
            cpus: Some(cpus),
            allowed_cpus: Some(cpus),
            ..quiet()
        };
        judge(&facts, workers, &[]).fitness
    };
    assert_eq!(with(0.1, 2, 2), Fitness::Fit);
    assert_eq!(with(0.2, 2, 2), Fitness::Doubtful);
    assert_eq!(with(0.9, 2, 2), Fitness::Unfit);
    assert_eq!(with(0.9, 8, 4), Fitness::Doubtful);
    assert_eq!(with(4.0, 8, 4), Fitness::Doubtful);
    assert_eq!(with(5.0, 8, 4), Fitness::Unfit);
    assert_eq!(with(1.0, 8, 8), Fitness::Unfit);
    // One worker alone does not answer the question.
    assert_eq!(with(7.0, 8, 1), Fitness::Unfit);
    let facts = HostFacts {
        other_cores: Some(0.94),
        cpus: Some(2),
        allowed_cpus: Some(2),
        ..quiet()
    };
    let report = judge(&facts, 2, &[]);
    let text = "other processes use 0.9 cores, so that 1.1 of 2 are free";
    assert_eq!(only(&report), (Fitness::Unfit, text));
}

#[test]
fn others_may_use_what_a_quota_keeps_from_us() {
    let facts = HostFacts {
        quota: Some(4.0),
        other_cores: Some(4.0),
        ..quiet()
    };
    let report = of(&facts);
    assert_eq!(report.fitness, Fitness::Doubtful);
    assert_eq!(usable_cores(&facts), Some(4.0));
}

#[test]
fn one_cpu_cannot_answer_the_question() {
    let report = judge(
        &HostFacts {
            allowed_cpus: Some(1),
            ..quiet()
        },
        1,
        &[],
    );
    assert_eq!(only(&report), (Fitness::Unfit, "only one CPU is usable"));
    let facts = HostFacts {
        cpus: Some(1),
        allowed_cpus: None,
        ..quiet()
    };
    let report = judge(&facts, 1, &[]);
    assert_eq!(
        only(&report),
        (Fitness::Unfit, "the machine has only one CPU")
    );
}

#[test]
fn quotas_are_compared_with_the_cpus() {
    for (quota, fitness) in [
        (1.5, Fitness::Unfit),
        (2.0, Fitness::Doubtful),
        (2.5, Fitness::Doubtful),
        (8.0, Fitness::Fit),
        (8.5, Fitness::Fit),
    ] {
        let report = judge(
            &HostFacts {
                quota: Some(quota),
                ..quiet()
            },
            1,
            &[],
        );
        assert_eq!(report.fitness, fitness, "{quota}");
    }
    let report = of(&HostFacts {
        quota: Some(2.5),
        ..quiet()
    });
    let texts: Vec<&str> = report
        .findings
        .iter()
        .map(|found| found.text.as_str())
        .collect();
    let expected = [
        "a quota limits the CPU time to 2.5 of 8 CPUs",
        "4 threads on 2.5 cores",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn each_doubt_is_named() {
    let with = |change: &dyn Fn(&mut HostFacts)| {
        let mut facts = quiet();
        change(&mut facts);
        let report = of(&facts);
        let (fitness, text) = only(&report);
        assert!(!report.findings[0].advice.is_empty());
        (fitness, text.to_owned())
    };
    let doubt = |text: &str| (Fitness::Doubtful, text.to_owned());
    let found = with(&|facts| facts.threads_per_core = Some(4));
    assert_eq!(
        found,
        doubt("4 threads on 2 physical cores: 4 share a core")
    );
    let found = with(&|facts| facts.numa_nodes = Some(2));
    assert_eq!(
        found,
        doubt("there are 2 NUMA nodes, and memory of another node is slower")
    );
    let found = with(&|facts| facts.core_kinds = Some(2));
    assert_eq!(
        found,
        doubt("there are 2 kinds of cores, and a thread can get a slow one")
    );
    let found = with(&|facts| facts.governor = Some("powersave".into()));
    assert_eq!(found, doubt("the frequency governor is powersave"));
    let found = with(&|facts| facts.available_memory = Some(100 << 20));
    assert_eq!(found, doubt("only 100.0 MiB of memory are available"));
    let found = with(&|facts| facts.cpu_pressure = Some(0.9072));
    assert_eq!(
        found,
        doubt("processes waited for a CPU in 91 % of the last 10 seconds")
    );
    let found = with(&|facts| facts.steal = Some(0.05));
    assert_eq!(
        found,
        doubt("the hypervisor gives 5 % of the CPU time to others")
    );
    assert_eq!(with(&|facts| facts.steal = Some(0.2)).0, Fitness::Unfit);
    assert_eq!(with(&|facts| facts.turbo = Some(true)).0, Fitness::Doubtful);
    assert_eq!(
        with(&|facts| facts.virtualisation = Some("kvm".into())).0,
        Fitness::Fit
    );
}

#[test]
fn a_virtual_machine_is_doubtful_only_with_steal() {
    let facts = HostFacts {
        virtualisation: Some("kvm".into()),
        steal: Some(0.03),
        ..quiet()
    };
    let report = of(&facts);
    let fits: Vec<Fitness> = report.findings.iter().map(|found| found.fitness).collect();
    assert_eq!(fits, [Fitness::Doubtful, Fitness::Doubtful]);
}

#[test]
fn the_worst_finding_is_the_first() {
    let facts = HostFacts {
        virtualisation: Some("kvm".into()),
        turbo: Some(true),
        allowed_cpus: Some(1),
        ..quiet()
    };
    let report = of(&facts);
    let fits: Vec<Fitness> = report.findings.iter().map(|found| found.fitness).collect();
    assert!(
        fits.is_sorted_by(|first, second| first >= second),
        "{fits:?}"
    );
    assert_eq!(report.fitness, Fitness::Unfit);
}

fn thread_pools(variables: &[(String, String)]) -> Option<u32> {
    largest_pool(variables).map(|(_, threads)| threads)
}

#[test]
fn thread_pools_are_limited_by_the_largest_variable() {
    let set = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        owned.collect()
    };
    assert_eq!(thread_pools(&[]), None);
    assert_eq!(thread_pools(&set(&[("OMP_NUM_THREADS", "1")])), Some(1));
    assert_eq!(thread_pools(&set(&[("OMP_NUM_THREADS", "4,2")])), Some(4));
    let both = set(&[("OMP_NUM_THREADS", "1"), ("MKL_NUM_THREADS", " 8 ")]);
    assert_eq!(thread_pools(&both), Some(8));
    let bad = set(&[
        ("OMP_NUM_THREADS", "x"),
        ("OTHER", "3"),
        ("MKL_NUM_THREADS", "0"),
    ]);
    assert_eq!(thread_pools(&bad), None);
    let report = judge(&quiet(), 4, &both);
    let text = "MKL_NUM_THREADS=8 allows 4 workers 32 threads";
    assert_eq!(only(&report), (Fitness::Doubtful, text));
    assert_eq!(judge(&quiet(), 4, &bad).findings, []);
}

#[test]
fn a_report_is_readable() {
    let facts = HostFacts {
        processor: Some("AMD EPYC".into()),
        cpus: Some(2),
        allowed_cpus: Some(2),
        other_cores: Some(0.94),
        cpu_pressure: Some(0.045),
        turbo: Some(false),
        virtualisation: Some("docker in vm".into()),
        ..quiet()
    };
    let expected = "\
processor  AMD EPYC
CPUs       2 online, 2 usable
cores      1 thread per core, 1 kind, 1 NUMA node
frequency  turbo off
load       others use 0.94 cores, steal 0 %
pressure   CPU 4.5 %
memory     8.0 GiB available
virtual    docker in vm

this machine is unfit for a comparison
     unfit: other processes use 0.9 cores, so that 1.1 of 2 are free
      hint: stop them; `top` lists them by their use of the CPU
      note: the machine is virtual or a container (docker in vm)
      hint: repeat the comparison later: its neighbours can change the figures";
    assert_eq!(lines(&judge(&facts, 2, &[])).join("\n"), expected);
    let nothing = lines(&of(&HostFacts::default()));
    assert_eq!(nothing[0], "this machine is fit for a comparison");
}

#[test]
fn cores_that_threads_do_not_get_are_not_free() {
    let got = |cores: f64, others: Option<f64>| {
        of(&HostFacts {
            free_cores: Some(cores),
            other_cores: others,
            ..quiet()
        })
    };
    assert_eq!(got(3.95, Some(0.02)).findings.len(), 0);
    let report = got(2.6, Some(0.02));
    let text = "4 threads that computed at once got 2.6 of 4 cores";
    assert_eq!(only(&report), (Fitness::Unfit, text));
    assert_eq!(only(&got(3.7, Some(0.02))).0, Fitness::Doubtful);
    // The load of the others says the same.
    let report = got(2.6, Some(5.0));
    assert!(only(&report).1.starts_with("other processes use 5 cores"));
    // Without that sensor, too.
    let report = got(2.6, None);
    assert_eq!(report.fitness, Fitness::Unfit);
}

#[test]
fn no_more_threads_spin_than_can_run() {
    let facts = |quota: Option<f64>| HostFacts { quota, ..quiet() };
    assert_eq!(spinners(&facts(None), 4), 4);
    assert_eq!(spinners(&facts(None), 1), 2);
    assert_eq!(spinners(&facts(None), 100), 8);
    assert_eq!(spinners(&facts(Some(1.5)), 4), 1);
    assert_eq!(spinners(&HostFacts::default(), 4), 1);
}
