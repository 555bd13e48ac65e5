//! The GIL X-ray: what it says of modules, and that no file makes it panic or run on.

use crate::support::elf_module::{Code, DEFINITION, Module, SLOTS};
use ftpy::xray::{Abi, Decision, ModuleFile, Report, Verdict, Why, examine};
use proptest::prelude::*;
use std::time::{Duration, Instant};

const NAME: &str = "x.cpython-314t-x86_64-linux-gnu.so";

fn judged_as(name: &str, bytes: &[u8]) -> Report {
    examine(
        bytes,
        &ModuleFile::parse(name).expect("a module's name"),
        None,
    )
}

fn verdict(module: &Module) -> Verdict {
    judged_as(NAME, &module.build()).verdict
}

fn with_slots(slots: &[(u64, u64)]) -> Module {
    Module {
        slots: slots.to_vec(),
        ..Module::default()
    }
}

/// Creates a module and, if wanted, declares a value for it.
fn single_phase(declared: Option<&'static [u8]>) -> Module {
    let mut code = vec![
        Code::Argument(DEFINITION),
        Code::Call("PyModule_Create2"),
        Code::Plain(&[0x48, 0x89, 0xc3]), // mov rbx, rax
        Code::Plain(&[0x48, 0x89, 0xc7]), // mov rdi, rax
    ];
    if let Some(load) = declared {
        code.extend([Code::Plain(load), Code::Call("PyUnstable_Module_SetGIL")]);
    }
    code.push(Code::Plain(&[0x48, 0x89, 0xd8, 0xc3])); // mov rax, rbx; ret
    Module {
        code,
        ..Module::default()
    }
}

#[test]
fn xray_reads_the_slot_for_the_gil() {
    let report = judged_as(NAME, &with_slots(&[(2, 0x800), (4, 1), (0, 0)]).build());
    assert_eq!(report.verdict, Verdict::KeepsOff);
    assert_eq!(report.evidence.symbol, "PyInit_x");
    let decision = Decision::Slot {
        array: Some(SLOTS as u64),
        id: 4,
        value: 1,
    };
    assert_eq!(report.evidence.decision, Some(decision));
    assert_eq!(report.evidence.instructions, 2);
    assert_eq!(verdict(&with_slots(&[(4, 0), (0, 0)])), Verdict::TurnsOn);
}

#[test]
fn xray_takes_a_missing_slot_for_a_module_that_needs_the_gil() {
    let report = judged_as(NAME, &with_slots(&[(2, 0x800), (3, 2), (0, 0)]).build());
    assert_eq!(report.verdict, Verdict::TurnsOn);
    let decision = Decision::NoSlot {
        array: Some(SLOTS as u64),
    };
    assert_eq!(report.evidence.decision, Some(decision));
}

#[test]
fn xray_reads_packed_relative_relocations() {
    let module = Module {
        packed: true,
        ..with_slots(&[(4, 1), (0, 0)])
    };
    assert_eq!(verdict(&module), Verdict::KeepsOff);
}

#[test]
fn xray_takes_the_layout_of_a_definition_from_the_abi() {
    let module = Module {
        slots_at: 72,
        ..with_slots(&[(4, 1), (0, 0)])
    }
    .build();
    let gil_build = "x.cpython-314-x86_64-linux-gnu.so";
    assert_eq!(judged_as(gil_build, &module).verdict, Verdict::KeepsOff);
    assert_ne!(judged_as(NAME, &module).verdict, Verdict::KeepsOff);
}

#[test]
fn xray_follows_the_call_that_declares_a_single_phase_module() {
    let one: &[u8] = &[0xbe, 1, 0, 0, 0]; // mov esi, 1
    let zero: &[u8] = &[0x31, 0xf6]; // xor esi, esi
    assert_eq!(verdict(&single_phase(Some(one))), Verdict::KeepsOff);
    assert_eq!(verdict(&single_phase(Some(zero))), Verdict::TurnsOn);
    assert_eq!(verdict(&single_phase(None)), Verdict::TurnsOn);
}

#[test]
fn xray_does_not_guess_a_value_that_is_computed() {
    let unknown: &[u8] = &[0x48, 0x8b, 0x37]; // mov rsi, [rdi]
    let expected = Verdict::Undetermined(Why::UnknownValue);
    assert_eq!(verdict(&single_phase(Some(unknown))), expected);
}

