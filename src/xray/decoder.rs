//! The decoder of x86-64's instructions, kept from one to the next: to make one takes longer than to
//! decode an instruction.

use iced_x86::{Decoder, DecoderOptions, Instruction};
use std::cell::RefCell;

/// The decoder of the segment that was used last, with the address of the segment.
#[derive(Default)]
pub(super) struct LastDecoder<'a>(RefCell<Option<(u64, Decoder<'a>)>>);

impl std::fmt::Debug for LastDecoder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LastDecoder")
    }
}

impl<'a> LastDecoder<'a> {
    /// Decodes the instruction at an address in a segment, which has these bytes from `start` on.
    pub(super) fn decode(
        &self,
        (start, bytes): (u64, &'a [u8]),
        address: u64,
    ) -> Option<Instruction> {
        let mut last = self.0.borrow_mut();
        let decoder = match &mut *last {
            Some((of, decoder)) if *of == start => decoder,
            other => {
                let decoder = Decoder::new(64, bytes, DecoderOptions::NONE);
                &mut other.insert((start, decoder)).1
            }
        };
        let position = usize::try_from(address.checked_sub(start)?).ok()?;
        decoder.set_position(position).ok()?;
        decoder.set_ip(address);
        let instruction = decoder.decode();
        (!instruction.is_invalid()).then_some(instruction)
    }
}
