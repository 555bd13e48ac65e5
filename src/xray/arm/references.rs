//! Stubs, and what instructions refer to, without executing them.

use super::code::{field, word};
use super::integer::page;
use crate::xray::flow::{Block, Reference};
use crate::xray::image::{Fixup, Image, Segment};
use crate::xray::imports::Symbol;
use crate::xray::ranges::Ranges;
use crate::xray::value::Value;

/// The instructions from an address on, up to a number of them.
pub(in crate::xray) fn block(image: &Image<'_>, address: u64, most: usize) -> Block {
    let mut block = Block {
        end: address,
        ..Block::default()
    };
    let mut known = [None; 32];
    let mut before = 0;
    while block.instructions < most {
        let Some(code) = word(image, block.end) else {
            break;
        };
        let (reference, goes_on) = reference(&mut known, block.end, code);
        if matches!(reference, Reference::Address(_)) && moves_on(before, code) {
            block.references.pop();
        }
        before = code;
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

/// Whether an instruction adds to the address that the one before it computed. GCC computes the
/// addresses of variables from an anchor: the address of the anchor itself is not used then.
fn moves_on(before: u32, code: u32) -> bool {
    let adds = |code: u32| code & 0xff80_0000 == 0x9100_0000;
    let (to, from) = (code & 31, code >> 5 & 31);
    adds(before) && adds(code) && before & 31 == to && to == from
}

/// What the instructions of a segment refer to in ranges of addresses; `None` if there is too much
/// to look at.
pub(in crate::xray) fn references_to(
    segment: &Segment<'_>,
    ranges: &mut Ranges,
    found: &mut Vec<(u64, Reference)>,
) -> Option<()> {
    let mut known = [None; 32];
    let mut is_any_known = false;
    let mut address = segment.address;
    for bytes in segment.bytes.as_chunks::<4>().0 {
        let code = u32::from_le_bytes(*bytes);
        // Without an address to begin with, nothing is referred to.
        if is_any_known || computes_address(code) {
            is_any_known = true;
            let (reference, goes_on) = reference(&mut known, address, code);
            if let Reference::Address(place) | Reference::Through(place) | Reference::Write(place) =
                reference
                && ranges.reach(place, 0)
            {
                ranges.decode()?;
                found.push((address, reference));
            }
            if !goes_on {
                known = [None; 32];
                is_any_known = false;
            }
        }
        address = address.wrapping_add(4);
    }
    Some(())
}

/// `adr` and `adrp`
const fn computes_address(code: u32) -> bool {
    code & 0x1f00_0000 == 0x1000_0000
}

/// What an instruction refers to, and whether control can go on to the next one.
fn reference(known: &mut Known, address: u64, code: u32) -> (Reference, bool) {
    let target = |low: u32, count: u32| address.wrapping_add_signed(field(code, low, count) << 2);
    match code {
        _ if code >> 26 == 0b10_0101 => {
            known[..18].fill(None);
            (Reference::Call(target(0, 26)), true)
        }
        _ if code >> 26 == 0b00_0101 => (Reference::Branch(target(0, 26)), false),
        _ if code & 0xff00_0000 == 0x5400_0000 || code & 0x7e00_0000 == 0x3400_0000 => {
            (Reference::Branch(target(5, 19)), true)
        }
        _ if code & 0x7e00_0000 == 0x3600_0000 => (Reference::Branch(target(5, 14)), true),
        _ if code & 0xfe00_0000 == 0xd600_0000 => (Reference::None, code >> 21 & 7 == 1),
        _ if code & 0xff00_0000 == 0xd400_0000 || code >> 16 == 0 => (Reference::None, false),
        _ => (paged(known, address, code), true),
    }
}

/// The registers whose values follow from `adr`, `adrp` and `add`.
type Known = [Option<u64>; 32];

/// What an instruction refers to by an address that was computed before: an address, or a word
/// in memory.
fn paged(known: &mut Known, address: u64, code: u32) -> Reference {
    let (to, from) = ((code & 31) as usize, (code >> 5 & 31) as usize);
    if computes_address(code) {
        let near = i64::from(code >> 29 & 3) | field(code, 5, 19) << 2;
        known[to] = Some(match code >> 31 {
            1 => page(code, address),
            _ => address.wrapping_add_signed(near),
        });
        return match code >> 31 {
            0 => Reference::Address(address.wrapping_add_signed(near)),
            _ => Reference::None,
        };
    }
    let base = known[from];
    let access = code & 0x0a00_0000 == 0x0800_0000;
    let immediate = code & 0x3b00_0000 == 0x3900_0000;
    let loads = if immediate {
        code >> 22 & 3 != 0
    } else {
        code >> 22 & 1 == 1
    };
    if (!access || loads) && to != 31 {
        known[to] = None;
    }
    let Some(base) = base else {
        return Reference::None;
    };
    let offset = u64::from(code >> 10 & 0xfff);
    match code {
        _ if code & 0xff80_0000 == 0x9100_0000 => {
            let place = base.wrapping_add(offset << ((code >> 22 & 1) * 12));
            known[to] = Some(place);
            Reference::Address(place)
        }
        _ if code & 0xffc0_0000 == 0xf940_0000 => Reference::Through(base.wrapping_add(offset * 8)),
        _ if access && !loads && immediate => {
            Reference::Write(base.wrapping_add(offset << (code >> 30)))
        }
        // A pair, or an element of an array.
        _ if access && !loads => Reference::Address(base),
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
