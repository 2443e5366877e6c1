use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::message::Response;

/// What padding consists of, a piece at a time.
const BLANKS: &[u8] = &[b' '; 16 * 1024];

/// A body that is known whole, and perhaps sent only in part, with more behind it, or slowly.
pub(crate) struct Answer {
    rest: Bytes,
    /// How many blanks follow.
    padding: u64,
    /// How many bytes are announced but never sent.
    missing: usize,
    /// The part that is sent has been handed over; the next poll but one ends the connection.
    flushed: bool,
    drip: Option<Drip>,
}

/// Bytes that come one by one.
struct Drip {
    left: usize,
    pause: Duration,
    /// Until the next byte.
    waiting: Pin<Box<Sleep>>,
}

impl Answer {
    /// An answer that is sent to its end.
    pub(crate) fn whole(response: Response) -> hyper::Response<Self> {
        response.map(Self::of)
    }

    /// A body of which only the first bytes are sent.
    pub(crate) fn cut(body: &Bytes, bytes: usize) -> Self {
        let sent = body.slice(..bytes.min(body.len()));
        Self { missing: body.len() - sent.len(), ..Self::of(sent) }
    }

    /// A body with so many blanks behind it.
    pub(crate) fn padded(body: Bytes, bytes: u64) -> Self {
        Self { padding: bytes, ..Self::of(body) }
    }

    /// A body whose first bytes come one by one, each after a pause.
    pub(crate) fn dripping(body: Bytes, bytes: usize, pause: Duration) -> Self {
        let left = bytes.min(body.len());
        let drip = (left > 0).then(|| Drip { left, pause, waiting: Box::pin(tokio::time::sleep(pause)) });
        Self { drip, ..Self::of(body) }
    }

    fn of(body: Bytes) -> Self {
        Self { rest: body, padding: 0, missing: 0, flushed: false, drip: None }
    }

    /// The next piece of the body, once it is due; none is left when it is empty.
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Bytes> {
        let Some(drip) = &mut self.drip else { return Poll::Ready(std::mem::take(&mut self.rest)) };
        ready!(drip.waiting.as_mut().poll(context));
        drip.left -= 1;
        if drip.left == 0 {
            self.drip = None;
        } else {
            drip.waiting = Box::pin(tokio::time::sleep(drip.pause));
        }
        Poll::Ready(self.rest.split_to(1))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if !self.rest.is_empty() {
            return self.next(context).map(|piece| Some(Ok(Frame::data(piece))));
        }
        if self.padding > 0 {
            let blanks = usize::try_from(self.padding).unwrap_or(usize::MAX).min(BLANKS.len());
            self.padding -= blanks as u64;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&BLANKS[..blanks])))));
        }
        if self.missing == 0 {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // One pause, in which the connection writes out what it holds; an error would discard it.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err("cut off on demand".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.padding == 0 && self.missing == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.rest.len() + self.missing) as u64 + self.padding)
    }
}
