//! The integration tests: one binary, one file for each command or behaviour.
//!
//! They start the real program in a temporary home, with a loopback server as the network. Tests
//! named `live_*` need a real mirror, compiler or interpreter. They are ignored; `.ci/run` runs
//! them, and CONTRIBUTING.md explains how to run one.

/// Shared by the tests.
pub mod support;

mod action;
mod action_inputs;
mod action_packages;
mod action_source;
mod adopt;
#[cfg(unix)]
mod aliases;
mod archives_are_hostile;
mod archives_by_name;
mod archives_have_bounds;
#[cfg(unix)]
mod bench;
mod bench_simulated;
mod build;
mod bundle;
mod bundle_hostile;
mod cache;
#[cfg(unix)]
mod check;
#[cfg(feature = "conda")]
mod check_conda;
mod check_imports;
mod check_joined;
mod check_lists;
mod check_locks;
mod check_locks_hostile;
mod check_remedies;
mod check_survey;
mod check_survey_hostile;
mod check_survey_parts;
mod check_targets;
#[cfg(unix)]
mod checkout;
mod choice;
mod choice_reaches_children;
mod ci_files;
mod ci_matrix;
mod ci_setup;
mod ci_systems;
mod ci_upgrade;
mod commands;
mod company;
#[cfg(all(feature = "conda", unix))]
mod conda;
#[cfg(feature = "conda")]
mod conda_channels;
#[cfg(all(feature = "conda", unix))]
mod conda_choice;
#[cfg(all(feature = "conda", unix))]
mod conda_is_hostile;
#[cfg(all(feature = "conda", unix))]
mod conda_lists;
mod console_blocks;
mod crash;
mod daily;
mod delivery;
mod delivery_release;
#[cfg(target_os = "linux")]
mod disks;
mod distro;
mod distro_rows;
mod distro_terminal;
mod doctor;
mod doctor_around;
mod doctor_compilers;
mod dry_run;
mod finalise;
#[cfg(unix)]
mod fuzz_archives;
#[cfg(all(feature = "conda", unix))]
mod fuzz_conda;
mod fuzz_text;
mod fuzz_trust;
#[cfg(unix)]
mod generations;
mod habits;
mod index;
mod install;
#[cfg(unix)]
mod install_script;
mod install_script_https;
mod install_to;
mod install_without_request;
#[cfg(unix)]
mod kernel;
mod kills;
mod link;
mod link_libraries;
#[cfg(unix)]
mod link_names;
#[cfg(unix)]
mod links_to_shims;
#[cfg(target_os = "linux")]
mod live_bench;
mod live_bench_packages;
mod live_bundle;
mod live_check;
mod live_check_imports;
mod live_check_joined;
mod live_check_page;
mod live_check_survey;
mod live_ci;
mod live_ci_lint;
mod live_ci_systems;
mod live_clients;
mod live_company;
#[cfg(all(feature = "conda", unix))]
mod live_conda;
mod live_daily;
mod live_delivery;
mod live_distro;
mod live_dnf;
mod live_dns;
mod live_doctor;
mod live_flavours;
#[cfg(target_os = "linux")]
mod live_full_disk;
mod live_ignores_case;
mod live_kernel;
mod live_mach_o;
mod live_machine;
mod live_names;
mod live_nogil;
mod live_nogil_unwatched;
mod live_pbs;
#[cfg(all(feature = "conda", unix))]
mod live_places;
mod live_policy;
mod live_python_imports;
mod live_scripts;
mod live_shell;
mod live_source;
#[cfg(all(feature = "conda", unix))]
mod live_sources;
#[cfg(all(feature = "conda", unix))]
mod live_tls;
#[cfg(unix)]
mod live_venvs;
mod live_wheel_tags;
mod live_wheels;
mod live_xray;
mod live_xray_next;
mod lock;
#[cfg(all(feature = "conda", unix))]
mod lock_conda;
mod lock_names;
mod lock_sources;
mod lock_text;
mod losses;
mod mach_o;
mod manual;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod messages_commands;
mod messages_install;
mod messages_library;
mod mirror;
mod network;
mod new_patch;
#[cfg(not(feature = "conda"))]
mod no_conda;
mod nogil;
mod nogil_unwatched;
#[cfg(unix)]
mod offline;
#[cfg(unix)]
mod order_of_sources;
mod output_closed;
mod output_harmless;
#[cfg(unix)]
mod own;
mod pasted;
#[cfg(unix)]
mod person_files;
mod pins;
#[cfg(unix)]
mod pipes_and_devices;
mod places;
mod places_as_urls;
mod plain_files;
#[cfg(unix)]
mod prune;
mod python_imports;
mod redirects_keep_https;
mod requests;
mod requires_python;
#[cfg(unix)]
mod roots;
mod run_active;
mod scripts;
mod secrets_are_not_shown;
mod shared_stores;
mod shell;
mod shell_home;
mod shell_setup;
mod shim_process;
mod shims;
mod signals;
#[cfg(target_os = "linux")]
mod slow_places;
#[cfg(unix)]
mod store_mark;
mod tidy;
mod tidy_imports;
mod tidy_live;
mod tidy_words;
mod together;
mod transfers;
#[cfg(unix)]
mod unreadable;
mod upgrade;
mod upgrade_packages;
#[cfg(unix)]
mod venv_making;
#[cfg(unix)]
mod venvs_of_other_tools;
mod verify_additions;
mod wheels;
mod wheels_are_hostile;
mod wheels_from_servers;
mod xray;
mod xray_platforms;