#[test]
fn xray_does_not_take_four_known_bytes_for_a_value_of_eight() {
    // mov dword [rsp-8], 1; mov rsi, [rsp-8]: what is above was never written.
    let half: &[u8] = &[
        0xc7, 0x44, 0x24, 0xf8, 1, 0, 0, 0, 0x48, 0x8b, 0x74, 0x24, 0xf8,
    ];
    let expected = Verdict::Undetermined(Why::UnknownValue);
    assert_eq!(verdict(&single_phase(Some(half))), expected);
    // mov esi, esi
    let cut: &[u8] = &[
        0xc7, 0x44, 0x24, 0xf8, 1, 0, 0, 0, 0x48, 0x8b, 0x74, 0x24, 0xf8, 0x89, 0xf6,
    ];
    assert_eq!(verdict(&single_phase(Some(cut))), Verdict::KeepsOff);
}

#[test]
fn xray_reads_exported_slots_and_the_rule_of_3_15() {
    let export = |slots: &[(u64, u64)]| {
        let code = vec![Code::Result(SLOTS), Code::Plain(&[0xc3])];
        let module = Module {
            init: "PyModExport_x",
            code,
            ..with_slots(slots)
        };
        judged_as("x.abi3t.so", &module.build()).verdict
    };
    assert_eq!(export(&[(100, 1), (87, 1), (0, 0)]), Verdict::KeepsOff);
    assert_eq!(export(&[(100, 1), (87, 2), (0, 0)]), Verdict::TurnsOn);
    assert_eq!(export(&[(100, 1), (0, 0)]), Verdict::TurnsOn);
    let endless = export(&[(92, SLOTS as u64), (87, 1), (0, 0)]);
    assert_eq!(endless, Verdict::Undetermined(Why::UnknownSlots));
}

