//! How bright pixels are.

/// Weighs colours; products come from tables, since small machines multiply slowly.
pub struct Luma {
    /// Of each byte as red, green and blue.
    weights: Box<[[f64; 256]; 3]>,
    row: Vec<f32>,
}

impl Luma {
    pub fn new() -> Luma {
        let mut weights = Box::new([[0.0; 256]; 3]);
        for (table, weight) in weights.iter_mut().zip([0.299, 0.587, 0.114]) {
            for (byte, product) in table.iter_mut().enumerate() {
                *product = byte as f64 * weight;
            }
        }
        Luma { weights, row: Vec::new() }
    }

    /// Of a row with so many bytes a pixel; the first three count. The sum is made as the reference makes it, since
    /// pictures without much in them tell by its last bits.
    pub fn of(&mut self, row: &[u8], channels: usize) -> &[f32] {
        let [red, green, blue] = &*self.weights;
        self.row.clear();
        self.row.extend(row.chunks_exact(channels).map(|pixel| {
            (red[usize::from(pixel[0])] + green[usize::from(pixel[1])] + blue[usize::from(pixel[2])]) as f32
        }));
        &self.row
    }
}
