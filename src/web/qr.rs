//! A text as a picture that a phone reads.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code (ISO/IEC 18004 §9.1).
const QUIET: i32 = 4;

/// Pixels that a module takes on the page at least.
const SCALE: i32 = 5;

/// An SVG of the code; `label` tells those who cannot see it what it is. Empty when the text is too long for one.
pub fn svg(text: &str, label: &str) -> String {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return String::new() };
    let side = code.size() + 2 * QUIET;
    let mut dark = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            // Writing to a string cannot fail.
            let _ = write!(dark, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    let (pixels, label) = (side * SCALE, crate::model::markdown::escape(label));
    format!(
        "<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {side} {side}\" width=\"{pixels}\" height=\"{pixels}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{dark}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn a_code_has_its_three_corners() {
        let picture = svg("otpauth://totp/pod.example:alice?secret=MZXW6YTB", "a \"code\"");
        assert!(picture.contains("aria-label=\"a &quot;code&quot;\""), "{picture}");
        assert!(picture.contains("M4 4h1v1h-1z") && !picture.contains("M5 5h1v1h-1z"), "{picture}");
        assert_eq!(svg(&"x".repeat(10_000), ""), "");
    }
}