#[test]
fn xray_says_why_it_cannot_say_anything() {
    let module = with_slots(&[(4, 1), (0, 0)]).build();
    let why = |name: &str, bytes: &[u8]| match judged_as(name, bytes).verdict {
        Verdict::Undetermined(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why("x.so", &module), Why::NoAbi);
    assert_eq!(
        why("y.cpython-314t-darwin.so", &module),
        Why::NoInitFunction
    );
    assert_eq!(why(NAME, b"#!/bin/sh\n"), Why::UnknownFormat);
    assert_eq!(why(NAME, &module[..40]), Why::Malformed("the ELF header"));
    assert_eq!(
        why(NAME, &with_slots(&[(9, 1), (0, 0)]).build()),
        Why::UnknownSlots
    );
    let fallback = Abi::parse("cp314t");
    let plain = ModuleFile::parse("x.so").expect("a name");
    assert_eq!(
        examine(&module, &plain, fallback).verdict,
        Verdict::KeepsOff
    );
}

#[test]
fn xray_names_a_package_by_its_directory() {
    let file = ModuleFile::parse("tomli/__init__.cpython-314t-x86_64-linux-gnu.so");
    assert_eq!(file.expect("a module").name, "tomli");
    assert_eq!(ModuleFile::parse("libz.so.1"), None);
    let windows = ModuleFile::parse(r"a\b.cp314t-win_amd64.pyd").expect("a module");
    assert_eq!(
        (windows.name.as_str(), windows.abi),
        ("b", Abi::parse("cp314t"))
    );
}

/// Judges hostile bytes, with ten times what a module may take: tests are not optimized.
fn survives(bytes: &[u8]) {
    let start = Instant::now();
    let _ = judged_as(NAME, bytes);
    let took = start.elapsed();
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[test]
fn xray_survives_code_that_does_not_end() {
    for code in [
        vec![Code::Plain(&[0xeb, 0xfe])], // jumps to itself
        vec![Code::Plain(&[0xe8, 0xfb, 0xff, 0xff, 0xff])], // calls itself
        vec![Code::Plain(&[0x50, 0xeb, 0xfd])], // pushes for ever
        vec![Code::Plain(&[0xff, 0xe0])], // jumps to an unknown place
        vec![Code::Plain(&[0xf3, 0x48, 0xab, 0xeb, 0xfb])], // rep stosq for ever
    ] {
        let bytes = Module {
            code,
            ..Module::default()
        }
        .build();
        survives(&bytes);
        let verdict = judged_as(NAME, &bytes).verdict;
        assert!(matches!(verdict, Verdict::Undetermined(_)), "{verdict:?}");
    }
}

/// A module whose table of relocations has more entries, at the end of the file, in no order.
fn with_relocations(count: u64) -> Vec<u8> {
    let mut bytes = with_slots(&[(4, 1), (0, 0)]).build();
    let start = bytes.len() as u64;
    let own: Vec<u8> = bytes[0x600..0x600 + 6 * 24].to_vec();
    bytes.extend(own);
    for index in 0..count {
        let place = start + 8 * (index * 100_003 % count);
        for word in [place, 8, 0] {
            bytes.extend(word.to_le_bytes());
        }
    }
    let size = bytes.len() as u64;
    let mut put = |at: usize, word: u64| bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
    // The size of the segment, in the file and in memory; the table and its size.
    put(64 + 32, size);
    put(64 + 40, size);
    put(0x200 + 4 * 16 + 8, start);
    put(0x200 + 5 * 16 + 8, 24 * (count + 6));
    bytes
}

#[test]
fn xray_reads_as_many_relocations_as_a_large_module_has_and_gives_up_at_ten_times_as_many() {
    let judged = |count| {
        judged_as(
            "x.cpython-314t-x86_64-linux-gnu.so",
            &with_relocations(count),
        )
    };
    assert_eq!(judged(150_000).verdict, Verdict::KeepsOff);
    for count in [400_000, 1_200_000] {
        let report = judged(count);
        let why = match &report.verdict {
            Verdict::Undetermined(why) => why.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(why.contains("the number of relocations"), "{why}");
        assert_eq!(report.evidence.instructions, 0);
    }
}

#[test]
fn xray_bounds_the_instructions_of_code_that_branches_and_calls_itself_without_an_end() {
    // Each pair of bytes is a conditional jump back, a call or a store: paths that fork again and again.
    let mut bytes = with_slots(&[(4, 1), (0, 0)]).build();
    let code = [0x75, 0xfc, 0x50, 0x53, 0xff, 0xd0, 0x74, 0xf8, 0x56, 0x57];
    for (place, byte) in bytes[0x800..0xa00].iter_mut().zip(code.into_iter().cycle()) {
        *place = byte;
    }
    let report = judged_as("x.cpython-314t-x86_64-linux-gnu.so", &bytes);
    assert!(matches!(report.verdict, Verdict::Undetermined(_)));
    assert!(report.evidence.instructions < 250_000);
}

#[test]
fn xray_needs_only_what_is_loaded_of_an_elf_file() {
    let mut bytes = with_slots(&[(4, 1), (0, 0)]).build();
    let length = bytes.len();
    bytes.extend([0xcc; 5000]);
    let needed = ftpy::xray::needed(&bytes[..4096]).and_then(|needed| usize::try_from(needed).ok());
    assert_eq!(needed, Some(length));
    let name = "x.cpython-314t-x86_64-linux-gnu.so";
    assert_eq!(judged_as(name, &bytes[..length]), judged_as(name, &bytes));
    for other in [&b"MZ"[..], b"\xcf\xfa\xed\xfe", b"\x7fELF", b""] {
        assert_eq!(ftpy::xray::needed(other), None);
    }
}

#[test]
fn xray_survives_a_file_cut_anywhere() {
    let module = with_slots(&[(4, 1), (0, 0)]).build();
    for length in 0..module.len() {
        let cut = &module[..length];
        survives(cut);
        let verdict = judged_as(NAME, cut).verdict;
        assert!(
            matches!(verdict, Verdict::Undetermined(_)),
            "{length}: {verdict:?}"
        );
    }
}

#[test]
fn xray_survives_extreme_numbers_in_every_field() {
    let module = single_phase(Some(&[0xbe, 1, 0, 0, 0])).build();
    for at in (0..module.len() - 8).step_by(4) {
        for number in [
            u64::MAX,
            i64::MAX as u64,
            1 << 63,
            1 << 32,
            0x1000,
            at as u64,
        ] {
            let mut broken = module.clone();
            broken[at..at + 8].copy_from_slice(&number.to_le_bytes());
            survives(&broken);
        }
    }
}

proptest! {
    #![proptest_config(crate::support::fuzz::config())]

    #[test]
    fn xray_survives_changed_bytes(
        changes in prop::collection::vec((0..0xd00_usize, any::<u8>()), 1..40),
        packed: bool,
    ) {
        let mut bytes = Module { packed, ..with_slots(&[(2, 0x800), (4, 1), (0, 0)]) }.build();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        survives(&bytes);
    }

    #[test]
    fn xray_survives_any_bytes_after_a_magic_number(
        magic in prop::sample::select(vec![
            &b"\x7fELF\x02\x01\x01"[..],
            b"MZ",
            b"\xcf\xfa\xed\xfe\x0c\0\0\x01",
            b"\xca\xfe\xba\xbe\0\0\0\x02\x01\0\0\x07",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        survives(&[magic, &rest].concat());
    }
}
