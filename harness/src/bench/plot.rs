//! A picture of what was measured: nanoseconds a row over rows a call, both in powers, a line for each host, a frame for each
//! function.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::{Host, Measured};
use crate::report::shortened;

#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    #[error("wanted a file that ends in .svg or .png")]
    Extension,
    #[error("wanted to draw it, could not: {0}")]
    Draw(String),
}

const FRAME: (u32, u32) = (460, 340);
const ACROSS: usize = 3;
/// More frames than this are a list, no picture.
const MOST: usize = 24;

/// Draws into a file, by its name as SVG or PNG.
pub fn plot(path: &Path, measured: &[Measured]) -> Result<(), PlotError> {
    let mut functions: Vec<&str> = measured.iter().map(|m| m.function.as_str()).collect();
    functions.dedup();
    functions.truncate(MOST);
    let across = functions.len().clamp(1, ACROSS);
    let down = functions.len().div_ceil(across).max(1);
    let size = (FRAME.0 * across as u32, FRAME.1 * down as u32);
    // Whatever fonts a machine has, if any.
    let _ = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    let text = path.extension().and_then(|extension| extension.to_str());
    match text.map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => draw(&SVGBackend::new(path, size).into_drawing_area(), (down, across), &functions, measured),
        Some("png") => draw(&BitMapBackend::new(path, size).into_drawing_area(), (down, across), &functions, measured),
        _ => Err(PlotError::Extension),
    }
}

fn draw<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    frames: (usize, usize),
    functions: &[&str],
    measured: &[Measured],
) -> Result<(), PlotError> {
    area.fill(&WHITE).map_err(failed)?;
    for (frame, function) in area.split_evenly(frames).iter().zip(functions) {
        let of: Vec<&Measured> = measured.iter().filter(|m| m.function == *function).collect();
        chart(frame, function, &of)?;
    }
    area.present().map_err(failed)
}

fn chart<B: DrawingBackend>(
    frame: &DrawingArea<B, Shift>,
    function: &str,
    measured: &[&Measured],
) -> Result<(), PlotError> {
    let rows = || measured.iter().map(|m| m.rows_per_call as f64);
    let costs = || measured.iter().map(|m| m.ns_per_row);
    let (most_rows, least, most) =
        (rows().fold(1.0, f64::max), costs().fold(1e9, f64::min), costs().fold(1.0, f64::max));
    let mut chart = ChartBuilder::on(frame)
        .caption(shortened(function, 40), ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(36)
        .y_label_area_size(52)
        .build_cartesian_2d((1.0..most_rows.max(2.0)).log_scale(), (least * 0.7..most * 1.4).log_scale())
        .map_err(failed)?;
    let number = |number: &f64| if *number < 10.0 { format!("{number:.1}") } else { format!("{number:.0}") };
    chart
        .configure_mesh()
        .x_desc("rows a call")
        .y_desc("ns a row")
        .x_label_formatter(&|rows| format!("{rows:.0}"))
        .y_label_formatter(&number)
        .light_line_style(WHITE)
        .draw()
        .map_err(failed)?;
    for (host, colour) in COLOURS {
        let points: Vec<(f64, f64)> =
            measured.iter().filter(|m| m.host == host).map(|m| (m.rows_per_call as f64, m.ns_per_row)).collect();
        if points.is_empty() {
            continue;
        }
        let dots = points.iter().map(|point| Circle::new(*point, 3, colour.filled()));
        chart.draw_series(dots).map_err(failed)?;
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))
            .map_err(failed)?
            .label(host.to_string())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK).draw().map_err(failed)
}

/// Told apart by those who see few colours, too.
const COLOURS: [(Host, RGBColor); 4] = [
    (Host::Native, RGBColor(0, 0, 0)),
    (Host::Batch, RGBColor(0, 114, 178)),
    (Host::Bridge, RGBColor(230, 159, 0)),
    (Host::Component, RGBColor(204, 121, 167)),
];

fn failed<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> PlotError {
    PlotError::Draw(error.to_string())
}
