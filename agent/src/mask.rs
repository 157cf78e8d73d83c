//! Texts that no log has, and the lines of a program's output without them.

use zeroize::Zeroizing;

/// What stands in their place.
const MASKED: &[u8] = b"****";
/// Shorter lines of a text of several lines, such as brackets, stand everywhere.
const FEWEST: usize = 4;
/// The most bytes of a line that are handed on in one piece.
const PIECE: usize = 64 * 1024;

/// Texts that are masked. What programs write comes line by line, so a text of several lines is masked by its lines.
#[derive(Clone, Default)]
pub struct Mask(Vec<Zeroizing<Vec<u8>>>);

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} texts)", self.0.len())
    }
}

impl Mask {
    /// Adds a text, however short it is, or the lines of one that has several.
    pub fn add(&mut self, text: &str) {
        let is_one = !text.trim().contains('\n');
        self.add_lines(text, if is_one { 1 } else { FEWEST });
    }

    /// Adds a text of which no log need be without a short one.
    pub fn add_long(&mut self, text: &str) {
        self.add_lines(text, FEWEST);
    }

    fn add_lines(&mut self, text: &str, fewest: usize) {
        for line in text.split('\n').map(str::trim).filter(|line| line.len() >= fewest) {
            if !self.0.iter().any(|known| known.as_slice() == line.as_bytes()) {
                self.0.push(Zeroizing::new(line.as_bytes().to_vec()));
            }
        }
    }

    /// The length of the longest one.
    fn longest(&self) -> usize {
        self.0.iter().map(|text| text.len()).max().unwrap_or(0)
    }

    /// Where the texts are, from the first to the last, those that overlap as one.
    fn find(&self, line: &[u8]) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for text in &self.0 {
            let starts = line.windows(text.len()).enumerate().filter(|(_, bytes)| *bytes == text.as_slice());
            found.extend(starts.map(|(start, _)| (start, start + text.len())));
        }
        found.sort_unstable();
        found.dedup_by(|next, last| {
            let overlaps = next.0 < last.1;
            if overlaps {
                last.1 = last.1.max(next.1);
            }
            overlaps
        });
        found
    }
}

/// Makes lines of bytes, however they come, with a mask before the texts of the mask. A line that is longer than a piece
/// is handed on in pieces, and a text that stands in two of them is masked all the same.
pub struct Lines<'a> {
    mask: &'a Mask,
    longest: usize,
    /// The most bytes that are handed on at once.
    most: usize,
    pending: Vec<u8>,
    /// How many of the pending bytes were handed on. They stay, since a text may begin in them.
    handed_on: usize,
}

impl<'a> Lines<'a> {
    /// Lines without these texts.
    pub fn new(mask: &'a Mask) -> Self {
        Self { mask, longest: mask.longest(), most: PIECE, pending: Vec::new(), handed_on: 0 }
    }

    /// Takes the next byte; a line, or a piece of one, if that ends it.
    pub fn take(&mut self, byte: u8) -> Option<String> {
        if byte == b'\n' {
            let line = self.piece(self.pending.len());
            self.pending.clear();
            self.handed_on = 0;
            return Some(line);
        }
        self.pending.push(byte);
        // A text may begin in the last bytes, and go on with the next ones.
        let held_back = self.longest.saturating_sub(1);
        if self.pending.len() < self.handed_on + self.most + held_back {
            return None;
        }
        let end = self.pending.len() - held_back;
        let piece = self.piece(end);
        let kept = end.saturating_sub(held_back);
        self.pending.drain(..kept);
        self.handed_on = end - kept;
        Some(piece)
    }

    /// What is left at the end of the output.
    pub fn rest(mut self) -> Option<String> {
        (self.pending.len() > self.handed_on).then(|| self.piece(self.pending.len()))
    }

    /// The bytes up to an end that were not handed on, without what is masked.
    fn piece(&mut self, end: usize) -> String {
        let mut piece = Vec::with_capacity(end - self.handed_on);
        let mut at = self.handed_on;
        for (from, to) in self.mask.find(&self.pending) {
            if to <= at || from >= end {
                continue;
            }
            piece.extend_from_slice(&self.pending[at..from.max(at)]);
            // What began in the last piece was masked there.
            if from >= self.handed_on {
                piece.extend_from_slice(MASKED);
            }
            at = to.min(end);
        }
        piece.extend_from_slice(&self.pending[at..end]);
        String::from_utf8_lossy(&piece).trim_end_matches('\r').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask_of(texts: &[&str]) -> Mask {
        let mut mask = Mask::default();
        texts.iter().for_each(|text| mask.add(text));
        mask
    }

    fn lines(mask: &Mask, most: usize, output: &str) -> Vec<String> {
        let mut lines = Lines { most, ..Lines::new(mask) };
        let mut all: Vec<String> = output.bytes().filter_map(|byte| lines.take(byte)).collect();
        all.extend(lines.rest());
        all
    }

    #[test]
    fn texts_and_the_lines_of_texts_are_masked_wherever_they_stand() {
        let key = "-----BEGIN KEY-----\r\nMIIEvQ\r\n}\r\n-----END KEY-----\n";
        let mask = mask_of(&["hunter2", "pass word", "x", "ü", key, "", " \n"]);
        let output = "a hunter2,hunter2\r\nhunter22 -pass word-\n{}\n-----BEGIN KEY-----\nkey=MIIEvQ\\n-----END KEY-----\nexit ü\n\nno";
        let expected = ["a ****,****", "****2 -****-", "{}", "****", "key=****\\n****", "e****it ****", "", "no"];
        assert_eq!(lines(&mask, PIECE, output), expected);
        assert_eq!(format!("{mask:?}"), "Mask(7 texts)");
    }

    #[test]
    fn texts_that_overlap_are_masked_as_one() {
        assert_eq!(lines(&mask_of(&["abcd", "cdef", "bc"]), PIECE, "xabcdefx abcdabcd"), ["x****x ********"]);
    }

    #[test]
    fn a_text_that_stands_in_two_pieces_of_a_line_is_masked() {
        let mask = mask_of(&["hunter2"]);
        let line = format!("{}hunter2{}", "-".repeat(PIECE - 3), "-".repeat(PIECE));
        let pieces = lines(&mask, PIECE, &line);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= PIECE + 7));
        assert_eq!(pieces.concat(), line.replace("hunter2", "****"));
        let plain = lines(&Mask::default(), PIECE, &"-".repeat(PIECE + 1));
        assert_eq!(plain.iter().map(String::len).collect::<Vec<_>>(), [PIECE, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn however_lines_are_cut_they_say_the_same_and_no_text_of_the_mask(
            texts in proptest::collection::vec("[abc]{1,6}", 0..5),
            output in "[abc]{0,60}",
            most in 1_usize..20,
        ) {
            let mut mask = Mask::default();
            texts.iter().for_each(|text| mask.add(text));
            let whole = lines(&mask, PIECE, &output).concat();
            prop_assert_eq!(lines(&mask, most, &output).concat(), whole.clone());
            prop_assert!(texts.iter().all(|text| !whole.contains(text.as_str())), "{}", whole);
        }
    }
}
