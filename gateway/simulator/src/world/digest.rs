//! A hash that is the same in every process: std's is seeded and promises nothing.

/// FNV-1a over what was written, with a finaliser so that all bits depend on all input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new(seed: u64) -> Self {
        Self(0xcbf2_9ce4_8422_2325 ^ finish(seed))
    }

    /// With this text; a separator keeps "a", "bc" from "ab", "c".
    pub(crate) fn text(mut self, text: &str) -> Self {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self
    }

    pub(crate) fn number(mut self, number: u64) -> Self {
        for byte in number.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self
    }

    pub(crate) fn value(self) -> u64 {
        finish(self.0)
    }

    /// A number below `bound`.
    pub(crate) fn below(self, bound: u64) -> u64 {
        self.value() % bound
    }
}

/// The finaliser of SplitMix64.
fn finish(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
