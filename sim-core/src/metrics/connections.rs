//! How many connections does a service hold, and how fast do they come and go? Counted per window.

use super::series::ServiceSeries;
use crate::ids::{IdVec, ServiceId};
use crate::time::SimTime;

/// The connections of a service: the area under the curve in this window, and how many began and ended.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    count: u32,
    area: f64,
    until: SimTime,
    opened: u32,
    closed: u32,
}

impl Held {
    fn advance(&mut self, now: SimTime) {
        self.area += f64::from(self.count) * now.since(self.until).as_nanos_f64();
        self.until = now;
    }
}

/// The connections of all services.
#[derive(Clone, Debug)]
pub(super) struct Connections(IdVec<ServiceId, Held>);

impl Connections {
    pub(super) fn new(services: usize) -> Self {
        Connections((0..services).map(|_| Held::default()).collect())
    }

    #[inline(never)]
    pub(super) fn changed(&mut self, now: SimTime, service: ServiceId, opened: bool) {
        let held = &mut self.0[service];
        held.advance(now);
        match opened {
            true => (held.count, held.opened) = (held.count + 1, held.opened + 1),
            false => (held.count, held.closed) = (held.count - 1, held.closed + 1),
        }
    }

    /// A window of `length` nanoseconds ends.
    pub(super) fn close_window(
        &mut self,
        now: SimTime,
        length: f64,
        series: &mut IdVec<ServiceId, ServiceSeries>,
    ) {
        for (held, service) in self.0.iter_mut().zip(series.iter_mut()) {
            held.advance(now);
            if let Some(window) = service.windows.last_mut() {
                window.connections = held.area / length;
                (window.connects, window.disconnects) = (held.opened, held.closed);
            }
            (held.area, held.opened, held.closed) = (0.0, 0, 0);
        }
    }
}
