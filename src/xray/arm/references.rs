//! Stubs, and what instructions refer to, without executing them.

use super::code::{field, word};
use super::integer::page;
use crate::xray::flow::{Block, Reference};
use crate::xray::image::{Fixup, Image};
use crate::xray::imports::Symbol;
use crate::xray::value::Value;

/// The instructions from an address on, up to a number of them.
pub(in crate::xray) fn block(image: &Image<'_>, address: u64, most: usize) -> Block {
    let mut block = Block {
        end: address,
        ..Block::default()
    };
    while block.instructions < most {
        let Some(code) = word(image, block.end) else {
            break;
        };
        let (reference, goes_on) = reference(image, block.end, code);
        block.instructions += 1;
        block.end = block.end.wrapping_add(4);
        if reference != Reference::None {
            block.references.push(reference);
        }
        if !goes_on {
            block.returns = code & 0xffe0_0000 == 0xd640_0000;
            break;
        }
    }
    block
}

/// What an instruction refers to, and whether control can go on to the next one.
fn reference(image: &Image<'_>, address: u64, code: u32) -> (Reference, bool) {
    let target = |low: u32, count: u32| address.wrapping_add_signed(field(code, low, count) << 2);
    match code {
        _ if code >> 26 == 0b10_0101 => (Reference::Call(target(0, 26)), true),
        _ if code >> 26 == 0b00_0101 => (Reference::Branch(target(0, 26)), false),
        _ if code & 0xff00_0000 == 0x5400_0000 || code & 0x7e00_0000 == 0x3400_0000 => {
            (Reference::Branch(target(5, 19)), true)
        }
        _ if code & 0x7e00_0000 == 0x3600_0000 => (Reference::Branch(target(5, 14)), true),
        _ if code & 0xfe00_0000 == 0xd600_0000 => (Reference::None, code >> 21 & 7 == 1),
        _ if code & 0xff00_0000 == 0xd400_0000 || code >> 16 == 0 => (Reference::None, false),
        _ => (paged(image, address, code), true),
    }
}

/// What the second instruction after an `adrp` completes: an address, or a word in memory.
fn paged(image: &Image<'_>, address: u64, code: u32) -> Reference {
    let before = address.wrapping_sub(4);
    let Some(first) = word(image, before).filter(|first| first & 0x9f00_0000 == 0x9000_0000) else {
        return Reference::None;
    };
    if first & 31 != code >> 5 & 31 {
        return Reference::None;
    }
    let page = page(first, before);
    let immediate = u64::from(code >> 10 & 0xfff);
    match code & 0xffc0_0000 {
        0x9100_0000 => Reference::Address(page.wrapping_add(immediate)),
        0xf940_0000 => Reference::Through(page.wrapping_add(immediate * 8)),
        _ => Reference::None,
    }
}

/// The import that a stub jumps to. Only x16 and x17 are used in stubs.
pub(in crate::xray) fn stub(image: &Image<'_>, address: u64) -> Option<Symbol> {
    let mut at = address;
    let mut known: Option<(u32, Value)> = None;
    for _ in 0..6 {
        let code = word(image, at)?;
        let (to, from) = (code & 31, code >> 5 & 31);
        if code & 0xffff_fc1f == 0xd61f_0000 {
            return match known?.1 {
                Value::Import(symbol) if known?.0 == from => Some(symbol),
                _ => None,
            };
        }
        if code & 0x9f00_0000 == 0x9000_0000 && matches!(to, 16 | 17) {
            known = Some((to, Value::Const(page(code, at))));
        } else if code & 0xffc0_0000 == 0xf940_0000 && matches!(to, 16 | 17) {
            let (base, value) = known?;
            let place = value.plus(i64::from(code >> 10 & 0xfff) * 8).number()?;
            let loaded = image.fixup(place)?;
            let Fixup::Import(symbol) = loaded else {
                return None;
            };
            known = (base == from).then_some((to, Value::Import(symbol)));
        } else if code & 0xffc0_0000 == 0x9100_0000 && matches!(to, 16 | 17) {
            // The address of the word itself, for a lazy binder: not what is jumped to.
            let (base, value) = known?;
            if to == base && !matches!(value, Value::Import(_)) {
                known = Some((to, value.plus(i64::from(code >> 10 & 0xfff))));
            }
        } else if code & 0xffff_ff1f != 0xd503_201f {
            return None;
        }
        at = at.wrapping_add(4);
    }
    None
}
